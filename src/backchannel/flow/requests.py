"""What is kept of requests for information: found, their state now, taken back before they left, and forgotten."""

from datetime import datetime

import msgspec

from backchannel.core.agreement import State as AgreementState
from backchannel.core.agreement import in_force
from backchannel.core.request import Event, Role, State, advance, state_at
from backchannel.core.stix import format_timestamp
from backchannel.errors import BadRequest, NotAgreed, WrongState
from backchannel.flow.hearing import Hearing
from backchannel.flow.parties import Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_requests import RequestRow
from backchannel.flow.record import state_now, terms_of


def role_of(request: RequestRow) -> Role:
    """Whose request it is."""
    return Role.OURS if request.ours else Role.THEIRS


def request_state(request: RequestRow, row: AgreementRow, now: datetime) -> State:
    """The state of a request at a time. It is over with its agreement at the latest."""
    terms = terms_of(row)
    until = min(request.wanted_by or terms.valid_until, terms.valid_until)
    over = AgreementState(row.state) is not AgreementState.IN_FORCE
    return state_at(role_of(request), State(request.state), until, now, over=over)


def after(request: RequestRow, row: AgreementRow, standing: Standing, event: Event) -> RequestRow:
    """The request after an event; nothing is written.

    Raises:
        WrongState: the event cannot happen now.
    """
    state = advance(role_of(request), request_state(request, row, standing.now), event)
    return msgspec.structs.replace(request, state=state, changed_at=standing.now)


def heard_of(hearing: Hearing, row: AgreementRow, identifier: str) -> RequestRow:
    """The request of an agreement in force that the counterpart speaks of; one of another agreement is as if it did
    not exist.

    Raises:
        NotAgreed: the agreement is not in force.
        BadRequest: there is no such request.
    """
    if (why := not_in_force(row, hearing.standing.now)) is not None:
        raise NotAgreed(f"it speaks of a request, and {why}")
    request = hearing.tx.requests.get(identifier)
    if request is None or request.agreement != row.id:
        raise BadRequest(f"there is no request {identifier[:12]} under agreement {row.id[:12]}")
    return request


def check_in_force(row: AgreementRow, standing: Standing) -> None:
    """Nothing is asked or answered under an agreement that is not in force.

    Raises:
        WrongState: it is not.
    """
    if (why := not_in_force(row, standing.now)) is not None:
        raise WrongState(f"{why}: nothing is asked or answered")


def not_in_force(row: AgreementRow, now: datetime) -> str | None:
    """Why an agreement covers nothing now; None if it does."""
    terms = terms_of(row)
    if in_force(AgreementState(row.state), terms, now):
        return None
    span = f"valid {format_timestamp(terms.valid_from)} to {format_timestamp(terms.valid_until)}"
    return f"agreement {row.id[:12]} is {state_now(row, now).shown}, {span}"


def take_back(tx: Transaction, agreement: str, last: int) -> None:
    """Of what we said of requests, undo what is in envelopes after number `last`: they were taken back unsent.

    What we asked stays for the officer to see, closed, and counts against no budget; what we answered, declined or
    closed is as it was before.
    """
    for request in tx.requests.all(agreement):
        answers = [one for one in tx.requests.answers(request.id) if one.ours and one.said > last]
        for one in answers:
            tx.requests.drop_answer(one.number)
        if request.said > last:
            undone = msgspec.structs.replace(request, state=State.CLOSED, said=0, ended_by=0, taken_back=True)
            tx.requests.put(undone)
        elif answers or request.ended_by > last:
            tx.requests.put(msgspec.structs.replace(request, state=_before(tx, request, last), ended_by=0))


def _before(tx: Transaction, request: RequestRow, last: int) -> State:
    """The state of a request without what was just undone; what the counterpart did to it stays done."""
    state = State(request.state)
    if state not in {State.OPEN, State.ANSWERED} and request.ended_by <= last:
        return state
    return State.ANSWERED if tx.requests.answers(request.id) else State.OPEN


def forget(tx: Transaction, agreement: str, before: datetime) -> int:
    """Let go of what the counterpart asked and answered under an agreement before a time: retention. Of how many.

    That it was asked or answered stays, with its id, state and times; what was said and which objects were named does
    not. What we said ourselves is ours.
    """
    forgotten = 0
    for request in tx.requests.all(agreement):
        if not (request.ours or request.forgotten) and request.asked_at < before:
            gone = msgspec.structs.replace(request, question="", observables=(), threat=None, forgotten=True)
            tx.requests.put(gone)
            forgotten += 1
        for one in tx.requests.answers(request.id):
            if not (one.ours or one.forgotten) and one.at < before:
                tx.requests.put_answer(msgspec.structs.replace(one, note="", objects=(), forgotten=True))
                forgotten += 1
    return forgotten
