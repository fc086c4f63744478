"""The way out: collect what an agreement could speak about, decide each object, seal what leaves.

`decide_all` is the preview and the enforcement: `release` seals exactly what it returns and what has not crossed
yet. Everything a release writes is one transaction, so that an envelope, the channel's state and the record of
what crossed become durable together.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from operator import is_not
from typing import NamedTuple, cast

import msgspec

from backchannel.core.canary import Canary
from backchannel.core.marking import definition_for
from backchannel.core.release import Bearer, Context, Decision, Lookup, Subject, decide, settle, summary
from backchannel.core.release_sources import one_of_each
from backchannel.core.release_spoken import SPOKEN_RULES, Finding, Spoken, findings, subjects_said
from backchannel.core.scope import sending_order
from backchannel.core.stix import StixObject
from backchannel.core.term_fields import QUOTA_WINDOW
from backchannel.core.terms import Terms
from backchannel.flow.asked import WithAsked, asked_by_others
from backchannel.flow.beside import Sayer, consents_beside, few_consents
from backchannel.flow.canaries import ForeignNames, Planted, Wanted, among, check_leaving, made, planted
from backchannel.flow.collector import collector_paused
from backchannel.flow.consent_asking import Ask, ask, wanted, would_ask
from backchannel.flow.ledger import Left, enter_release
from backchannel.flow.onward import Subjects
from backchannel.flow.parties import Counterpart, Guest, Peer, Standing
from backchannel.flow.ports import AgreementRow, Filter, Json, Transaction
from backchannel.flow.ports_channels import OutboxItem, Released
from backchannel.flow.post import post
from backchannel.flow.recall import still_crossed
from backchannel.flow.record import terms_of
from backchannel.flow.tag_notes import tag_notes
from backchannel.flow.threats import Threats, resolve_threats
from backchannel.protocol import message
from backchannel.protocol.batching import batches
from backchannel.protocol.consent import ItemName
from backchannel.protocol.message import Tlp

Choose = Callable[[Sequence[Decision]], Collection[str]]
"""Chooses among decided objects, by the ids they are held under."""


class Plan(msgspec.Struct, frozen=True):
    """Every decision under an agreement at one moment, and what the officer should know about it.

    `before` is what crossed in envelopes of the agreement so far, by our id: for each the last time. `asks` is what a
    release asks consents for, `objections` are to what an officer means to say with it. `canaries` are the ids of all
    canaries' objects among them, `fresh` the canaries that are not kept yet, `remarks` what to know of those. `tags`
    are the ids of notes that are made to say origin tags.
    """

    decisions: list[Decision]
    threats: Threats
    notes: list[str]
    before: Mapping[str, Released] = {}
    asks: tuple[Ask, ...] = ()
    objections: tuple[Finding, ...] = ()
    canaries: frozenset[str] = frozenset()
    fresh: tuple[Canary, ...] = ()
    remarks: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()

    @property
    def summary(self) -> Json:
        """Counts by outcome and by rule: what the next release sends, what stays, and what has crossed already."""
        counts = summary(self.decisions)
        crossed = [decision for decision in self.decisions if self.has_crossed(decision)]
        for decision in crossed:
            counts[decision.outcome] -= 1
        waiting = [one for one in self.decisions if one.sent is not None and not self.has_crossed(one)]
        return counts | {"crossed": len(crossed), "canaries": sum(one.id in self.canaries for one in waiting)}

    @property
    def staying(self) -> int:
        """How many objects do not leave."""
        return sum(decision.sent is None for decision in self.decisions)

    def has_crossed(self, decision: Decision) -> bool:
        """Whether what leaves by a decision has crossed before, in this version and under this id."""
        before, sent = self.before.get(decision.id), decision.sent
        return sent is not None and before is not None and (before.version, before.sent_id) == (sent.version, sent.id)


class ReleaseReport(msgspec.Struct, frozen=True):
    """What a release sealed: objects (reduced ones among them), envelopes, how many objects in scope stay, for how
    many it asked for consent, and how many of the objects are canaries'."""

    objects: int
    reduced: int
    envelopes: int
    withheld: int
    asked: int
    notes: list[str]
    canaries: int = 0


