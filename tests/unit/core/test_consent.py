from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from backchannel.core.consent import (
    ANSWER_WITHIN,
    TRANSITIONS,
    Event,
    State,
    advance,
    may_ask,
    of_all,
    state_at,
    that_decides,
)
from backchannel.errors import WrongState

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(("state", "event"), [*product(State, Event)])
def test_what_is_not_in_the_table_cannot_happen(state: State, event: Event) -> None:
    if (state, event) in TRANSITIONS:
        assert advance(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(WrongState, match=f"a consent that is {state} cannot {event}"):
            advance(state, event)


@pytest.mark.parametrize("state", [State.REFUSED, State.EXPIRED, State.WITHDRAWN])
def test_there_is_no_way_back_to_a_consent(state: State) -> None:
    assert not [one for one in TRANSITIONS if one[0] is state]
    assert state_at(state, NOW, NOW - timedelta(days=9), NOW) is state


def test_a_question_lapses_and_a_consent_expires() -> None:
    assert state_at(State.ASKED, NOW, None, NOW + ANSWER_WITHIN - timedelta(seconds=1)) is State.ASKED
    assert state_at(State.ASKED, NOW, None, NOW + ANSWER_WITHIN) is State.EXPIRED
    until = NOW + timedelta(days=90)
    assert state_at(State.GRANTED, NOW, until, until - timedelta(seconds=1)) is State.GRANTED
    assert state_at(State.GRANTED, NOW, until, until) is State.EXPIRED
    assert state_at(State.GRANTED, NOW, None, NOW) is State.EXPIRED


def test_a_request_is_listed_by_what_still_waits() -> None:
    assert of_all([State.REFUSED, State.GRANTED, State.ASKED]) is State.ASKED
    assert of_all([State.REFUSED, State.GRANTED]) is State.GRANTED


def test_a_consent_that_holds_counts_before_a_later_no() -> None:
    assert that_decides([State.EXPIRED, State.REFUSED, State.GRANTED]) is State.GRANTED
    assert that_decides([State.EXPIRED, State.REFUSED]) is State.REFUSED
    assert that_decides([]) is None


def test_it_is_asked_again_only_after_it_expired() -> None:
    assert [one for one in (None, *State) if may_ask(one)] == [None, State.EXPIRED]
