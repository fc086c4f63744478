"""The two rules that judge objects together: closure and mention, as the smallest change that satisfies both.

Closure: an object leaves only if everything it refers to leaves too, is held by the counterpart already,
or can legally be cut from a reduced copy. A marking or extension definition may leave with the objects
that need it, whatever types and hops the agreement names, and the identity that made it with the
definition; a mark is never cut. Mention: no id, name or value of an object that stays is said in what
leaves. Where it is said in something optional a reduced
copy leaves without that; otherwise the object stays.

What leaves starts as everything the single rules let go, and only shrinks until nothing changes; an
object is judged again only when something it depends on changed. The quota comes last: what exceeds it
waits, and so does everything that would have to be cut because of that.
"""

from collections.abc import Callable, Collection, Iterable, Iterator

import msgspec

from backchannel.core.properties import META_TYPES, REQUIRED
from backchannel.core.release_case import (
    Case,
    cut_verdict,
    is_cut,
    place_name,
)
from backchannel.core.release_copy import Cut
from backchannel.core.release_listen import listen
from backchannel.core.release_presence import Presence
from backchannel.core.release_records import (
    Context,
    Decision,
    Lookup,
    Outcome,
    Result,
    Subject,
    SubjectsOf,
    Verdict,
)
from backchannel.core.release_rules import excluded, is_new, verdict
from backchannel.core.release_support import CREATOR, creator_of, lifted, may_support, own_level, unneeded
from backchannel.core.release_terms import TermBook
from backchannel.core.release_text import Place
from backchannel.core.scope import DEFINITIONS, sending_order
from backchannel.core.stix import StixObject
from backchannel.core.stix_ids import type_of
from backchannel.core.terms import Terms
from backchannel.core.text import printable, shown

_MOOT = (
    verdict("closure", Result.MOOT, "it stays anyway"),
    verdict("mention", Result.MOOT, "it stays anyway"),
)
_UNNEEDED = verdict("closure", Result.MOOT, "no object that leaves needs it")
_RENAMED = verdict("closure", Result.CUT, "it refers to reduced copies by their new ids")
_CLOSED = verdict("closure", Result.PASS, "the counterpart can resolve all it refers to")
_SILENT = verdict("mention", Result.PASS, "it says nothing of what stays")

Decide = Callable[[Subject], Decision]


def settle(
    decisions: Iterable[Decision],
    terms: Terms,
    context: Context,
    lookup: Lookup,
    decide: Decide,
    subjects_of: SubjectsOf | None,
) -> list[Decision]:
    """See `core.release.settle`."""
    settlement = Settlement(list(decisions), terms, context, decide, subjects_of)
    settlement.run()
    settlement.listen(lookup)
    settlement.run()
    settlement.keep_quota()
    return settlement.decisions()


