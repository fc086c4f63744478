"""Quotes that a report has without saying who collected them, while another report of the same utterance does.

Rules: two quotations are one utterance if they share a passage of `ALIKE` words, or, reworded, most of their words
that carry meaning, and both sentences name a speaker in common. If all reports that say who collected it say the
same, that collector is the parent of those that do not say, unless they asked themselves. Without anybody who names
a collector nothing follows: what was said to all was said to each.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from backchannel.core.assess.credits import Credit, How
from backchannel.core.assess.declared import Rooms, foreign, held, written
from backchannel.core.assess.edges import Edge, Evidence, Kind, Read
from backchannel.core.assess.newsroom import alike
from backchannel.core.assess.outlets import Outlet
from backchannel.core.assess.overlap import Overlap
from backchannel.core.assess.press import Span

ALIKE = 7
"""Words in a row that two quotations of one utterance share."""
_REWORDED = 0.7
_LEAST = 6
_MOST = 400
"""Quotations of one report that are compared for being reworded."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_NAME = re.compile(r"\b[A-Z][\w’'-]{2,}")
_EMPTY_WORDS = (
    "the a an and or but of to in on at by for from with as is are was were be been has have had not no "
    "it its that this we our they their he his she her i my you your will would can could do did does so "
    "if who which what there than then"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())


def shared_quotes(reports: Sequence[Read], shared: Sequence[Overlap], edges: Sequence[Edge]) -> Iterator[Edge]:
    """Edges to the collectors of quotes that a report has from nobody it names."""
    parents = {(edge.child, edge.parent.casefold()) for edge in edges}
    joined = {frozenset((edge.child, edge.parent)) for edge in edges}
    held_parents: dict[str, set[str]] = {}
    for edge in edges:
        if edge.parent_held:
            held_parents.setdefault(edge.child, set()).add(edge.parent)
            if not edge.directed:
                held_parents.setdefault(edge.parent, set()).add(edge.child)
    spoken = _speak_alike(reports, shared)
    rooms = Rooms(reports)
    for item in shared:
        for child, source, kind, mine, theirs in _pairs(reports, item):
            one, other = reports[child], reports[source]
            outlet, listed = _collector(other, theirs)
            if outlet is None or one.newsroom.collected or _knows(one, mine) or one.newsroom.called(outlet):
                continue
            if spoken.get(one.name, set()) & held_parents.get(one.name, set()):
                continue
            parent = held(reports, rooms, child, outlet, {})
            name = written(other, outlet, listed) if parent is None else reports[parent].name
            known = any(alike(outlet, credited) for credited, _ in foreign(one))
            if known or (one.name, name.casefold()) in parents or frozenset((one.name, name)) in joined:
                continue
            parents.add((one.name, name.casefold()))
            evidence = (Evidence(one.name, mine), Evidence(other.name, theirs))
            yield Edge(one.name, name, parent is not None, kind, True, evidence)


def _speak_alike(reports: Sequence[Read], shared: Sequence[Overlap]) -> dict[str, set[str]]:
    """For each report those that have a quotation in common with it."""
    found: dict[str, set[str]] = {}
    for item in shared:
        if item.inside.longest >= ALIKE:
            one, other = reports[item.one].name, reports[item.other].name
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return found


def _pairs(reports: Sequence[Read], item: Overlap) -> Iterator[tuple[int, int, Kind, Span, Span]]:
    """Quotations of one utterance in two reports, each report once as the child."""
    inside = item.inside
    if inside.longest >= ALIKE and inside.in_one is not None and inside.in_other is not None:
        yield item.one, item.other, Kind.SHARED_QUOTE, inside.in_one, inside.in_other
        yield item.other, item.one, Kind.SHARED_QUOTE, inside.in_other, inside.in_one
        return
    for mine, theirs in _reworded(reports[item.one], reports[item.other]):
        yield item.one, item.other, Kind.REWORDED_QUOTE, mine, theirs
        yield item.other, item.one, Kind.REWORDED_QUOTE, theirs, mine


def _reworded(one: Read, other: Read) -> Iterator[tuple[Span, Span]]:
    theirs = [(quote, _meaning(other, quote)) for quote in other.article.quotations[:_MOST]]
    for quote in one.article.quotations[:_MOST]:
        mine = _meaning(one, quote)
        if len(mine) < _LEAST:
            continue
        for candidate, words in theirs:
            if len(words) < _LEAST or len(mine & words) < _REWORDED * max(len(mine), len(words)):
                continue
            if _names(one, quote) & _names(other, candidate):
                yield quote, candidate


def _meaning(report: Read, quote: Span) -> frozenset[str]:
    words = _WORD.findall(report.article.text, quote.begin, min(quote.end, quote.begin + 2_000))
    return frozenset(word.casefold() for word in words) - _EMPTY


def _around(report: Read, quote: Span) -> Span:
    """The paragraph of a quotation."""
    paragraphs = report.article.paragraphs
    index = bisect_right(paragraphs, quote.begin, key=_begin) - 1
    return paragraphs[index] if index >= 0 and paragraphs[index].meets(quote) else quote


def _begin(span: Span) -> int:
    return span.begin


def _within(spans: Sequence[Span], around: Span) -> Sequence[Span]:
    """Those of some spans in order that begin within another."""
    return spans[bisect_left(spans, around.begin, key=_begin) : bisect_left(spans, around.end, key=_begin)]


def _near(report: Read, quote: Span) -> Iterator[Credit]:
    """Credits in the sentence of a quotation, or in one beside it in the same paragraph."""
    around = _around(report, quote)
    near = _within(report.article.sentences, around)
    places = [index for index, sentence in enumerate(near) if sentence.meets(quote)]
    if not places:
        return
    beside = frozenset(near[max(0, places[0] - 1) : places[-1] + 2])
    listed = report.credits
    first = bisect_left(listed, around.begin, key=lambda item: item.name.begin)
    last = bisect_left(listed, around.end, key=lambda item: item.name.begin)
    for item in listed[first:last]:
        if item.how not in (How.DATELINE, How.NOTE) and item.evidence in beside:
            yield item


def _names(report: Read, quote: Span) -> frozenset[str]:
    around = _around(report, quote)
    return frozenset(_NAME.findall(report.article.text, around.begin, min(around.end, around.begin + 2_000)))


def _collector(report: Read, quote: Span) -> tuple[Outlet | None, list[Credit]]:
    """Who collected a quotation, if its sentences say exactly one outlet."""
    listed = [item for item in _near(report, quote) if item.how is not How.POST]
    outlets = {item.outlet.name for item in listed}
    return (listed[0].outlet, listed) if len(outlets) == 1 else (None, [])


def _knows(report: Read, quote: Span) -> bool:
    """Whether a report says who collected a quotation."""
    return next(_near(report, quote), None) is not None
