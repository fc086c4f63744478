"""What one counterpart may use of a pass: time first for receiving, then for sending, and a number of envelopes."""

import pytest

from backchannel.node.budget import Budget, SpentError
from backchannel.node.settings import Settings


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_half_of_the_time_is_for_receiving_and_the_rest_for_sending() -> None:
    clock = Clock()
    budget = Budget(Settings(sync_seconds_each=100), clock)
    assert budget.seconds_left() == 50
    clock.now += 50
    with pytest.raises(SpentError, match=r"the time for one counterpart \(100 s\) is used up"):
        budget.take()
    budget.send()
    assert budget.seconds_left() == 50
    budget.take()
    clock.now += 50
    with pytest.raises(SpentError):
        budget.check()


def test_time_that_receiving_did_not_need_is_there_for_sending() -> None:
    clock = Clock()
    budget = Budget(Settings(sync_seconds_each=100), clock)
    clock.now += 10
    budget.send()
    assert budget.seconds_left() == 90


def test_so_many_envelopes_may_come_and_so_many_go() -> None:
    budget = Budget(Settings(sync_envelopes_each=2), Clock())
    for direction in (budget.receive, budget.send):
        direction()
        budget.take()
        budget.take()
        with pytest.raises(SpentError, match="2 envelopes went, the most for one counterpart"):
            budget.take()
