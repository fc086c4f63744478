"""A party's private keys as seeds: made from the caller's randomness, written to bytes and read back.

Rules: a private key shows neither in `repr` nor in an error message. Sealing seeds are kept per epoch, oldest
first; dropping one makes what was sealed to it unreadable for ever, which is the point of epochs. A party may
replace its long-term keys: each set is a **generation**, counted from 0, and the party stays known by the party key
of the first. Of a replaced generation only what receives is kept for a while, and what signs is not. How the bytes
are protected on disk is the key ring's business.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Self

import msgspec

from backchannel.errors import StoreBroken

Randomness = Callable[[int], bytes]
"""Gives that many fresh random bytes; `secrets.token_bytes` outside tests."""

_FORMAT = 1


class SealingSeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The seed (32 bytes) of the X-Wing key of one epoch; epochs count from 1.

    `issued` is when it was made; None with keys that were made before that was kept.
    """

    epoch: int
    seed: bytes
    issued: datetime | None = None

    def __repr__(self) -> str:
        return f"SealingSeed(epoch={self.epoch}, …)"


class FormerKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left of a replaced generation of long-term keys: enough to receive what was on its way, and nothing
    that signs. `replaced` is when the next generation took its place."""

    generation: int
    x25519: bytes
    mlkem768: bytes
    replaced: datetime

    def __repr__(self) -> str:
        return f"FormerKeys(generation={self.generation}, …)"


class PrivateKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All private keys of a party, in the seed forms of RFC 8032, FIPS 204, RFC 7748 and FIPS 203.

    `party` is the party key (hex) if these are not the party's first keys, else empty: then it follows from them.
    """

    ed25519: bytes
    mldsa65: bytes
    x25519: bytes
    mlkem768: bytes
    sealing: tuple[SealingSeed, ...]
    format: int = _FORMAT
    party: str = ""
    generation: int = 0
    former: tuple[FormerKeys, ...] = ()

    def __repr__(self) -> str:
        return f"PrivateKeys(epochs={[seed.epoch for seed in self.sealing]}, …)"

    @classmethod
    def generate(cls, seed_source: Randomness, now: datetime | None = None) -> Self:
        """New keys, with a sealing key of epoch 1 that is issued `now`."""
        return cls(
            ed25519=_draw(seed_source, 32),
            mldsa65=_draw(seed_source, 32),
            x25519=_draw(seed_source, 32),
            mlkem768=_draw(seed_source, 64),
            sealing=(SealingSeed(1, _draw(seed_source, 32), now),),
        )

    def rotated(self, seed_source: Randomness, now: datetime) -> Self:
        """The keys with a sealing key of the next epoch beside the others."""
        fresh = SealingSeed(self.newest_sealing.epoch + 1, _draw(seed_source, 32), now)
        return msgspec.structs.replace(self, sealing=(*self.sealing, fresh))

    def succeeded(self, party: str, seed_source: Randomness, now: datetime) -> Self:
        """The next generation of all long-term keys of `party`, with a sealing key of the next epoch."""
        replaced = FormerKeys(self.generation, self.x25519, self.mlkem768, now)
        return msgspec.structs.replace(
            self.rotated(seed_source, now),
            ed25519=_draw(seed_source, 32),
            mldsa65=_draw(seed_source, 32),
            x25519=_draw(seed_source, 32),
            mlkem768=_draw(seed_source, 64),
            party=party,
            generation=self.generation + 1,
            former=(*self.former, replaced),
        )

    def without_old(self, before: datetime) -> Self:
        """The keys without what was replaced before a moment: sealing seeds whose successor was issued by then, and
        what is left of former generations. The newest of each always stays."""
        sealing = tuple(
            seed
            for seed, following in zip(self.sealing, (*self.sealing[1:], None), strict=True)
            if following is None or following.issued is None or following.issued > before
        )
        former = tuple(keys for keys in self.former if keys.replaced > before)
        return msgspec.structs.replace(self, sealing=sealing, former=former)

    def of_generation(self, generation: int) -> "PrivateKeys | FormerKeys | None":
        """What receives with the keys of a generation; None if that is destroyed, or never was."""
        if generation == self.generation:
            return self
        return next((keys for keys in self.former if keys.generation == generation), None)

    @property
    def newest_sealing(self) -> SealingSeed:
        """The sealing seed that the card shows."""
        return self.sealing[-1]


def private_to_bytes(private: PrivateKeys) -> bytes:
    """The keys as JSON, to be kept secret by the key ring."""
    return msgspec.json.encode(private)


def private_from_bytes(data: bytes) -> PrivateKeys:
    """The keys that `private_to_bytes` wrote.

    Raises:
        StoreBroken: not a key file of this format, or a key has the wrong length.
    """
    try:
        private = msgspec.json.decode(data, type=PrivateKeys)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # The parser's message is left out: it could quote a key.
        raise StoreBroken("the private keys cannot be read: not a key file") from None
    seeds = [private.ed25519, private.mldsa65, private.x25519, *(seed.seed for seed in private.sealing)]
    seeds += [keys.x25519 for keys in private.former]
    sizes_fit = all(len(seed) == 32 for seed in seeds)
    sizes_fit &= all(len(key) == 64 for key in (private.mlkem768, *(keys.mlkem768 for keys in private.former)))
    epochs = [seed.epoch for seed in private.sealing]
    in_order = bool(epochs) and epochs[0] >= 1 and all(a < b for a, b in pairwise(epochs))
    succeeds = bool(private.party) == (private.generation > 0)
    if not (sizes_fit and in_order and succeeds and private.format == _FORMAT):
        raise StoreBroken("the private keys cannot be read: a key, an epoch or the format number is wrong")
    return private


def _draw(seed_source: Randomness, size: int) -> bytes:
    seed = seed_source(size)
    if len(seed) != size:
        raise ValueError(f"the randomness source gave {len(seed)} bytes instead of {size}")
    return seed
