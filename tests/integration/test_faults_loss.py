"""A carrier that loses, keeps or spoils what it is given: the outbox brings it again, and quiet nodes stay quiet."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from backchannel.flow.ports import Filter, NewObject
from backchannel.flow.ports_channels import OutboxItem
from backchannel.node import exchange, inbox
from backchannel.node.node import Node
from backchannel.node.sync import SyncReport, sync
from standoff import good
from two_nodes import CROSSING, Pair, copy_of, make_pair, opened
from two_parties import NOW
from vetting_world import indicator, link, stix

HOUR = timedelta(hours=1, seconds=1)
"""Longer than `resend_after_seconds`."""


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Both nodes, before anything is released."""
    return make_pair(tmp_path_factory.mktemp("pair"))


class Clocked:
    """Two open nodes whose clocks a test moves."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.now = NOW
        self.a, self.b = (self._open(home) for home in (pair.a, pair.b))

    def _open(self, home: Path) -> Node:
        node = opened(home)
        object.__setattr__(node, "clock", lambda: self.now)
        return node

    def hours_pass(self, number: int = 1) -> list[SyncReport]:
        """Both sync after each hour; what each pass did."""
        reports = []
        for _ in range(number):
            self.now += HOUR
            reports += [sync(node) for node in (self.a, self.b)]
        return reports

    def waiting_content(self, node: Node) -> list[OutboxItem]:
        """What a node has sent, or will, and has no receipt for."""
        with node.db.read() as tx:
            return [item for item in tx.channels.outbox() if not item.answer]

    def arrived(self) -> set[str]:
        """The ids of everything of A's at B."""
        with self.b.db.read() as tx:
            held = {one.id for one in tx.holdings.find(Filter())}
        return held | {item.object_id for item, _ in inbox.waiting(self.b)}

    def another_release(self, host: str) -> set[str]:
        """A has more to tell; the ids."""
        objects = good(host)
        with self.a.db.write() as tx:
            tx.holdings.add((NewObject.of(one) for one in objects), source=self.a.us.key, now=self.now)
        exchange.release(self.a, self.pair.agreement)
        return {one.id for one in objects}


@pytest.fixture
def two(agreed: Pair, tmp_path: Path) -> Iterator[Clocked]:
    """Both nodes after A released what it holds; nothing is carried yet."""
    nodes = Clocked(copy_of(agreed, tmp_path))
    exchange.release(nodes.a, agreed.agreement)
    yield nodes
    nodes.a.close()
    nodes.b.close()


@contextmanager
def nothing_doubled(two: Clocked) -> Iterator[None]:
    """In the end everything is there once, nothing was refused, and both fall silent."""
    yield
    two.hours_pass(3)
    assert {one.id for one in CROSSING} <= two.arrived()
    items = [item.object_id for item, _ in inbox.waiting(two.b)]
    assert len(items) == len(set(items))
    for node in (two.a, two.b):
        assert two.waiting_content(node) == []
    assert [(one.sent, one.received) for one in two.hours_pass(3)] == [(0, 0)] * 6


def test_two_nodes_with_nothing_to_say_fall_silent(two: Clocked) -> None:
    """No receipt for a receipt, no hourly reminder of one: a host that watches sees nothing move."""
    with nothing_doubled(two):
        sync(two.a)
        sync(two.b)
        sync(two.a)
    assert two.pair.items() == []


def test_what_was_deleted_from_the_carrier_is_sent_again(two: Clocked) -> None:
    with nothing_doubled(two):
        sync(two.a)
        for path in two.pair.items():
            path.unlink()
        assert sync(two.b).received == 0
        assert sync(two.a).sent == 0, "not before its time"
        two.hours_pass()


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_one_lost_envelope_of_several_holds_up_the_later_ones_and_then_all_arrive(two: Clocked, lost: int) -> None:
    with nothing_doubled(two):
        more = two.another_release("second.example") | two.another_release("third.example")
        sync(two.a)
        items = two.pair.said()
        assert len(items) == 3
        items[lost].unlink()
        assert sync(two.b).received == lost + 1, "the checkpoint, in a channel of its own, arrives"
        two.hours_pass(2)
        assert more <= two.arrived()


def test_a_lost_receipt_is_given_again(two: Clocked) -> None:
    with nothing_doubled(two):
        sync(two.a)
        sync(two.b)
        (receipt,) = two.pair.said()
        receipt.unlink()
        sync(two.a)
        assert two.waiting_content(two.a)
        two.hours_pass(2)
        assert two.waiting_content(two.a) == []


def test_a_lost_receipt_does_not_hold_up_what_comes_after_it(two: Clocked) -> None:
    """Its number is missing in the channel: what B sends next waits at A until the receipt is there again."""
    with nothing_doubled(two):
        sync(two.a)
        sync(two.b)
        for path in two.pair.items():
            path.unlink()
        own = stix("malware", "B's own", name="Predator", is_family=True)
        objects = [own, indicator("theirs.example"), link(indicator("theirs.example"), own)]
        with two.b.db.write() as tx:
            tx.holdings.add((NewObject.of(one) for one in objects), source=two.b.us.key, now=two.now)
        assert exchange.release(two.b, two.pair.agreement).objects == 3
        sync(two.b)
        assert "is missing" in sync(two.a).problems[0]
        two.hours_pass(2)
        assert {item.object_id for item, _ in inbox.waiting(two.a)} == {one.id for one in objects}


@pytest.mark.parametrize("spoiled", [b"", b"junk", b"\0" * 5000])
def test_a_spoiled_item_is_refused_or_passed_over_and_the_whole_one_comes_again(two: Clocked, spoiled: bytes) -> None:
    with nothing_doubled(two):
        sync(two.a)
        (item,) = two.pair.said()
        item.write_bytes(spoiled)
        assert sync(two.b).received == 1, "the checkpoint"
        two.hours_pass(2)


def test_an_item_that_is_a_folder_is_left_alone_and_said(two: Clocked) -> None:
    sync(two.a)
    (item,) = two.pair.said()
    item.unlink()
    item.mkdir()
    assert sync(two.b).received == 1, "the checkpoint"
    reports = two.hours_pass()
    assert any("not a plain file" in problem for one in reports for problem in one.problems)
    item.rmdir()
    with nothing_doubled(two):
        two.hours_pass()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_a_carrier_loses_everything_arrives_once_it_stops(two: Clocked, seed: int) -> None:
    chance = Random(seed)
    with nothing_doubled(two):
        told: set[str] = set()
        for number in range(5):
            told |= two.another_release(f"r{number}.example")
            for node in (two.a, two.b):
                sync(node)
                for path in two.pair.items():
                    if chance.random() < 0.5:
                        path.unlink()
            two.now += HOUR * chance.randint(0, 2)
        two.hours_pass(6)
        assert told <= two.arrived()
