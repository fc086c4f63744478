"""The way out: collect what an agreement could speak about, decide each object, seal what leaves.

`decide_all` is the preview and the enforcement: `release` seals exactly what it returns and what has not crossed
yet. Everything a release writes is one transaction, so that an envelope, the channel's state and the record of
what crossed become durable together.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from backchannel.core.mention import term_key
from backchannel.core.release import Context, Decision, Subject, decide, settle, summary
from backchannel.core.scope import reach, sending_order
from backchannel.core.terms import Terms
from backchannel.flow.parties import Peer, Us
from backchannel.flow.ports import AgreementRow, Filter, Held, Json, Released, Transaction
from backchannel.flow.post import post
from backchannel.flow.threats import Synonyms, Threats, resolve_threats
from backchannel.protocol import message

ENVELOPE_OBJECTS = 2_000
"""Objects in one envelope at most."""

ENVELOPE_BYTES = 4 << 20
"""Bytes of objects in one envelope at most, before compression."""

QUOTA_WINDOW = timedelta(days=1)


class Standing(msgspec.Struct, frozen=True):
    """What holds for every decision of the node: who we are, the time, synonyms, designated names."""

    us: Us
    now: datetime
    synonyms: Synonyms
    designated: frozenset[str]


class Plan(msgspec.Struct, frozen=True):
    """Every decision under an agreement at one moment, and what the officer should know about it."""

    decisions: list[Decision]
    threats: Threats
    notes: list[str]

    @property
    def summary(self) -> Json:
        """Counts by outcome and by rule."""
        return summary(self.decisions)


class ReleaseReport(msgspec.Struct, frozen=True):
    """What a release sealed: objects (reduced ones among them), envelopes, and how many objects stay."""

    objects: int
    reduced: int
    envelopes: int
    withheld: int
    notes: list[str]


def decide_all(
    tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow, terms: Terms, *, everything: bool
) -> Plan:
    """Decide every held object under an agreement, or with `everything=False` only what is in scope.

    An object's decision is the same either way: what is out of scope never leaves.
    """
    threats = resolve_threats(tx, terms.scope.threats, tx.agreements.pins(row.id), standing.synonyms)
    holdings = tx.holdings
    hops = reach(
        threats.seeds, terms.scope.depth, holdings.edges_from, holdings.edges_to, holdings.types_of
    )
    context = _context(tx, standing, peer, row, terms, threats)
    query = Filter(latest=True) if everything else Filter(latest=True, ids=frozenset(hops))
    first = [decide(_subject(held, hops), terms, context) for held in holdings.find(query)]
    decisions = settle(first, terms, context, _lookup(tx))
    return Plan(decisions, threats, [*threats.notes])


def release(
    tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow, terms: Terms
) -> ReleaseReport:
    """Seal what the agreement releases and has not crossed yet, in the caller's transaction."""
    plan = decide_all(tx, standing, peer, row, terms, everything=False)
    crossed = tx.channels.released_ids(row.id)
    fresh = [d for d in plan.decisions if d.sent is not None and not _has_crossed(d, crossed)]
    groups = sending_order([d.sent for d in fresh if d.sent is not None], _sent_seeds(plan, crossed))
    by_sent = {d.sent.id: d for d in fresh if d.sent is not None}
    envelopes = 0
    for batch in _batches(groups):
        _seal_batch(tx, standing, peer, row, [by_sent[one.id] for one in batch])
        envelopes += 1
        standing.us.reached("release.sealed")
    return ReleaseReport(
        objects=len(fresh),
        reduced=sum(d.outcome == "reduce" for d in fresh),
        envelopes=envelopes,
        withheld=sum(d.sent is None for d in plan.decisions),
        notes=plan.notes,
    )


def _context(
    tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow, terms: Terms, threats: Threats
) -> Context:
    crossed = tx.channels.released_ids(row.id)
    spent = tx.channels.released_since(row.id, standing.now - QUOTA_WINDOW)
    return Context(
        now=standing.now,
        us=standing.us.key,
        them=peer.key,
        counterpart_name=peer.card.name,
        our_identity=standing.us.identity,
        secret=standing.us.secret,
        crossed={source_id: one.sent_id for source_id, one in crossed.items()},
        quota_left=terms.quota.objects_per_day - spent if terms.quota else None,
        designated=standing.designated,
        threat_names=threats.keys,
    )


def _subject(held: Held, hops: dict[str, int]) -> Subject:
    return Subject(
        seq=held.seq,
        object=held.object(),
        own=held.own,
        source=held.source,
        tlp=held.tlp,
        hops=hops.get(held.id),
    )


def _lookup(tx: Transaction) -> Callable[[set[str]], dict[str, list[tuple[str, str, str]]]]:
    """Which held objects bear a name or value, for the mention rule."""

    def lookup(keys: set[str]) -> dict[str, list[tuple[str, str, str]]]:
        found: dict[str, list[tuple[str, str, str]]] = {}
        for term in tx.holdings.terms(keys):
            found.setdefault(term.key, []).append((term.object_id, term.object_type, term.kind))
        return found

    return lookup


def _has_crossed(decision: Decision, crossed: dict[str, Released]) -> bool:
    before = crossed.get(decision.id)
    return before is not None and decision.sent is not None and before.version == decision.sent.version


def _batches(groups: Sequence[Sequence[StixObject]]) -> Iterator[list[StixObject]]:
    """Groups, never torn, into envelopes of at most `ENVELOPE_OBJECTS` and about `ENVELOPE_BYTES`."""
    batch: list[StixObject] = []
    size = 0
    for group in groups:
        weight = sum(len(one.raw) for one in group)
        if batch and (len(batch) + len(group) > ENVELOPE_OBJECTS or size + weight > ENVELOPE_BYTES):
            yield batch
            batch, size = [], 0
        batch.extend(group)
        size += weight
    if batch:
        yield batch
