"""A kill -9, and a line that fails, while two nodes match: it ends as without, nothing is charged twice, and no
randomness serves two contents."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from backchannel.carriers import https
from backchannel.node import faults, matching, node
from backchannel.node.certificate import create
from backchannel.node.hosting import mailbox_host
from backchannel.node.sync import sync
from fault_proxy import FAULTS, served
from killing import Action, done, killed
from line import Line
from matching_nodes import Book, check_end, check_made, check_sessions, make_matching, moves, offer
from two_nodes import Pair, copy_of, opened
from two_parties import NOW

SEED = 20_261_126


class Pass(NamedTuple):
    """What one command of a side came to, in an undisturbed session: each step, in the order it was reached."""

    home: str
    steps: list[str]


class Kill(NamedTuple):
    """A kill in the command with this number, at a step reached for the nth time in it."""

    command: int
    step: str
    nth: int

    @property
    def fault(self) -> str:
        return f"{self.step}:{self.nth}"


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Both nodes, before anything is matched."""
    return make_matching(tmp_path_factory.mktemp("matching"))


@pytest.fixture
def book(agreed: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Book:
    """A copy of both nodes, and a book of all that they say."""
    return Book(copy_of(agreed, tmp_path), monkeypatch)


def commands(pair: Pair) -> Iterator[tuple[Path, Action]]:
    """What both do: A opens a session, then they sync in turn."""
    yield pair.a, offer(pair)
    while True:
        yield pair.a, sync
        yield pair.b, sync


@pytest.fixture(scope="module")
def undisturbed(agreed: Pair, tmp_path_factory: pytest.TempPathFactory) -> list[Pass]:
    """A session without a kill, command by command, up to where nothing moves any more."""
    with pytest.MonkeyPatch.context() as patch:
        book = Book(copy_of(agreed, tmp_path_factory.mktemp("undisturbed")), patch)
        steps: list[str] = []
        patch.setattr(node, "fault_hook", lambda: steps.append)
        passes: list[Pass] = []
        for number, (home, action) in enumerate(commands(book.pair)):
            quiet = number > 0 and not moves(home)
            if number == 0:
                done(home, action)
            book.look()
            passes.append(Pass(home.name, steps[:]))
            steps.clear()
            if quiet:
                break
        check_end(book)
    return passes


def carried_on(book: Book, kills: Sequence[Kill]) -> list[Kill]:
    """A session to its end, killed so, each command that was killed being run again; the kills that happened."""
    happened = []
    last = max((one.command for one in kills), default=0)
    at_rest = 0
    for number, (home, action) in enumerate(commands(book.pair)):
        for one in kills:
            if one.command == number and killed(home, action, one.fault):
                happened.append(one)
                book.look()
        if number == 0:
            done(home, action)
        else:
            at_rest = 0 if moves(home) else at_rest + 1
        book.look()
        if number > last and at_rest == 2:
            return happened
    raise AssertionError


def times(undisturbed: list[Pass], side: str, step: str) -> list[Kill]:
    """Every time that a side reaches a step."""
    return [
        Kill(number, step, nth)
        for number, one in enumerate(undisturbed)
        if one.home == side
        for nth in range(1, one.steps.count(step) + 1)
    ]


@pytest.mark.parametrize("side", ["A", "B"])
@pytest.mark.parametrize("step", faults.MATCHING_STEPS)
def test_a_kill_in_a_matching_session_loses_nothing_and_charges_nothing_twice(
    book: Book, undisturbed: list[Pass], side: str, step: str
) -> None:
    """At the first, the second, a middle, and the last time that the step is reached, in one session."""
    every = times(undisturbed, side, step)
    assert len(every) > 16
    kills = [every[0], every[1], every[len(every) // 2], every[-1]]
    if step == "match.committed" and kills[0].command == kills[1].command:
        kills[1] = kills[1]._replace(nth=1)  # what was committed is not done again
    assert carried_on(book, kills) == kills
    check_end(book)


ANY_STEP = tuple(step for step in faults.STEPS if step.partition(".")[0] in {"send", "receive", "receipt"})


@pytest.mark.parametrize("side", ["A", "B"])
def test_a_kill_while_messages_of_matching_are_carried_loses_nothing(
    book: Book, undisturbed: list[Pass], side: str
) -> None:
    """At each durable step of sending and receiving in turn, one command after the other."""
    ours = [number for number, one in enumerate(undisturbed) if number > 2 and one.home == side]
    kills = [Kill(number, step, 1) for number, step in zip(ours, ANY_STEP, strict=False)]
    assert {one.step for one in carried_on(book, kills)} == set(ANY_STEP)
    check_end(book)


def test_a_kill_somewhere_in_every_command_still_lets_the_session_end(book: Book, undisturbed: list[Pass]) -> None:
    chance, used = Random(SEED), Counter[str]()
    kills = []
    for number, one in enumerate(undisturbed[:-2]):
        least = min(used[step] for step in one.steps)
        step = chance.choice([step for step in one.steps if used[step] == least])
        used[step] += 1
        kills.append(Kill(number, step, chance.randint(1, Counter(one.steps)[step])))
    happened = carried_on(book, kills)
    assert len(happened) > len(kills) // 2
    steps = {one.step for one in happened}
    assert steps >= set(faults.MATCHING_STEPS)
    assert {one.partition(".")[0] for one in steps} >= {"send", "receive"}
    check_end(book)


# --- a line that fails ---------------------------------------------------------------------------------------------


@pytest.mark.timeout(180)
def test_a_session_over_a_line_that_fails_at_random_comes_to_the_same_end(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B hosts the mailboxes, A reaches them over HTTPS; requests and answers are lost, doubled, cut and late."""
    monkeypatch.setattr(https, "BACK_OFF", 0.0)
    chance = Random(SEED)
    certificate = create(tmp_path, hosts=[], now=NOW)
    a, b = opened(book.pair.a), opened(book.pair.b)
    with served(mailbox_host(book.pair.b), certificate) as proxy:
        line = Line(a, b, proxy, certificate.pin)
        offer(book.pair)(a)
        proxy.fault = lambda _method, _path: chance.choice(FAULTS) if chance.random() < 0.3 else ""
        for _ in range(200):
            line.passes()
            if all([one.is_over for one in matching.sessions(side)] == [True] for side in (a, b)):
                break
        assert {kind for _, kind in proxy.seen} >= set(FAULTS)
        proxy.fault = lambda _method, _path: ""
        line.passes(3)
    a.close()
    b.close()
    check_sessions(book, refused=frozenset({"bad-envelope"}))  # of cut answers, if anything
    check_made(book)
