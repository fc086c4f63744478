"""`serve` in the background: a counterpart that cannot be served is asked more seldom, and slows down nobody else."""

import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from backchannel.errors import StoreBusy
from backchannel.node import worker
from backchannel.node.creating import create_node
from backchannel.node.report import SyncReport
from backchannel.node.worker import MAX_BACK_OFF, Patience, describe, keep_syncing


def asked(patience: Patience, passes: int, *, failing: Collection[str]) -> list[int]:
    """In which of the next passes somebody that fails is asked."""
    tried = []
    for number in range(passes):
        resting = patience.resting()
        troubled = [one for one in failing if one not in resting]
        tried += [number] if troubled else []
        patience.learn(resting, SyncReport(troubled=troubled))
    return tried


def test_who_fails_is_asked_again_after_ever_longer_pauses() -> None:
    assert asked(Patience(), 70, failing=["m"]) == [0, 2, 6, 14, 30, 62]
    last = asked(Patience(), 400, failing=["m"])[-2:]
    assert last[1] - last[0] == MAX_BACK_OFF


def test_who_can_be_served_again_is_asked_each_time_from_then_on() -> None:
    patience = Patience()
    asked(patience, 7, failing=["m"])
    assert patience.resting() == {"m"}
    for _ in range(7):
        patience.learn(patience.resting(), SyncReport())
    assert patience.resting() == frozenset()
    patience.learn(frozenset(), SyncReport())
    assert asked(patience, 3, failing=["m"]) == [0, 2]


@pytest.fixture
def passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `keep_syncing` over passes that end as given; whom each left alone, how long it paused, what it told."""
    create_node(tmp_path / "node", "Lab").close()

    class Stop(threading.Event):
        """Set after the last pass; waiting takes no time."""

        def __init__(self) -> None:
            super().__init__()
            self.pauses: list[float] = []

        def wait(self, timeout: float | None = None) -> bool:
            self.pauses.append(timeout or 0)
            return True

    def run(*outcomes: SyncReport | Exception) -> tuple[list[Collection[str]], list[float], list[str]]:
        stop, left, told = Stop(), list[Collection[str]](), list[str]()
        waiting = list(outcomes)

        def sync(_node: object, *, resting: Collection[str], **_more: object) -> SyncReport:
            left.append(resting)
            outcome = waiting.pop(0)
            if not waiting:
                stop.set()
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(worker, "sync", sync)
        keep_syncing(tmp_path / "node", stop, told.append)
        return left, stop.pauses, told

    return run


def test_a_counterpart_that_fails_does_not_slow_down_the_passes_for_the_others(passes: Any) -> None:
    left, pauses, _ = passes(SyncReport(troubled=["m"]), SyncReport(), SyncReport(troubled=["m"]), SyncReport())
    assert left == [set(), {"m"}, set(), {"m"}]
    assert pauses == [60] * 4


def test_a_node_that_fails_itself_waits_longer_and_says_why(passes: Any) -> None:
    _, pauses, told = passes(StoreBusy("busy"), StoreBusy("busy"), SyncReport())
    assert pauses == [120, 240, 60]
    assert told == ["sync failed: busy"] * 2


def test_while_a_matching_session_goes_on_it_waits_for_moments_only(
    passes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.matching, "is_under_way", lambda _node: True)
    _, pauses, _ = passes(
        SyncReport(matching=2), SyncReport(), SyncReport(), SyncReport(matching=1), StoreBusy("busy")
    )
    assert pauses == [0.25, 0.5, 1, 0.25, 120]
    _, pauses, _ = passes(*[SyncReport()] * 12)
    assert pauses[-1] == 60, "one that nobody carries on costs no more than any other pass"


def test_a_pass_in_which_nothing_happened_tells_nothing() -> None:
    assert describe(SyncReport()) == []
    assert describe(SyncReport(sent=1, problems=["x"])) == [
        "x",
        "envelopes: 1 sent, 0 received; objects: 0 accepted, 0 held in the inbox, 0 refused",
    ]
