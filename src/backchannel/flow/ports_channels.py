"""What the flow needs to know of channels and the inbox, as records and protocols: where a channel stands, the
outbox, what crossed each way, what was refused, and what waits for the officer.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

import msgspec

from backchannel.core.incoming import KnownFrom, Offered


class ChannelRow(msgspec.Struct, frozen=True):
    """Where one channel stands, per direction. `head` is the SHA-256 of the last envelope, as hex ('' before).

    `acknowledged` is the last of ours that the counterpart gave a receipt for.
    """

    channel: str
    party: str
    sent: int = 0
    sent_head: str = ""
    received: int = 0
    received_head: str = ""
    acknowledged: int = 0


OFFERED = datetime(1970, 1, 1, tzinfo=UTC)
"""`carried_at` of an envelope that a carrier was given and whose answer is not known: it may have left."""


class OutboxItem(msgspec.Struct, frozen=True):
    """A sealed envelope waiting for its receipt. `carried_at` is None until a carrier is offered it, `OFFERED`
    until a carrier took it. An `answer` holds nothing but receipts: the counterpart does not answer it. `inner` is
    what is sealed, to seal it again; it is kept with the envelope, and read by `outbox_inner` alone."""

    channel: str
    party: str
    sequence: int
    digest: str
    data: bytes
    carried_at: datetime | None = None
    answer: bool = False
    inner: bytes = b""


class OutboxState(NamedTuple):
    """An envelope in the outbox, without its bytes."""

    sequence: int
    carried_at: datetime | None
    answer: bool


OFFICER = "officer"
"""The rule of a refusal that the officer decided."""


class Refusal(msgspec.Struct, frozen=True):
    """Something that came in and was refused, with its reasons, for one's own officer only.

    `subject` is an object id or an envelope's mailbox name; `rule` the id of the rule or the error's code. Rule
    `more` stands for those of a counterpart's day that are only counted.
    """

    channel: str | None
    party: str | None
    envelope: str | None
    subject: str
    rule: str
    message: str
    at: datetime


class InboxItem(msgspec.Struct, frozen=True):
    """A held object: it takes no part in releases or exports until accepted. `flags` say what to look at."""

    number: int
    party: str
    agreement: str
    envelope: str
    object_id: str
    type: str
    version: str
    tlp: str
    reduced: bool
    flags: tuple[tuple[str, str], ...]
    received_at: datetime
    raw: bytes


class Waiting(NamedTuple):
    """That an object version waits in the inbox, without the object; `size` is how many bytes it has."""

    number: int
    object_id: str
    version: str
    agreement: str
    size: int


PUBLISHED = 0
"""In place of the number of an envelope: what crossed by being published."""


class Released(NamedTuple):
    """What crossed to a counterpart under an agreement: the id it left under and the version."""

    source_id: str
    sent_id: str
    version: str
    sequence: int
    at: datetime


class Channels(Protocol):
    """Channel states, the outbox, what was released and what was received."""

    def state(self, channel: str, party: str) -> ChannelRow: ...
    def put_state(self, row: ChannelRow) -> None: ...
    def put_outbox(self, item: OutboxItem) -> None: ...
    def outbox_due(self, channel: str, before: datetime) -> list[tuple[int, str]]: ...
    def outbox_item(self, channel: str, sequence: int) -> OutboxItem: ...
    def outbox_digest(self, channel: str, sequence: int) -> str | None: ...
    def outbox_state(self, channel: str) -> list[OutboxState]: ...
    def first_unsent(self, channel: str) -> int | None: ...
    def outbox_inner(self, channel: str, sequence: int) -> bytes: ...
    def outbox_places(self, party: str) -> list[tuple[str, int]]: ...
    def put_data(self, channel: str, sequence: int, data: bytes, inner: bytes) -> None: ...
    def outbox(self, party: str | None = None) -> list[OutboxItem]: ...
    def carried(self, channel: str, sequence: int, at: datetime) -> None: ...
    def offer_again(self, channel: str) -> None: ...
    def drop_outbox(self, channel: str, through: int) -> int: ...
    def take_unsent(self, channel: str) -> list[OutboxItem]: ...
    def add_released(
        self, agreement: str, items: Iterable[Released], traces: Sequence[Collection[str]] = ()
    ) -> None: ...
    def forget_released(self, agreement: str, after: int) -> int: ...
    def released_ids(self, agreement: str, *, sealed: bool = False) -> dict[str, Released]: ...
    def released_since(self, agreement: str, since: datetime) -> int: ...
    def crossed_state(self) -> list[tuple[int, datetime]]: ...
    def released_among(self, agreement: str, ids: Collection[str]) -> set[str]: ...
    def received_ids(self, agreement: str) -> set[str]: ...
    def received_hops(self, agreement: str, ids: Collection[str]) -> dict[str, int]: ...
    def received_since(self, agreement: str, since: datetime) -> int: ...
    def add_received(self, agreement: str, came: Iterable[tuple[str, int | None]], at: datetime) -> None: ...
    def add_refusals(self, refusals: Iterable[Refusal]) -> None: ...
    def refused_on_day(self, party: str, at: datetime) -> int: ...
    def refusals(self, limit: int = 100) -> list[Refusal]: ...


class Inbox(Protocol):
    """Held objects, waiting for the officer."""

    def add(self, items: Iterable[InboxItem]) -> None: ...

    def items(
        self, *, party: str | None = None, object_id: str | None = None, number: int | None = None
    ) -> Iterator[InboxItem]: ...
    def sizes(
        self, *, party: str | None = None, object_id: str | None = None, number: int | None = None
    ) -> list[Waiting]: ...
    def ids_beginning(self, prefix: str, limit: int = 10) -> list[str]: ...
    def known(self, ids: Collection[str], offered: Collection[Offered]) -> dict[str, list[KnownFrom]]: ...
    def versions(self, party: str, ids: Collection[str]) -> dict[str, int]: ...
    def size(self, party: str) -> int: ...
    def take(self, numbers: Iterable[int]) -> list[InboxItem]: ...
