"""Which report took what from whom: typed edges from a child to a parent, each with its evidence.

Rules. *Declared*: what a report credits, other than itself, is its parent: the report that is held, if one is known to be of that
outlet, else a node of its own. *Reuse*: passages outside quotation marks that two reports share, if they are long or many. Two that
credit the same parent that is not held are siblings, as the passages are likely the parent's, unless one is nearly all in the
other; so are two copies of one held report. *Shared* and *reworded quotes* (`shared_quotes`): the same utterance that somebody else
says was told to a collector. Direction comes from a declaration, then from the times of publication, then from a dispatch's head,
then from a text that is cut off within the other; else the edge has none, and `child` and `parent` are only the two ends.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

import msgspec

from backchannel.core.assess.credits import Credit, How, credits
from backchannel.core.assess.newsroom import Newsroom, alike, newsroom
from backchannel.core.assess.outlets import TOKEN, Gazetteer, Outlet
from backchannel.core.assess.overlap import Common, Overlap, overlaps
from backchannel.core.assess.press import Article, Span

LONG = 12
"""Words of one passage outside quotation marks that are not written twice by chance."""
MANY = 0.12
"""Part of a report's shingles that another one has, from which on shorter passages count too."""
_SOME = 8
_PLAIN = 7
"""Words of a long passage that are no names."""
_QUOTED = 60
"""Shingles inside quotation marks, from which on two reports have most of an interview in common."""
_PASSAGE = 8
NEARLY_ALL = 0.6
"""Part of a report's shingles in another, from which on it is a copy of that, whoever else both credit."""
_LATER = timedelta(hours=24)
_CUT = "…"
_ABBREVIATED = 5


class Kind(StrEnum):
    """By what a child is known to have taken something from a parent."""

    DECLARED = "declared"
    REUSE = "reuse"
    SHARED_QUOTE = "shared-quote"
    REWORDED_QUOTE = "reworded-quote"


class Evidence(msgspec.Struct, frozen=True):
    """Words of a report, by its name, that show an edge."""

    report: str
    span: Span


class Edge(msgspec.Struct, frozen=True):
    """`child` took something from `parent`: names of reports, or, where `parent_held` is false, the name of a source. Without
    direction the two may be the other way round."""

    child: str
    parent: str
    parent_held: bool
    kind: Kind
    directed: bool
    evidence: tuple[Evidence, ...]


class Read(msgspec.Struct, frozen=True):
    """A report with what is known of its outlet and of its credits."""

    article: Article
    credits: tuple[Credit, ...]
    newsroom: Newsroom

    @property
    def name(self) -> str:
        """The report's name."""
        return self.article.report.name


class Lineage(msgspec.Struct, frozen=True):
    """All edges among some reports, and what was found on each of them."""

    reports: tuple[Read, ...]
    edges: tuple[Edge, ...]


def lineage(articles: Sequence[Article], known: Gazetteer) -> Lineage:
    """Who took what from whom. Names of reports must differ."""
    from backchannel.core.assess.shared_quotes import shared_quotes

    reports = _read(articles, known)
    shared = overlaps(articles)
    declared = _declared(reports, shared)
    copied = _copied(reports, shared, declared)
    edges = [*declared, *copied]
    edges += shared_quotes(reports, shared, edges)
    return Lineage(tuple(reports), tuple(edges))


def _read(articles: Sequence[Article], known: Gazetteer) -> list[Read]:
    listed = [tuple(credits(article, known)) for article in articles]
    times = Counter(name for credited in listed for name in {item.outlet.name for item in credited})
    return [
        Read(article, credited, newsroom(article, credited, known, _elsewhere(credited, times)))
        for article, credited in zip(articles, listed, strict=True)
    ]


def _elsewhere(credited: Sequence[Credit], times: Counter[str]) -> frozenset[str]:
    """Outlets of a report that others credit too."""
    return frozenset(item.outlet.name for item in credited if times[item.outlet.name] > 1)


# --- declared ---------------------------------------------------------------------------------------------------


def _declared(reports: Sequence[Read], shared: Sequence[Overlap]) -> list[Edge]:
    weight = {(item.one, item.other): item.outside.shared + item.inside.shared for item in shared}
    edges: list[Edge] = []
    for index, report in enumerate(reports):
        for outlet, listed in foreign(report):
            parent = held(reports, index, outlet, weight)
            evidence = tuple(dict.fromkeys(Evidence(report.name, item.evidence) for item in listed))
            name = written(report, outlet, listed) if parent is None else reports[parent].name
            edges.append(Edge(report.name, name, parent is not None, Kind.DECLARED, True, evidence))
    return edges


def foreign(report: Read) -> list[tuple[Outlet, list[Credit]]]:
    """Outlets that a report credits, other than its own, each with its credits."""
    groups: list[tuple[Outlet, list[Credit]]] = []
    for item in report.credits:
        if report.newsroom.called(item.outlet):
            continue
        for outlet, listed in groups:
            if alike(outlet, item.outlet) or _contained(outlet, item.outlet):
                listed.append(item)
                break
        else:
            groups.append((item.outlet, [item]))
    return groups


def _contained(one: Outlet, other: Outlet) -> bool:
    """Whether of two posts one is the network of the other: "Facebook" and "Somebody's Facebook page"."""
    return one.kind == other.kind == "social" and (one.name in other.name or other.name in one.name)


