"""Consent to pass an object on: its states, the same for who asks, who is asked, and who relays.

Rules: one table says everything that can happen; what is not in it is refused. Each item of a request has a state
of its own, since a relay may have to ask several parties for one request. Time does the rest: what nobody answers
lapses, and what was granted expires.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from backchannel.errors import WrongState

ANSWER_WITHIN = timedelta(days=30)
"""How long a request waits for its answer. Then it has lapsed, and the same may be asked again."""


class State(StrEnum):
    """Where one item of a request stands."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """What happens to an item."""

    GRANT = "grant"
    REFUSE = "refuse"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


TRANSITIONS: Mapping[tuple[State, Event], State] = {
    (State.ASKED, Event.GRANT): State.GRANTED,
    (State.ASKED, Event.REFUSE): State.REFUSED,
    (State.ASKED, Event.EXPIRE): State.EXPIRED,
    # The object was recalled, or went, before anybody answered.
    (State.ASKED, Event.WITHDRAW): State.WITHDRAWN,
    (State.GRANTED, Event.EXPIRE): State.EXPIRED,
    (State.GRANTED, Event.WITHDRAW): State.WITHDRAWN,
}
"""Every transition there is."""

SHOWN_FIRST = (State.ASKED, State.GRANTED, State.EXPIRED, State.WITHDRAWN, State.REFUSED)
"""Which state a request with items in several is listed by."""

_DECIDES = (State.GRANTED, State.ASKED, State.REFUSED, State.WITHDRAWN, State.EXPIRED)


def advance(state: State, event: Event) -> State:
    """The state after an event.

    Raises:
        WrongState: the event cannot happen in this state.
    """
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise WrongState(f"a consent that is {state} cannot {event}")
    return after


def state_at(state: State, asked_at: datetime, until: datetime | None, now: datetime) -> State:
    """The state at a time, of what was asked then and, if granted, holds until then."""
    over = (state is State.ASKED and now >= asked_at + ANSWER_WITHIN) or (
        state is State.GRANTED and (until is None or now >= until)
    )
    return advance(state, Event.EXPIRE) if over else state


def of_all(states: Iterable[State]) -> State:
    """The state by which a request is listed; it has at least one item."""
    return min(states, key=SHOWN_FIRST.index)


def that_decides(states: Iterable[State]) -> State | None:
    """Which of several answers to the same question counts for a release; None if it was never asked."""
    return min(states, key=_DECIDES.index, default=None)


def may_ask(state: State | None) -> bool:
    """Whether it may be asked (again): never while one waits, nor after a no."""
    return state is None or state is State.EXPIRED
