"""A lineage as what an SVG is made of: boxes with the lines of their labels, and paths with their style.

Rules. A label is broken and cut so that it stays in its box, by how wide its characters may be; the whole name is the
title of the box. Whether a report is held, and of what kind an edge is, shows in the form of lines and arrows, never
in colour alone.
"""

import unicodedata
from collections.abc import Collection, Mapping

import msgspec

from backchannel.core.assess.assessment import Heard
from backchannel.core.assess.edges import Kind
from backchannel.formats.assessment_text import name
from backchannel.formats.assessment_view import KINDS
from backchannel.formats.lineage_graph import Line, graph_of
from backchannel.formats.lineage_layout import HEIGHT, WIDTH, Box, laid_out

_ACROSS = 21.0
"""Average letters that fit into a box."""
_LINES = 2
_WIDE = frozenset("mwMW@%")


class Node(msgspec.Struct, frozen=True):
    """A box: its corner, the lines of its label, what stands below, the whole name, and its look."""

    x: float
    y: float
    label: tuple[str, ...]
    below: str
    title: str
    look: str


class Arrow(msgspec.Struct, frozen=True):
    """An edge: an SVG path, its look, and what it says."""

    d: str
    look: str
    directed: bool
    title: str


class Picture(msgspec.Struct, frozen=True):
    """A drawing of a lineage; `left_out` nodes are not on it."""

    width: int
    height: int
    box: tuple[int, int]
    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]
    left_out: int


def picture(heard: Heard, first: Collection[str]) -> Picture:
    """The drawing. `first` are the reports that matter most: those on the claim."""
    graph = graph_of([report.name for report in heard.reports], heard.lineage.edges, first)
    drawing = laid_out(graph)
    below = _below(heard)
    return Picture(
        width=drawing.width,
        height=drawing.height,
        box=(WIDTH, HEIGHT),
        nodes=tuple(_node(box, below) for box in drawing.boxes),
        arrows=tuple(
            Arrow(path.d, _look(path.line), path.line.directed, _title(path.line)) for path in drawing.paths
        ),
        left_out=graph.left_out,
    )


def looks(arrows: Collection[Arrow]) -> tuple[tuple[str, str], ...]:
    """The kinds of edges that are drawn, for the legend: look and words."""
    drawn = {arrow.look for arrow in arrows}
    return tuple((kind.value, KINDS[kind]) for kind in Kind if kind.value in drawn)


def _below(heard: Heard) -> Mapping[str, str]:
    """What stands below the name of a report: its outlet, if that is known."""
    rooms = {report.name: report.read.newsroom for report in heard.reports}
    return {key: room.outlet.name for key, room in rooms.items() if room.outlet is not None}


def _node(box: Box, outlets: Mapping[str, str]) -> Node:
    shown = name(box.key.name)
    below = "not held" if not box.key.held else outlets.get(box.key.name, "")
    what = "report" if box.key.held else "source that is not held"
    return Node(
        x=box.x,
        y=box.y,
        label=fitted(shown, _LINES),
        below="".join(fitted(name(below), 1)),
        title=f"{what}: {shown}" + (f", {name(below)}" if below and box.key.held else ""),
        look="held" if box.key.held else "absent",
    )


def _look(line: Line) -> str:
    return line.kind.value


def _title(line: Line) -> str:
    child, parent, how = name(line.child.name), name(line.parent.name), KINDS[line.kind]
    if line.directed:
        return f"{child} took from {parent}: {how}"
    return f"{child} and {parent}, which of them first is not known: {how}"


def fitted(text: str, lines: int) -> tuple[str, ...]:
    """A text in at most so many lines that fit into a box; what is left out is shown as `…`."""
    made: list[str] = []
    rest = text
    while rest and len(made) < lines:
        end = _fits(rest)
        if end < len(rest) and len(made) == lines - 1:
            made.append(rest[: end - 1].rstrip() + "…")
            break
        end = _break(rest, end) if end < len(rest) else end
        made.append(rest[:end].strip())
        rest = rest[end:].strip()
    return tuple(made)


def _break(text: str, end: int) -> int:
    """Where a line that may have so many characters ends best: at a blank, or behind a mark that joins words."""
    blank = text.rfind(" ", end // 2, end + 1)
    joined = max(text.rfind(mark, end // 2, end) for mark in "-_./")
    return max(blank, joined + 1) if max(blank, joined) > 0 else end


def _fits(text: str) -> int:
    """How many characters of a text fit into a line: one at least."""
    taken = 0.0
    for place, character in enumerate(text):
        taken += _wide(character)
        if taken > _ACROSS:
            return max(1, place)
    return len(text)


def _wide(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.9
    if character in _WIDE:
        return 1.5
    return 1.25 if character.isupper() else 1.0
