"""What the flow and the TAXII faces need from outside, as records and protocols: our server's users and collections,
and how far others' collections were read. Part of `ports`; a `Transaction` has both.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from backchannel.protocol.taxii import Page, Query

# --- collections of others' servers --------------------------------------------------------------------------


PULLED = "taxii:"
"""How the key of a source begins that is a collection of a TAXII server; its URL follows."""


class PullRow(msgspec.Struct, frozen=True):
    """How far a collection of a TAXII server was read. `collection` is its URL in canonical form.

    The next page is asked with `added_after` and `cursor` ('' for neither). `last_added` is when the server added
    what was read last ('' if it is not known): where to go on if it no longer knows the cursor.
    """

    collection: str
    added_after: str
    cursor: str
    last_added: str
    read_at: datetime


class Pulls(Protocol):
    """Collections of TAXII servers that objects were pulled from, each a source of holdings."""

    def name(self, source: str, name: str) -> None: ...
    def sources(self) -> dict[str, str]: ...
    def position(self, collection: str) -> PullRow | None: ...
    def put_position(self, row: PullRow) -> None: ...


# --- our server ------------------------------------------------------------------------------------------------


class TaxiiUser(msgspec.Struct, frozen=True):
    """Who may use the TAXII server: for one agreement, or (`agreement` is None) for what the node itself holds."""

    name: str
    token_sha256: bytes
    agreement: str | None
    can_read: bool
    can_write: bool
    expires_at: datetime | None
    added_at: datetime


class Published(NamedTuple):
    """One object in the collection of an agreement: as it leaves, and the holding that it is or was made from.

    `raw` is None where the holding's own bytes leave.
    """

    id: str
    type: str
    version: str
    seq: int
    raw: bytes | None
    source_id: str


class Taxii(Protocol):
    """Users of the TAXII server, what became of their posts, and pages of collections."""

    def put_user(self, user: TaxiiUser) -> None: ...
    def users(self) -> list[TaxiiUser]: ...
    def user_of(self, token_sha256: bytes) -> TaxiiUser | None: ...
    def drop_user(self, name: str) -> bool: ...
    def add_status(self, identifier: str, user: str, at: datetime, status: bytes) -> None: ...
    def status(self, identifier: str, user: str) -> bytes | None: ...
    def held_page(self, query: Query, *, with_bytes: bool) -> Page: ...
    def published_page(self, agreement: str, query: Query, *, with_bytes: bool) -> Page: ...
    def publish(self, agreement: str, wanted: Iterable[Published], now: datetime) -> list[Published]: ...
    def published_state(self, agreement: str) -> tuple[str, datetime] | None: ...
    def put_published_state(self, agreement: str, state: str, due: datetime) -> None: ...
    def holdings_state(self) -> int: ...
