"""Copied reporting: reports that share passages outside quotation marks, and which of two has it from the other.

Rules: a long passage that is not mostly names is no chance; nor are many short ones, nor some of them together with
most of what is quoted. Two that credit the same parent that is not held are siblings, as the passages are likely
the parent's, unless one is nearly all in the other; so are two copies of one held report. Direction comes from a
declaration, then from the times of publication, then from a dispatch's head, then from a text that is cut off
within the other; else there is none.
"""

from collections.abc import Sequence

from backchannel.core.assess.credits import How
from backchannel.core.assess.declared import foreign
from backchannel.core.assess.edges import Edge, Evidence, Kind, Read
from backchannel.core.assess.overlap import Common, Overlap
from backchannel.core.assess.press import published_later

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
_CUT = "…"


def copied(reports: Sequence[Read], shared: Sequence[Overlap], declared: Sequence[Edge]) -> list[Edge]:
    """Edges between reports that share passages, by what is `declared` among them."""
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
    """Whether what two reports share is more than chance, names and one speaker: a long passage outside quotation
    marks, many short ones, or some of them and most of what is quoted."""
    plain = 0
    if outside.in_one is not None:
        plain = sum(word[:1].islower() for word in outside.in_one.of(one.article.text).split())
    if outside.longest >= LONG and plain >= _PLAIN:
        return True
    if inside.shared >= _QUOTED and outside.shared >= _SOME:
        return True
    part = max(outside.of_one, outside.of_other)
    return part >= MANY and outside.shared >= _SOME and outside.longest >= _PASSAGE and plain >= _PLAIN - 1


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
    later = published_later(one.article.report, other.article.report)
    if later:
        return later
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
