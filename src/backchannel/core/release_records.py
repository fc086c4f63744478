"""What a release decision is made of: the case, what is known around it, every rule's verdict, and the
outcome.

Rules: evidence is written for one's own officer, short, with the facts. It never leaves the node. There
is a record for every object held, so those made by the hundred thousand are kept from the garbage
collector: they hold no cycles.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec

from backchannel.core.onward import Passing
from backchannel.core.stix import StixObject


class Outcome(StrEnum):
    """What becomes of one object under one agreement."""

    RELEASE = "release"
    REDUCE = "reduce"
    WITHHOLD = "withhold"


class Result(StrEnum):
    """What one rule says: it is kept, kept once something is cut, broken, or there was nothing to judge."""

    PASS = "pass"  # noqa: S105  a verdict, no password
    CUT = "cut"
    FAIL = "fail"
    MOOT = "moot"


class Subject(msgspec.Struct, frozen=True, gc=False):
    """One held object version to decide. `tlp` is its effective level, `hops` its distance from the threats
    (None: not in reach), `own` whether it is ours; `passing` what is said of passing on another's object."""

    seq: int
    object: StixObject
    own: bool
    tlp: str
    hops: int | None
    passing: Passing | None = None


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What is known around an agreement at the moment of deciding.

    `them` is the counterpart's party key, `our_identity` is the id of the identity that the counterpart knows
    from our card. `secret` keys the ids of reduced copies and never leaves. `crossed` maps every id that
    the counterpart has from us (or is known to have) to the id it has it under; `crossed_versions` says
    in which version, so that an update counts against the quota. `quota_left` is None without a quota.
    `designated` holds the term keys of lists that bind us, `threat_names` the names (or their keys) of
    the agreement's threats, `recalled` the ids that a recall of ours stands on.
    """

    now: datetime
    them: str
    counterpart_name: str
    our_identity: str
    secret: bytes
    agreement: str = ""
    crossed: Mapping[str, str] = {}
    crossed_versions: Mapping[str, str] = {}
    quota_left: int | None = None
    designated: Collection[str] = frozenset()
    threat_names: Collection[str] = frozenset()
    recalled: Collection[str] = frozenset()


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What one rule says of one object, and why."""

    rule: str
    result: Result
    evidence: str


class Decision(msgspec.Struct, frozen=True, gc=False):
    """The outcome for one object, with every rule's verdict. `sent` is what leaves: the object itself or its
    reduced copy. A reduced copy is known only after `settle`."""

    subject: Subject
    outcome: Outcome
    verdicts: tuple[Verdict, ...]
    sent: StixObject | None = None

    @property
    def id(self) -> str:
        """The id of the object as held (a reduced copy leaves under another)."""
        return self.subject.object.id

    def verdict(self, rule: str) -> Verdict:
        """What one rule said.

        Raises:
            KeyError: the rule was not asked.
        """
        for verdict in self.verdicts:
            if verdict.rule == rule:
                return verdict
        raise KeyError(rule)


class Bearer(NamedTuple):
    """A held object that bears a term, in any of its versions."""

    id: str
    type: str
    kind: str
    """`name`, `alias` or `value`."""
    since: int
    """The least `seq` under which it bears the term: what has a lesser one was here before."""
    own: bool
    """Whether one that bears it is ours."""
    current: bool
    """Whether the newest version from some source bears it, and not only an older one."""
    crossed: frozenset[str]
    """The versions that bear it, among those that crossed at least."""


class Lookup(Protocol):
    """Which held objects bear these names or values, for each key that is borne. It must cover all holdings,
    whatever their source."""

    def __call__(self, keys: set[str], /) -> Mapping[str, Collection[Bearer]]:
        """The bearers of each key that anything bears."""
        ...

    def beginnings(self, runs: set[str], /) -> set[str]:
        """Those runs of words that the key of anything held begins with: `evil` for `evil example`, not for
        `evildoer`. More is allowed, and costs time."""
        ...


class SubjectsOf(Protocol):
    """The subjects of these ids that are held, for objects that a decision depends on and nobody asked
    about."""

    def __call__(self, ids: Collection[str], /) -> Iterable[Subject]:
        """The subjects of those ids that are held."""
        ...