class Settlement:
    """What leaves under one agreement, as it shrinks."""

    def __init__(
        self,
        decisions: list[Decision],
        terms: Terms,
        context: Context,
        decide: Decide,
        subjects_of: SubjectsOf | None,
    ) -> None:
        self._decisions = decisions
        self._terms, self._context = terms, context
        self._decide, self._subjects_of = decide, subjects_of
        self._presence = Presence(context)
        presence = self._presence
        self._book = TermBook(
            terms.scope.may_name,
            leaves=presence.leaves,
            is_known=presence.is_known,
            is_told=presence.is_told,
            is_restricted=presence.is_restricted,
        )
        self._cases: dict[int, Case] = {}
        self._by_ref: dict[str, list[int]] = {}
        self._by_term: dict[str, list[int]] = {}
        self._by_uuid: dict[str, list[str]] = {}
        self._waiting = False
        self._dirty: set[int] = set()
        self._definitions: list[Case] = []
        self._idle_identities: dict[str, list[int]] = {}
        for number, decision in enumerate(decisions):
            self._take_up(number, decision)
        self._fetch_support()

    # --- taking up ---------------------------------------------------------------------------------------------

    def _take_up(self, number: int, decision: Decision) -> None:
        self._presence.note(decision)
        if decision.outcome is not Outcome.WITHHOLD:
            self._open(number, decision, support=False)
        elif (kind := decision.subject.object.type) in DEFINITIONS:
            if may_support(decision, self._terms.handling.tlp_max):
                self._open(number, decision, support=True)
        elif kind == CREATOR:
            self._idle_identities.setdefault(decision.id, []).append(number)

    def _open(self, number: int, decision: Decision, *, support: bool) -> None:
        base: frozenset[Cut] = frozenset()
        if support or decision.outcome is Outcome.REDUCE:
            patterns = self._terms.scope.exclude_properties
            value = decision.subject.object.value
            base = frozenset((name,) for name in excluded(value, patterns, self._context.our_identity))
        case = Case(decision, base, support)
        self._cases[number] = case
        self._presence.enters(case)
        if case.kind in DEFINITIONS:
            self._definitions.append(case)
        for target in {target for _, target in case.refs}:
            self._by_ref.setdefault(target, []).append(number)
        self._dirty.add(number)

    def _fetch_support(self) -> None:
        """Take up what leaving objects need whatever the terms speak of: definitions that nobody asked about, and
        the identities that made definitions."""
        asked: set[str] = set()
        while True:
            creators = self._take_up_creators()
            wanted = {one for one in self._by_ref if type_of(one) in DEFINITIONS} | creators
            wanted = self._presence.unknown(wanted - asked)
            asked |= wanted
            fresh = [self._decide(one) for one in self._subjects_of(wanted)] if wanted and self._subjects_of else []
            if not fresh:
                return
            for decision in fresh:
                self._take_up(len(self._decisions), decision)
                self._decisions.append(decision)

    def _take_up_creators(self) -> set[str]:
        """Take up the identities that made definitions, of those decided on; the ids of all that did."""
        creators = {creator for case in self._definitions if (creator := creator_of(case))}
        for identifier in creators:
            for number in self._idle_identities.pop(identifier, ()):
                if may_support(self._decisions[number], self._terms.handling.tlp_max):
                    self._open(number, self._decisions[number], support=True)
        return creators

    def listen(self, lookup: Lookup) -> None:
        """Find out what the leaving objects say of others."""
        numbers = [number for number, case in self._cases.items() if case.leaves]
        threats = {*self._context.threat_names, *self._terms.scope.threats}
        listen([self._cases[number] for number in numbers], lookup, threats, self._book, self._ask_about)
        for number in numbers:
            for key in {key for _, key in self._cases[number].hits}:
                self._by_term.setdefault(key, []).append(number)
        self._listen_for_ids(numbers)
        self._dirty.update(numbers)

    def _listen_for_ids(self, numbers: Iterable[int]) -> None:
        said = {text for number in numbers for _, text in self._cases[number].said_ids}
        bare = {text for text in said if "--" not in text}
        if bare:
            self._ask_about({f"{kind}--{uuid}" for kind in REQUIRED for uuid in bare})
            for uuid, identifier in self._presence.of_uuids(bare):
                self._by_uuid.setdefault(uuid, []).append(identifier)
        for number in numbers:
            for _, text in self._cases[number].said_ids:
                for identifier in [text] if "--" in text else self._by_uuid.get(text, ()):
                    self._by_ref.setdefault(identifier, []).append(number)

    def _ask_about(self, ids: Collection[str]) -> None:
        """Decide on objects that nobody asked about and that bear what is said."""
        unknown = self._presence.unknown(ids)
        if unknown and self._subjects_of is not None:
            for subject in self._subjects_of(unknown):
                self._presence.note(self._decide(subject))

    # --- shrinking ---------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Judge until nothing changes."""
        while self._dirty:
            fallen: list[Case] = []
            while self._dirty:
                numbers, self._dirty = sorted(self._dirty), set()
                for number in numbers:
                    case = self._cases[number]
                    if case.leaves and not self._judge(case):
                        fallen.append(case)
            # What a case fell by first depends on the order of objects; what it falls by at the end does not.
            for case in fallen:
                self._failure(case, set(case.base))
            self._drop_unneeded()

    def _judge(self, case: Case) -> bool:
        """Whether the case still leaves as things stand."""
        cuts = set(case.base)
        if self._failure(case, cuts) is not None:
            self._move(case, Outcome.WITHHOLD, frozenset())
            return False
        reduced = bool(cuts) or case.renamed
        self._move(case, Outcome.REDUCE if reduced else Outcome.RELEASE, frozenset(cuts))
        return True

    def _failure(self, case: Case, cuts: set[Cut]) -> Verdict | None:
        """Why the case cannot leave, if it cannot; what must be cut from it is added to `cuts`."""
        return self._close(case, cuts) or self._silence(case, cuts) or self._legal(case, cuts)

    def _close(self, case: Case, cuts: set[Cut]) -> Verdict | None:
        lost: list[Cut] = []
        case.renamed = False
        for place, target in case.refs:
            known_as = target if is_cut(place, cuts) else self._presence.resolved(target)
            if known_as == target:
                continue
            if known_as is not None and place != ("created_by_ref",) and case.own:
                case.renamed = True
                continue
            if not case.can_cut(place):
                return _fail(case, "closure", _stuck(case, place, target))
            cuts.add(place)
            lost.append(place)
        for name in list(case.emptied(cuts)):
            if not case.can_cut((name,)):
                return _fail(case, "closure", f"nothing that {place_name((name,))} names leaves")
            cuts.add((name,))
        if lost:
            case.closure = cut_verdict("closure", lost, "what it refers to stays")
        else:
            case.closure = _RENAMED if case.renamed else _CLOSED
        return None

    def _silence(self, case: Case, cuts: set[Cut]) -> Verdict | None:
        lost: list[Place] = []
        first = ""
        for place, what in self._said(case):
            if is_cut(place, cuts):
                continue
            if not case.can_cut(place):
                return _fail(case, "mention", f"{place_name(place)} says {what}, which stays")
            cuts.add(place)
            lost.append(place)
            first = first or f"it says {what}, which stays"
        case.mention = cut_verdict("mention", lost, first) if lost else _SILENT
        return None

    def _said(self, case: Case) -> Iterator[tuple[Place, str]]:
        """What the object says of what stays. Once it is reduced it is judged again: its own id is among that."""
        for place, key in case.hits:
            if self._book.is_forbidden(key, case.decision.subject.seq):
                yield place, f"{shown(key)} ({self._book.bearer(key)})"
        for place, text in case.said_ids:
            if not self._may_say(text):
                yield place, printable(text, 90)

    def _may_say(self, text: str) -> bool:
        ids = [text] if "--" in text else self._by_uuid.get(text, [])
        return not ids or any(map(self._presence.is_visible, ids))

    def _legal(self, case: Case, cuts: Collection[Cut]) -> Verdict | None:
        if not cuts and not case.renamed:
            return None
        if case.kind in META_TYPES:
            return _fail(case, "closure", "it cannot leave as a reduced copy")
        if not case.is_valid_without(cuts):
            return _fail(case, "closure", "too little would be left of it")
        return None

    def _move(self, case: Case, outcome: Outcome, cuts: frozenset[Cut]) -> None:
        """Take over how a case stands, and have everything judged again that depends on it."""
        if self._waiting and (outcome, cuts) != (case.outcome, case.cuts):
            case.waiting, outcome = True, Outcome.WITHHOLD
        before, case.outcome, case.cuts = case.outcome, outcome, cuts
        if before is outcome:
            return
        self._presence.moved(case.id, before, outcome)
        self._dirty.update(self._by_ref.get(case.id, ()))
        if outcome is Outcome.WITHHOLD and not self._presence.leaves(case.id):
            for key in self._book.lost(case.id):
                self._dirty.update(self._by_term[key])

    def _drop_unneeded(self) -> None:
        """Definitions, and who made them, stay with what needs them."""
        for case in unneeded(self._leaving_cases()):
            case.closure, case.mention = _UNNEEDED, _MOOT[1]
            self._move(case, Outcome.WITHHOLD, frozenset())

    def keep_quota(self) -> None:
        """Let what exceeds the day's quota wait, the farthest from the threats first."""
        left = self._context.quota_left
        fresh = [case for case in self._leaving_cases() if is_new(case.decision.subject, self._context)]
        if left is None or len(fresh) <= left:
            return
        self._waiting = True
        for group in self._told():
            new = [case for case in group if is_new(case.decision.subject, self._context)]
            left = left - len(new) if len(new) <= left else -1
            for case in new if left < 0 else ():
                case.waiting = True
                self._move(case, Outcome.WITHHOLD, frozenset())
        self.run()

    def _told(self) -> list[list[Case]]:
        """What leaves, in groups in the order of telling."""
        by_id: dict[str, list[Case]] = {}
        copies: dict[str, StixObject] = {}
        for case in self._leaving_cases():
            copy = self._presence.copy(case)
            if copy is not None:
                copies[copy.id] = copy
                by_id.setdefault(copy.id, []).append(case)
        seeds = [one for one, cases in by_id.items() if cases[0].decision.subject.hops == 0]
        order = sending_order([*copies.values()], seeds, self._presence.visible)
        return [[case for one in group for case in by_id[one.id]] for group in order]

    def _leaving_cases(self) -> Iterator[Case]:
        return (case for case in self._cases.values() if case.leaves)

    def decisions(self) -> list[Decision]:
        """Every decision, with all its verdicts and with what leaves."""
        ceiling = self._terms.handling.tlp_max
        return [
            _decided(self._cases[number], self._presence.copy(self._cases[number]), ceiling)
            if number in self._cases
            else _stays(decision)
            for number, decision in enumerate(self._decisions)
        ]


