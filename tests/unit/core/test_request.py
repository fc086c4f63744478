"""Requests for information: everything that can happen to one, and nothing else."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.request import TRANSITIONS, Event, Role, State, advance, state_at, waits_for_us
from backchannel.errors import WrongState

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
OURS, THEIRS = Role.OURS, Role.THEIRS
DONE_BY = {
    OURS: {Event.ANSWERED, Event.DECLINED, Event.CLOSE, Event.EXPIRE},
    THEIRS: {Event.ANSWER, Event.DECLINE, Event.CLOSED, Event.EXPIRE},
}


def test_what_is_not_in_the_table_is_refused() -> None:
    refused = 0
    for role, state, event in product(Role, State, Event):
        if (role, state, event) in TRANSITIONS:
            assert advance(role, state, event) is TRANSITIONS[role, state, event]
        else:
            with pytest.raises(WrongState):
                advance(role, state, event)
            refused += 1
    assert refused == len(Role) * len(State) * len(Event) - len(TRANSITIONS)


def test_who_asked_closes_and_who_was_asked_answers_and_declines() -> None:
    for role, _, event in TRANSITIONS:
        assert event in DONE_BY[role]


@pytest.mark.parametrize(
    ("role", "event", "says"),
    [
        (OURS, Event.ANSWER, "is our own, so it is the counterpart's to answer"),
        (OURS, Event.DECLINE, "close it instead"),
        (THEIRS, Event.CLOSE, "decline it instead"),
        (THEIRS, Event.ANSWERED, "was asked of us"),
    ],
)
def test_the_other_ones_part_is_refused_with_what_to_do(role: Role, event: Event, says: str) -> None:
    with pytest.raises(WrongState, match=says):
        advance(role, State.OPEN, event)


@pytest.mark.parametrize("role", Role)
def test_a_declined_or_closed_request_is_over(role: Role) -> None:
    left = {(state, event) for who, state, event in TRANSITIONS if who is role}
    assert not [pair for pair in left if pair[0] in {State.DECLINED, State.CLOSED}]


def test_an_answered_request_can_be_answered_again_and_is_never_declined() -> None:
    assert advance(THEIRS, State.ANSWERED, Event.ANSWER) is State.ANSWERED
    with pytest.raises(WrongState, match="is answered, so it cannot be declined"):
        advance(THEIRS, State.ANSWERED, Event.DECLINE)


def test_both_sides_have_the_same_story() -> None:
    """What one does, the other hears: a request that nothing delays ends in the same state on both sides."""
    twins = {Event.ANSWERED: Event.ANSWER, Event.DECLINED: Event.DECLINE, Event.CLOSE: Event.CLOSED}
    for state, (heard, done) in product((State.OPEN, State.ANSWERED), twins.items()):
        assert TRANSITIONS.get((OURS, state, heard)) == TRANSITIONS.get((THEIRS, state, done))


@pytest.mark.parametrize(("now", "over"), [(LATER, False), (NOW, True), (LATER + timedelta(days=9), True)])
def test_an_open_request_expires_when_its_time_or_its_agreement_is_over(now: datetime, over: bool) -> None:
    for role in Role:
        assert state_at(role, State.OPEN, LATER, now, over=over) is State.EXPIRED


def test_what_was_answered_in_time_stays_answered_for_who_asked_and_takes_no_more_of_who_was_asked() -> None:
    assert state_at(OURS, State.ANSWERED, NOW, LATER) is State.ANSWERED
    assert state_at(THEIRS, State.ANSWERED, NOW, LATER) is State.CLOSED


def test_an_answer_that_comes_late_is_heard_and_none_is_given_late() -> None:
    late = state_at(OURS, State.OPEN, NOW, LATER)
    assert advance(OURS, late, Event.ANSWERED) is State.ANSWERED
    with pytest.raises(WrongState, match="is expired, so it cannot be answered"):
        advance(THEIRS, state_at(THEIRS, State.OPEN, NOW, LATER), Event.ANSWER)


@given(st.sampled_from(Role), st.sampled_from(State), st.booleans())
def test_before_its_time_is_over_the_state_is_as_stored(role: Role, state: State, later: bool) -> None:
    until = LATER if later else NOW + timedelta(microseconds=1)
    assert state_at(role, state, until, NOW) is state


@given(st.sampled_from(Role), st.sampled_from(State))
def test_time_changes_a_state_once(role: Role, state: State) -> None:
    once = state_at(role, state, NOW, NOW)
    assert state_at(role, once, NOW, NOW) is once


def test_only_an_open_request_that_was_asked_of_us_waits_for_us() -> None:
    waiting = [(role, state) for role, state in product(Role, State) if waits_for_us(role, state)]
    assert waiting == [(THEIRS, State.OPEN)]
