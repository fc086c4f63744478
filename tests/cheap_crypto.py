"""Stand-ins for signatures and seals, of the right sizes: for tests that play thousands of exchanges.

They are hashes under *public* keys: a changed message, another domain or another key is noticed, and anybody could
forge them. What real ones are worth is tested elsewhere. Two seals of one text differ, as real ones do. What is
derived from keys is derived once.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count

import pytest

from backchannel.core import identity
from backchannel.core.identity import PublicKeys, SealingKey
from backchannel.errors import BadEnvelope, BadSignature
from backchannel.flow import agree, cards, introductions, post, record, witness
from backchannel.node import parties
from backchannel.protocol import crypto, envelope, handshake, note_keys, notes, receipt, signing
from backchannel.protocol.keys import PrivateKeys

_drawn = count()
_sealing = cache(crypto.sealing_key)
_ed25519 = cache(crypto.ed25519_public)
_mldsa44 = cache(crypto.mldsa44_public)

_PURE = (
    (handshake, "own_party_key"),
    (handshake, "x25519_secret"),
    (introductions, "introduction"),
    (parties, "read_card"),
    (post, "read_card"),
    (cards, "read_card"),
    (witness, "log_signers"),
    (witness, "witness_signers"),
    (record, "from_canonical"),
    (identity, "party_key"),
    (notes, "check_key_name"),
)
"""What gives the same for the same: worked out once."""


def _hash(size: int, *parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest().ljust(size, b"s")


def sign(private: crypto.SigningSeeds, domain: str, message: bytes) -> crypto.Signatures:
    """In the place of `crypto.sign`."""
    key = _ed25519(private.ed25519)
    sizes = (crypto.ED25519_SIGNATURE, crypto.MLDSA65_SIGNATURE)
    return crypto.Signatures(*(_hash(size, key, domain.encode(), message) for size in sizes))


def verify(keys: crypto.VerifyingKeys, domain: str, message: bytes, signatures: crypto.Signatures) -> None:
    """In the place of `crypto.verify`.

    Raises:
        BadSignature: as the real one.
    """
    sizes = (crypto.ED25519_SIGNATURE, crypto.MLDSA65_SIGNATURE)
    made = crypto.Signatures(*(_hash(size, keys.ed25519, domain.encode(), message) for size in sizes))
    if made != signatures:
        raise BadSignature(f"the signature of the {domain} is wrong")


def seal(key: SealingKey, info: bytes, plain: bytes) -> bytes:
    """In the place of `crypto.hpke_seal`."""
    fresh = next(_drawn).to_bytes(8, "big")
    return fresh + _hash(crypto.SEAL_OVERHEAD - 8, fresh, key.key, info, plain) + plain


def open_seal(private: PrivateKeys, epoch: int, info: bytes, sealed: bytes | memoryview) -> bytes:
    """In the place of `crypto.hpke_open`.

    Raises:
        BadEnvelope: as the real one.
    """
    key = next(_sealing(seed) for seed in private.sealing if seed.epoch == epoch)
    whole = bytes(sealed)
    fresh, tag, plain = whole[:8], whole[8 : crypto.SEAL_OVERHEAD], whole[crypto.SEAL_OVERHEAD :]
    if tag != _hash(crypto.SEAL_OVERHEAD - 8, fresh, key.key, info, plain):
        raise BadEnvelope("the seal is broken")
    return plain


def encapsulate(_theirs: PublicKeys) -> crypto.Share:
    """In the place of `crypto.encapsulate`."""
    secret = hashlib.sha256(b"share %d" % next(_drawn)).digest()
    return crypto.Share(secret, secret.ljust(crypto.MLKEM768_CIPHERTEXT, b"c"))


def decapsulate(_private: PrivateKeys, ciphertext: bytes) -> crypto.Share:
    """In the place of `crypto.decapsulate`."""
    return crypto.Share(ciphertext[:32], ciphertext)


@contextmanager
def cheap() -> Iterator[None]:
    """The stand-ins are in place within the block."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (envelope, receipt, signing):
            patch.setattr(module, "sign", sign)
            patch.setattr(module, "verify", verify)
        patch.setattr(envelope, "hpke_seal", seal)
        patch.setattr(envelope, "hpke_open", open_seal)
        patch.setattr(agree, "encapsulate", encapsulate)
        patch.setattr(agree, "decapsulate", decapsulate)
        for kind, public in (("ed25519", _ed25519), ("mldsa44", _mldsa44)):
            size = note_keys._SIGNATURE_SIZES[note_keys.SignatureType[kind.upper()]]
            size -= note_keys._TIME if kind == "mldsa44" else 0
            patch.setattr(note_keys, f"{kind}_public", public)
            patch.setattr(note_keys, f"{kind}_sign", lambda seed, text, p=public, n=size: _hash(n, p(seed), text))
            patch.setattr(note_keys, f"{kind}_verifies", lambda key, text, made, n=size: made == _hash(n, key, text))
        for module, name in _PURE:
            patch.setattr(module, name, cache(getattr(module, name)))
        yield
