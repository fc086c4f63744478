"""Matching between two nodes: what may leave is found out while others may write."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backchannel.flow.ports import NewObject
from backchannel.node import match_steps, matching
from backchannel.node.node import Node
from backchannel.node.sync import sync
from matching_nodes import COMMON, make_matching
from two_nodes import Pair, copy_of, opened
from vetting_world import indicator, link, threat


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make_matching(tmp_path_factory.mktemp("pair"))


@pytest.fixture
def pair(made: Pair, tmp_path: Path) -> Pair:
    return copy_of(made, tmp_path)


@pytest.fixture
def nodes(pair: Pair) -> Iterator[tuple[Node, Node]]:
    both = opened(pair.a), opened(pair.b)
    yield both
    for node in both:
        node.close()


def matched(nodes: tuple[Node, Node]) -> None:
    """The session that is open, to its end."""
    while any(matching.is_under_way(node) for node in nodes):
        for node in nodes:
            sync(node)


def finding_out(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> list[str]:
    """Something happens whenever a node finds out what may leave; how often it does."""
    times: list[str] = []
    whole = match_steps.own_values

    def own_values(tx: Any, standing: Any, *more: Any) -> Any:
        times.append(standing.us.key)
        meanwhile()
        return whole(tx, standing, *more)

    monkeypatch.setattr(match_steps, "own_values", own_values)
    return times


def test_an_offer_does_not_hold_the_store_while_it_is_found_out_what_may_leave(
    pair: Pair, nodes: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = nodes
    matching.run(a, pair.agreement)
    sync(a)

    new = iter(f"new{number}.example" for number in range(100))
    times = finding_out(monkeypatch, lambda: holds(b, next(new)))
    matched(nodes)
    assert times == [b.us.key] * match_steps.TRIES
    for node in nodes:
        assert [one.value for one in matching.results(node, pair.agreement)] == COMMON


def test_what_comes_meanwhile_is_matched_too(
    pair: Pair, nodes: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, b = nodes
    holds(b, "A0.example")
    pending = ["A1.example"]
    times = finding_out(monkeypatch, lambda: holds(b, pending.pop()) if pending else None)
    matching.run(b, pair.agreement)
    assert len(times) == 2
    matched(nodes)
    expected = sorted([*COMMON, "a0.example", "a1.example"])
    for node in nodes:
        assert [one.value for one in matching.results(node, pair.agreement)] == expected


def holds(node: Node, host: str) -> None:
    one = indicator(host)
    with node.db.write() as tx:
        tx.holdings.add(map(NewObject.of, (threat(), one, link(one, threat()))), source=node.us.key, now=node.clock())
