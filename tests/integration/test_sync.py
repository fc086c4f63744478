"""A sync pass while things change beside it: another pass, an ending, a narrowing."""

import fcntl
import hashlib
import os
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backchannel.flow.ports import NewObject
from backchannel.flow.ports_channels import OutboxItem
from backchannel.flow.post import item_name
from backchannel.node import agreements, exchange
from backchannel.node.node import Node
from backchannel.node.sync import sync
from standoff import good
from two_nodes import TERMS, Pair, copy_of, make_pair, opened
from two_parties import NOW

LATER = NOW + timedelta(hours=2)
"""When what got no receipt is due again."""


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make_pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture
def pair(agreed: Pair, tmp_path: Path) -> Pair:
    return copy_of(agreed, tmp_path)


@pytest.fixture
def node(pair: Pair) -> Iterator[Node]:
    """A, which has released nothing yet."""
    a = opened(pair.a)
    yield a
    a.close()


def at(node: Node, now: Any = NOW, reached: Callable[[str], None] = lambda _step: None) -> Node:
    """The same open node at another time, or with another ear for its steps."""
    return replace(node, clock=lambda: now, us=msgspec.structs.replace(node.us, reached=reached))


def carried(pair: Pair) -> set[str]:
    """The names of what lies at the carrier under the agreement."""
    return {path.name for path in pair.said()}


def name_of(item: OutboxItem) -> str:
    """The name that an envelope lies under."""
    return item_name(item.sequence, hashlib.sha256(item.data).hexdigest())


def of_agreement(node: Node, agreement: str) -> list[str]:
    """The names of what waits in A's outbox under the agreement."""
    with node.db.read() as tx:
        return [name_of(one) for one in tx.channels.outbox() if one.channel == agreement]


def test_what_was_offered_is_not_offered_again_once_its_agreement_is_over(pair: Pair, node: Node) -> None:
    exchange.release(node, pair.agreement)
    sync(node)
    (offered,) = of_agreement(node, pair.agreement)
    assert carried(pair) == {offered}
    for path in pair.items():
        path.unlink()
    agreements.end(node, pair.agreement)
    assert of_agreement(node, pair.agreement) == [offered], "it may have left, and stays in the history"
    sync(at(node, LATER))
    assert carried(pair) == set()
    assert pair.items(), "the ending"


def test_while_the_agreement_is_in_force_it_is_offered_again(pair: Pair, node: Node) -> None:
    exchange.release(node, pair.agreement)
    sync(node)
    for path in pair.items():
        path.unlink()
    sync(at(node, LATER))
    assert carried(pair) == set(of_agreement(node, pair.agreement))


def test_an_envelope_that_took_the_place_of_one_taken_back_does_not_leave_under_its_name(
    pair: Pair, node: Node
) -> None:
    """While the first of two envelopes is carried, the terms are narrowed: the second is sealed anew."""
    exchange.release(node, pair.agreement)
    with node.db.write() as tx:
        tx.holdings.add((NewObject.of(one) for one in good("second.example")), source=node.us.key, now=NOW)
    exchange.release(node, pair.agreement)
    _, second = of_agreement(node, pair.agreement)
    narrower = pair.folder / "narrower.toml"
    narrower.write_text(TERMS + "[quota]\nobjects_per_day = 100\n")

    def narrow_once(step: str) -> None:
        if step == "send.put" and of_agreement(node, pair.agreement)[-1] == second:
            agreements.amend(node, pair.agreement, narrower)
            exchange.release(node, pair.agreement)

    sync(at(node, reached=narrow_once))
    assert of_agreement(node, pair.agreement)[-1] != second
    for path in pair.items():
        assert path.name.endswith(hashlib.sha256(path.read_bytes()).hexdigest()[:32])
    sync(node)
    assert set(of_agreement(node, pair.agreement)) <= carried(pair)


def test_two_passes_of_one_node_never_run_at_once(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """One process stands still within a pass; another one that would not wait is turned away, until it is over."""
    begun, tell_begun = os.pipe()
    go_on, tell_go_on = os.pipe()

    def stand_still(_step: str) -> None:
        os.write(tell_begun, b"x")
        os.read(go_on, 1)

    child = os.fork()
    if child == 0:
        try:
            os.close(tell_go_on)
            sync(at(opened(pair.a), reached=stand_still))
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(0)
    os.close(tell_begun)
    os.close(go_on)
    flock = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", lambda file, how: flock(file, how | fcntl.LOCK_NB))
    node = opened(pair.a)
    try:
        assert os.read(begun, 1) == b"x"
        with pytest.raises(BlockingIOError):
            sync(node)
    finally:
        os.close(tell_go_on)
        os.waitpid(child, 0)
    sync(node)
    node.close()
    os.close(begun)
