"""The drawing of a lineage: every node once, no box on another, no edge through a box, the same each time."""

import random
import re
from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest

from backchannel.core.assess.edges import Edge, Kind
from backchannel.formats.lineage_graph import MOST, Key, graph_of
from backchannel.formats.lineage_layout import COLUMNS, HEIGHT, WIDTH, Drawing, laid_out
from backchannel.formats.lineage_svg import fitted

SIZES = (2, 5, 12, 40, 500)


def edge(child: str, parent: str, kind: Kind = Kind.REUSE, held: bool = True, directed: bool = True) -> Edge:
    return Edge(child, parent, held, kind, directed, ())


def names(count: int) -> list[str]:
    return [f"{number:03d}.txt" for number in range(count)]


def some_lineage(count: int, seed: int) -> tuple[list[str], list[Edge]]:
    """Reports of which some took something from earlier ones, or from one of three sources."""
    chance, reports, edges = random.Random(seed), names(count), []
    for number in range(1, count):
        for _ in range(chance.choice((0, 1, 1, 2))):
            kind = chance.choice(list(Kind))
            if chance.random() < 0.3:
                edges.append(edge(reports[number], chance.choice(("A Wire", "B Wire", "C TV")), kind, held=False))
            else:
                parent = reports[chance.randrange(number)]
                edges.append(edge(reports[number], parent, kind, directed=chance.random() < 0.8))
    return reports, edges


def drawn(reports: list[str], edges: list[Edge]) -> Drawing:
    return laid_out(graph_of(reports, edges))


def places(drawing: Drawing) -> dict[str, tuple[float, float]]:
    return {box.key.name: (box.x, box.y) for box in drawing.boxes}


def points(d: str) -> Iterator[tuple[float, float]]:
    """Points on a path, close to each other: straight lines, and the curves that leave and arrive upright."""
    at = (0.0, 0.0)
    for command, numbers in re.findall(r"([MLC])([^MLC]+)", d):
        given = list(map(float, numbers.split()))
        end = (given[-2], given[-1])
        controls = [at, *zip(given[::2], given[1::2], strict=True)]
        if command != "M":
            for step in range(1, 40):
                yield curve(controls, step / 40)
        at = end


def curve(controls: list[tuple[float, float]], t: float) -> tuple[float, float]:
    """A point of a Bézier curve (De Casteljau)."""
    while len(controls) > 1:
        controls = [(x1 + (x2 - x1) * t, y1 + (y2 - y1) * t) for (x1, y1), (x2, y2) in pairwise(controls)]
    return controls[0]


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("seed", range(5))
def test_no_box_lies_on_another_and_all_are_on_the_drawing(count: int, seed: int) -> None:
    drawing = drawn(*some_lineage(count, seed))
    for one, other in combinations(drawing.boxes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
    for box in drawing.boxes:
        assert 0 <= box.x <= drawing.width - WIDTH
        assert 0 <= box.y <= drawing.height - HEIGHT


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("seed", range(5))
def test_no_edge_runs_through_a_box(count: int, seed: int) -> None:
    drawing = drawn(*some_lineage(count, seed))
    for path in drawing.paths:
        for x, y in points(path.d):
            assert 0 <= x <= drawing.width
            assert 0 <= y <= drawing.height
            assert not any(
                box.x < x < box.x + WIDTH and box.y + 0.1 < y < box.y + HEIGHT - 0.1 for box in drawing.boxes
            )


@pytest.mark.parametrize("seed", range(5))
def test_a_child_stands_below_its_parents(seed: int) -> None:
    drawing = drawn(*some_lineage(40, seed))
    at = {box.key: box.y for box in drawing.boxes}
    directed = [path.line for path in drawing.paths if path.line.directed]
    assert directed
    assert all(at[line.parent] < at[line.child] for line in directed)


def test_siblings_stand_side_by_side() -> None:
    at = places(drawn(names(3), [edge(name, "A Wire", Kind.DECLARED, held=False) for name in names(3)]))
    assert len({at[name][1] for name in names(3)}) == 1
    assert at["A Wire"][1] < at["000.txt"][1]
    assert at["A Wire"][0] == at["001.txt"][0]


def test_many_siblings_go_on_in_further_rows_and_the_drawing_stays_as_wide_as_a_page() -> None:
    drawing = drawn(names(40), [edge(name, "A Wire", Kind.DECLARED, held=False) for name in names(40)])
    assert drawing.width < (COLUMNS + 1) * WIDTH
    assert len({box.y for box in drawing.boxes}) == 9


def test_reports_that_nothing_connects_are_drawn_too() -> None:
    assert set(places(drawn(names(12), []))) == set(names(12))


def test_reports_that_took_from_each_other_in_a_circle_are_drawn() -> None:
    drawing = drawn(names(3), [edge("000.txt", "001.txt"), edge("001.txt", "002.txt"), edge("002.txt", "000.txt")])
    assert len(drawing.boxes) == len(drawing.paths) == 3


def test_a_source_is_another_node_than_a_report_of_its_name() -> None:
    graph = graph_of(["A Wire"], [edge("A Wire", "A Wire", Kind.DECLARED, held=False)])
    assert set(graph.nodes) == {Key("A Wire"), Key("A Wire", held=False)}


def test_of_many_reports_the_connected_part_that_matters_is_drawn() -> None:
    reports = names(500)
    edges = [edge(reports[number], reports[number - 1]) for number in range(401, 420)]
    graph = graph_of(reports, edges, first=["405.txt"])
    assert len(graph.nodes) == MOST
    assert graph.left_out == 500 - MOST
    assert set(map(Key, reports[400:420])) < set(graph.nodes)
    assert len(graph.lines) == len(edges)


@pytest.mark.parametrize("count", SIZES)
def test_the_same_lineage_is_drawn_the_same(count: int) -> None:
    assert drawn(*some_lineage(count, 1)) == drawn(*some_lineage(count, 1))


def test_a_label_stays_in_its_box() -> None:
    assert fitted("short.txt", 2) == ("short.txt",)
    assert fitted("The Long Named Daily Example", 2) == ("The Long Named", "Daily Example")
    assert fitted("000_0123456789abcdef.txt", 2) == ("000_0123456789abcdef.", "txt")
    assert [len(part) for part in fitted("W" * 200, 2)] == [14, 14]
    assert fitted("W" * 200, 2)[1].endswith("…")
    assert len(fitted("漢" * 30, 1)[0]) == 11
