"""A party's private keys as seeds: made from the caller's randomness, written to bytes and read back.

Rules: a private key shows neither in `repr` nor in an error message. Sealing seeds are kept per epoch, oldest
first; dropping one makes what was sealed to it unreadable for ever, which is the point of epochs. How the
bytes are protected on disk is the key ring's business.
"""

from collections.abc import Callable
from itertools import pairwise

import msgspec

from backchannel.errors import StoreBroken

Randomness = Callable[[int], bytes]
"""Gives that many fresh random bytes; `secrets.token_bytes` outside tests."""

_FORMAT = 1


class SealingSeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The seed (32 bytes) of the X-Wing key of one epoch; epochs count from 1."""

    epoch: int
    seed: bytes

    def __repr__(self) -> str:
        return f"SealingSeed(epoch={self.epoch}, …)"


class PrivateKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All private keys of a party, in the seed forms of RFC 8032, FIPS 204, RFC 7748 and FIPS 203."""

    ed25519: bytes
    mldsa65: bytes
    x25519: bytes
    mlkem768: bytes
    sealing: tuple[SealingSeed, ...]
    format: int = _FORMAT

    def __repr__(self) -> str:
        return f"PrivateKeys(epochs={[seed.epoch for seed in self.sealing]}, …)"

    @classmethod
    def generate(cls, seed_source: Randomness) -> "PrivateKeys":
        """New keys, with a sealing key of epoch 1."""
        return cls(
            ed25519=_draw(seed_source, 32),
            mldsa65=_draw(seed_source, 32),
            x25519=_draw(seed_source, 32),
            mlkem768=_draw(seed_source, 64),
            sealing=(SealingSeed(1, _draw(seed_source, 32)),),
        )

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
    seeds = (private.ed25519, private.mldsa65, private.x25519, *(seed.seed for seed in private.sealing))
    sizes_fit = all(len(seed) == 32 for seed in seeds) and len(private.mlkem768) == 64
    epochs = [seed.epoch for seed in private.sealing]
    in_order = bool(epochs) and epochs[0] >= 1 and all(a < b for a, b in pairwise(epochs))
    if not (sizes_fit and in_order and private.format == _FORMAT):
        raise StoreBroken("the private keys cannot be read: a key, an epoch or the format number is wrong")
    return private


def _draw(seed_source: Randomness, size: int) -> bytes:
    seed = seed_source(size)
    if len(seed) != size:
        raise ValueError(f"the randomness source gave {len(seed)} bytes instead of {size}")
    return seed
