"""A kill -9 at every durable step of asking and answering: run again as an officer would, it ends as without it."""

from pathlib import Path
from typing import Any

import pytest

from backchannel.node import faults, requests
from backchannel.node.node import Node
from backchannel.node.requests import Asking
from backchannel.node.sync import sync
from killing import Action, through
from two_nodes import HOSTS, Pair, copy_of, make_pair, opened

EVERY_STEP = [one for one in (*faults.STEPS, *faults.REQUEST_STEPS) if not one.startswith(("release.", "recall."))]


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Both nodes, before anything is asked."""
    return make_pair(tmp_path_factory.mktemp("pair"))


def ask(pair: Pair, text: str) -> Action:
    """Ask, unless the list shows that it was asked."""

    def action(node: Node) -> None:
        if text not in [one.question for one in requests.all_requests(node)]:
            requests.ask(node, pair.agreement, Asking(text))

    return action


def on(text: str, state: str, act: Any) -> Action:
    """Do something to the request with this question, unless it shows that it was done."""

    def action(node: Node) -> None:
        (one,) = [one for one in requests.all_requests(node) if one.question == text]
        if one.state != state:
            act(node, one.id)

    return action


def give(node: Node, request: str) -> None:
    requests.answer(node, request, "These.", [HOSTS[0].id])


def asked_and_answered(pair: Pair, victim: str = "", fault: str = "") -> bool:
    """B asks two things, A answers one and declines the other, B closes the first; whether the kill happened."""
    steps: list[tuple[Path, Action]] = [
        (pair.b, ask(pair, "One?")),
        (pair.b, ask(pair, "Two?")),
        (pair.b, sync),
        (pair.a, sync),
        (pair.a, on("One?", "answered", give)),
        (pair.a, on("Two?", "declined", requests.decline)),
        (pair.a, sync),
        (pair.b, sync),
        (pair.b, on("One?", "closed", requests.close)),
        (pair.b, sync),
        (pair.a, sync),
        (pair.b, sync),
    ]
    return through(steps, victim, fault)


def end_of(pair: Pair) -> list[Any]:
    """Everything of both nodes that must not depend on a kill; ids are drawn anew in each run, and how many receipts
    wait depends on who was killed when."""
    found: list[Any] = []
    for home in (pair.a, pair.b):
        node = opened(home)
        views = sorted(requests.all_requests(node), key=lambda one: one.question)
        found.append([(one.question, one.state, one.ours, one.answers) for one in views])
        found.append([[(a.note, len(a.objects)) for a in requests.show(node, one.id)[1]] for one in views])
        with node.db.read() as tx:
            found.append(sorted(item.object_id for item in tx.inbox.items()))
            found.append(len(tx.channels.released_ids(pair.agreement)))
            found.append([one.rule for one in tx.channels.refusals()])
        node.close()
    return found


@pytest.fixture(scope="module")
def undisturbed(agreed: Pair, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """How it ends without a kill."""
    pair = copy_of(agreed, tmp_path_factory.mktemp("undisturbed"))
    asked_and_answered(pair)
    return end_of(pair)


def test_undisturbed_it_ends_well(undisturbed: list[Any]) -> None:
    assert undisturbed[0] == [("One?", "closed", False, 1), ("Two?", "declined", False, 0)]
    assert undisturbed[5] == [("One?", "closed", True, 1), ("Two?", "declined", True, 0)]
    assert len(undisturbed[7]) == 3
    assert (undisturbed[4], undisturbed[9]) == ([], [])


@pytest.mark.parametrize("step", EVERY_STEP)
@pytest.mark.parametrize("victim", ["A", "B"])
def test_a_kill_while_asking_and_answering_loses_nothing_and_doubles_nothing(
    agreed: Pair, undisturbed: list[Any], tmp_path: Path, victim: str, step: str
) -> None:
    pair = copy_of(agreed, tmp_path)
    theirs = {"A": {"request.asked", "request.closed"}, "B": {"request.answered", "request.declined"}}
    assert asked_and_answered(pair, victim, step) == (step not in theirs[victim])
    assert end_of(pair) == undisturbed
