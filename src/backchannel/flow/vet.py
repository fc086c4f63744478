"""Vetting one envelope's objects: gather what `core.vetting` must know around them, and ask it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import msgspec

from backchannel.core import vetting
from backchannel.core.incoming import Incoming, Offered, Vetted, VettingContext
from backchannel.core.marking import WELL_KNOWN, marking_refs
from backchannel.core.poison import Poison
from backchannel.core.provenance import Provenance
from backchannel.core.scope import ACCOMPANYING
from backchannel.core.stix import StixObject, decode, timestamp
from backchannel.core.stix_ids import type_of
from backchannel.core.term_fields import QUOTA_WINDOW
from backchannel.core.terms import Terms
from backchannel.errors import BackchannelError, BadConsent, BadObject
from backchannel.flow import echoes
from backchannel.flow.parties import Counterpart, Standing
from backchannel.flow.ports import Filter, Transaction, Validator
from backchannel.flow.threats import resolve_threats
from backchannel.protocol.consent import ItemName, Proof
from backchannel.protocol.matching_engine import Engine
from backchannel.protocol.message import ReleasedObject

MARKING = "marking-definition"

BY_ITSELF = frozenset({"limits", "stix", "json", "type", "age", "excluded", "content", "bad-object"})
"""Rules that look at an object and the terms alone; so does `marking`, as far as the definitions are there."""


class Services(msgspec.Struct, frozen=True):
    """What hearing a counterpart needs from outside: STIX validation, which values must not be acted upon, and what
    computes for matching.

    `poison(type, value)` says why a canonical value is poison, or is None. `engine` is made when first asked for.
    """

    validate: Validator
    poison: Callable[[str, str], Poison | None]
    engine: Callable[[], Engine]


class Surroundings(msgspec.Struct, frozen=True):
    """Where a batch arrives: the transaction, the node, the counterpart, the agreement's id and terms."""

    tx: Transaction
    standing: Standing
    services: Services
    sender: Counterpart
    agreement: str
    terms: Terms


class NotKept(NamedTuple):
    """An object that was refused: its id, or its place where it has none; its version; the rule and why."""

    subject: str
    version: str
    rule: str
    why: str

    @classmethod
    def of(cls, refused: StixObject, rule: str, why: str) -> Self:
        """What is said of an object that could be read."""
        return cls(refused.id, refused.version, rule, why)


def decode_items(items: Iterable[ReleasedObject], proof: Proof) -> tuple[list[Incoming], dict[int, NotKept]]:
    """The objects that can be decoded, each with what is said beside it and what is wrong with its consents, and by
    their places those that cannot."""
    batch: list[Incoming] = []
    unreadable: dict[int, NotKept] = {}
    for number, item in enumerate(items):
        try:
            one = decode(bytes(item.object))
        except BadObject as error:
            unreadable[number] = NotKept(f"object {number}", "", error.code, str(error))
            continue
        # Everything behind this point goes by type and id.
        unnamed = [name for name in ("type", "id") if not isinstance(one.value.get(name), str)]
        if unnamed:
            why = f"the object has no {unnamed[0]} that is a text"
            unreadable[number] = NotKept(f"object {number}", "", "stix", why)
        else:
            said = _said(item)
            batch.append(Incoming(one, item.tlp, item.reduced, said, _unproven(one, said, proof)))
    return batch, unreadable


def _said(item: ReleasedObject) -> Provenance:
    beside = item.provenance
    due = timestamp(beside.destroy_by) if beside.destroy_by else None
    tag = beside.tag if isinstance(beside.tag, str) else ""
    return Provenance(beside.origin, beside.onward, due, beside.passed, beside.nonce, beside.consents, tag)


def _unproven(one: StixObject, said: Provenance, proof: Proof) -> str:
    """Why the consents of an object that was passed on by them do not let it pass; empty if they do."""
    if said.passed != "consent":
        return ""
    try:
        proof.check(ItemName.of(one), said)
    except BadConsent as error:
        return str(error)
    return ""