class Leaving(NamedTuple):
    """One object on its way out: as it leaves, and the decision behind it."""

    sent: StixObject
    decision: Decision

    @property
    def tlp(self) -> Tlp:
        """The level it is handled at."""
        return cast(Tlp, self.decision.subject.tlp)

    @property
    def reduced(self) -> bool:
        """Whether it is a reduced copy."""
        return self.decision.outcome == "reduce"


@collector_paused()
def decide_all(
    tx: Transaction,
    standing: Standing,
    them: Counterpart,
    row: AgreementRow,
    terms: Terms,
    *,
    everything: bool,
    beside: bool = True,
    also: Collection[str] = (),
    said: Sequence[Spoken] = (),
    canaries: Wanted | None = None,
) -> Plan:
    """Decide every held object under an agreement, or with `everything=False` only what is in scope and `also` those.
    With it, what an officer means to say (`said`).

    An object's decision is the same either way: what is out of scope never leaves. Where nothing can go `beside` an
    object, as over TAXII, others' objects stay, and origin tags leave as notes. `canaries` that are wanted are made
    in the form of what leaves, and decided with it.

    Raises:
        NoCanaryDomains, NoCanaryForm: canaries are wanted, and cannot be made or would not leave.
    """
    decided = partial(
        _decide, tx, standing, them, row, terms, everything=everything, beside=beside, also=also, said=said
    )
    plan = decided(planted(tx, row))
    if canaries is None:
        return plan
    new = frozenset(one.id for one in plan.decisions if one.sent is not None and not plan.has_crossed(one))
    fresh, remarks = made(tx, standing, them, row, plan.decisions, canaries, new)
    plan = decided(planted(tx, row, fresh))
    remarks += check_leaving(fresh, plan.decisions)
    return msgspec.structs.replace(plan, notes=[*plan.notes, *remarks], fresh=tuple(fresh), remarks=tuple(remarks))


def _decide(
    tx: Transaction,
    standing: Standing,
    them: Counterpart,
    row: AgreementRow,
    terms: Terms,
    marked: Planted,
    *,
    everything: bool,
    beside: bool,
    also: Collection[str],
    said: Sequence[Spoken],
) -> Plan:
    threats = resolve_threats(tx, terms.scope.threats, tx.agreements.pins(row.id), standing.synonyms)
    holdings = tx.holdings
    # Only our own objects draw ours into scope: no link or namesake that somebody sent us pulls our objects out.
    goes_beside = beside and not isinstance(them, Guest)
    subjects = Subjects(tx, standing, them, threats, terms.scope.depth, beside=goes_beside, marked=marked)
    context = _context(tx, standing, them, row, terms, threats)
    words = subjects_said(said, context)
    # What is said is no object of the day's quota.
    context = msgspec.structs.replace(context, crossed={**context.crossed, **{one.object.id: "" for one in words}})
    spoken = [decide(one, terms, context, SPOKEN_RULES) for one in words]
    query = Filter(latest=True) if everything else Filter(latest=True, ids=subjects.ids | frozenset(also))
    found = (one for one in subjects.of(holdings.find(query)) if _asked_for(one, everything, also))
    added = marked.subjects(subjects.own, everything=everything)
    first = [decide(subject, terms, context) for subject in among([*found], added, context.secret)]
    lookup: Lookup = _Lookup(tx, context.crossed_versions, ForeignNames(marked.foreign))
    if said:
        lookup = WithAsked(lookup, asked_by_others(tx, them))

    def settled(decisions: list[Decision], *, supposing: bool = False) -> list[Decision]:
        def subjects_of(ids: Collection[str]) -> Iterator[Subject]:
            return subjects.of(holdings.find(Filter(latest=True, ids=frozenset(ids))), supposing=supposing)

        return settle(one_of_each(decisions), terms, context, lookup, subjects_of)

    asks: tuple[Ask, ...] = ()
    supposed = [_supposed(one, terms, context) for one in first]
    if any(map(is_not, supposed, first)):
        asks = wanted(settled(supposed, supposing=True))
    decisions = settled([*spoken, *first])
    objections = findings(said, decisions[: len(spoken)])
    before = still_crossed(tx, tx.channels.released_ids(row.id, sealed=True))
    notes = [*threats.notes, *map(str, asks)]
    decided = would_ask(decisions[len(spoken) :], asks)
    tags = [] if goes_beside else tag_notes(standing, terms, decided, context)
    plan = Plan([*decided, *tags], threats, notes, before, asks, objections, marked.ids)
    return msgspec.structs.replace(plan, tags=frozenset(one.id for one in tags))


