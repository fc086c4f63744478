"""The fields of an agreement's terms, as they are signed.

Rules: all values are frozen; a field that is not here is refused. What the values may say is in
`core.term_rules`.
Sources: FIRST IEP 2.0 (handling), TLP 2.0, STIX 2.1 (types and properties).
"""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec

DEFAULT_TYPES = (
    "indicator",
    "malware",
    "infrastructure",
    "intrusion-set",
    "threat-actor",
    "campaign",
    "tool",
    "relationship",
    "sighting",
    "report",
)
"""What a new agreement speaks about unless it says otherwise."""


ONWARD = ("never", "ask", "listed")
"""Passing on to others, from nothing to the parties the originator lists."""

ON_END = ("destroy", "keep")
"""What becomes of what was received when the agreement ends."""

MODES = ("on", "off")

QUOTA_WINDOW = timedelta(days=1)
"""The day of the quota: the time up to now."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the terms."""


class Parties(_Fields, frozen=True):
    """The party keys of who proposed the first version and who accepts it (64 hex digits each)."""

    proposer: str
    accepter: str


class Scope(_Fields, frozen=True):
    """What the agreement speaks about.

    `threats` are names or STIX ids; `depth` counts hops from them; `since` refuses anything older;
    `exclude_properties` are names or globs (`x_*`) of properties that never leave; `may_name` lists types
    whose names may be mentioned in free text although the objects stay.
    """

    threats: tuple[str, ...]
    types: tuple[str, ...] = DEFAULT_TYPES
    depth: int = 2
    since: Moment | None = None
    exclude_properties: tuple[str, ...] = ()
    may_name: tuple[str, ...] = ()


class Handling(_Fields, frozen=True):
    """What the receiver may do: a TLP ceiling, FIRST IEP 2.0 words, and passing on.

    `onward_to` are the party keys that `onward = "listed"` speaks of. `onward_names` says whether the originator is
    told who asks for its consent, and for whom, when that is not the party it has the agreement with.
    """

    tlp_max: str = "amber"
    permitted_actions: str = "internally-visible-actions"
    provider_attribution: str = "must-not"
    onward: str = "ask"
    onward_to: tuple[str, ...] = ()
    onward_names: bool = False


class Matching(_Fields, frozen=True):
    """Which kinds of observables may be matched, and how many values of each kind a party evaluates for the other in
    a day (by the calendar, UTC), and in the whole life of the agreement. A key is used for `epoch_days`."""

    types: tuple[str, ...]
    per_day: int = 100_000
    lifetime: int = 3_000_000
    epoch_days: int = 30


class Quota(_Fields, frozen=True):
    """How many objects may leave in one day (`QUOTA_WINDOW`), in each direction."""

    objects_per_day: int = 50_000


class Record(_Fields, frozen=True):
    """Whether what is sent is signed (on the record), and whether receipts say what became of each object."""

    mode: str = "on"
    outcomes: bool = False


class Requests(_Fields, frozen=True):
    """How many requests for information each party may make in one day (`QUOTA_WINDOW`); 0 for none."""

    per_day: int = 20


class Retention(_Fields, frozen=True):
    """How long the receiver keeps objects, and what becomes of them when the agreement ends."""

    destroy_after_days: int = 365
    on_end: str = "destroy"


class Terms(_Fields, frozen=True):
    """One version of an agreement's terms. `predecessor` is the id of the version it replaces, or empty.

    Times are in UTC and whole seconds; the agreement holds from `valid_from` until before `valid_until`.
    """

    title: str
    valid_from: Moment
    valid_until: Moment
    parties: Parties
    scope: Scope
    handling: Handling = Handling()
    matching: Matching | None = None
    quota: Quota = Quota()
    record: Record = Record()
    requests: Requests = Requests()
    retention: Retention = Retention()
    predecessor: str = ""
