"""Recalls: where one stands with each who got the object, and what their acknowledgements lead to.

Rules: one table says everything that an acknowledgement can change; what is not in it is refused. A recipient has
withdrawn what it got, or says that it passed it on and waits for those; once they have answered it says so again. Who
does not answer in time is overdue, which is no state: an answer is taken whenever it comes.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from backchannel.errors import WrongState


class Answer(StrEnum):
    """What a recipient says of a recall.

    `WITHDRAWN`: nothing of it is left here, nor with those it was passed to. `PASSED_ON`: nothing of it is left here,
    and those it was passed to were told. `INCOMPLETE`: one of those refused, or is overdue. `REFUSED`: it was not
    carried out.
    """

    WITHDRAWN = "withdrawn"
    PASSED_ON = "passed-on"
    INCOMPLETE = "incomplete"
    REFUSED = "refused"


class State(StrEnum):
    """Where a recall stands with one recipient. `BY_HAND`: it cannot be told by a message; tell it another way."""

    WAITING = "waiting"
    BY_HAND = "by-hand"
    WITHDRAWN = "withdrawn"
    PASSED_ON = "passed-on"
    INCOMPLETE = "incomplete"
    REFUSED = "refused"


TRANSITIONS: Mapping[tuple[State, Answer], State] = {
    (State.WAITING, Answer.WITHDRAWN): State.WITHDRAWN,
    (State.WAITING, Answer.PASSED_ON): State.PASSED_ON,
    (State.WAITING, Answer.INCOMPLETE): State.INCOMPLETE,
    (State.WAITING, Answer.REFUSED): State.REFUSED,
    (State.PASSED_ON, Answer.PASSED_ON): State.PASSED_ON,
    (State.PASSED_ON, Answer.WITHDRAWN): State.WITHDRAWN,
    (State.PASSED_ON, Answer.INCOMPLETE): State.INCOMPLETE,
    # Those that were overdue answered after all; or the same answer came twice.
    (State.INCOMPLETE, Answer.INCOMPLETE): State.INCOMPLETE,
    (State.INCOMPLETE, Answer.WITHDRAWN): State.WITHDRAWN,
    (State.WITHDRAWN, Answer.WITHDRAWN): State.WITHDRAWN,
    # It was told again, and carries it out now.
    (State.REFUSED, Answer.REFUSED): State.REFUSED,
    (State.REFUSED, Answer.WITHDRAWN): State.WITHDRAWN,
    (State.REFUSED, Answer.PASSED_ON): State.PASSED_ON,
}
"""What each answer leads to."""

UNSETTLED = frozenset({State.WAITING, State.BY_HAND, State.PASSED_ON})
"""States in which an answer is still to come."""


def answered(state: State, answer: Answer) -> State:
    """The state after an answer.

    Raises:
        WrongState: no such answer can come in this state.
    """
    following = TRANSITIONS.get((state, answer))
    if following is None:
        raise WrongState(f"the recall is {state} there, so the answer {answer!s} makes no sense")
    return following


def is_overdue(state: State, since: datetime, now: datetime, allowed: timedelta) -> bool:
    """Whether an answer is late: it is still to come, longer than `allowed` after the state began."""
    return state in UNSETTLED and now - since > allowed


def passed_on(downstream: Collection[tuple[State, bool]]) -> Answer:
    """What to answer whoever recalled, by how it stands with those that the object was passed to, each with whether
    it is overdue."""
    if all(state is State.WITHDRAWN for state, _ in downstream):
        return Answer.WITHDRAWN
    if any(state in UNSETTLED and not overdue for state, overdue in downstream):
        return Answer.PASSED_ON
    return Answer.INCOMPLETE