def release(
    tx: Transaction,
    standing: Standing,
    peer: Peer,
    row: AgreementRow,
    terms: Terms,
    canaries: Wanted | None = None,
    choose: Choose | None = None,
) -> ReleaseReport:
    """Seal what the agreement releases and has not crossed yet, in the caller's transaction, with the canaries that
    are wanted, and ask for the consents that others' objects lack. If there is somebody to `choose`, only the objects
    whose ids it gives, with what they need; then nobody is asked.

    Raises:
        NoCanaryDomains, NoCanaryForm: as `decide_all`; nothing was written.
    """
    plan = add_canaries(tx, standing, peer, row, terms, canaries)
    sealed: list[Leaving] = []
    envelopes = 0
    chosen = None if choose is None else {*choose(plan.decisions), *plan.canaries}
    for batch in envelopes_of(plan, chosen):
        seal(tx, standing, peer, row, plan, batch)
        sealed += batch
        envelopes += 1
        standing.us.reached("release.sealed")
    asked, notes = ask(tx, standing, peer, plan.asks if chosen is None else ())
    return ReleaseReport(
        objects=len(sealed),
        reduced=sum(one.decision.outcome == "reduce" for one in sealed),
        envelopes=envelopes,
        withheld=plan.staying,
        asked=asked,
        notes=[*plan.threats.notes, *plan.remarks, *notes],
        canaries=sum(one.decision.id in plan.canaries for one in sealed),
    )


def add_canaries(
    tx: Transaction, standing: Standing, them: Counterpart, row: AgreementRow, terms: Terms, canaries: Wanted | None
) -> Plan:
    """Decide what is in scope, and keep the canaries that are wanted: a guest's collection has them from then on.

    Raises:
        NoCanaryDomains, NoCanaryForm: as `decide_all`; nothing was written.
    """
    plan = decide_all(tx, standing, them, row, terms, everything=False, canaries=canaries)
    tx.canaries.add(plan.fresh)
    return plan


def envelopes_of(plan: Plan, chosen: Collection[str] | None = None) -> Iterator[list[Leaving]]:
    """What leaves by a plan and has not crossed yet, in the order of telling, in parts that fit one envelope each.

    With `chosen` only those objects (by the ids they are held under), with what they need: what they refer to, and
    what ties them to the threats.
    """
    leaving = {
        decision.sent.id: Leaving(decision.sent, decision)
        for decision in plan.decisions
        if decision.sent is not None and not plan.has_crossed(decision)
    }
    seeds = {d.sent.id for d in plan.decisions if d.sent is not None and d.id in plan.threats.seeds}
    wanted = None if chosen is None else {one.sent.id for one in leaving.values() if one.decision.id in chosen}
    crossed = [one.sent_id for one in plan.before.values()]
    groups = sending_order([one.sent for one in leaving.values()], seeds, crossed, wanted)
    for batch in batches(groups, lambda one: one.raw):
        for run in few_consents([leaving[one.id].decision for one in batch]):
            yield [Leaving(one.sent, one) for one in run if one.sent is not None]


