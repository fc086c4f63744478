"""Where the nodes and edges of a lineage are drawn, in units of an SVG view box (about a pixel each).

Rules. Layers run from the top down. A layer of more than `COLUMNS` nodes goes on in the next row, so that a drawing
is never wider than a page and can be printed. Parts that do not hang together stand side by side while there is
room. An edge over several rows passes each of them through a gap of its own, the trunk, which edges of one parent and
kind share; edges are bent only between rows. So no edge runs through a box, and no box lies on another.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from backchannel.core.assess.edges import Kind
from backchannel.formats.lineage_graph import Graph, Key, Line

COLUMNS = 5
WIDTH, HEIGHT = 164, 62
_GAP, _ROW, _TRUNK, _EDGE, _BETWEEN = 16, 66, 8, 14, 40

Point = tuple[float, float]
_Run = tuple[Key, Kind, bool]
"""Edges that share a trunk: those of one parent and kind, with or without direction."""


class Box(NamedTuple):
    """A node: its left upper corner."""

    key: Key
    x: float
    y: float


class Path(NamedTuple):
    """An edge: the `d` of an SVG path, from the parent to the child."""

    line: Line
    d: str


class Drawing(NamedTuple):
    """A drawing of this size."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    paths: tuple[Path, ...]


def laid_out(graph: Graph) -> Drawing:
    """The places of all boxes and edges of a graph."""
    boxes: list[Box] = []
    paths: list[Path] = []
    x = y = _EDGE
    right, lowest = 0, 0
    for part in graph.parts:
        drawn = _Part(part, graph.lines)
        if x > _EDGE and x + drawn.width > _widest():
            x, y = _EDGE, lowest + _BETWEEN
        boxes += [Box(box.key, box.x + x, box.y + y) for box in drawn.boxes()]
        paths += [Path(line, _d(points, x, y)) for line, points in drawn.paths()]
        right, lowest = max(right, x + drawn.width), max(lowest, y + drawn.height)
        x += drawn.width + _GAP
    return Drawing(right + _EDGE, lowest + _EDGE, tuple(boxes), tuple(paths))


def _widest() -> int:
    return _EDGE + COLUMNS * (WIDTH + _GAP)


