"""What two parties may find out that both hold: kinds, inputs, padded sizes, the order of shards, and hit rates.

Rules:
- An input is the canonical value of an observable (`core.canonical`), with the agreement and its kind before it: the
  same value of two kinds, or between two other parties, is another input. Both sides must spell alike, so the
  spelling has a number, `NORMALISER`.
- Coarse kinds never are: whoever can list all values of a kind learns the whole set by asking for each.
- Sizes are padded to powers of two. Padding is no value of any kind, and matches nothing.
- Each side learns in shards, in an order that comes from what both drew: nobody gets first what they want most. Where
  only one side has inputs, nothing is gained by stopping, and shards are as large as a message may be.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from backchannel.core.canonical import KINDS, Observable

NORMALISER = 1
"""The version of `core.canonical`'s spelling. It goes up whenever a value comes to be spelled otherwise."""

SHARDS = 256
"""In how many shards each side learns, where both have enough inputs."""

AT_ONCE = 4_096
"""The most inputs of a kind in a shard, and in a message: what memory a session takes is bounded by it."""

SMALLEST = 16
"""The least padded size of a kind in a session: of less nobody could say how much is there."""

LARGEST = 1 << 20
"""The most inputs of a kind in one session."""

COARSE: Mapping[str, str] = MappingProxyType(
    {
        "autonomous-system": "there are some 120,000 of them: asking for each shows everything that the other holds",
        "socket-addr": "it names a port, and ports can be listed: match the host instead",
    }
)
"""Kinds that are never matched, with the reason."""

NETBLOCK = "is a network, and networks can be listed: only single addresses are matched"

MATCHABLE = frozenset(KINDS) - frozenset(COARSE)
"""The kinds that can be matched."""

LEAST_HISTORY = 1_000
"""Inputs that a pair must have matched before its hit rate says anything."""
LEAST_EXPECTED = 20
"""Hits that must have been due before too few of them say anything: fewer can fail to come by chance."""
FALL = 4
"""A session with less than one in so many of the hits that were due is looked at by an officer."""

_PADDING = b"\0padding"


def why_not_kind(kind: str) -> str | None:
    """Why a kind cannot be matched; None if it can."""
    if kind in COARSE:
        return f"{kind} is never matched: {COARSE[kind]}"
    if kind not in MATCHABLE:
        return f"{kind!r} is no kind of observable"
    return None


def why_not(observable: Observable) -> str | None:
    """Why a value cannot be matched; None if it can."""
    if (why := why_not_kind(observable.type)) is not None:
        return why
    if observable.type in {"ipv4-addr", "ipv6-addr"} and "/" in observable.value:
        return f"{observable.value} {NETBLOCK}"
    return None


def input_of(agreement: str, observable: Observable) -> bytes:
    """The bytes that stand for an observable between the parties of an agreement: its id, NUL, kind, NUL, canonical
    value in UTF-8. Blinded values that one counterpart hands on to another as its own match nothing there."""
    return f"{agreement}\0{observable.type}\0{observable.value}".encode()


def padding(secret: bytes) -> bytes:
    """An input that no observable has: 32 bytes that only the holder of a secret can tell from any other."""
    return _PADDING + hashlib.sha256(_PADDING + secret).digest()


def padded(count: int) -> int:
    """The size that is told for so many inputs: the next power of two, `SMALLEST` at least; 0 for none.

    Raises:
        ValueError: there are more than `LARGEST`.
    """
    if count > LARGEST:
        raise ValueError(f"{count:,} values of one kind; at most {LARGEST:,} are matched in one session")
    return 0 if count == 0 else max(SMALLEST, 1 << (count - 1).bit_length())


def shards_of(ours: Iterable[int], theirs: Iterable[int]) -> int:
    """How many shards a session has, by the padded sizes of each side's inputs of each kind.

    Where both have inputs, neither may gain much by stopping; where one has, shards are as large as they may be.
    """
    one, other = max(ours, default=0), max(theirs, default=0)
    if one and other:
        return min(SHARDS, max(one, other))
    return -(-max(one, other) // AT_ONCE)


def shard_bounds(size: int, shard: int, shards: int) -> tuple[int, int]:
    """Where a shard begins and ends in a padded size. Whoever has fewer inputs than there are shards learns as slowly
    as the other: then most of its shards are empty."""
    return size * shard // shards, size * (shard + 1) // shards


def place(seed: bytes, kind: str, number: int) -> int:
    """Inputs are evaluated in the order of their places, those of one place by their numbers; 63 bits."""
    text = b"backchannel/1 match order\0" + kind.encode() + b"\0" + number.to_bytes(8, "big") + seed
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 1


def order_seed(session: str, first: bytes, second: bytes) -> bytes:
    """The seed of `place`, of what the opener and the other drew. The opener's was hidden when the other drew."""
    return hashlib.sha256(b"backchannel/1 match seed\0" + session.encode() + first + second).digest()


def has_fallen(before: tuple[int, int], now: tuple[int, int]) -> bool:
    """Whether the hits of a session have fallen so far below what was usual that an officer should look.

    Both are (inputs, hits): of all sessions of the pair before, and of this one so far. Inputs of the other side that
    it does not hold make our hits fewer; so does a counterpart that asks for values out of a dictionary.
    """
    asked, hits = before
    if asked < LEAST_HISTORY:
        return False
    due = now[0] * hits / asked
    return due >= LEAST_EXPECTED and now[1] * FALL < due


def epoch_at(begun: datetime, now: datetime, days: int) -> int:
    """The number of the epoch at a time, from 1: both sides count from the beginning of the terms."""
    return max(0, (now - begun).days) // days + 1
