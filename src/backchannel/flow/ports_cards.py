"""What the flow needs to know of key cards, as records and a protocol: our own ones, who was told of them, and whose
keys changed."""

from datetime import datetime
from typing import Protocol

import msgspec


class OwnCard(msgspec.Struct, frozen=True):
    """A card of ours: its epoch, the generation of the long-term keys on it, its bytes, and when it was issued."""

    epoch: int
    generation: int
    card: bytes
    issued_at: datetime


class Told(msgspec.Struct, frozen=True):
    """Which card of ours a counterpart was told of last: by which envelope of the party channel, and when.

    `keys_sequence` is the envelope that told it of the long-term keys that we have now, 0 while they are our first;
    until it gave a receipt for that it may know nothing newer than the `known` generation.
    """

    party: str
    epoch: int
    sequence: int
    keys_sequence: int
    known: int
    at: datetime


class Rekeyed(msgspec.Struct, frozen=True):
    """A counterpart that replaced its long-term keys. `at` is when we took over the newest ones, of `generation`.

    `heard` is the generation that it told us of in the party channel, where envelopes before that are signed by the
    keys before; `compared` says that the officer compared the words of the newest ones.
    """

    party: str
    generation: int
    heard: int
    compared: bool
    at: datetime


class Contested(msgspec.Struct, frozen=True):
    """A card that tells of other successors of a party's keys than those that are known: evidence that somebody else
    had these keys."""

    party: str
    at: datetime
    card: bytes


class Cards(Protocol):
    """Key cards over time. What a counterpart's card is now stands with the counterpart (`ports.Party`)."""

    def own(self) -> OwnCard | None: ...
    def put_own(self, card: OwnCard) -> None: ...
    def owned(self) -> list[OwnCard]: ...
    def former(self, party: str) -> list[bytes]: ...
    def put_former(self, party: str, generation: int, card: bytes) -> None: ...
    def told(self, party: str) -> Told | None: ...
    def put_told(self, told: Told) -> None: ...
    def rekeyed(self, party: str) -> Rekeyed | None: ...
    def put_rekeyed(self, rekeyed: Rekeyed) -> None: ...
    def contested(self, party: str) -> list[Contested]: ...
    def contest(self, contested: Contested) -> None: ...
