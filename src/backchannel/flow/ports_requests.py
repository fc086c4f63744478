"""What the flow needs to know of requests for information, as records and a protocol: what was asked and answered.
Part of `ports`; a `Transaction` has it.
"""

from datetime import datetime
from typing import Any, Protocol, Self

import msgspec

from backchannel.core.canonical import Observable
from backchannel.core.request import State
from backchannel.core.request_rules import Question


class RequestRow(msgspec.Struct, frozen=True):
    """One request as kept. `ours` says that we asked; `state` is one of `core.request.State`.

    `envelope` is the hash of the envelope it came in; `said` the number of ours that asks it, `ended_by` of ours that
    declines or closes it (0 for none). `although` is what the officer chose to say although it is withheld.
    `taken_back`: it never left. `forgotten`: what was asked is gone; that something was asked stays.
    """

    id: str
    agreement: str
    ours: bool
    question: str
    observables: tuple[Observable, ...]
    threat: str | None
    wanted_by: datetime | None
    tlp: str
    pap: str | None
    state: str
    asked_at: datetime
    changed_at: datetime
    envelope: str | None = None
    said: int = 0
    ended_by: int = 0
    although: str = ""
    taken_back: bool = False
    forgotten: bool = False

    @classmethod
    def of(cls, identifier: str, agreement: str, question: Question, now: datetime, **beside: Any) -> Self:
        """A question that was just asked; `beside` are other fields."""
        return cls(
            id=identifier,
            agreement=agreement,
            question=question.text,
            observables=question.observables,
            threat=question.threat,
            wanted_by=question.wanted_by,
            tlp=question.tlp,
            pap=question.pap,
            state=State.OPEN,
            asked_at=now,
            changed_at=now,
            **beside,
        )


class AnswerRow(msgspec.Struct, frozen=True):
    """One answer as kept. `ours` says that we gave it; `objects` are the ids under which its objects left.

    `number` is given by the store. `envelope`, `said`, `although` and `forgotten` as in `RequestRow`.
    """

    request: str
    ours: bool
    note: str
    tlp: str
    objects: tuple[str, ...]
    at: datetime
    envelope: str | None = None
    said: int = 0
    although: str = ""
    forgotten: bool = False
    number: int = 0


class Requests(Protocol):
    """Requests for information, ours and those asked of us, and what was answered."""

    def put(self, row: RequestRow) -> None: ...
    def get(self, identifier: str) -> RequestRow | None: ...
    def all(self, agreement: str | None = None) -> list[RequestRow]: ...
    def asked_since(self, agreement: str, since: datetime, *, ours: bool) -> int: ...
    def add_answer(self, row: AnswerRow) -> None: ...
    def put_answer(self, row: AnswerRow) -> None: ...
    def drop_answer(self, number: int) -> None: ...
    def answers(self, request: str) -> list[AnswerRow]: ...
