"""Canaries on the way out: made in the form of what leaves, decided like everything else, bound to their agreement.

Rules: a canary is kept beside the holdings and is looked at only where its own agreement is decided, so that it
cannot leave under another; nor can anything that says its name, even if somebody brings that into the holdings: it
counts there as the value of an object that must stay. Canaries stand at places among the other objects that nobody
can tell.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import count, islice

import msgspec

from backchannel.core.canary import Canary, Draw, name_of
from backchannel.core.canary_form import MadeIds, Recipient, canaries, models, preferred
from backchannel.core.mention import term_key
from backchannel.core.release import Bearer, Decision, Result, Subject
from backchannel.core.scope import EdgeTuple
from backchannel.core.stix import StixObject, targets
from backchannel.errors import NoCanaryDomains, NoCanaryForm
from backchannel.flow.parties import Counterpart, Standing
from backchannel.flow.ports import AgreementRow, Edge, Holdings, Transaction

_PLACES = 1 << 64


class Wanted(msgspec.Struct, frozen=True):
    """How many canaries an officer adds, below which domains, and how ids of imported objects are made."""

    count: int
    domains: tuple[str, ...]
    made: MadeIds


class Planted(msgspec.Struct, frozen=True):
    """The canaries of one agreement, and what may not be said under it because of those of others."""

    canaries: tuple[Canary, ...]
    foreign: Mapping[str, str] = {}

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all their objects."""
        return frozenset(identifier for one in self.canaries for identifier in one.ids)

    def subjects(self, hops: Mapping[str, int], *, everything: bool) -> list[tuple[Subject, Subject]]:
        """What there is to decide, indicator and relationship; without `everything` only what is in scope."""
        return [
            (_subject(one, one.indicator, one.tlp, hops), _subject(one, one.relationship, one.link_tlp, hops))
            for one in self.canaries
            if everything or not hops.keys().isdisjoint(one.ids)
        ]


def _subject(one: Canary, part: StixObject, tlp: str, hops: Mapping[str, int]) -> Subject:
    return Subject(seq=one.seq, object=part, own=True, tlp=tlp, hops=hops.get(part.id))


def planted(tx: Transaction, row: AgreementRow, fresh: Iterable[Canary] = ()) -> Planted:
    """The canaries of an agreement, with those that are about to be added."""
    everywhere = tx.canaries.all()
    foreign = {term_key(one.name): one.indicator.id for one in everywhere if one.agreement != row.id}
    return Planted((*(one for one in everywhere if one.agreement == row.id), *fresh), foreign)


def made(
    tx: Transaction,
    standing: Standing,
    them: Counterpart,
    row: AgreementRow,
    decisions: Sequence[Decision],
    wanted: Wanted,
    new: Collection[str],
) -> tuple[list[Canary], list[str]]:
    """New canaries in the form of what leaves, and what the officer should know. `new` are ids that leave now.

    Raises:
        NoCanaryDomains: the operator has named no domains.
        NoCanaryForm: nothing leaves whose form a canary could take.
    """
    if not wanted.domains:
        raise NoCanaryDomains("the setting `canary_domains` names no domain")
    everywhere = tx.canaries.all()
    earlier = {identifier for one in everywhere for identifier in one.ids}
    found = models(one for one in decisions if one.id not in earlier)
    if not found:
        raise NoCanaryForm(
            f"nothing that leaves under agreement {row.id[:12]} is an indicator that indicates a threat"
        )
    pool, notes = preferred(found, leaves_now=lambda one: one.id in new)
    of = Recipient(row.id, them.key, standing.us.secret, wanted.domains, standing.now)
    taken = {one.name for one in everywhere}
    first = 1 + max((one.counter for one in everywhere if one.agreement == row.id), default=0)
    free = (
        number
        for number in count(first)
        if name_of(of.secret, of.agreement, of.party, number, of.domains) not in taken
    )
    return list(canaries(pool, of, islice(free, wanted.count), wanted.made)), notes


def check_leaving(fresh: Sequence[Canary], decisions: Sequence[Decision]) -> list[str]:
    """See that new canaries leave; what the officer should know if some wait for the quota.

    Raises:
        NoCanaryForm: a rule keeps one back.
    """
    ids = {identifier for one in fresh for identifier in one.ids}
    staying = [one for one in decisions if one.id in ids and one.sent is None]
    for one in staying:
        broken = [each for each in one.verdicts if each.result is Result.FAIL]
        against = [each for each in broken if each.rule != "quota"]
        if against or not broken:
            why = f"{against[0].rule}: {against[0].evidence}" if against else "something that it needs stays"
            raise NoCanaryForm(f"a canary would stay here like what it is made after ({why})")
    return ["some canaries wait for the day's quota, and leave with a later release"] if staying else []


