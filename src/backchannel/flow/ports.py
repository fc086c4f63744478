"""What the flow needs from outside, as records and protocols. Adapters implement them; `node` wires them.

All methods of one `Transaction` share one database transaction: what a step writes becomes durable together, or
not at all (DESIGN rule 5: save, then send).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, Self

import msgspec

from backchannel.core.conformance import Finding as Finding
from backchannel.core.incoming import KnownFrom, Offered
from backchannel.core.release_records import Bearer
from backchannel.core.stix import StixObject, decode_held
from backchannel.core.view import View, view_of
from backchannel.flow.ports_arrivals import Arrivals
from backchannel.flow.ports_canaries import Canaries
from backchannel.flow.ports_cards import Cards
from backchannel.flow.ports_channels import Channels, Inbox
from backchannel.flow.ports_consents import Consents, Provenances
from backchannel.flow.ports_ledger import Ledger
from backchannel.flow.ports_matching import MatchElements, Matching
from backchannel.flow.ports_origins import Tellings
from backchannel.flow.ports_recalls import Recalls
from backchannel.flow.ports_reports import Givers, Regrades, Reliability
from backchannel.flow.ports_requests import Requests
from backchannel.flow.ports_retention import Retention
from backchannel.flow.ports_taxii import Pulls, Taxii

Json = dict[str, Any]

# --- holdings --------------------------------------------------------------------------------------------------


class NewObject(msgspec.Struct, frozen=True):
    """One object on its way into the holdings: its bytes, the view of it, and what is known beside it.

    `default_tlp` is the TLP level where the object itself has no mark. `generated` says that its timestamps were
    made at import (indicator lists), so that the same content again is unchanged whatever its time stamps say.
    `original` is the foreign form it was made from (STIX 2.0, MISP, one line of a list), kept as received.
    """

    raw: bytes
    view: View
    default_tlp: str = "amber"
    generated: bool = False
    original: bytes | None = None
    agreement: str | None = None
    envelope: str | None = None
    grade: str = "F6"
    reduced: bool = False

    @classmethod
    def of(cls, one: StixObject, default_tlp: str = "amber", **beside: Any) -> Self:
        """A decoded object; `beside` are other fields."""
        return cls(one.raw, view_of(one), default_tlp, **beside)

    def object(self) -> StixObject:
        """The object, decoded."""
        return decode_held(self.raw)


class Held(msgspec.Struct, frozen=True):
    """One held object version. `seq` grows with every insertion in the node; `tlp` is the effective level:
    the strictest of object, granular and default marks. `reduced` is the sender's word that it left something out."""

    seq: int
    id: str
    type: str
    version: str
    source: str
    source_name: str
    own: bool
    name: str
    tlp: str
    agreement: str | None
    envelope: str | None
    grade: str
    reduced: bool
    added_at: datetime
    raw: bytes

    def object(self) -> StixObject:
        """The object, decoded."""
        return decode_held(self.raw)


class Conflict(msgspec.Struct, frozen=True):
    """The same id and version from the same source, with different content. What was held first is kept.

    `at` is when it was put on record; None before.
    """

    id: str
    version: str
    source: str
    held_sha256: str
    offered_sha256: str
    at: datetime | None = None


class AddOutcome(msgspec.Struct, frozen=True):
    """What `Holdings.add` did with a batch, as counts and conflicts."""

    added: int
    unchanged: int
    conflicts: tuple[Conflict, ...] = ()


class Filter(msgspec.Struct, frozen=True):
    """Which holdings to list. Every field that is set narrows. `ids` are whole ids; `text` is searched as
    words, all of which must be found.

    `source` is a key. `latest` keeps only the newest version of each (id, source). `since` is inclusive, `until`
    exclusive, both on the time of insertion. `after` is a `seq` to resume from.
    """

    type: str | None = None
    source: str | None = None
    tlp: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    agreement: str | None = None
    ids: frozenset[str] | None = None
    own: bool | None = None
    latest: bool = False
    after: int = 0
    limit: int | None = None


class Edge(NamedTuple):
    """`object_id` refers to `target_id` through a property; for a relationship both its ends are edges."""

    object_id: str
    object_type: str
    target_id: str


class Term(NamedTuple):
    """A name or value under which an object is known: `key` is `core.mention.term_key` of the text."""

    key: str
    kind: str  # "name" | "alias" | "value"
    object_id: str
    object_type: str


