"""Who heard it: the newsrooms that took what is said on a claim from those who say it.

Rules.
1. A voice was taken by the outlet that its sentence names ("told X", "X reports"), else by whoever the report has its
   story from, else by the report's own newsroom if that collected anything, else nobody knows by whom.
2. What a report has from another one that is held was taken by whoever took it there.
3. Whoever heard somebody confirm that it was said heard it too; and the outlet whose report was confirmed so is no
   longer needed as one of its own: it may be counted, and need not.
4. Where a report names several sources for its story, each may be the one.
"""

from collections import defaultdict
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
        self._sources: dict[str, frozenset[str]] = {}
        self._rooms = {report.name: report.newsroom for report in reports}
        self._parents: dict[str, dict[str, bool]] = defaultdict(dict)
        for edge in edges:
            if edge.directed:
                self._parents[edge.child][edge.parent] = edge.parent_held

    def newsroom(self, report: str) -> str:
        """What a report's own newsroom is called."""
        outlet = self._rooms[report].outlet
        return self.called(outlet.name) if outlet is not None else f"newsroom of {report}"

    def called(self, name: str) -> str:
        """One name for all spellings of an outlet: the first that was met."""
        outlet = meant(name, self._known)
        usual = outlet.name if outlet is not None else name
        return self._names.setdefault(key(usual), usual)

    def sources(self, report: str) -> frozenset[str]:
        """The outlets that a report's story may have been collected by; none if nobody can tell."""
        known = self._sources.get(report)
        if known is None:
            found: set[str] = set()
            if not self._gather(report, found, {}) and self._rooms[report].collected:
                found.add(self.newsroom(report))
            known = self._sources[report] = frozenset(found)
        return known

    def _gather(self, report: str, found: set[str], met: dict[str, bool]) -> bool:
        """Add the collectors of what a report takes from others, each looked at once; whether it takes anything. What
        it takes from a report that is being looked at, in a circle, it takes from nobody."""
        met[report] = True
        takes = False
        for parent, held in self._parents[report].items():
            if not held:
                found.add(self.called(parent))
            elif parent not in met:
                if not self._gather(parent, found, met):
                    found.add(self.newsroom(parent))
            elif met[parent]:
                continue
            takes = True
        met[report] = False
        return takes

    def taken_by(self, voice: Voice) -> frozenset[str]:
        """The outlets that may have taken a voice."""
        if voice.own:
            return frozenset((self.newsroom(voice.report),))
        if voice.through:
            return frozenset((self.called(voice.through),))
        return self.sources(voice.report)


def collectors(chains: Chains, on: Sequence[OnClaim], affirming: Iterable[Voice]) -> Collectors:
    """Who heard the claim affirmed: by voices, or, where a report only tells it, for that report."""
    heard = list(affirming)
    reports_heard = {voice.report for voice in heard}
    groups = [(chains.taken_by(voice), voice.report) for voice in heard]
    groups += [(chains.sources(one.report), one.report) for one in on if one.told and one.report not in reports_heard]
    sure = {next(iter(names)) for names, _ in groups if len(names) == 1}
    possible = {name for names, _ in groups for name in names} - sure
    confirmed = _confirmed_by_others(on, chains)
    possible |= sure & confirmed
    sure -= confirmed if sure - confirmed else set()
    possible -= sure
    if any(not names & sure for names, _ in groups if len(names) > 1):
        pass
    else:
        possible &= confirmed
    unknown = dict.fromkeys(report for names, report in groups if not names)
    return Collectors(tuple(sorted(sure)), tuple(sorted(possible)), tuple(unknown))


def _confirmed_by_others(on: Sequence[OnClaim], chains: Chains) -> frozenset[str]:
    """Outlets whose report of what was said others had confirmed by the speaker."""
    found: set[str] = set()
    for one in on:
        named = [voice for voice in one.voices if voice.through]
        asked = {chains.called(v.through) for v in named if v.attitude is Attitude.CONFIRMS_SAID}
        if asked:
            found |= {chains.called(v.through) for v in named if v.attitude.affirming and not v.own} - asked
    return frozenset(found)


def by_report(voices: Iterable[Voice]) -> Mapping[str, list[Voice]]:
    """Voices by the report that they stand in."""
    found: dict[str, list[Voice]] = defaultdict(list)
    for voice in voices:
        found[voice.report].append(voice)
    return found
