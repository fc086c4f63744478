"""Requests for information and their answers.

Rule: nothing is ever taken out but an answer that never left. What is forgotten loses its content, not its row: its
id stays taken, and it goes on counting against the budget.
"""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from backchannel.core.canonical import Observable
from backchannel.flow.ports_requests import AnswerRow, RequestRow
from backchannel.store.schema_requests import request, request_answer

_observables = msgspec.json.Decoder(tuple[Observable, ...])
_objects = msgspec.json.Decoder(tuple[str, ...])


class SqlRequests:
    """`flow.ports_requests.Requests` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, row: RequestRow) -> None:
        """Enter a request, or its new state."""
        values = msgspec.structs.asdict(row) | {"observables": msgspec.json.encode(row.observables)}
        changed = update(request).where(request.c.id == row.id).values(values)
        if not self._connection.execute(changed).rowcount:
            self._connection.execute(insert(request).values(values))

    def get(self, identifier: str) -> RequestRow | None:
        """The request of that id, under whichever agreement."""
        row = self._connection.execute(select(request).where(request.c.id == identifier)).first()
        return None if row is None else _as_request(row)

    def all(self, agreement: str | None = None) -> list[RequestRow]:
        """All requests, or those of one agreement, in the order they were asked."""
        wanted = select(request).order_by(request.c.asked_at, request.c.id)
        if agreement is not None:
            wanted = wanted.where(request.c.agreement == agreement)
        return [_as_request(row) for row in self._connection.execute(wanted)]

    def asked_since(self, agreement: str, since: datetime, *, ours: bool) -> int:
        """How many requests were asked in one direction after a time, without those that never left."""
        count = select(func.count()).where(
            request.c.agreement == agreement,
            request.c.ours.is_(ours),
            request.c.asked_at > since,
            request.c.taken_back.is_(False),
        )
        return int(self._connection.execute(count).scalar_one())

    def add_answer(self, row: AnswerRow) -> None:
        """Keep an answer; its number is given here."""
        self._connection.execute(insert(request_answer).values(_as_values(row)))

    def put_answer(self, row: AnswerRow) -> None:
        """Keep the new state of an answer."""
        where = request_answer.c.number == row.number
        self._connection.execute(update(request_answer).where(where).values(_as_values(row)))

    def drop_answer(self, number: int) -> None:
        """Take out an answer that never left."""
        self._connection.execute(delete(request_answer).where(request_answer.c.number == number))

    def answers(self, identifier: str) -> list[AnswerRow]:
        """The answers to a request, in their order."""
        wanted = select(request_answer).where(request_answer.c.request == identifier)
        return [_as_answer(row) for row in self._connection.execute(wanted.order_by(request_answer.c.number))]


def _as_request(row: Any) -> RequestRow:
    facts = dict(row._mapping)
    return RequestRow(**facts | {"observables": _observables.decode(facts["observables"])})


def _as_answer(row: Any) -> AnswerRow:
    facts = dict(row._mapping)
    return AnswerRow(**facts | {"objects": _objects.decode(facts["objects"])})


def _as_values(row: AnswerRow) -> dict[str, Any]:
    values = msgspec.structs.asdict(row) | {"objects": msgspec.json.encode(row.objects)}
    del values["number"]
    return values
