"""What matching found between two real nodes: shown beside what is held, and gone when the terms say so."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from backchannel.core.canonical import Observable
from backchannel.flow.ports import NewObject
from backchannel.node import agreements, holdings, matched, matching
from backchannel.node.node import Node
from backchannel.node.sync import sync
from two_nodes import HOSTS, make_pair, opened
from two_parties import NOW
from vetting_world import indicator, link, threat

DAY = timedelta(days=1)
TERMS = """
title = "To match"
valid_from = 2026-01-01
valid_until = 2027-06-01
[scope]
threats = ["Predator"]
[retention]
destroy_after_days = 30
on_end = "ON_END"
[matching]
types = ["domain-name"]
"""
BOTH = HOSTS[0]
ASKED = "asked-for.example"
"""Looked up by A, and held by B alone."""

Two = tuple[Node, Node, str]


@pytest.fixture(params=["destroy", "keep"])
def on_end(request: pytest.FixtureRequest) -> str:
    """What the terms say of the agreement's end."""
    return str(request.param)


@pytest.fixture
def two(on_end: str, tmp_path: Path) -> Iterator[Two]:
    """A and B have matched, A looked something up, and both came to know that both know h0.example."""
    pair = make_pair(tmp_path)
    a, b = opened(pair.a), opened(pair.b)
    with b.db.write() as tx:
        own = [threat("Predator of B", aliases=["Predator"]), BOTH, indicator(ASKED)]
        tx.holdings.add(
            (NewObject.of(one) for one in [*own, *(link(one, own[0]) for one in own[1:])]), source=b.us.key, now=NOW
        )
    (tmp_path / "match.toml").write_text(TERMS.replace("ON_END", on_end))
    row, _ = agreements.propose(a, tmp_path / "match.toml", "Vendor")
    rounds(a, b)
    agreements.accept(b, row.id)
    rounds(b, a)
    matching.run(a, row.id, "opener")
    rounds(a, b)
    matching.look_up(a, "Vendor", [Observable("domain-name", ASKED), Observable("domain-name", "no.example")], row.id)
    rounds(a, b)
    yield a, b, row.id
    a.close()
    b.close()


def rounds(one: Node, other: Node) -> None:
    for _ in range(5):
        sync(one)
        sync(other)


def values(node: Node, agreement: str) -> set[str]:
    with node.db.read() as tx:
        return {one.value for one in tx.matching.matches(agreement)}


def kept_bytes(node: Node) -> bytes:
    """Everything that lies in the files of the node's store."""
    return b"".join(path.read_bytes() for path in sorted(node.home.glob("backchannel.db*")))


def test_what_was_found_stands_beside_what_is_held_until_the_terms_end_that(two: Two, on_end: str) -> None:
    a, b, agreement = two
    assert values(a, agreement) == {"h0.example", ASKED}
    held = holdings.find(a, BOTH.id)
    ((seen,),) = matched.beside(a, held).values()
    assert (seen.value, seen.with_, seen.agreement) == ("h0.example", "Vendor", agreement)
    assert ASKED.encode() in kept_bytes(a)
    agreements.end(b, agreement)
    sync(b)
    sync(a)
    if on_end == "keep":
        assert values(a, agreement) == {"h0.example", ASKED}
        report = sync(replace(a, clock=lambda: NOW + 29 * DAY))
        assert values(a, agreement) == {"h0.example", ASKED}, report.problems
        sync(replace(a, clock=lambda: NOW + 31 * DAY))
    assert values(a, agreement) == set()
    assert list(matched.beside(a, held).values()) == [[]]
    (look_up,) = [one for one in matching.sessions(a, agreement) if one.look_up]
    view, found = matching.session(a, look_up.id)
    assert (view.state, found) == ("done", [])
    assert ASKED.encode() not in kept_bytes(a), "neither in the file nor in its log"