def seal(
    tx: Transaction,
    standing: Standing,
    peer: Peer,
    row: AgreementRow,
    plan: Plan,
    batch: Sequence[Leaving],
    *said: message.AnyMessage,
) -> OutboxItem:
    """One envelope of what leaves by a plan: the objects, the levels they are handled at, what goes beside them, what
    is said with them, and the record that they crossed."""
    sayer = Sayer(standing, row.id, terms_of(row))
    items = tuple(
        message.ReleasedObject(msgspec.Raw(one.sent.raw), one.tlp, one.reduced, sayer.of(one.decision, one.sent))
        for one in batch
    )
    markings = tuple(msgspec.Raw(definition_for(level)) for level in sorted({one.tlp for one in batch}))
    consents = consents_beside(tx, (one.decision for one in batch))
    posted = post(tx, standing.us, peer, row.id, [message.Release(row.version, items, markings, consents), *said])
    # What leaves in bytes that are not held: who got it may ask for consent to pass it on, like all the rest.
    unheld = [one.sent for one in batch if one.reduced or one.decision.id in plan.canaries]
    copies = {(one.id, one.version): ItemName.of(one).sha256 for one in unheld}
    tx.provenances.put_copies(row.id, copies)
    tx.channels.add_released(
        row.id,
        (Released(one.decision.id, one.sent.id, one.sent.version, posted.sequence, standing.now) for one in batch),
    )
    enter_release(tx, standing, row, posted.sequence, map(_left, batch), plan.staying)
    return posted


# --- the pieces ------------------------------------------------------------------------------------------------


def _asked_for(subject: Subject, everything: bool, also: Collection[str]) -> bool:
    """Whether an object is decided: of others', where not everything is, only what is in reach."""
    return everything or subject.hops is not None or not subject.own or subject.object.id in also


def _left(one: Leaving) -> Left:
    sent, decision = one.sent, one.decision
    digest = hashlib.sha256(sent.raw).hexdigest()
    return Left(decision.id, sent.id, sent.version, digest, one.tlp, decision.outcome.value)


def _context(
    tx: Transaction, standing: Standing, them: Counterpart, row: AgreementRow, terms: Terms, threats: Threats
) -> Context:
    crossed = still_crossed(tx, tx.channels.released_ids(row.id))
    came = tx.channels.received_ids(row.id)
    theirs = {one: one for one in came - tx.holdings.held_from_others(came, them.key)}
    spent = tx.channels.released_since(row.id, standing.now - QUOTA_WINDOW)
    return Context(
        now=standing.now,
        them=them.key,
        counterpart_name=them.name,
        our_identity=standing.us.identity,
        secret=standing.us.secret,
        agreement=row.id,
        # What we have from the counterpart alone is no secret from it. What we hold from elsewhere too is judged by
        # its own marks: to name an id must not be a way to free it.
        crossed=theirs | {source_id: one.sent_id for source_id, one in crossed.items()},
        crossed_versions={source_id: one.version for source_id, one in crossed.items()},
        quota_left=terms.quota.objects_per_day - spent,
        designated=standing.designated,
        threat_names=threats.keys,
        recalled={one for one, lifted in tx.recalls.standing().items() if lifted is None},
    )


def _supposed(one: Decision, terms: Terms, context: Context) -> Decision:
    """The decision as if the consent that can be asked for had been given; the same one if none can."""
    passing = one.subject.passing
    if passing is None or not passing.askable:
        return one
    return decide(msgspec.structs.replace(one.subject, passing=passing.supposing()), terms, context)


class _Lookup:
    """Which held objects bear a name or value, for the mention rule (`core.release.Lookup`)."""

    def __init__(self, tx: Transaction, crossed: Mapping[str, str], foreign: ForeignNames) -> None:
        self._holdings = tx.holdings
        self._crossed = crossed
        self._foreign = foreign

    def __call__(self, keys: set[str]) -> dict[str, list[Bearer]]:
        found = self._holdings.bearers(keys, self._crossed)
        for key, bearers in self._foreign.bearers(keys).items():
            found[key] = [*found.get(key, ()), *bearers]
        return found

    def beginnings(self, runs: set[str]) -> set[str]:
        return self._holdings.beginnings(runs) | self._foreign.beginnings(runs)