def held(reports: Sequence[Read], child: int, outlet: Outlet, weight: dict[tuple[int, int], int]) -> int | None:
    """The held report that a credit of `outlet` in the report `child` means: of several, the one with most in common."""
    best: tuple[int, bool, int] | None = None
    for index, report in enumerate(reports):
        if index == child or not _is_of(report, outlet) or _after(report.article, reports[child].article):
            continue
        pair = (min(index, child), max(index, child))
        rank = (weight.get(pair, 0), report.newsroom.sure, -index)
        best = rank if best is None or rank > best else best
    return None if best is None else -best[2]


def _is_of(report: Read, outlet: Outlet) -> bool:
    """Whether a report is of an outlet; one that calls itself by a part of its name, such as "The Herald", too."""
    mine = report.newsroom.outlet
    if mine is None or report.newsroom.called(outlet):
        return mine is not None
    part = {word.casefold() for word in TOKEN.findall(mine.name)} - {"the"}
    return mine.kind == "" and bool(part) and part < {word.casefold() for word in TOKEN.findall(outlet.name)}


def _after(one: Article, other: Article) -> bool:
    """Whether one report is so much later than another that the other cannot have it from there."""
    mine, theirs = one.report.published, other.report.published
    return mine is not None and theirs is not None and mine - theirs > _LATER


def written(report: Read, outlet: Outlet, listed: Sequence[Credit]) -> str:
    """The name of a source as the report writes it; its usual name too, if what is written is an abbreviation or a part."""
    names = {" ".join(item.name.of(report.article.text).split()) for item in listed if item.how is not How.POST}
    longest = max(sorted(names), key=len, default=outlet.name)
    if outlet.kind in ("", "social") or longest.casefold() in outlet.name.casefold():
        return outlet.name
    return f"{outlet.name} ({longest})" if len(longest) <= _ABBREVIATED and longest.isupper() else longest


# --- reuse ------------------------------------------------------------------------------------------------------


def _copied(reports: Sequence[Read], shared: Sequence[Overlap], declared: Sequence[Edge]) -> list[Edge]:
    named = {(edge.child, edge.parent) for edge in declared if edge.parent_held}
    absent = {
        report.name: {outlet.name for outlet, _ in foreign(report) if outlet.kind != "social"} for report in reports
    }
    found = [item for item in shared if is_copied(reports[item.one], item.outside, item.inside)]
    edges: list[tuple[Overlap, Edge]] = []
    for item in found:
        one, other = reports[item.one], reports[item.other]
        related = (one.name, other.name) in named or (other.name, one.name) in named
        whole = max(item.outside.of_one, item.outside.of_other) >= NEARLY_ALL
        if not related and not whole and absent[one.name] & absent[other.name]:
            continue
        edges.append((item, _directed(one, other, item.outside, named)))
    return _without_copies_of_one(edges)


def is_copied(one: Read, outside: Common, inside: Common) -> bool:
    """Whether what two reports share is more than chance, names and one speaker: a long passage outside quotation marks, many
    short ones, or some of them and most of what is quoted."""
    if outside.longest >= LONG and outside.in_one is not None:
        words = outside.in_one.of(one.article.text).split()
        if sum(word[:1].islower() for word in words) >= _PLAIN:
            return True
    if inside.shared >= _QUOTED and outside.shared >= _SOME:
        return True
    part = max(outside.of_one, outside.of_other)
    return part >= MANY and outside.shared >= _SOME and outside.longest >= _PASSAGE


def _directed(one: Read, other: Read, common: Common, named: set[tuple[str, str]]) -> Edge:
    order = _order(one, other, common, named)
    child, parent, mine, theirs = one, other, common.in_one, common.in_other
    if order < 0:
        child, parent, mine, theirs = other, one, common.in_other, common.in_one
    evidence = tuple(
        Evidence(report.name, span) for report, span in ((child, mine), (parent, theirs)) if span is not None
    )
    return Edge(child.name, parent.name, True, Kind.REUSE, order != 0, evidence)


def _order(one: Read, other: Read, common: Common, named: set[tuple[str, str]]) -> int:
    """1 if the first is the child, -1 if the second is, 0 if nothing tells."""
    forth, back = (one.name, other.name) in named, (other.name, one.name) in named
    if forth != back:
        return 1 if forth else -1
    mine, theirs = one.article.report.published, other.article.report.published
    if mine is not None and theirs is not None and mine != theirs:
        return 1 if mine > theirs else -1
    heads = [any(item.how is How.DATELINE for item in report.credits) for report in (one, other)]
    if heads[0] != heads[1]:
        return 1 if heads[1] else -1
    cut = (_is_cut(one, common.of_one, common.of_other), _is_cut(other, common.of_other, common.of_one))
    return 0 if cut[0] == cut[1] else (1 if cut[0] else -1)


def _is_cut(report: Read, mine: float, theirs: float) -> bool:
    """Whether a report is nearly all in a longer one and breaks off."""
    text = report.article.text.rstrip()
    broken = text.endswith(("...", _CUT)) or text[-1:].isalnum()
    return broken and mine >= NEARLY_ALL and theirs < mine / 2


def _without_copies_of_one(edges: list[tuple[Overlap, Edge]]) -> list[Edge]:
    """Without edges between two copies of a third report that explain no more than those to the third."""
    length: dict[tuple[str, str], int] = {}
    parents: dict[str, set[str]] = {}
    for item, edge in edges:
        length[edge.child, edge.parent] = length[edge.parent, edge.child] = item.outside.longest
        if edge.directed:
            parents.setdefault(edge.child, set()).add(edge.parent)
    kept = []
    for item, edge in edges:
        both = parents.get(edge.child, set()) & parents.get(edge.parent, set())
        least = 0.8 * item.outside.longest
        if not any(min(length[edge.child, third], length[edge.parent, third]) >= least for third in both):
            kept.append(edge)
    return kept
