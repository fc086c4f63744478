"""Vetting one envelope's objects: gather what `core.vetting` must know around them, and ask it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec

from backchannel.core import vetting
from backchannel.core.incoming import HeldVersion, Incoming, Vetted, VettingContext
from backchannel.core.poison import Poison
from backchannel.core.stix import decode
from backchannel.core.term_fields import QUOTA_WINDOW
from backchannel.core.terms import Terms
from backchannel.errors import BackchannelError, BadObject
from backchannel.flow.parties import Peer, Standing
from backchannel.flow.ports import Filter, Transaction, Validator
from backchannel.flow.threats import resolve_threats
from backchannel.protocol.message import ReleasedObject


class Services(msgspec.Struct, frozen=True):
    """What vetting needs from outside: STIX validation, and which values must not be acted upon.

    `poison(type, value)` says why a canonical value is poison, or is None.
    """

    validate: Validator
    poison: Callable[[str, str], Poison | None]


class Surroundings(msgspec.Struct, frozen=True):
    """Where a batch arrives: the transaction, the node, the counterpart, the agreement's id and terms."""

    tx: Transaction
    standing: Standing
    services: Services
    peer: Peer
    agreement: str
    terms: Terms


def decode_items(items: Iterable[ReleasedObject]) -> tuple[list[Incoming], list[tuple[str, str, str]]]:
    """The objects that can be decoded, and (subject, rule, why) for those that cannot."""
    batch: list[Incoming] = []
    unreadable: list[tuple[str, str, str]] = []
    for number, item in enumerate(items):
        try:
            one = decode(bytes(item.object))
        except BadObject as error:
            unreadable.append((f"object {number}", error.code, str(error)))
            continue
        # Everything behind this point goes by type and id.
        unnamed = [name for name in ("type", "id") if not isinstance(one.value.get(name), str)]
        if unnamed:
            unreadable.append((f"object {number}", "stix", f"the object has no {unnamed[0]} that is a text"))
        else:
            batch.append(Incoming(one, item.tlp, item.reduced))
    return batch, unreadable


def vet_batch(around: Surroundings, batch: Sequence[Incoming]) -> list[Vetted]:
    """What becomes of each object. Nothing is written yet: whatever a hostile object brings to fall costs its sender
    this message. A fault of the store is no fault of the objects, and goes on as what it is.

    Raises:
        BadObject: the batch could not be judged.
    """
    with _judging(batch):
        named, keys = vetting.named_ids(batch), vetting.value_keys(batch)
    context = _context(around, named, keys)
    with _judging(batch):
        return vetting.vet(batch, context)


@contextmanager
def _judging(batch: Sequence[Incoming]) -> Iterator[None]:
    try:
        yield
    except BackchannelError:
        raise
    except Exception as error:
        raise BadObject(f"{len(batch)} objects could not be judged: {type(error).__name__}") from error


def _context(around: Surroundings, named: set[str], keys: set[str]) -> VettingContext:
    tx, terms, standing, peer = around.tx, around.terms, around.standing, around.peer
    threats = resolve_threats(tx, terms.scope.threats, tx.agreements.pins(around.agreement), standing.synonyms)
    spent = tx.channels.received_since(around.agreement, standing.now - QUOTA_WINDOW)
    held = list(tx.holdings.find(Filter(ids=frozenset(named))))
    return VettingContext(
        terms=terms,
        now=standing.now,
        sender=peer.key,
        us=standing.us.key,
        identities=(peer.identity, standing.us.identity),
        threat_names=threats.keys,
        threat_ids=threats.seeds,
        validate=around.services.validate,
        poison=around.services.poison,
        quota_left=terms.quota.objects_per_day - spent,
        hops=tx.channels.received_hops(around.agreement, named),
        held=_by_id((one.id, HeldVersion(one.version, one.object().digest, one.source, one.own)) for one in held),
        waiting=_waiting(tx, named),
        released=tx.channels.released_among(around.agreement, named),
        released_keys=tx.channels.released_term_keys(peer.key, keys),
        definitions={one.id: one.object().value for one in held if one.type == "marking-definition"},
        rules=tx.agreements.rules(),
    )


def _waiting(tx: Transaction, named: set[str]) -> Mapping[str, Sequence[HeldVersion]]:
    items = tx.inbox.among(named)
    return _by_id(
        (item.object_id, HeldVersion(item.version, decode(item.raw).digest, item.party, own=False)) for item in items
    )


def _by_id(versions: Iterable[tuple[str, HeldVersion]]) -> dict[str, list[HeldVersion]]:
    grouped: dict[str, list[HeldVersion]] = {}
    for identifier, version in versions:
        grouped.setdefault(identifier, []).append(version)
    return grouped