def among(subjects: Sequence[Subject], added: Sequence[tuple[Subject, Subject]], secret: bytes) -> list[Subject]:
    """The subjects with canaries among those in scope, at places that are derived from the secret.

    Each stands beside another indicator, and its relationship beside or behind it just as that one's does. The places
    are the same whether what is out of scope is looked at or not, so that a quota leaves out the same.
    """
    pairs = _pairs([(number, one) for number, one in enumerate(subjects) if one.hops is not None]) if added else []
    beside: dict[int, list[Subject]] = {}  # by place: what stands before the subject of that number
    for indicator, link in added:
        draw = Draw(secret, "place", indicator.object.id)
        first, last, joined = pairs[draw.below(_PLACES) * len(pairs) // _PLACES] if pairs else (len(subjects),) * 3
        after = draw.below(2) if pairs else 0
        if joined:
            order = (indicator, link) if first < last else (link, indicator)
            beside.setdefault(max(first, last) + 1 if after else min(first, last), []).extend(order)
        else:
            beside.setdefault(first + after, []).append(indicator)
            beside.setdefault(last + after, []).append(link)
    merged: list[Subject] = []
    for number, one in enumerate(subjects):
        merged += (*beside.get(number, ()), one)
    return merged + beside.get(len(subjects), [])


def _pairs(scoped: Sequence[tuple[int, Subject]]) -> list[tuple[int, int, bool]]:
    """Where indicators and their relationships to what they indicate stand, and whether one follows the other."""
    numbers = {one.object.id: (number, place) for place, (number, one) in enumerate(scoped)}
    found = []
    for place, (number, one) in enumerate(scoped):
        value = one.object.value
        source = numbers.get(str(value.get("source_ref"))) if value.get("relationship_type") == "indicates" else None
        if source is not None:
            found.append((source[0], number, abs(source[1] - place) == 1))
    return found


class Graph:
    """Our own objects and what they refer to, with the canaries of an agreement among them."""

    def __init__(self, holdings: Holdings, planted: Planted) -> None:
        self._holdings = holdings
        parts = [part for one in planted.canaries for part in (one.indicator, one.relationship)]
        self._parts: dict[str, StixObject] = {part.id: part for part in parts}
        self._to: dict[str, list[Edge]] = {}
        for part in parts:
            for target in targets(part):
                self._to.setdefault(target, []).append(Edge(part.id, part.type, target))

    def edges_from(self, ids: Collection[str]) -> Iterable[EdgeTuple]:
        """What these objects refer to."""
        ours = [self._parts[one] for one in ids if one in self._parts]
        added = [Edge(part.id, part.type, target) for part in ours for target in sorted(targets(part))]
        return [*self._holdings.edges_from(ids, own=True), *added]

    def edges_to(self, ids: Collection[str]) -> Iterable[EdgeTuple]:
        """What refers to these objects."""
        added = [edge for one in ids for edge in self._to.get(one, ())]
        return [*self._holdings.edges_to(ids, own=True), *added]

    def types_of(self, ids: Collection[str]) -> Mapping[str, str]:
        """The types of those that there are."""
        return self._holdings.types_of(ids) | {one: self._parts[one].type for one in ids if one in self._parts}


class ForeignNames:
    """Names of canaries of other agreements: values that an object bears which must stay (`core.release.Lookup`)."""

    def __init__(self, foreign: Mapping[str, str]) -> None:
        self._foreign = foreign
        self._beginnings = {
            " ".join(words[:n]) for words in map(str.split, foreign) for n in range(1, len(words) + 1)
        }

    def bearers(self, keys: set[str]) -> dict[str, list[Bearer]]:
        """Who bears these keys. The id is one that nothing has: no copy of a canary that came back frees its name."""
        kept = {key: self._foreign[key] for key in keys & self._foreign.keys()}
        return {
            key: [
                Bearer(f"{identifier}-canary", "indicator", "value", 0, own=True, current=True, crossed=frozenset())
            ]
            for key, identifier in kept.items()
        }

    def beginnings(self, runs: set[str]) -> set[str]:
        """Those runs of words that one begins with."""
        return runs & self._beginnings