class Holdings(Protocol):
    """All objects of the node, each kept once per (id, version, source)."""

    def add(self, objects: Iterable[NewObject], *, source: str, now: datetime) -> AddOutcome: ...
    def get(self, object_id: str) -> list[Held]: ...
    def find(self, query: Filter) -> Iterator[Held]: ...
    def known(self, ids: Collection[str], offered: Collection[Offered]) -> dict[str, list[KnownFrom]]: ...
    def types_of(self, ids: Collection[str]) -> dict[str, str]: ...
    def held_from_others(self, ids: Collection[str], source: str) -> set[str]: ...
    def ids_beginning(self, prefix: str, limit: int = 10) -> list[str]: ...
    def original_of(self, seq: int) -> bytes | None: ...
    def edges_from(self, ids: Collection[str], *, own: bool = False, also: str = "") -> list[Edge]: ...
    def edges_to(self, ids: Collection[str], *, own: bool = False, also: str = "") -> list[Edge]: ...
    def remove_own(self, object_id: str, versions: Sequence[str] | None) -> int: ...
    def conflicts(self, object_id: str | None = None, limit: int = 100) -> list[Conflict]: ...

    def terms(
        self,
        keys: Collection[str],
        kinds: Collection[str] = ("name", "alias", "value"),
        *,
        current: bool = False,
    ) -> list[Term]:
        """Which objects go by these keys in any version, or if `current` in their newest of each source."""
        ...

    def bearers(self, keys: Collection[str], crossed: Mapping[str, str]) -> dict[str, list[Bearer]]:
        """Who bears these keys in any version; `crossed` says which version of each object crossed."""
        ...

    def beginnings(self, runs: Collection[str]) -> set[str]:
        """Those runs of words that the key of any term begins with, the words being whole."""
        ...


# --- parties and agreements ------------------------------------------------------------------------------------


class Party(msgspec.Struct, frozen=True):
    """An enrolled counterpart. `key` is the fingerprint of its card in hex (64 characters); `card` its bytes.

    A guest, which has no node, has neither a card nor a carrier: both are empty. Its key is a name for it, no more.
    """

    key: str
    name: str
    card: bytes
    carrier: str
    verified: bool
    added_at: datetime

    @property
    def is_guest(self) -> bool:
        """Whether it is a counterpart without a node."""
        return not self.card


class AgreementRow(msgspec.Struct, frozen=True):
    """One agreement as kept. `id` is the SHA-256 of its first version's canonical terms and names the channel;
    `version` that of the terms in force or proposed. `terms` are the canonical JSON bytes; `pending` are the
    amendments that wait; `state` is one of `core.agreement.State`; `secrets` are the handshake's, sealed to disk."""

    id: str
    version: str
    party: str
    state: str
    title: str
    terms: bytes
    proposed_by_us: bool
    signatures: bytes
    updated_at: datetime
    pending: bytes | None = None
    secrets: bytes | None = None


class InboxRule(msgspec.Struct, frozen=True):
    """Accept on its own what matches: None matches anything; `tlp_max` is the strictest mark still accepted."""

    number: int
    party: str | None
    type: str | None
    tlp_max: str | None


class Agreements(Protocol):
    """Counterparts, agreements and the officer's standing rules."""

    def put_own(self, key: str, name: str) -> None: ...
    def put_party(self, party: Party) -> None: ...
    def parties(self) -> list[Party]: ...
    def party(self, key: str) -> Party | None: ...
    def put(self, agreement: AgreementRow) -> None: ...
    def get(self, identifier: str) -> AgreementRow | None: ...
    def all(self) -> list[AgreementRow]: ...
    def pin(self, agreement: str, name: str, object_id: str) -> None: ...
    def pins(self, agreement: str) -> dict[str, str]: ...
    def rules(self) -> list[InboxRule]: ...
    def add_rule(self, party: str | None, type_: str | None, tlp_max: str | None) -> InboxRule: ...
    def drop_rule(self, number: int) -> bool: ...


# --- a transaction ---------------------------------------------------------------------------------------------


class Transaction(Protocol):
    """One database transaction and the stores that share it."""

    @property
    def holdings(self) -> Holdings: ...
    @property
    def agreements(self) -> Agreements: ...
    @property
    def channels(self) -> Channels: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def taxii(self) -> Taxii: ...
    @property
    def pulls(self) -> Pulls: ...
    @property
    def arrivals(self) -> Arrivals: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def canaries(self) -> Canaries: ...
    @property
    def cards(self) -> Cards: ...
    @property
    def recalls(self) -> Recalls: ...
    @property
    def retention(self) -> Retention: ...
    @property
    def provenances(self) -> Provenances: ...
    @property
    def consents(self) -> Consents: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def matching(self) -> Matching: ...
    @property
    def match_elements(self) -> MatchElements: ...
    @property
    def reliability(self) -> Reliability: ...
    @property
    def regrades(self) -> Regrades: ...
    @property
    def givers(self) -> Givers: ...
    @property
    def tellings(self) -> Tellings: ...


# --- validation ------------------------------------------------------------------------------------------------


class Validator(Protocol):
    """Judges one decoded object against STIX 2.1: schemas and the MUST rules that they cannot say."""

    def __call__(self, value: Mapping[str, Any]) -> list[Finding]: ...
