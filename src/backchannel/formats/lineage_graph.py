"""What of a lineage is drawn: reports and the sources they credit, in layers from parents to children.

Rules. A node stands in a row below all that it took something from; edges without direction order nothing. Among
several hundred reports only the part that matters is drawn: those on the claim and what hangs together with them,
nearest first, until there are `MOST` nodes. Names decide nothing, and the same lineage gives the same graph.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from backchannel.core.assess.edges import Edge, Kind

MOST = 60
"""Nodes that are drawn."""

_SWEEPS = 4


class Key(msgspec.Struct, frozen=True, order=True):
    """Which node: the name of a report, or, if it is not `held`, of a source."""

    name: str
    held: bool = True


class Line(msgspec.Struct, frozen=True):
    """An edge between two nodes of the drawing."""

    parent: Key
    child: Key
    kind: Kind
    directed: bool


class Graph(msgspec.Struct, frozen=True):
    """Nodes in parts that hang together, each part in layers from the top; `left_out` nodes are not drawn."""

    parts: tuple[tuple[tuple[Key, ...], ...], ...]
    lines: tuple[Line, ...]
    left_out: int = 0

    @property
    def nodes(self) -> tuple[Key, ...]:
        """All nodes, part by part and layer by layer."""
        return tuple(key for part in self.parts for layer in part for key in layer)


def graph_of(reports: Sequence[str], edges: Sequence[Edge], first: Collection[str] = (), most: int = MOST) -> Graph:
    """The drawing of a lineage. `first` are the names of the reports that matter most."""
    lines = tuple(dict.fromkeys(_line(edge) for edge in edges))
    every = list(dict.fromkeys([*map(Key, reports), *(end for line in lines for end in (line.parent, line.child))]))
    near = _neighbours(lines)
    order = _by_nearness(every, near, [Key(name) for name in reports if name in set(first)])
    kept = frozenset(order[:most])
    drawn = tuple(line for line in lines if line.parent in kept and line.child in kept)
    nodes = [key for key in every if key in kept]
    parts = _parts(nodes, _neighbours(drawn))
    return Graph(tuple(_layered(part, drawn) for part in parts), drawn, len(every) - len(nodes))


def _line(edge: Edge) -> Line:
    return Line(Key(edge.parent, edge.parent_held), Key(edge.child), edge.kind, edge.directed)


def _neighbours(lines: Iterable[Line]) -> Mapping[Key, Sequence[Key]]:
    near: dict[Key, list[Key]] = defaultdict(list)
    for line in lines:
        near[line.parent].append(line.child)
        near[line.child].append(line.parent)
    return near


def _by_nearness(every: Sequence[Key], near: Mapping[Key, Sequence[Key]], first: Sequence[Key]) -> list[Key]:
    """All nodes: the first ones and what they are connected with, then others that are connected, then the rest."""
    connected = sorted((key for key in every if near.get(key)), key=lambda key: -len(near[key]))
    found: dict[Key, None] = dict.fromkeys(first)
    for start in (first, *([key] for key in connected), every):
        queue = deque(start)
        found |= dict.fromkeys(start)
        while queue:
            for key in near.get(queue.popleft(), ()):
                if key not in found:
                    found[key] = None
                    queue.append(key)
    return list(found)


def _parts(nodes: Sequence[Key], near: Mapping[Key, Sequence[Key]]) -> list[list[Key]]:
    """The nodes in parts that hang together, the largest first."""
    parts: list[list[Key]] = []
    seen: set[Key] = set()
    for node in nodes:
        if node in seen:
            continue
        part, queue = {node}, deque([node])
        while queue:
            for key in near.get(queue.popleft(), ()):
                if key not in part:
                    part.add(key)
                    queue.append(key)
        seen |= part
        parts.append([key for key in nodes if key in part])
    return sorted(parts, key=lambda part: -len(part))


def _layered(part: Sequence[Key], lines: Sequence[Line]) -> tuple[tuple[Key, ...], ...]:
    """A part in layers: each node one below the lowest of its parents, who has none one above the highest child."""
    members = frozenset(part)
    parents: dict[Key, list[Key]] = defaultdict(list)
    for line in lines:
        if line.directed and line.child in members and line.parent != line.child:
            parents[line.child].append(line.parent)
    depth: dict[Key, int] = {}
    for key in part:
        _depth(key, parents, depth)
    for source in part:
        below = [depth[line.child] for line in lines if line.directed and line.parent == source]
        if not parents[source] and below:
            depth[source] = max(0, min(below) - 1)
    layers = [[key for key in part if depth[key] == level] for level in sorted(set(depth.values()))]
    return tuple(map(tuple, _untangled(layers, lines)))


def _depth(start: Key, parents: Mapping[Key, Sequence[Key]], depth: dict[Key, int]) -> None:
    """How far below the top a node stands. Whoever took something from themselves by a circle stands at its begin."""
    stack: list[tuple[Key, bool]] = [(start, False)]
    open_: set[Key] = set()
    while stack:
        key, done = stack.pop()
        if key in depth:
            continue
        above = [parent for parent in parents.get(key, ()) if parent not in open_ or parent in depth]
        if done:
            open_.discard(key)
            depth[key] = max((depth[parent] + 1 for parent in above if parent in depth), default=0)
            continue
        open_.add(key)
        stack.append((key, True))
        stack.extend((parent, False) for parent in above if parent not in depth)


def _untangled(layers: list[list[Key]], lines: Sequence[Line]) -> list[list[Key]]:
    """Layers whose nodes stand where their neighbours are (barycentres; Sugiyama, Tagawa and Toda 1981)."""
    near = _neighbours(lines)
    place = {key: _middle(number, layer) for layer in layers for number, key in enumerate(layer)}
    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            mean = {key: _mean([place[other] for other in near.get(key, ())], place[key]) for key in layer}
            layer.sort(key=lambda key: mean[key])
            place |= {key: _middle(number, layer) for number, key in enumerate(layer)}
    return layers


def _middle(number: int, layer: Sequence[Key]) -> float:
    return (number + 0.5) / len(layer)


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
