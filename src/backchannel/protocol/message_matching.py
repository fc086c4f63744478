"""Messages of a matching session, in the channel of its agreement (RFC 9497, mode 0x01, ristretto255-SHA512).

Opened: offer, answer, begin. Then each side sends its blinded inputs and the tags of its own set, and both evaluate
in turn, shard by shard; or one does alone, if only the other has inputs. A stop says nothing but that: whatever went
wrong, it looks the same. Elements, proofs and tags are bytes in base64; here their number and length are checked,
what they are is for `protocol.voprf`.
"""

import re
from typing import Literal

import msgspec

from backchannel.core.matching import LARGEST, MATCHABLE, SHARDS, SMALLEST
from backchannel.errors import BadEnvelope
from backchannel.protocol.libsodium import ELEMENT
from backchannel.protocol.matching_engine import PROOF
from backchannel.protocol.message_base import Message, at_most, check_hash
from backchannel.protocol.versions import Features

SESSION_BYTES = 16
"""How many random bytes name a session."""
TAG = 16
"""Length of a tag, what is sent of an evaluator's own value: two sets of a billion have two that are alike by chance
with a probability of 2^-68."""
DRAWN = 32
"""Length of what each side draws for the order."""

Learns = Literal["both", "opener", "other"]

_SESSION = re.compile(r"[0-9a-f]{32}")
_MOST_EPOCH = 1_000_000


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of observable in a session, as its sender says: the padded size of the inputs that it wants evaluated,
    the padded size of the tags that it will send, and the public key it evaluates with. Sizes are 0, and the key is
    empty, for what it does not do."""

    type: str
    inputs: int
    tags: int
    key: bytes


class Evaluated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Evaluated elements of one kind with the one proof of them all; `start` is the position of the first in the
    order of the session, counted over the whole kind."""

    type: str
    start: int
    elements: bytes
    proof: bytes


class _OfSession(Message, frozen=True):
    """Says something of the session with this id."""

    session: str

    def check(self, limits: Features) -> None:  # noqa: ARG002 - the base class's
        """The id is one."""
        if _SESSION.fullmatch(self.session) is None:
            raise BadEnvelope(f"the id of a session, {self.session[:80]!r}, is not 128 bits in hex")


class MatchOffer(_OfSession, frozen=True, tag="match-offer"):
    """Open a session under the terms with the id `version`: the contract, as its opener would have it.

    `commitment` is the root over the sender's blinded inputs (`protocol.matching.commitment`); `drawn` the hash of
    what the opener drew for the order, which it shows in `MatchBegin`.
    """

    version: str
    epoch: int
    normaliser: int
    learns: Learns
    kinds: tuple[Kind, ...]
    commitment: str
    drawn: str

    def check(self, limits: Features) -> None:
        """Ids, hashes, and kinds that can be matched, in padded sizes."""
        super().check(limits)
        check_hash("version", self.version)
        check_hash("commitment", self.commitment)
        check_hash("drawn", self.drawn)
        if not 1 <= self.epoch <= _MOST_EPOCH:
            raise BadEnvelope(f"a session of epoch {self.epoch}")
        _check_kinds(self.kinds)


class MatchAnswer(_OfSession, frozen=True, tag="match-answer"):
    """Enter a session. `offer` is the SHA-256 of the offer as it was read: the other side's contract is the same."""

    offer: str
    kinds: tuple[Kind, ...]
    commitment: str
    drawn: bytes

    def check(self, limits: Features) -> None:
        """Ids, hashes, kinds in padded sizes, and as much drawn as must be."""
        super().check(limits)
        check_hash("offer", self.offer)
        check_hash("commitment", self.commitment)
        _exactly("what was drawn", self.drawn, DRAWN)
        _check_kinds(self.kinds)


class MatchBegin(_OfSession, frozen=True, tag="match-begin"):
    """Both halves of the contract are known: `contract` is the SHA-256 of offer and answer, `drawn` what the opener
    drew before it saw what the other drew."""

    contract: str
    drawn: bytes

    def check(self, limits: Features) -> None:
        """Id, hash, and as much drawn as must be."""
        super().check(limits)
        check_hash("contract", self.contract)
        _exactly("what was drawn", self.drawn, DRAWN)


class _Part(_OfSession, frozen=True):
    """A part of what is sent of one kind, beginning at a place."""

    type: str
    start: int

    def check(self, limits: Features) -> None:
        """A kind, and a place in it."""
        super().check(limits)
        _check_place(self.type, self.start)


class MatchBlinded(_Part, frozen=True, tag="match-blinded"):
    """Blinded inputs of one kind, by their numbers: the order of the session says only which are evaluated when."""

    elements: bytes

    def check(self, limits: Features) -> None:
        """Whole elements, and no more than there may be."""
        super().check(limits)
        _check_many("elements", self.elements, ELEMENT, limits)


class MatchTags(_Part, frozen=True, tag="match-tags"):
    """Tags of the sender's own values of one kind, in an order of their own: it says nothing of the values."""

    tags: bytes

    def check(self, limits: Features) -> None:
        """Whole tags, and no more than there may be."""
        super().check(limits)
        _check_many("tags", self.tags, TAG, limits)


class MatchEvaluated(_OfSession, frozen=True, tag="match-evaluated"):
    """One shard of the counterpart's inputs, evaluated."""

    shard: int
    parts: tuple[Evaluated, ...]

    def check(self, limits: Features) -> None:
        """A shard, and whole elements with a proof for each part."""
        super().check(limits)
        if not 0 <= self.shard < SHARDS:
            raise BadEnvelope(f"shard {self.shard} of {SHARDS}")
        at_most("parts of a shard", len(self.parts), limits.max_match_parts)
        for part in self.parts:
            _check_place(part.type, part.start)
            _check_many("elements", part.elements, ELEMENT, limits)
            _exactly("a proof", part.proof, PROOF)


class MatchStop(_OfSession, frozen=True, tag="match-stop"):
    """End a session before its end. Why is told to one's own officer only."""


def _check_kinds(kinds: tuple[Kind, ...]) -> None:
    if not kinds or len({one.type for one in kinds}) != len(kinds) or len(kinds) > len(MATCHABLE):
        raise BadEnvelope("a session names no kind, or one twice")
    for kind in kinds:
        _check_place(kind.type, 0)
        for size in (kind.inputs, kind.tags):
            if size and not (SMALLEST <= size <= LARGEST and size & (size - 1) == 0):
                raise BadEnvelope(f"{size} is no padded size")
        if len(kind.key) not in {0, ELEMENT} or (kind.tags and not kind.key):
            raise BadEnvelope("a public key of another length, or tags without one")


def _check_place(kind: str, start: int) -> None:
    if kind not in MATCHABLE:
        raise BadEnvelope(f"{kind[:40]!r} is no kind that can be matched")
    if not 0 <= start < LARGEST:
        raise BadEnvelope(f"place {start} in a session")


def _check_many(what: str, data: bytes, length: int, limits: Features) -> None:
    if not data or len(data) % length:
        raise BadEnvelope(f"{len(data)} bytes of {what} of {length} bytes each")
    at_most(what, len(data) // length, limits.max_matched)


def _exactly(what: str, data: bytes, length: int) -> None:
    if len(data) != length:
        raise BadEnvelope(f"{what} of {len(data)} bytes, not {length}")