class _Part:
    """One part that hangs together, laid out from (0, 0)."""

    def __init__(self, layers: Sequence[Sequence[Key]], lines: Sequence[Line]) -> None:
        widest = max(map(len, layers))
        self._columns = min(COLUMNS, widest)
        self._rows = [list(chunk) for layer in layers for chunk in _chunks(layer, self._columns)]
        self._row_of = {key: number for number, row in enumerate(self._rows) for key in row}
        self._lines = [line for line in lines if line.child in self._row_of and line.parent in self._row_of]
        self._x: dict[Key, float] = {}
        self._trunks: list[dict[_Run, float]] = []
        self._passing = [self._runs_through(number) for number in range(len(self._rows))]
        self.width = max(map(self._width_of, range(len(self._rows))))
        self.height = len(self._rows) * HEIGHT + (len(self._rows) - 1) * _ROW + self._below()
        for number in range(len(self._rows)):
            self._place(number)

    def boxes(self) -> Iterator[Box]:
        """All nodes."""
        for key, number in self._row_of.items():
            yield Box(key, self._x[key], self._top(number))

    def paths(self) -> Iterator[tuple[Line, list[Point]]]:
        """All edges, by the points that they pass straight or bent, in pairs: out of one, into the next."""
        for line in self._lines:
            yield line, self._points(line)

    def _runs_through(self, number: int) -> list[_Run]:
        found: dict[_Run, None] = {}
        for line in self._lines:
            upper, lower, run = self._ends(line)
            if self._row_of[upper] < number < self._row_of[lower]:
                found[run] = None
        return list(found)

    def _ends(self, line: Line) -> tuple[Key, Key, _Run]:
        """The upper node, the lower one, and the trunk."""
        upper, lower = line.parent, line.child
        if self._row_of[upper] > self._row_of[lower]:
            upper, lower = lower, upper
        return upper, lower, (upper, line.kind, line.directed)

    def _width_of(self, number: int) -> int:
        boxes, trunks = len(self._rows[number]), len(self._passing[number])
        return boxes * WIDTH + trunks * _TRUNK + (boxes + trunks - 1) * _GAP

    def _below(self) -> int:
        """Room for edges between nodes of the last row."""
        last = len(self._rows) - 1
        return _ROW // 2 if any(self._row_of[a.parent] == self._row_of[a.child] == last for a in self._lines) else 0

    def _top(self, number: int) -> float:
        return number * (HEIGHT + _ROW)

    def _place(self, number: int) -> None:
        """Boxes in their order, each trunk between them where it comes down nearest."""
        slots: list[Key | _Run] = list(self._rows[number])
        for run in sorted(self._passing[number], key=lambda run: self._above(run, number)):
            x = self._above(run, number)
            start = (self.width - self._width_of(number)) / 2
            nearest = round((x - start) / (WIDTH + _GAP))
            slots.insert(_after_boxes(slots, max(0, nearest)), run)
        x = (self.width - self._width_of(number)) / 2
        trunks: dict[_Run, float] = {}
        for slot in slots:
            if isinstance(slot, Key):
                self._x[slot] = x
                x += WIDTH + _GAP
            else:
                trunks[slot] = x + _TRUNK / 2
                x += _TRUNK + _GAP
        self._trunks.append(trunks)

    def _above(self, run: _Run, number: int) -> float:
        """Where a trunk comes from."""
        if number > 0 and run in self._trunks[number - 1]:
            return self._trunks[number - 1][run]
        return self._x[run[0]] + WIDTH / 2

    def _points(self, line: Line) -> list[Point]:
        upper, lower, run = self._ends(line)
        first, last = self._row_of[upper], self._row_of[lower]
        if first == last:
            return self._beside(upper, lower, first)
        points = [(self._x[upper] + WIDTH / 2, self._top(first) + HEIGHT)]
        for number in range(first + 1, last):
            x = self._trunks[number][run]
            points += [(x, self._top(number)), (x, self._top(number) + HEIGHT)]
        points.append((self._port(line, lower, last), self._top(last)))
        return points if lower == line.child else points[::-1]

    def _port(self, line: Line, lower: Key, number: int) -> float:
        """Where an edge meets the upper side of a box: edges come in side by side, in the order of where they are
        from."""
        coming: dict[Line, float] = {}
        for other in self._lines:
            upper, below, run = self._ends(other)
            if below == lower and self._row_of[upper] < number:
                before = self._trunks[number - 1].get(run)
                coming[other] = before if before is not None else self._x[upper] + WIDTH / 2
        order = sorted(coming, key=lambda other: coming[other])
        step = min(24, (WIDTH - 40) / max(1, len(order)))
        return self._x[lower] + WIDTH / 2 + (order.index(line) - (len(order) - 1) / 2) * step

    def _beside(self, one: Key, other: Key, number: int) -> list[Point]:
        """Between two of one row, below it."""
        y = self._top(number) + HEIGHT
        near, far = (0.7, 0.3) if self._x[one] <= self._x[other] else (0.3, 0.7)
        return [(self._x[one] + WIDTH * near, y), (self._x[other] + WIDTH * far, y)]


def _after_boxes(slots: Sequence[Key | _Run], boxes: int) -> int:
    """The place behind so many boxes."""
    seen = 0
    for place, slot in enumerate(slots):
        if isinstance(slot, Key):
            if seen == boxes:
                return place
            seen += 1
    return len(slots)


def _chunks(layer: Sequence[Key], most: int) -> Iterator[Sequence[Key]]:
    """A layer in rows of nearly the same length."""
    rows = -(-len(layer) // most)
    least, more = divmod(len(layer), rows)
    begin = 0
    for row in range(rows):
        end = begin + least + (row < more)
        yield layer[begin:end]
        begin = end


def _d(points: Sequence[Point], x: float, y: float) -> str:
    """Straight through a row, bent between two."""
    moved = [(px + x, py + y) for px, py in points]
    (x1, y1), (x2, y2) = moved[0], moved[-1]
    if len(moved) == 2 and y1 == y2:
        low = y1 + _ROW / 2 - 4
        return f"M{_n(x1)} {_n(y1)}C{_n(x1)} {_n(low)} {_n(x2)} {_n(low)} {_n(x2)} {_n(y2)}"
    said = f"M{_n(x1)} {_n(y1)}"
    for number in range(1, len(moved)):
        (ax, ay), (bx, by) = moved[number - 1], moved[number]
        bend = (by - ay) / 2
        curve = f"C{_n(ax)} {_n(ay + bend)} {_n(bx)} {_n(by - bend)} {_n(bx)} {_n(by)}"
        said += curve if number % 2 else f"L{_n(bx)} {_n(by)}"
    return said


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