def broken_by_itself(
    standing: Standing, sender: Counterpart, terms: Terms, batch: Sequence[Incoming]
) -> list[tuple[str, str] | None]:
    """What each object breaks by itself or against the terms, as (rule, why): judged without anything that we hold,
    so that to say it tells nothing but what its sender can know.

    Of a mark whose definition is not in the batch, and of what only accompanies other objects, nothing is said: that
    depends on what is held.

    Raises:
        BadObject: the batch could not be judged.
    """
    blind = VettingContext(
        terms=terms,
        now=standing.now,
        sender=sender.key,
        identities=(sender.identity, standing.us.identity),
        threat_names=frozenset(),
        validate=lambda _value: (),
        poison=lambda _type, _value: None,
        quota_left=len(batch),
    )
    with _judging(batch):
        vetted = vetting.vet(batch, blind)
    known = WELL_KNOWN.keys() | {one.object.id for one in batch if one.object.type == MARKING}
    return [next((found for found in one.refusals if _tellable(one, found[0], known)), None) for one in vetted]


def _tellable(one: Vetted, rule: str, known: Collection[str]) -> bool:
    if rule == "marking":
        return set(marking_refs(one.object.value)) <= set(known)
    return rule in BY_ITSELF and not (rule == "type" and one.object.type in ACCOMPANYING)


def vet_batch(around: Surroundings, batch: Sequence[Incoming]) -> list[Vetted]:
    """What becomes of each object. Nothing is written yet: whatever a hostile object brings to fall costs its sender
    this message. A fault of the store is no fault of the objects, and goes on as what it is.

    Raises:
        BadObject: the batch could not be judged.
    """
    with _judging(batch):
        named, offered = vetting.named_ids(batch), vetting.offered(batch)
    context = _context(around, named, offered)
    with _judging(batch):
        return vetting.vet(_with_background(around, batch), context)


@contextmanager
def _judging(batch: Sequence[Incoming]) -> Iterator[None]:
    try:
        yield
    except BackchannelError:
        raise
    except Exception as error:
        raise BadObject(f"{len(batch)} objects could not be judged: {type(error).__name__}") from error


def _with_background(around: Surroundings, batch: Sequence[Incoming]) -> list[Incoming]:
    objects = [one.object for one in batch]
    poison = around.services.poison
    tags = {one.object.id: one.provenance.tag for one in batch if one.provenance is not None and one.provenance.tag}
    known = echoes.judge_all(around.tx, around.standing.us, around.sender.key, objects, poison, tags)
    return [msgspec.structs.replace(one, background=each) for one, each in zip(batch, known, strict=True)]


def _context(around: Surroundings, named: set[str], offered: Collection[Offered]) -> VettingContext:
    tx, terms, standing, sender = around.tx, around.terms, around.standing, around.sender
    threats = resolve_threats(tx, terms.scope.threats, tx.agreements.pins(around.agreement), standing.synonyms)
    spent = tx.channels.received_since(around.agreement, standing.now - QUOTA_WINDOW)
    return VettingContext(
        terms=terms,
        now=standing.now,
        sender=sender.key,
        identities=(sender.identity, standing.us.identity),
        threat_names=threats.keys,
        threat_ids=threats.seeds,
        validate=around.services.validate,
        poison=around.services.poison,
        quota_left=terms.quota.objects_per_day - spent,
        hops=tx.channels.received_hops(around.agreement, named),
        held=tx.holdings.known(named, offered),
        waiting=tx.inbox.known(named, offered),
        released=tx.channels.released_among(around.agreement, named),
        definitions=_definitions(tx, named),
        rules=tx.agreements.rules(),
        recalled=tx.recalls.recalled_by(sender.key, named),
    )


def _definitions(tx: Transaction, named: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
    ids = frozenset(one for one in named if type_of(one) == MARKING)
    found = tx.holdings.find(Filter(ids=ids, type=MARKING, latest=True)) if ids else ()
    return {one.id: one.object().value for one in found}
