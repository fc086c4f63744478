"""Parents that a report declares: what it credits, other than itself.

Rules: a credit means the held report that is known to be of that outlet, of several the one with most in common,
and none that was published a day later or more; else a source of its own, named as the report writes it. All
credits of one outlet are one edge, and a source that is not held has one name in all reports.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from backchannel.core.assess.credits import Credit, How
from backchannel.core.assess.edges import Edge, Evidence, Kind, Read
from backchannel.core.assess.outlets import TOKEN, Outlet
from backchannel.core.assess.overlap import Overlap
from backchannel.core.assess.press import Article

_LATER = timedelta(hours=24)
_ABBREVIATED = 5
_POSTS = 60
"""Posts of one report that are compared with each other."""


def declared(reports: Sequence[Read], shared: Sequence[Overlap]) -> list[Edge]:
    """One edge for each report and each outlet that it credits."""
    weight = {(item.one, item.other): item.outside.shared + item.inside.shared for item in shared}
    edges: list[Edge] = []
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    outlets: list[str] = []
    rooms = Rooms(reports)
    for index, report in enumerate(reports):
        for outlet, listed in foreign(report):
            parent = held(reports, rooms, index, outlet, weight)
            evidence = tuple(dict.fromkeys(Evidence(report.name, item.evidence) for item in listed))
            name = written(report, outlet, listed) if parent is None else reports[parent].name
            edges.append(Edge(report.name, name, parent is not None, Kind.DECLARED, True, evidence))
            outlets.append(outlet.name)
            if parent is None:
                spelled[outlet.name][name] += 1
    return [_renamed(edge, spelled[outlet]) for edge, outlet in zip(edges, outlets, strict=True)]


def _renamed(edge: Edge, names: Counter[str]) -> Edge:
    """One name for what reports spell in several ways: the most usual, of those the shortest."""
    if edge.parent_held or len(names) < 2:
        return edge
    usual = min(names, key=lambda name: (-names[name], len(name), name))
    return msgspec.structs.replace(edge, parent=usual)


def foreign(report: Read) -> list[tuple[Outlet, list[Credit]]]:
    """Outlets that a report credits, other than its own, each with its credits."""
    groups: list[tuple[Outlet, list[Credit]]] = []
    known: dict[str, int] = {}
    social: list[int] = []
    for item in report.credits:
        outlet = item.outlet
        if report.newsroom.called(outlet):
            continue
        at = _first(known, outlet)
        if outlet.kind == "social":
            within = (n for n in social[:_POSTS] if _contained(groups[n][0], outlet))
            at = next((n for n in within if at is None or n < at), at)
        if at is not None:
            groups[at][1].append(item)
            continue
        for name in _names(outlet):
            known.setdefault(name, len(groups))
        if outlet.kind == "social":
            social.append(len(groups))
        groups.append((outlet, [item]))
    return groups


def _first(known: Mapping[str, int], outlet: Outlet) -> int | None:
    """The first of some outlets, by their `_names`, that is alike."""
    return min((known[name] for name in _names(outlet) if name in known), default=None)


def _names(outlet: Outlet) -> tuple[str, str]:
    """What two outlets that are alike have in common: the one or the other."""
    return f"name {outlet.name}", f"key {outlet.key}"


def _contained(one: Outlet, other: Outlet) -> bool:
    """Whether of two posts one is the network of the other: "Facebook" and "Somebody's Facebook page"."""
    return one.kind == other.kind == "social" and (one.name in other.name or other.name in one.name)


class Rooms:
    """The held reports by whose they are."""

    def __init__(self, reports: Sequence[Read]) -> None:
        self._reports = reports
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for index, report in enumerate(reports):
            mine = report.newsroom.outlet
            if mine is not None:
                part = f"part {min(_words(mine), default='')}" if mine.kind == "" else ""
                for name in dict.fromkeys((*_names(mine), part)):
                    self._by_name[name].append(index)

    def of(self, outlet: Outlet) -> list[int]:
        """The reports that are of an outlet, by their places, in order."""
        names = (*_names(outlet), *(f"part {word}" for word in _words(outlet)))
        near = {index for name in names for index in self._by_name.get(name, ())}
        return [index for index in sorted(near) if _is_of(self._reports[index], outlet)]


def held(
    reports: Sequence[Read], rooms: Rooms, child: int, outlet: Outlet, weight: Mapping[tuple[int, int], int]
) -> int | None:
    """The held report that a credit of `outlet` in report `child` means; of several the one with most in common."""
    best: tuple[int, bool, int] | None = None
    for index in rooms.of(outlet):
        report = reports[index]
        if index == child or _after(report.article, reports[child].article):
            continue
        pair = (min(index, child), max(index, child))
        rank = (weight.get(pair, 0), report.newsroom.sure, -index)
        best = rank if best is None or rank > best else best
    return None if best is None else -best[2]


def _words(outlet: Outlet) -> set[str]:
    return {word.casefold() for word in TOKEN.findall(outlet.name)} - {"the"}


def _is_of(report: Read, outlet: Outlet) -> bool:
    """Whether a report is of an outlet; one that calls itself by a part of its name, such as "The Herald", too."""
    mine = report.newsroom.outlet
    if mine is None or report.newsroom.called(outlet):
        return mine is not None
    part = _words(mine)
    return mine.kind == "" and bool(part) and part < {word.casefold() for word in TOKEN.findall(outlet.name)}


def _after(one: Article, other: Article) -> bool:
    """Whether one report is so much later than another that the other cannot have it from there."""
    mine, theirs = one.report.published, other.report.published
    return mine is not None and theirs is not None and mine - theirs > _LATER


def written(report: Read, outlet: Outlet, listed: Sequence[Credit]) -> str:
    """The name of a source as the report writes it; its usual name too, if what is written is an abbreviation or a
    part."""
    names = {" ".join(item.name.of(report.article.text).split()) for item in listed if item.how is not How.POST}
    names = {name.removeprefix("The ").removeprefix("the ") for name in names}
    longest = max(sorted(names), key=len, default=outlet.name)
    if outlet.kind in ("", "social") or longest.casefold() in outlet.name.casefold():
        return outlet.name
    return f"{outlet.name} ({longest})" if len(longest) <= _ABBREVIATED and longest.isupper() else longest
