"""What answers to a recall lead to."""

from datetime import UTC, datetime, timedelta

import pytest

from backchannel.core.recall import TRANSITIONS, UNSETTLED, Answer, State, answered, is_overdue, passed_on
from backchannel.errors import WrongState

NOW = datetime(2026, 12, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def test_whatever_is_not_in_the_table_is_refused() -> None:
    for state in State:
        for answer in Answer:
            if (state, answer) in TRANSITIONS:
                assert answered(state, answer) == TRANSITIONS[state, answer]
            else:
                with pytest.raises(WrongState, match="makes no sense"):
                    answered(state, answer)


def test_what_was_withdrawn_stays_withdrawn() -> None:
    assert {after for (state, _), after in TRANSITIONS.items() if state is State.WITHDRAWN} == {State.WITHDRAWN}


def test_nobody_answers_for_whom_we_tell_by_hand() -> None:
    assert State.BY_HAND not in {state for state, _ in TRANSITIONS}


def test_every_answer_can_come_first() -> None:
    assert {answer for state, answer in TRANSITIONS if state is State.WAITING} == set(Answer)


@pytest.mark.parametrize("state", State)
def test_an_answer_is_overdue_only_where_one_is_still_to_come(state: State) -> None:
    assert is_overdue(state, NOW, NOW + 2 * DAY, DAY) == (state in UNSETTLED)
    assert not is_overdue(state, NOW, NOW + DAY, DAY)


@pytest.mark.parametrize(
    ("downstream", "answer"),
    [
        ([], Answer.WITHDRAWN),
        ([(State.WITHDRAWN, False)], Answer.WITHDRAWN),
        ([(State.WITHDRAWN, False), (State.WAITING, False)], Answer.PASSED_ON),
        ([(State.REFUSED, False), (State.WAITING, False)], Answer.PASSED_ON),
        ([(State.WITHDRAWN, False), (State.WAITING, True)], Answer.INCOMPLETE),
        ([(State.WITHDRAWN, False), (State.REFUSED, False)], Answer.INCOMPLETE),
        ([(State.INCOMPLETE, False)], Answer.INCOMPLETE),
        ([(State.PASSED_ON, False)], Answer.PASSED_ON),
        ([(State.BY_HAND, True)], Answer.INCOMPLETE),
    ],
)
def test_the_answer_to_whoever_recalled_follows_from_those_it_was_passed_to(
    downstream: list[tuple[State, bool]], answer: Answer
) -> None:
    assert passed_on(downstream) is answer
