"""What the flow needs to know of ledgers, as records and protocols: our own log, what we showed of it and to whom,
and what others showed us of theirs.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from backchannel.protocol.ledger import Entry
from backchannel.protocol.merkle import ReadHash


class OwnCheckpoint(NamedTuple):
    """A checkpoint that we signed: the note, and when we first did for that size."""

    size: int
    root: bytes
    note: bytes
    at: datetime


class Witnessing(msgspec.Struct, frozen=True):
    """How a counterpart and we witness each other's ledgers.

    Ours: `news` says that something was said to it or heard from it on the record since it was shown our ledger;
    `shown` is the size that it was shown last; `cosigned` the size that it cosigned last (0 before), and
    `cosigned_note` that checkpoint with its signatures. Theirs: `held_note` is the last checkpoint that we hold, of
    the size `held`, since `held_at`; `due` says that we owe it a cosignature; `problem` is why the last one that it
    showed was not taken, empty if it was.
    """

    party: str
    news: bool = False
    shown: int = 0
    cosigned: int = 0
    cosigned_note: bytes = b""
    held: int = 0
    held_note: bytes = b""
    held_at: datetime | None = None
    due: bool = False
    problem: str = ""


class AccusationRow(NamedTuple):
    """Proof that a party signed two histories, as `protocol.accusations` writes it."""

    number: int
    party: str
    document: bytes
    at: datetime


class Ledger(Protocol):
    """Our append-only log and what there is around it. Nothing in it is ever changed or taken out."""

    def append(self, entries: Sequence[Entry]) -> int:
        """Add entries at the end; the index of the first."""
        ...

    def size(self) -> int: ...
    def hashed(self) -> int: ...
    def reader(self, size: int) -> ReadHash: ...
    def entries(self, start: int = 0, end: int | None = None) -> Iterator[bytes]: ...
    def entry(self, index: int) -> bytes | None: ...
    def about(self, subject: str, limit: int = 20) -> list[int]: ...
    def put_checkpoint(self, checkpoint: OwnCheckpoint) -> None: ...
    def checkpoint(self, size: int) -> OwnCheckpoint | None: ...
    def checkpoints(self) -> Iterator[OwnCheckpoint]: ...
    def witnessing(self, party: str) -> Witnessing: ...
    def witnesses(self) -> list[Witnessing]: ...
    def put_witnessing(self, row: Witnessing) -> None: ...
    def add_accusation(self, party: str, document: bytes, at: datetime) -> None: ...
    def accusations(self) -> list[AccusationRow]: ...
    def keep_record(self, digest: bytes, record: bytes) -> None: ...
    def record(self, digest: bytes) -> bytes | None: ...
