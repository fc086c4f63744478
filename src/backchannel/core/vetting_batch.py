"""The checks of vetting that look at a batch as a whole: numbers 3 (second half), 5 and 8 of
`core.vetting`, and versions that occur twice.

Rules: scope is reached through objects that pass, and through duplicates and echoes, whose content is
known. A link whose end is refused falls with it. Definitions, and the identities that made them, pass
whatever the agreement is about, but only with what needs them (the sender's rule: `core.release_settle`).
The graph is hostile: every loop ends because it only ever refuses more, and the work of a batch grows with its
objects and references, however they are chained.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from backchannel.core.incoming import Finding, VettingContext
from backchannel.core.known_by import names_of
from backchannel.core.marking import WELL_KNOWN
from backchannel.core.mention import term_key
from backchannel.core.scope import ACCOMPANYING, DEFINITIONS, EXPANDED, LIFTED, THREAT_TYPES, Edges, EdgeTuple, reach
from backchannel.core.stix import SHARED_VOCABULARY
from backchannel.core.stix_ids import type_of
from backchannel.core.vetting_dependents import Dependents
from backchannel.core.vetting_rules import Candidate, hold, refuse, shown_id
from backchannel.core.vetting_verdicts import Verdicts

Carries = Callable[[int], bool]
"""Whether the references of the candidate at a place count."""

_ROUNDS = 8
"""How often it is looked again who needs what accompanies others. An honest sender did that itself, so a batch
settles in one or two; of one that does not, whatever accompanies others is refused."""


class Batch:
    """A batch as a graph, and what the context knows around it."""

    def __init__(self, candidates: Sequence[Candidate], context: VettingContext) -> None:
        self._candidates = candidates
        self._context = context
        self._agreed = context.threat_ids | frozenset(context.terms.scope.threats)
        here = (*context.held.items(), *context.waiting.items())
        self._own = {identifier for identifier, known in here if any(one.own for one in known)}
        self._theirs = {
            identifier for identifier, known in here if any(one.source == context.sender for one in known)
        }
        self._places: dict[str, list[int]] = defaultdict(list)
        self._referrers: dict[str, list[int]] = defaultdict(list)
        for index, candidate in enumerate(candidates):
            self._places[candidate.id].append(index)
            for target in candidate.targets:
                self._referrers[target].append(index)

    def judge(self, verdicts: Verdicts) -> Mapping[str, int]:
        """Add every finding of this module; the hops of what is in scope."""
        self._refuse_repeated(verdicts)
        for index, candidate in enumerate(self._candidates):
            verdicts.add(index, self._missing(candidate))
        along = self._lift(verdicts)
        everything = self._reach(lambda _index: True) if len(verdicts.surviving()) < len(self._candidates) else {}
        dependents = Dependents(self._candidates, self._referrers, verdicts, self._stays)
        dependents.settle()
        hops = self._reach(verdicts.carries)
        self._refuse_out_of_scope(everything, hops, along, verdicts, dependents)
        dependents.settle()
        self._refuse_unneeded(along, verdicts, dependents)
        for index in verdicts.surviving():
            verdicts.add(index, self._doubtful(self._candidates[index], dependents))
        return hops

    def _lift(self, verdicts: Verdicts) -> dict[int, list[Finding]]:
        """Let pass for now what could accompany others; by its place, why it may not pass alone."""
        places = (index for index, one in enumerate(self._candidates) if one.type in ACCOMPANYING)
        return {index: lifted for index in places if (lifted := verdicts.set_aside(index, LIFTED))}

    def _refuse_out_of_scope(
        self,
        everything: Mapping[str, int],
        hops: Mapping[str, int],
        along: dict[int, list[Finding]],
        verdicts: Verdicts,
        dependents: Dependents,
    ) -> None:
        for index, candidate in enumerate(self._candidates):
            seen = everything if verdicts.refused(index) else hops
            if candidate.type in DEFINITIONS or candidate.id in seen:
                continue
            finding = refuse("scope", "not connected to the agreement's threats within its depth")
            if candidate.type in ACCOMPANYING and not verdicts.refused(index):
                along.setdefault(index, []).append(finding)
            else:
                dependents.refuse(index, (finding,))

    def _refuse_repeated(self, verdicts: Verdicts) -> None:
        for places in self._places.values():
            versions: dict[str, bytes] = {}
            for index in places if len(places) > 1 else ():
                one = self._candidates[index].incoming.object
                first = versions.setdefault(one.version, one.raw)
                if first is one.raw:
                    continue
                rule = "duplicate" if first == one.raw else "conflict"
                verdicts.add(index, (refuse(rule, "the same id and version stands in this batch already"),))

    # --- scope -------------------------------------------------------------------------------------------------

    def _reach(self, carries: Carries) -> dict[str, int]:
        """Hops through the candidates that `carries` is true of, from every start at its own distance."""
        depth = self._context.terms.scope.depth
        best: dict[str, int] = {}
        for start, seeds in sorted(self._starts().items()):
            if start > depth:
                continue
            found = reach(seeds, depth - start, self._edges_from(carries), self._edges_to(carries), self._types)
            for identifier, hops in found.items():
                best[identifier] = min(start + hops, best.get(identifier, depth))
        return best

    def _starts(self) -> dict[int, set[str]]:
        """Where scope starts: the threats in the batch, and what came or went before that the batch names."""
        context = self._context
        starts: dict[int, set[str]] = defaultdict(set)
        for identifier in self._places.keys() | self._referrers.keys():
            if identifier in self._agreed:
                starts[0].add(identifier)
            elif type_of(identifier) in EXPANDED:
                if identifier in context.hops:
                    starts[context.hops[identifier]].add(identifier)
                elif identifier in context.released:
                    starts[1].add(identifier)
        starts[0].update(candidate.id for candidate in self._candidates if self._is_threat(candidate))
        return starts

    def _is_threat(self, candidate: Candidate) -> bool:
        if candidate.type not in THREAT_TYPES:
            return False
        return not self._context.threat_names.isdisjoint(map(term_key, names_of(candidate.value)))

    def _edges_from(self, carries: Carries) -> Edges:
        def edges(ids: Collection[str]) -> Iterator[EdgeTuple]:
            for identifier in ids:
                for index in self._places.get(identifier, ()):
                    if carries(index):
                        kind = self._candidates[index].type
                        yield from ((identifier, kind, target) for target in self._candidates[index].targets)

        return edges

    def _edges_to(self, carries: Carries) -> Edges:
        def edges(ids: Collection[str]) -> Iterator[EdgeTuple]:
            for target in ids:
                for index in self._referrers.get(target, ()):
                    if carries(index):
                        yield self._candidates[index].id, self._candidates[index].type, target

        return edges

    def _types(self, ids: Collection[str]) -> Mapping[str, str]:
        return {one: type_of(one) for one in ids}

    # --- references --------------------------------------------------------------------------------------------

    def _known(self, identifier: str) -> bool:
        """Whether an id is here for them to refer to: theirs from before, ours that went to them,
        everybody's."""
        context = self._context
        return (
            identifier in WELL_KNOWN
            or identifier in context.identities
            or identifier in context.hops
            or identifier in context.released
            or identifier in self._theirs
        )

    def _ours_unsent(self, identifier: str) -> bool:
        """Whether an id is of ours and never went to them.

        Shared vocabulary is nobody's secret, and the threats of the agreement are what it is about.
        """
        return (
            identifier in self._own
            and type_of(identifier) not in SHARED_VOCABULARY
            and identifier not in self._context.released
            and identifier not in self._agreed
        )

    def _missing(self, candidate: Candidate) -> Iterator[Finding]:
        """References that lead out of the batch."""
        for target in sorted(target for target in candidate.targets if target not in self._places):
            if self._ours_unsent(target):
                yield refuse("probe", f"names {shown_id(target)}, which is ours and never went to them")
            elif not self._known(target) and target not in self._own:
                yield hold("dangling", f"refers to {shown_id(target)}, which did not come along")

    def _doubtful(self, candidate: Candidate, dependents: Dependents) -> Iterator[Finding]:
        """References within the batch that an officer should look at."""
        for target in sorted(target for target in candidate.targets if target in self._places):
            if self._ours_unsent(target):
                yield hold("grafting", f"ties {shown_id(target)}, which we hold ourselves, to the agreement")
            elif dependents.lost(target) and not self._stays(target):
                yield hold("dangling", f"refers to {shown_id(target)}, which was refused")

    def _stays(self, identifier: str) -> bool:
        """Whether links to an id stand whatever becomes of it in this batch."""
        return self._known(identifier) or identifier in self._own

    def _refuse_unneeded(self, along: dict[int, list[Finding]], verdicts: Verdicts, dependents: Dependents) -> None:
        """What passes only with others is refused where nothing that passes needs it."""
        rounds = 0
        while unneeded := self._unneeded(along, verdicts) if rounds < _ROUNDS else list(along):
            for index in unneeded:
                dependents.refuse(index, along.pop(index))
            dependents.settle()
            rounds += 1

    def _unneeded(self, along: Collection[int], verdicts: Verdicts) -> list[int]:
        waiting: dict[str, list[int]] = defaultdict(list)
        users = [index for index in verdicts.surviving() if index not in along] if along else []
        for index in along:
            if not verdicts.refused(index):
                # A newer version of what came with others before comes alone.
                known = self._candidates[index].id in self._theirs
                (users if known else waiting[self._candidates[index].id]).append(index)
        while users:
            user = self._candidates[users.pop()]
            extensions = user.value.get("extensions")
            for target in (*user.targets, *(extensions if isinstance(extensions, Mapping) else ())):
                if target in waiting and _may_need(user, target):
                    users += waiting.pop(target)
        return [index for places in waiting.values() for index in places]


def _may_need(user: Candidate, target: str) -> bool:
    """Whether a candidate that names a target can take it along: an identity comes only with what it defined."""
    if type_of(target) in DEFINITIONS:
        return True
    return user.type in DEFINITIONS and user.value.get("created_by_ref") == target
