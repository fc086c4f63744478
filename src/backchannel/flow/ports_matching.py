"""What the flow needs to know of matching, as records and a protocol: epochs and keys, sessions, inputs, tags, what
was found, and what was evaluated. Part of `ports`; a `Transaction` has it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from backchannel.core.canonical import Observable


class SessionRow(msgspec.Struct, frozen=True):
    """One session as kept. `opener` says that we opened it; `state` is one of `protocol.matching.State`.

    `offer` and `answer` are the contract as it was read, `secret` what this side derives from, `seed` that of the
    order: the last two are empty once it is over. `said` counts the pieces that we made and sent, `heard` theirs;
    `given` and `got` are shards. `posted` is the number of the last envelope of ours that speaks of it. `inputs` and
    `hits` count values of ours that were evaluated; `asked` is what a session looks up, an empty list once retention
    took it; `reason` says to our officer why it stopped or froze.
    """

    id: str
    agreement: str
    opener: bool
    state: str
    epoch: int
    offer: bytes
    opened_at: datetime
    changed_at: datetime
    answer: bytes = b""
    secret: bytes = b""
    seed: bytes = b""
    said: int = 0
    heard: int = 0
    given: int = 0
    got: int = 0
    posted: int = 0
    inputs: int = 0
    hits: int = 0
    asked: bytes = b""
    reason: str = ""

    @property
    def look_ups(self) -> list[Observable]:
        """The values that it looks up; none if it is for all that is new, or if they are forgotten."""
        return msgspec.json.decode(self.asked, type=list[Observable]) if self.asked else []


class Input(NamedTuple):
    """A value of ours in a session, to be evaluated or told: its number within its kind, the value (None for
    padding), and what is sent of it: the blinded element, or the tag; empty until that is made."""

    number: int
    value: str | None
    sent: bytes


class OwnValue(NamedTuple):
    """One value of ours in an epoch: its tag under their key, if it was evaluated, whether its tag under ours was
    sent, and since when we have it: None for one that was only looked up."""

    value: str
    tag: bytes | None
    told: bool
    since: datetime | None


class Match(msgspec.Struct, frozen=True):
    """A value that they hold: since when we do (None if it was only looked up), when that was found, and in which
    session."""

    agreement: str
    type: str
    value: str
    ours_since: datetime | None
    matched_at: datetime
    session: str


class MatchElements(Protocol):
    """Inputs of ours, and blinded ones of theirs, of a session that runs."""

    def put_inputs(self, session: str, kind: str, values: Sequence[str], size: int) -> None: ...
    def place_inputs(self, session: str, kind: str, places: Iterable[tuple[int, int]]) -> None: ...
    def numbered(self, session: str, kind: str, begin: int, end: int) -> list[Input]: ...
    def inputs(self, session: str, kind: str, begin: int, end: int) -> list[Input]: ...
    def sent_in(self, session: str, kind: str, numbers: Iterable[int], envelope: int) -> None: ...
    def sent_after(self, session: str, kind: str, envelope: int) -> list[str]: ...
    def put_sent(self, session: str, kind: str, sent: Mapping[int, bytes]) -> None: ...
    def add_blinded(
        self, session: str, kind: str, start: int, elements: Sequence[bytes], places: Sequence[int]
    ) -> bool: ...
    def all_blinded(self, session: str, kind: str) -> Iterator[bytes]: ...
    def reflects(self, session: str, kind: str, start: int, count: int) -> bool: ...
    def blinded(self, session: str, kind: str, begin: int, end: int) -> list[bytes]: ...


class Matching(Protocol):
    """Everything else that is kept of matching."""

    # --- sessions
    def put(self, row: SessionRow) -> None: ...
    def get(self, identifier: str) -> SessionRow | None: ...
    def all(self, agreement: str | None = None) -> list[SessionRow]: ...
    def open(self, agreement: str | None = None) -> list[SessionRow]: ...
    def entered(self, agreement: str, epoch: int) -> Iterator[SessionRow]: ...
    def opened_since(self, agreement: str, since: datetime, *, ours: bool) -> int: ...
    def history(self, agreement: str) -> tuple[int, int]: ...
    def clear(self, session: str, keep: Collection[str] = ()) -> None: ...

    # --- an epoch
    def key_seed(self, agreement: str, epoch: int) -> bytes | None: ...
    def put_key_seed(self, agreement: str, epoch: int, seed: bytes) -> None: ...
    def their_key(self, agreement: str, epoch: int, kind: str) -> bytes | None: ...
    def put_their_key(self, agreement: str, epoch: int, kind: str, key: bytes) -> None: ...
    def own(self, agreement: str, epoch: int, kind: str) -> dict[str, OwnValue]: ...
    def put_own(self, agreement: str, epoch: int, kind: str, values: Mapping[str, datetime | None]) -> None: ...
    def told(self, agreement: str, epoch: int, kind: str, values: Sequence[str], *, told: bool = True) -> None: ...
    def tagged(self, agreement: str, epoch: int, kind: str, tags: Mapping[str, bytes]) -> None: ...
    def add_tags(self, agreement: str, epoch: int, kind: str, tags: Sequence[bytes]) -> None: ...
    def both(self, agreement: str, epoch: int, kind: str, values: Sequence[str] | None = None) -> list[OwnValue]: ...
    def tag_count(self, agreement: str, epoch: int, kind: str) -> int: ...
    def epochs(self) -> set[tuple[str, int]]: ...
    def destroy_all_but(self, agreement: str, epoch: int) -> None: ...

    # --- results and budgets
    def add_matches(self, matches: Iterable[Match]) -> None: ...
    def matches(self, agreement: str) -> list[Match]: ...
    def matches_of(self, values: Iterable[Observable]) -> list[Match]: ...
    def looking_up(self, agreement: str) -> list[SessionRow]: ...
    def drop_looked_up(self, agreement: str, epoch: int, values: Collection[Observable]) -> None: ...
    def drop_matches(self, agreement: str, before: datetime, kept: Collection[Observable], limit: int) -> int: ...
    def count(self, agreement: str, kind: str, day: int, evaluated: int) -> None: ...
    def counted(self, agreement: str, kind: str, day: int | None = None) -> int: ...
