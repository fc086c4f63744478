"""Who heard it: the newsrooms that took what is said on a claim from those who say it.

Rules.
1. A voice was taken by the outlet that its sentence names ("told X", "X reports"), else by whoever the report has its
   story from, else by the report's own newsroom if that collected anything, else nobody knows by whom.
2. What a report has from another one that is held was taken by whoever took it there, or else by that one's newsroom.
3. Whoever heard somebody confirm that it was said heard it too; and the outlet whose report was confirmed so is no
   longer needed as one of its own: it may be counted, and need not.
4. Where a report names several sources for its story, each may be the one, unless one of them surely is.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from backchannel.core.assess.edges import Edge, Read
from backchannel.core.assess.outlets import Gazetteer, key, meant
from backchannel.core.assess.voices import Attitude, OnClaim, Voice


class Collectors(msgspec.Struct, frozen=True):
    """Outlets that heard it for themselves: surely, or perhaps; `unknown` are reports of which
    nobody can tell."""

    sure: tuple[str, ...]
    possible: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def span(self) -> tuple[int, int]:
        """At least, and at most, how many."""
        high = len(self.sure) + len(self.possible) + len(self.unknown)
        return max(len(self.sure), min(1, high)), high


class Chains:
    """From whom each report has its story."""

    def __init__(self, reports: Sequence[Read], edges: Sequence[Edge], known: Gazetteer) -> None:
        self._known = known
        self._names: dict[str, str] = {}
        self._called: dict[str, str] = {}
        self._rooms = {report.name: report.newsroom for report in reports}
        parents: dict[str, set[str]] = {name: set() for name in self._rooms}
        self._outside: dict[str, dict[str, None]] = {name: {} for name in self._rooms}
        for edge in edges:
            if edge.directed and edge.parent_held:
                parents[edge.child].add(edge.parent)
            elif edge.directed:
                self._outside[edge.child][edge.parent] = None
        self._above = _closed(parents)
        """The held reports that each has its story from, directly or by way of others; itself too, in a circle."""
        self._last = frozenset(name for name in self._rooms if self._is_last(name))

    def newsroom(self, report: str) -> str:
        """What a report's own newsroom is called."""
        outlet = self._rooms[report].outlet
        return self.called(outlet.name) if outlet is not None else f"newsroom of {report}"

    def called(self, name: str) -> str:
        """One name for all spellings of an outlet: the first that was met."""
        if name not in self._called:
            outlet = meant(name, self._known)
            usual = outlet.name if outlet is not None else name
            self._called[name] = self._names.setdefault(key(usual), usual)
        return self._called[name]

    def sources(self, report: str) -> frozenset[str]:
        """The outlets that a report's story may have been collected by; none if nobody can tell."""
        above = self._above[report] - {report}
        found = {self.called(name) for one in (report, *sorted(above)) for name in self._outside[one]}
        found |= {self.newsroom(one) for one in above & self._last}
        if not found and self._rooms[report].collected:
            found.add(self.newsroom(report))
        return frozenset(found)

    def taken_by(self, voice: Voice) -> frozenset[str]:
        """The outlets that may have taken a voice."""
        if voice.own:
            return frozenset((self.newsroom(voice.report),))
        if voice.through:
            return frozenset((self.called(voice.through),))
        return self.sources(voice.report)

    def _is_last(self, report: str) -> bool:
        """Whether a story goes no further back: the report took it from nobody, or is in a circle with no way out."""
        return not self._outside[report] and not any(
            self._outside[one] or report not in self._above[one] for one in self._above[report]
        )


def _closed(parents: Mapping[str, set[str]]) -> Mapping[str, set[str]]:
    """Parents of parents, and so on, of each (Warshall's algorithm; a set of reports is a number, a bit for each)."""
    bits = {name: 1 << number for number, name in enumerate(parents)}
    above = {name: sum(bits[parent] for parent in direct) for name, direct in parents.items()}
    for middle, bit in bits.items():
        for name, reached in above.items():
            if reached & bit:
                above[name] = reached | above[middle]
    return {name: {one for one, bit in bits.items() if reached & bit} for name, reached in above.items()}


def collectors(chains: Chains, on: Sequence[OnClaim], affirming: Iterable[Voice]) -> Collectors:
    """Who heard the claim affirmed: by voices, or, where a report only tells it, for that report."""
    heard = list(affirming)
    reports_heard = {voice.report for voice in heard}
    groups = [(chains.taken_by(voice), voice.report) for voice in heard]
    groups += [(chains.sources(one.report), one.report) for one in on if one.told and one.report not in reports_heard]
    alone = {name for names, _ in groups for name in names if len(names) == 1}
    confirmed = _confirmed_by_others(on, chains)
    sure = (alone - confirmed) or alone
    open_ = {name for names, _ in groups for name in names if not names & sure}
    spared = {name for names, _ in groups for name in names & confirmed}
    unknown = dict.fromkeys(report for names, report in groups if not names)
    return Collectors(tuple(sorted(sure)), tuple(sorted((open_ | spared) - sure)), tuple(unknown))


def _confirmed_by_others(on: Sequence[OnClaim], chains: Chains) -> frozenset[str]:
    """Outlets whose report of what was said others had confirmed by the speaker."""
    found: set[str] = set()
    for one in on:
        named = [voice for voice in one.voices if voice.through]
        asked = {chains.called(v.through) for v in named if v.attitude is Attitude.CONFIRMS_SAID}
        if asked:
            found |= {chains.called(v.through) for v in named if v.attitude.affirming and not v.own} - asked
    return frozenset(found)
