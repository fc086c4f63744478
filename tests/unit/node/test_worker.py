"""`serve` in the background: a counterpart that cannot be served is asked more seldom, and slows down nobody else."""

from collections.abc import Collection
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from backchannel.errors import StoreBusy
from backchannel.node import worker
from backchannel.node.creating import create_node
from backchannel.node.report import SyncReport
from backchannel.node.worker import (
    KNOCKED_SHARE,
    MATCHING_SECONDS,
    MAX_BACK_OFF,
    Alarm,
    Patience,
    describe,
    keep_syncing,
)

TOOK = 0.5
"""Seconds of a pass that is played."""


def heard_after(report: SyncReport) -> float:
    """How long after such a pass a knock is heard."""
    return 0 if report.matching else max(KNOCKED_SHARE * TOOK, MATCHING_SECONDS)


def asked(patience: Patience, passes: int, *, failing: Collection[str], begin: int = 0) -> list[int]:
    """In which of the next passes somebody that fails is asked; a pass takes a tenth of the time between two."""
    tried = []
    for number in range(begin, begin + passes):
        resting = patience.resting(number * 1.1)
        troubled = [one for one in failing if one not in resting]
        tried += [number - begin] if troubled else []
        patience.learn(resting, SyncReport(troubled=troubled), number * 1.1 + 0.1)
    return tried


def test_who_fails_is_asked_again_after_ever_longer_pauses() -> None:
    tried = asked(Patience(1), 400, failing=["m"])
    assert tried[:5] == [0, 2, 6, 13, 28], "what passes take counts too"
    assert tried[-1] - tried[-2] == round(MAX_BACK_OFF / 1.1)


def test_who_can_be_served_again_is_asked_each_time_from_then_on() -> None:
    patience = Patience(1)
    asked(patience, 7, failing=["m"])
    assert patience.resting(7 * 1.1) == {"m"}
    assert asked(patience, 10, failing=[], begin=7) == []
    assert patience.resting(17 * 1.1) == frozenset()
    assert asked(patience, 3, failing=["m"], begin=17) == [0, 2]


def test_who_knocks_does_not_have_those_who_fail_asked_more_often() -> None:
    patience = Patience(60)
    patience.learn(frozenset(), SyncReport(troubled=["m"]), 0)
    assert all(patience.resting(tenths / 10) == {"m"} for tenths in range(900))
    assert patience.resting(120) == frozenset()


@pytest.fixture
def passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `keep_syncing` over passes that end as given; whom each left alone, how long it paused, what it told."""
    create_node(tmp_path / "node", "Lab").close()

    class Stop(Alarm):
        """Set after the last pass; waiting takes no time."""

        def __init__(self) -> None:
            super().__init__()
            self.pauses: list[float] = []
            self.least: list[float] = []
            self.called: list[bool] = []
            self.now = 0.0

        def pause(self, seconds: float, least: float) -> bool:
            self.pauses.append(seconds)
            self.least.append(least)
            self.now += 0 if knocked else seconds
            return knocked

    knocked = False

    def run(
        *outcomes: SyncReport | Exception, knocks: bool = False
    ) -> tuple[list[Collection[str]], list[float], list[str]]:
        nonlocal knocked
        knocked = knocks
        stop, left, told = Stop(), list[Collection[str]](), list[str]()
        waiting = list(outcomes)

        def sync(_node: object, *, resting: Collection[str], called: bool, **_more: object) -> SyncReport:
            left.append(resting)
            stop.called.append(called)
            stop.now += TOOK
            outcome = waiting.pop(0)
            if not waiting:
                stop.set()
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(worker, "sync", sync)
        keep_syncing(tmp_path / "node", stop, told.append, timer=lambda: stop.now)
        assert all(
            least == (pause if isinstance(outcome, Exception) else heard_after(outcome))
            for pause, least, outcome in zip(stop.pauses, stop.least, outcomes, strict=True)
        ), "how soon a knock is heard"
        run.called = stop.called  # type: ignore[attr-defined]
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


def test_whatever_wakes_it_meanwhile_every_host_is_asked_when_it_is_time_and_not_sooner(
    passes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.matching, "is_under_way", lambda _node: True)
    _, pauses, _ = passes(*[SyncReport(matching=1)] * 90)
    assert set(pauses) <= {0, 0.25}
    assert [number for number, called in enumerate(passes.called) if not called] == [0, 81]


def test_whoever_knocks_makes_nobody_wait_longer_who_matches(passes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.matching, "is_under_way", lambda _node: True)
    _, pauses, _ = passes(SyncReport(matching=1), *[SyncReport()] * 20, knocks=True)
    assert set(pauses) == {0.25}


def test_who_was_not_asked_in_a_pass_is_not_taken_for_one_that_can_be_served(
    passes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.matching, "is_under_way", lambda _node: True)
    unasked = SyncReport(matching=1, unasked=["m"])
    left, _, _ = passes(
        SyncReport(troubled=["m"], matching=1), *[unasked] * 125, SyncReport(troubled=["m"]), *[unasked] * 200
    )
    assert frozenset() in left[125:127]
    assert left[-1] == {"m"}, "its second failure in a row"


def waited(alarm: Alarm, seconds: float, least: float) -> float:
    """How long a pause was, in seconds."""
    began = monotonic()
    alarm.pause(seconds, least)
    return monotonic() - began


def test_a_knock_wakes_who_waits_once() -> None:
    alarm = Alarm()
    alarm.knock()
    alarm.knock()
    assert waited(alarm, 600, 0) < 300
    assert not alarm.is_set()
    assert waited(alarm, 0.05, 0) >= 0.05, "both knocks were heard"


def test_whoever_knocks_does_not_have_a_node_sync_all_the_time() -> None:
    alarm = Alarm()
    alarm.knock()
    assert waited(alarm, 600, 0.05) >= 0.05


def test_a_stop_ends_every_pause_at_once() -> None:
    alarm = Alarm()
    alarm.set()
    assert waited(alarm, 600, 600) < 300


def test_a_pass_in_which_nothing_happened_tells_nothing() -> None:
    assert describe(SyncReport()) == []
    assert describe(SyncReport(sent=1, problems=["x"])) == [
        "x",
        "envelopes: 1 sent, 0 received; objects: 0 accepted, 0 held in the inbox, 0 refused",
    ]
