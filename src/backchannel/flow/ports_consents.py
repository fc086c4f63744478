"""What the flow needs to know of provenance and consents, as records and protocols."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from backchannel.core.consent import State
from backchannel.core.provenance import Provenance


class Beside(NamedTuple):
    """Which received object version something is known of: who gave it, and under which agreement."""

    object_id: str
    version: str
    source: str
    agreement: str


class Kept(msgspec.Struct, frozen=True):
    """What is kept beside a received object: its provenance, and the level it was handled at when it came."""

    tlp: str
    provenance: Provenance


class Request(msgspec.Struct, frozen=True):
    """A consent request as kept. `ours`: we ask the party; else it asks us. `recipient` is the commitment to whom the
    objects are for, `to` its party key and `salt` what opens it, both empty where we are not told. `by` is who wants
    to pass them on, where that is another than who asks us, and we are told."""

    id: str
    ours: bool
    agreement: str
    party: str
    recipient: str
    salt: str
    to: str
    by: str
    at: datetime


class Item(msgspec.Struct, frozen=True):
    """One item of a request. `state` is the last one written (`core.consent.state_at` says what time made of it).

    `until`, `consent` (its id) and `nonce` are those of what was granted. A relay links two requests: `link` is the
    other one, upstream of an item that somebody asks us, downstream of one that we ask for somebody; `link_number` is
    the item's place there.
    """

    request: str
    number: int
    object_id: str
    version: str
    sha256: str
    state: State = State.ASKED
    until: datetime | None = None
    consent: str = ""
    nonce: str = ""
    link: str = ""
    link_number: int = 0


class Crossed(NamedTuple):
    """A version that left under an agreement: under which id, and of which object of ours it is."""

    sent_id: str
    version: str
    source_id: str


class Provenances(Protocol):
    """What is known of objects beside their bytes."""

    def put(self, rows: Iterable[tuple[Beside, Kept]]) -> None: ...
    def of(self, keys: Collection[Beside]) -> dict[Beside, Kept]: ...
    def forget(self, keys: Collection[Beside]) -> None: ...

    def due(self, before: datetime, limit: int) -> list[Beside]:
        """Received objects whose content has to be gone before a time, the earliest first."""
        ...

    def put_copies(self, agreement: str, copies: Mapping[tuple[str, str], str]) -> None:
        """Which content (SHA-256) reduced copies left with, by id and version."""
        ...

    def copies(self, agreement: str, ids: Collection[str]) -> set[tuple[str, str, str]]:
        """(id, version, SHA-256) of the reduced copies of these ids that left."""
        ...

    def crossed(self, agreement: str, ids: Collection[str]) -> list[Crossed]:
        """Every version that left under an agreement under one of these ids."""
        ...


class Consents(Protocol):
    """Requests for consent, ours and those of others, and the consents that were given."""

    def put_request(self, request: Request, items: Iterable[Item]) -> None: ...
    def request(self, identifier: str) -> Request | None: ...
    def requests(self, limit: int) -> list[Request]: ...
    def requests_beginning(self, prefix: str) -> list[str]: ...
    def items(self, request: str) -> list[Item]: ...
    def update(self, items: Iterable[Item]) -> None: ...
    def naming(self, ids: Collection[str]) -> list[tuple[Request, Item]]: ...

    def answers(self, ids: Collection[str], to: str) -> list[tuple[Request, Item]]:
        """What we asked for ourselves, of these objects and for this recipient."""
        ...

    def asked_since(self, party: str, since: datetime, *, ours: bool) -> int:
        """How many requests of one direction there were with a party from a time on."""
        ...

    def waiting(self, party: str, since: datetime, *, ours: bool) -> int:
        """How many requests of one direction, asked from a time on, have items that wait for an answer."""
        ...

    def put(self, consents: Mapping[str, bytes]) -> None: ...
    def get(self, identifiers: Collection[str]) -> dict[str, bytes]: ...
