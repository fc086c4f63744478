"""What the flow needs to know of echoes: traces of what was released, and what each source told us."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from backchannel.core.assess.echo import Crossing, Echo


class Telling(msgspec.Struct, frozen=True):
    """That a source told us an object, as it is entered: when, the trace of the whole that it says (None if it has
    none), and the judgement.

    `origin` is a trace of what names its origin, an origin tag or a creator, None if nothing does. `second_hand` says
    that by its own word its sender has it from somewhere else. `new`: no other source had it here before, and it is
    no echo. `poisoned`: vetting refused it for what it would do to us. `revoked`: it says so of itself.
    """

    object_id: str
    type: str
    at: datetime
    whole: str | None = None
    origin: str | None = None
    second_hand: bool = False
    new: bool = False
    poisoned: bool = False
    revoked: bool = False
    echo: Echo = Echo()


class Told(msgspec.Struct, frozen=True):
    """When a source first told us some ids, and some traces of a whole."""

    ids: Mapping[str, datetime]
    wholes: Mapping[str, datetime]


class RecordRow(msgspec.Struct, frozen=True):
    """What came of one STIX type from one source, in numbers of objects.

    `certain`, `strong` and `possible` are echoes by tier, `contested` those of them against which something speaks.
    `confirmed` are those that an independent origin told later, or that somebody else says to have seen.
    """

    type: str
    received: int
    new: int
    certain: int
    strong: int
    possible: int
    contested: int
    poisoned: int
    confirmed: int
    revoked: int


class Unread(msgspec.Struct, frozen=True):
    """A crossing of before there were traces, with the bytes that crossed."""

    number: int
    agreement: str
    raw: bytes


class Echoes(Protocol):
    """Traces of what was released, and what each source told us."""

    def add_traces(self, agreement: str, crossings: Iterable[tuple[int, Collection[str]]]) -> None: ...
    def unread(self, limit: int) -> list[Unread]: ...
    def read_down_to(self, number: int) -> None: ...
    def crossed_ids(self, ids: Collection[str]) -> dict[str, list[Crossing]]: ...
    def crossed_traces(self, traces: Collection[str]) -> dict[str, list[Crossing]]: ...
    def told(self, source: str, ids: Collection[str], wholes: Collection[str]) -> Told: ...
    def told_by_others(self, source: str, wholes: Collection[str]) -> dict[str, datetime]: ...
    def held_elsewhere(self, source: str, keys: Collection[str]) -> set[str]: ...
    def tell(self, source: str, tellings: Iterable[Telling]) -> None: ...
    def of(self, source: str, ids: Collection[str]) -> dict[str, Echo]: ...
    def record(self, source: str) -> list[RecordRow]: ...
