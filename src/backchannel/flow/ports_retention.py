"""What the flow needs to take away what came in, and to know later that it was here. Part of `ports`; a `Transaction`
has it.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec


class Cause(StrEnum):
    """Why content went: its source recalled it, it was older than allowed, or its agreement is over."""

    RECALL = "recall"
    AGE = "age"
    END = "end"


class Going(NamedTuple):
    """Why and when content goes; `recall` names the recall, if it is one."""

    cause: Cause
    at: datetime
    recall: str | None = None


class Tombstone(msgspec.Struct, frozen=True):
    """That an object version was here: no content, but the SHA-256 of the bytes that were. `source` is a key."""

    object_id: str
    version: str
    sha256: str
    source: str
    source_name: str
    agreement: str | None
    envelope: str | None
    received_at: datetime
    gone_at: datetime
    cause: Cause
    recall: str | None = None


class Due(NamedTuple):
    """What of an agreement must go. `source` is the key of who sent it, `before` the time of receipt from which on it
    may stay; `others` gives that time for those other agreements under which the same source's objects may stay."""

    agreement: str
    source: str
    before: datetime
    others: Mapping[str, datetime]


class Swept(NamedTuple):
    """What one step of a sweep did, in object versions: those whose content went, those that stay under another
    agreement; `more` says that a step has more to do. `values` is how many of matching were let go of."""

    gone: int
    moved: int
    more: bool
    values: int = 0


class Retention(Protocol):
    """Taking content away, and what stays of it."""

    def received(self, agreement: str, source: str, versions: Iterable[tuple[str, str, datetime]]) -> None:
        """Put on record when object versions that were accepted later came in: (id, version, time)."""
        ...

    def also_received(self, agreement: str, source: str, versions: Iterable[tuple[str, str]], at: datetime) -> None:
        """Put on record that object versions, (id, version), came again, under this agreement. Only what is here
        under another one is."""
        ...

    def withdraw(self, source: str, ids: Collection[str], going: Going) -> int: ...
    def expire(self, source: str, versions: Collection[tuple[str, str]], going: Going) -> int:
        """Take away these object versions, (id, version), that came from a source, held or waiting; how many."""
        ...

    def sweep(self, due: Due, going: Going, limit: int) -> Swept: ...
    def count_due(self, due: Due) -> int: ...
    def tombstones(self, object_id: str | None = None, limit: int = 100) -> list[Tombstone]: ...
    def tombstone_ids_beginning(self, prefix: str, limit: int = 10) -> list[str]: ...
    def last_pass(self) -> datetime | None: ...
    def put_last_pass(self, at: datetime) -> None: ...
    def last_received(self) -> datetime | None: ...
    def to_fold(self) -> None: ...
    def is_unclean(self) -> bool: ...
    def clean(self, pages: int) -> bool: ...
    def folded(self) -> None: ...
