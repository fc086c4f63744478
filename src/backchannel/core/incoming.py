"""What vetting takes and gives: objects as they came in, what is known around them, and what became of them.

The rules themselves are in `core.vetting`; nothing is judged here.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from backchannel.core.assess.echo import UNKNOWN, Background
from backchannel.core.poison import Poison
from backchannel.core.provenance import Provenance
from backchannel.core.stix import StixObject
from backchannel.core.terms import Terms

Outcome = Literal["accept", "hold", "refuse"]


class Incoming(msgspec.Struct, frozen=True):
    """One decoded object of an opened envelope, the TLP level that the sender declared beside it, and whether
    the sender says that it is a reduced copy.

    `provenance` is what the sender says beside it, None where it cannot say anything. `unproven` is why the consents
    that come with an object do not let it pass; empty if they do, or if it needs none. `background` is what is
    known of where it comes from.
    """

    object: StixObject
    tlp: str
    reduced: bool = False
    provenance: Provenance | None = None
    unproven: str = ""
    background: Background = UNKNOWN


class Finding(msgspec.Struct, frozen=True):
    """One thing a check found, for one's own officer only.

    `outcome` is `refuse`, `hold` (an officer must look) or `note` (worth knowing; stops nothing).
    """

    rule: str
    outcome: Literal["refuse", "hold", "note"]
    evidence: str


class Vetted(msgspec.Struct, frozen=True):
    """What became of one object, with everything that was found.

    `tlp` is the effective level: the strictest of declared and own marks. `hops` is the distance from the
    agreement's threats, None if the object is not connected to them. `provenance` is what counts of what was said
    beside it.
    """

    object: StixObject
    tlp: str
    reduced: bool
    outcome: Outcome
    findings: tuple[Finding, ...]
    grade: str
    hops: int | None
    provenance: Provenance = Provenance()
    background: Background = UNKNOWN

    @property
    def flags(self) -> tuple[tuple[str, str], ...]:
        """What the officer should look at: rule and evidence of everything that did not refuse the object."""
        return tuple((one.rule, one.evidence) for one in self.findings if one.outcome != "refuse")

    @property
    def refusals(self) -> tuple[tuple[str, str], ...]:
        """Why the object was refused: rule and evidence, empty if it was not."""
        return tuple((one.rule, one.evidence) for one in self.findings if one.outcome == "refuse")


class Offered(NamedTuple):
    """An object version of a batch, and how many bytes it has."""

    id: str
    version: str
    size: int


class KnownFrom(msgspec.Struct, frozen=True):
    """What is already here of one id from one source: its first and its last version by name, and of those versions
    that were asked about the SHA-256 (`StixObject.digest`). That is empty where no object asked about is as long: the
    bytes differ then, and were not read.
    """

    source: str
    own: bool
    first: str
    last: str
    asked: Mapping[str, bytes] = {}

    def has_another(self, version: str) -> bool:
        """Whether a version of another name is here."""
        return self.first != version or self.last != version


class ValidationFinding(Protocol):
    """One thing wrong with an object under STIX 2.1."""

    @property
    def rule(self) -> str:
        """The id of the rule."""
        ...

    @property
    def message(self) -> str:
        """A sentence for the officer."""
        ...

    @property
    def must(self) -> bool:
        """Whether a MUST is violated."""
        ...


class AcceptRule(Protocol):
    """A standing rule of the officer: accept what matches. None matches anything."""

    @property
    def party(self) -> str | None:
        """The key of the sender."""
        ...

    @property
    def type(self) -> str | None:
        """The type of the object."""
        ...

    @property
    def tlp_max(self) -> str | None:
        """The strictest level that is still accepted."""
        ...


class VettingContext(msgspec.Struct, frozen=True):
    """What vetting knows around a batch. Ids need only cover what the batch names: see
    `vetting.named_ids`.

    `sender` is a party key; `identities` the ids of the STIX identities that the two key cards
    imply, the sender's first. `threat_names` are term keys of the agreement's threats with their
    synonyms, `threat_ids` the ids they stand for here. `hops` are ids received before under the
    agreement, with their distance. `held` and `waiting` say what is known of ids in the holdings and in the
    inbox, by source; `released` ids that crossed to the sender.
    `definitions` are marking definitions held. `poison` judges a canonical value by type and value.
    `recalled` are ids that the sender recalled. `quota_left` counts objects that may still come today.
    """

    terms: Terms
    now: datetime
    sender: str
    identities: tuple[str, str]
    threat_names: frozenset[str]
    validate: Callable[[Mapping[str, Any]], Sequence[ValidationFinding]]
    poison: Callable[[str, str], Poison | None]
    quota_left: int
    threat_ids: frozenset[str] = frozenset()
    hops: Mapping[str, int] = {}
    held: Mapping[str, Sequence[KnownFrom]] = {}
    waiting: Mapping[str, Sequence[KnownFrom]] = {}
    released: Collection[str] = frozenset()
    definitions: Mapping[str, Mapping[str, Any]] = {}
    rules: Sequence[AcceptRule] = ()
    recalled: Collection[str] = frozenset()
