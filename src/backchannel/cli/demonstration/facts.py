"""What the demo found out, as values: read once, judged by `expectations`, printed by `account`.

One `Crossing` is one direction of the exchange, from the sender's decisions to the receiver's folder.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec

Reason = tuple[str, str]
"""A rule, and what it says of one object."""


class Judged(msgspec.Struct, frozen=True):
    """An object that the sender holds, and what the preview decides on it.

    `broken` are the rules that keep it, `cut` those that are kept once something is left out. `sent_id` and
    `sent_sha256` say what leaves. `said` are the names and values that the object goes by.
    """

    id: str
    type: str
    name: str
    own: bool
    tlp: str
    outcome: str
    broken: tuple[Reason, ...]
    cut: tuple[Reason, ...]
    sent_id: str | None
    sent_sha256: str | None
    values: tuple[str, ...]
    said: tuple[str, ...]

    @property
    def leaves(self) -> bool:
        """Whether it crosses, as it is or reduced."""
        return self.sent_id is not None


class Received(msgspec.Struct, frozen=True):
    """An object that arrived. `refused` is the reason where vetting or the officer refused it; `flags` are what
    vetting asked the officer to look at."""

    id: str
    tlp: str = ""
    sha256: str = ""
    flags: tuple[Reason, ...] = ()
    refused: Reason | None = None


class Crossing(msgspec.Struct, frozen=True):
    """One direction of the exchange.

    `threats` names the sender's own objects that the agreement's threat stands for; `notes` say where that is not
    clear. `connected` are ids within the
    agreement's depth of them, found by a walk of the demo's own. `sealed` counts what `release` reported. `accepted`
    maps the ids that the receiver now holds from the sender to the SHA-256 of their bytes. `found` are ids, names
    and values of what stayed that stand in the receiver's folder all the same; `changed` are ids that the receiver
    held before and that are gone or different now.
    """

    sender: str
    receiver: str
    threats: tuple[str, ...]
    notes: tuple[str, ...]
    ceiling: str
    judged: tuple[Judged, ...]
    connected: frozenset[str]
    sealed: int
    received: tuple[Received, ...]
    accepted: Mapping[str, str]
    found: tuple[str, ...]
    changed: tuple[str, ...]

    def leaving(self) -> Iterator[Judged]:
        """What leaves by the preview."""
        return (one for one in self.judged if one.leaves)

    def reduced(self) -> Iterator[Judged]:
        """What leaves as a reduced copy."""
        return (one for one in self.judged if one.outcome == "reduce")

    def refused(self) -> Iterator[Received]:
        """What the receiver refused."""
        return (one for one in self.received if one.refused is not None)

    def broken(self) -> Mapping[str, int]:
        """How many objects each rule keeps."""
        return Counter(rule for one in self.judged for rule, _ in one.broken)

    def named(self, name: str) -> Judged | None:
        """The sender's object of that name."""
        return next((one for one in self.judged if one.name == name), None)

    def as_sent(self, sent_id: str) -> Judged | None:
        """The sender's object that left under that id."""
        return next((one for one in self.judged if one.sent_id == sent_id), None)


class Ending(msgspec.Struct, frozen=True):
    """A party after the agreement's end: the state it shows, and what its next `release` ended with."""

    party: str
    state: str
    status: int
    message: str


class Knowledge(msgspec.Struct, frozen=True):
    """Values (addresses, names, hashes) that indicators of the threat name for a party: how many of its own, how many
    it learned, and which of its own the counterpart sent as well."""

    party: str
    own: int
    learned: int
    both: tuple[str, ...]


class Facts(msgspec.Struct, frozen=True):
    """The whole story. `verified` says of each party whether it verified the other's card by its words, `in_force`
    whether the agreement was in force there. `terms` are its sentences on scope and handling. `rejected` counts
    objects of each party's files that were no valid input."""

    threat: str
    agreement: str
    title: str
    terms: tuple[str, ...]
    verified: tuple[bool, bool]
    in_force: tuple[bool, bool]
    rejected: tuple[int, int]
    crossings: tuple[Crossing, Crossing]
    endings: tuple[Ending, Ending]
    seconds: float = 0.0

    def knowledge(self) -> tuple[Knowledge, Knowledge]:
        """What each party knew of the threat, and learned."""
        there, back = self.crossings
        return _knowledge(there, back), _knowledge(back, there)


def _knowledge(sent: Crossing, came: Crossing) -> Knowledge:
    own = {value for one in sent.judged if one.own and one.id in sent.connected for value in one.values}
    offered = {value for one in came.leaving() for value in one.values}
    taken = {value for one in came.leaving() if one.sent_id in came.accepted for value in one.values}
    return Knowledge(sent.sender, len(own), len(taken - own), tuple(sorted(own & offered)))
