"""Asking and answering between parties with real stores (`exchange.Side`), and what is kept of it."""

from typing import Any

import msgspec

from backchannel.core.request_rules import Question
from backchannel.core.terms import from_canonical
from backchannel.flow import answering, asking
from backchannel.flow.answering import AnswerPlan, Draft
from backchannel.flow.ports_requests import AnswerRow, RequestRow
from backchannel.flow.requests import request_state
from backchannel.protocol import message
from exchange import Side, agreed, carry
from two_parties import seeds

ID = "0123456789abcdef" * 2


def with_ids(*sides: Side) -> None:
    """Each side names its requests differently: the randomness of `Side` stands still."""
    for side in sides:
        side.us = msgspec.structs.replace(side.us, random=seeds(f"ids of {side.key}"))


def in_force(one: Side, other: Side, **changes: Any) -> str:
    """An agreement in force between two sides whose requests have ids of their own."""
    with_ids(one, other)
    return agreed(one, other, **changes)


def question(text: str = "Seen since June?", tlp: str = "green", **facts: Any) -> Question:
    return Question(text, tlp, **facts)


def ask(
    side: Side, agreement: str, text: str = "Seen since June?", *, although: bool = False, **facts: Any
) -> RequestRow:
    row = side.row(agreement)
    with side.db.write() as tx:
        asked = question(text, **facts)
        return asking.ask(tx, side.standing, side.peer(row), row, asked, although_withheld=although)


def close(side: Side, request: str) -> RequestRow:
    one = kept(side, request)
    row = side.row(one.agreement)
    with side.db.write() as tx:
        return asking.close(tx, side.standing, side.peer(row), row, one)


def answer(
    side: Side, request: str, note: str = "", *objects: str, tlp: str = "green", although: bool = False
) -> AnswerPlan:
    one = kept(side, request)
    row = side.row(one.agreement)
    with side.db.write() as tx:
        draft = Draft(note, tlp, objects)
        return answering.answer(tx, side.standing, side.peer(row), row, one, draft, although_withheld=although)


def plan(side: Side, agreement: str, note: str, *objects: str, tlp: str = "green") -> AnswerPlan:
    row = side.row(agreement)
    with side.db.read() as tx:
        return answering.plan_answer(tx, side.standing, side.peer(row), row, Draft(note, tlp, objects))


def decline(side: Side, request: str) -> RequestRow:
    one = kept(side, request)
    row = side.row(one.agreement)
    with side.db.write() as tx:
        return answering.decline(tx, side.standing, side.peer(row), row, one)


def kept(side: Side, request: str) -> RequestRow:
    with side.db.read() as tx:
        found = tx.requests.get(request)
    assert found is not None
    return found


def requests(side: Side) -> list[RequestRow]:
    with side.db.read() as tx:
        return tx.requests.all()


def answers(side: Side, request: str) -> list[AnswerRow]:
    with side.db.read() as tx:
        return tx.requests.answers(request)


def state(side: Side, request: str) -> str:
    one = kept(side, request)
    return str(request_state(one, side.row(one.agreement), side.now))


def asked(one: Side, other: Side, agreement: str, text: str = "Seen since June?", **facts: Any) -> str:
    """A request of one side that arrived at the other; its id."""
    request = ask(one, agreement, text, **facts).id
    carry(one, other)
    return request


def saying(side: Side, agreement: str, **facts: Any) -> message.Request:
    """A request as a message, that no officer asked and nothing checked."""
    plain: dict[str, Any] = {
        "request": ID,
        "version": side.row(agreement).version,
        "question": "Seen since June?",
        "observables": (),
        "threat": None,
        "wanted_by": None,
        "tlp": "green",
        "pap": None,
    }
    return message.Request(**plain | facts)


def answering_with(side: Side, agreement: str, request: str = ID, **facts: Any) -> message.Answer:
    """An answer as a message, that no officer gave."""
    plain: dict[str, Any] = {"note": "Yes.", "tlp": "green", "objects": ()}
    return message.Answer(request, side.row(agreement).version, **plain | facts)


def budget_of(side: Side, agreement: str) -> int:
    return from_canonical(side.row(agreement).terms).requests.per_day