def _fail(case: Case, rule: str, evidence: str) -> Verdict:
    failed = Verdict(rule, Result.FAIL, evidence)
    case.closure = failed if rule == "closure" else (case.closure or _CLOSED)
    case.mention = failed if rule == "mention" else _MOOT[1]
    return failed


def _stuck(case: Case, place: Cut, target: str) -> str:
    whole = "" if case.own else "another's object leaves whole or not at all, and "
    return f"{whole}{place_name(place)} needs {printable(target, 90)}, which stays"


def _stays(decision: Decision) -> Decision:
    return Decision(decision.subject, decision.outcome, decision.verdicts + _MOOT)


def _decided(case: Case, sent: StixObject | None, ceiling: str) -> Decision:
    subject = case.decision.subject
    verdicts = {one.rule: one for one in case.decision.verdicts}
    if case.support and case.leaves:
        if verdicts["marking"].result is Result.FAIL:
            subject = msgspec.structs.replace(subject, tlp=own_level(case.decision))
        verdicts = {rule: lifted(one, ceiling) for rule, one in verdicts.items()}
    if case.waiting:
        verdicts["quota"] = verdict("quota", Result.FAIL, "it waits: the day's quota is used up")
    pair = (case.closure or _CLOSED, case.mention or _SILENT)
    return Decision(subject, case.outcome, (*verdicts.values(), *pair), sent)
