"""What the flow needs to know of recalls: ours and whom they were told to, and those that came in. Part of `ports`; a
`Transaction` has them.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from backchannel.core.recall import Answer, State


class RecallRow(msgspec.Struct, frozen=True):
    """A recall of ours. `id` are 128 random bits in hex. One that passes another party's on names it by `cause_party`
    (its key) and `cause_recall`."""

    id: str
    object_id: str
    reason: str
    at: datetime
    lifted_at: datetime | None = None
    cause_party: str | None = None
    cause_recall: str | None = None


class Recipient(msgspec.Struct, frozen=True):
    """Somebody who got a recalled object under an agreement, under these `ids`. `since` is when the state began.

    `channel` and `sequence` name the envelope that says last what is to be said; 0 where it is not sealed yet.
    """

    recall: str
    agreement: str
    party: str
    ids: tuple[str, ...]
    state: State
    since: datetime
    channel: str = ""
    sequence: int = 0


class HeardRecall(msgspec.Struct, frozen=True):
    """A recall of a counterpart's, and what we answer: `withdrawn` counts the object versions that went. `channel`
    and `sequence` name the envelope with the answer; 0 where it is not sealed yet."""

    party: str
    recall: str
    agreement: str
    reason: str
    heard_at: datetime
    state: Answer
    lifted_at: datetime | None = None
    withdrawn: int = 0
    channel: str = ""
    sequence: int = 0


class Crossing(NamedTuple):
    """That an object of ours, or that we passed on, crossed under an agreement, under the id `sent_id`."""

    source_id: str
    agreement: str
    sent_id: str


class Recalls(Protocol):
    """Recalls, ours and others'."""

    def put(self, recall: RecallRow) -> None: ...
    def get(self, identifier: str) -> RecallRow | None: ...
    def all(self) -> list[RecallRow]: ...
    def put_recipient(self, recipient: Recipient) -> None: ...
    def recipients(self, recall: str) -> list[Recipient]: ...
    def recipients_of(self, party: str) -> list[Recipient]: ...
    def put_heard(self, heard: HeardRecall, ids: Collection[str] = ()) -> None: ...
    def heard(self, party: str, recall: str, agreement: str) -> HeardRecall | None: ...
    def all_heard(self) -> list[HeardRecall]: ...
    def heard_ids(self, party: str, recall: str) -> list[str]: ...
    def heard_since(self, party: str, since: datetime) -> int: ...
    def heard_ids_since(self, party: str, since: datetime) -> int: ...
    def unanswered(self, party: str) -> list[HeardRecall]: ...
    def passed_on(self) -> list[HeardRecall]: ...
    def recalled_by(self, party: str, ids: Collection[str]) -> set[str]: ...
    def standing(self) -> Mapping[str, datetime | None]: ...
    def crossings(self, ids: Collection[str]) -> list[Crossing]: ...
    def unsent_since(self, channel: str, ids: Collection[str]) -> bool: ...
    def received_among(self, agreement: str, ids: Collection[str]) -> set[str]: ...
    def crossed_since_received(self, agreements: Collection[str], ids: Collection[str]) -> set[str]: ...
    def forget_said(self, channel: str, after: int) -> None: ...
