"""Requests for information: their states, and what leads from one to the next, for who asks and for who is asked.

Rules: one table says everything that can happen; what is not in it is refused. A request is open until it is
answered or declined; it can be answered several times until the asker closes it or its time is over. What was
answered is never declined. An answer that left in time may come late: who asked hears it, who is asked makes none.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from backchannel.errors import WrongState


class Role(StrEnum):
    """Whose request it is: `OURS` was asked by us, `THEIRS` of us."""

    OURS = "asked by us"
    THEIRS = "asked of us"


class State(StrEnum):
    """Where a request stands on this node."""

    OPEN = "open"
    ANSWERED = "answered"
    DECLINED = "declined"
    CLOSED = "closed"
    EXPIRED = "expired"


class Event(StrEnum):
    """What happens to a request: what we do, what the counterpart did (past tense), or time."""

    ANSWER = "answer"
    ANSWERED = "answered"
    DECLINE = "decline"
    DECLINED = "declined"
    CLOSE = "close"
    CLOSED = "closed"
    EXPIRE = "expire"


TRANSITIONS: Mapping[tuple[Role, State, Event], State] = {
    (Role.OURS, State.OPEN, Event.ANSWERED): State.ANSWERED,
    (Role.OURS, State.OPEN, Event.DECLINED): State.DECLINED,
    (Role.OURS, State.OPEN, Event.CLOSE): State.CLOSED,
    (Role.OURS, State.OPEN, Event.EXPIRE): State.EXPIRED,
    (Role.OURS, State.ANSWERED, Event.ANSWERED): State.ANSWERED,
    (Role.OURS, State.ANSWERED, Event.CLOSE): State.CLOSED,
    # It left in time, and was carried by hand.
    (Role.OURS, State.EXPIRED, Event.ANSWERED): State.ANSWERED,
    (Role.OURS, State.EXPIRED, Event.DECLINED): State.DECLINED,
    (Role.OURS, State.EXPIRED, Event.CLOSE): State.CLOSED,
    (Role.THEIRS, State.OPEN, Event.ANSWER): State.ANSWERED,
    (Role.THEIRS, State.OPEN, Event.DECLINE): State.DECLINED,
    (Role.THEIRS, State.OPEN, Event.CLOSED): State.CLOSED,
    (Role.THEIRS, State.OPEN, Event.EXPIRE): State.EXPIRED,
    (Role.THEIRS, State.ANSWERED, Event.ANSWER): State.ANSWERED,
    (Role.THEIRS, State.ANSWERED, Event.CLOSED): State.CLOSED,
    # Nothing more is wanted of what was answered.
    (Role.THEIRS, State.ANSWERED, Event.EXPIRE): State.CLOSED,
    # By the asker's clock it was open still.
    (Role.THEIRS, State.EXPIRED, Event.CLOSED): State.CLOSED,
}
"""Every transition there is."""

_PASSIVE = {
    Event.ANSWER: "answered",
    Event.ANSWERED: "answered by the counterpart",
    Event.DECLINE: "declined",
    Event.DECLINED: "declined by the counterpart",
    Event.CLOSE: "closed",
    Event.CLOSED: "closed by the counterpart",
    Event.EXPIRE: "expired",
}
_ONLY = {
    (Role.OURS, Event.ANSWER): "is our own, so it is the counterpart's to answer",
    (Role.OURS, Event.DECLINE): "is our own: close it instead",
    (Role.THEIRS, Event.CLOSE): "was asked of us: only who asked closes it; decline it instead",
    (Role.OURS, Event.CLOSED): "is our own, so the counterpart cannot close it",
    (Role.THEIRS, Event.ANSWERED): "was asked of us, so the counterpart cannot answer it",
    (Role.THEIRS, Event.DECLINED): "was asked of us, so the counterpart cannot decline it",
}


def advance(role: Role, state: State, event: Event) -> State:
    """The state after an event.

    Raises:
        WrongState: the event cannot happen in this state, or not in this role.
    """
    following = TRANSITIONS.get((role, state, event))
    if following is not None:
        return following
    if (role, event) in _ONLY:
        raise WrongState(f"the request {_ONLY[role, event]}")
    raise WrongState(f"the request is {state}, so it cannot be {_PASSIVE[event]}")


def state_at(role: Role, state: State, until: datetime, now: datetime, *, over: bool = False) -> State:
    """The state at a time, whatever was stored. `until` is when it is wanted by, or the end of the agreement if that
    is earlier; `over` says that the agreement has ended."""
    if (over or now >= until) and (role, state, Event.EXPIRE) in TRANSITIONS:
        return advance(role, state, Event.EXPIRE)
    return state


def waits_for_us(role: Role, state: State) -> bool:
    """Whether it is our turn: asked of us, and neither answered nor declined."""
    return role is Role.THEIRS and state is State.OPEN
