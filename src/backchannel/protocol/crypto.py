"""Keys, signatures, seals and derivations: the only module of the inner rings that imports `cryptography`.

Rules:
- A signature is two, Ed25519 (RFC 8032) and ML-DSA-65 (FIPS 204), over one message under a named domain; both
  must be there and both must verify. Breaking either algorithm is not enough to forge.
- A seal is HPKE (RFC 9180) with X-Wing (ML-KEM-768 and X25519), HKDF-SHA256 and AES-256-GCM in base mode; who
  sealed it is said by the signatures inside.
- Foreign public keys are checked here before anything else is done with them. An Ed25519 key of mixed order
  (a low-order part beside a proper one) passes, as with ed25519-dalek's `verify_strict`: only its owner can
  make one, and it wins nothing that a chosen `R` would not.
- Key seeds come from the caller. Two operations draw randomness of their own, inside OpenSSL: sealing and
  ML-KEM encapsulation; and so does hedged ML-DSA signing.
"""

import hashlib
import hmac
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA44PublicKey,
    MLDSA65PrivateKey,
    MLDSA65PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backchannel.core.identity import LedgerKeys, PublicKeys, SealingKey, party_key
from backchannel.errors import BadCard, BadEnvelope, BadSignature, KeyDestroyed, NotForUs
from backchannel.protocol.ed25519_keys import P, check_ed25519_key
from backchannel.protocol.keys import FormerKeys, PrivateKeys, SealingSeed

ED25519_KEY = 32
ED25519_SIGNATURE = 64
MLDSA44_KEY = 1312
MLDSA44_SIGNATURE = 2420
MLDSA65_SIGNATURE = 3309
MLDSA65_KEY = 1952
MLKEM768_KEY = 1184
MLKEM768_CIPHERTEXT = 1088
SEALING_KEY = MLKEM768_KEY + 32
SEAL_OVERHEAD = MLKEM768_CIPHERTEXT + 32 + 16
"""How much longer a seal is than what it holds: the encapsulation (1120 bytes) and the tag."""

_PROBE = bytes(range(32))
"""Any private key: a low-order X25519 key gives the all-zero secret with every one (RFC 7748, 6.1)."""


class Signatures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The two signatures over one message."""

    ed25519: bytes
    mldsa65: bytes


class SigningSeeds(Protocol):
    """Private keys that can sign: a seed (32 bytes) for each algorithm."""

    @property
    def ed25519(self) -> bytes:
        """The seed of the Ed25519 key."""
        ...

    @property
    def mldsa65(self) -> bytes:
        """The seed of the ML-DSA-65 key."""
        ...


class VerifyingKeys(Protocol):
    """Public keys that verify what both of `SigningSeeds` signed."""

    @property
    def ed25519(self) -> bytes:
        """The Ed25519 key, 32 bytes."""
        ...

    @property
    def mldsa65(self) -> bytes:
        """The ML-DSA-65 key, 1952 bytes."""
        ...


class Share(msgspec.Struct, frozen=True):
    """One ML-KEM-768 encapsulation: the shared secret (32 bytes) and the ciphertext that gives it to the
    owner of the key (1088 bytes)."""

    secret: bytes
    ciphertext: bytes

    def __repr__(self) -> str:
        return "Share(…)"


# --- keys ---------------------------------------------------------------------------------------------------


def public_keys(private: PrivateKeys) -> PublicKeys:
    """The long-term public keys that belong to private ones."""
    return PublicKeys(
        ed25519=Ed25519PrivateKey.from_private_bytes(private.ed25519).public_key().public_bytes_raw(),
        mldsa65=MLDSA65PrivateKey.from_seed_bytes(private.mldsa65).public_key().public_bytes_raw(),
        x25519=X25519PrivateKey.from_private_bytes(private.x25519).public_key().public_bytes_raw(),
        mlkem768=MLKEM768PrivateKey.from_seed_bytes(private.mlkem768).public_key().public_bytes_raw(),
    )


def own_party_key(private: PrivateKeys) -> str:
    """The party key of whoever has these private keys: that of the first ones it had."""
    return private.party or party_key(public_keys(private))


def sealing_key(seed: SealingSeed) -> SealingKey:
    """The public X-Wing key of one epoch."""
    lattice, curve = _sealing_pair(seed)
    key = lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    return SealingKey(seed.epoch, key)


def ledger_seeds(private: PrivateKeys) -> tuple[bytes, bytes]:
    """The seeds of the ledger's own keys, Ed25519 and ML-DSA-44 (32 bytes each), derived from those of the party's
    signing keys: what signs notes signs nothing else."""
    seeds = ((b"ed25519", private.ed25519), (b"mldsa44", private.mldsa65))
    one, other = (hkdf(seed, salt=b"ledger", info=b"backchannel/1 ledger " + name) for name, seed in seeds)
    return one, other


def ledger_keys(private: PrivateKeys) -> LedgerKeys:
    """The public halves of the ledger's keys."""
    ed25519, mldsa44 = ledger_seeds(private)
    return LedgerKeys(ed25519_public(ed25519), mldsa44_public(mldsa44))


def check_ledger_keys(keys: LedgerKeys) -> None:
    """Refuse ledger keys that are malformed or weak.

    Raises:
        BadCard: see `check_public_keys`.
    """
    check_ed25519_key(keys.ed25519)
    if len(keys.mldsa44) != MLDSA44_KEY:
        raise BadCard(f"the ML-DSA-44 key has {len(keys.mldsa44)} bytes instead of {MLDSA44_KEY}")


def check_public_keys(keys: PublicKeys) -> None:
    """Refuse long-term keys that are malformed or weak.

    Raises:
        BadCard: a key has another length, is not canonically encoded, has low order, or is no key at all.
    """
    check_ed25519_key(keys.ed25519)
    check_x25519_key(keys.x25519)
    check_mlkem_key(keys.mlkem768)
    if len(keys.mldsa65) != MLDSA65_KEY:
        raise BadCard(f"the ML-DSA-65 key has {len(keys.mldsa65)} bytes instead of {MLDSA65_KEY}")


def check_sealing_key(key: bytes) -> None:
    """Refuse a sealing key either half of which is malformed or weak.

    Raises:
        BadCard: see `check_public_keys`.
    """
    if len(key) != SEALING_KEY:
        raise BadCard(f"the sealing key has {len(key)} bytes instead of {SEALING_KEY}")
    check_mlkem_key(key[:MLKEM768_KEY])
    check_x25519_key(key[MLKEM768_KEY:])


def check_x25519_key(key: bytes) -> None:
    """Refuse an X25519 key that is not canonical or has low order (RFC 7748, sections 5 and 6.1).

    Raises:
        BadCard: with the reason.
    """
    if len(key) != 32:
        raise BadCard(f"an X25519 key has {len(key)} bytes instead of 32")
    if int.from_bytes(key, "little") >= P:
        raise BadCard(f"the X25519 key {key.hex()} is not canonical: its u is not below 2^255-19")
    try:
        X25519PrivateKey.from_private_bytes(_PROBE).exchange(X25519PublicKey.from_public_bytes(key))
    except ValueError:
        raise BadCard(f"the X25519 key {key.hex()} has low order: anybody could derive its secrets") from None


def check_mlkem_key(key: bytes) -> None:
    """Refuse what fails the encapsulation key check of FIPS 203, section 7.2.

    Raises:
        BadCard: another length, or a coefficient out of range.
    """
    try:
        MLKEM768PublicKey.from_public_bytes(key)
    except ValueError:
        raise BadCard(f"an ML-KEM-768 key ({len(key)} bytes) fails the key check of FIPS 203") from None


# --- signatures ---------------------------------------------------------------------------------------------


def sign(private: SigningSeeds, domain: str, message: bytes) -> Signatures:
    """Sign a message under a domain (a word of ours, such as `envelope`) with both algorithms."""
    framed = _framed(domain, message)
    return Signatures(
        ed25519=Ed25519PrivateKey.from_private_bytes(private.ed25519).sign(framed),
        mldsa65=MLDSA65PrivateKey.from_seed_bytes(private.mldsa65).sign(framed),
    )


def signing_keys(private: SigningSeeds) -> tuple[bytes, bytes]:
    """The public keys, Ed25519 and ML-DSA-65, that verify what these seeds sign."""
    lattice = MLDSA65PrivateKey.from_seed_bytes(private.mldsa65).public_key().public_bytes_raw()
    return ed25519_public(private.ed25519), lattice


def verify(keys: VerifyingKeys, domain: str, message: bytes, signatures: Signatures) -> None:
    """Verify both signatures over a message. Does not check the keys: enrolment did.

    Raises:
        BadSignature: either signature is missing or wrong, or was made for another domain or message.
    """
    framed = _framed(domain, message)
    if len(signatures.ed25519) != ED25519_SIGNATURE or len(signatures.mldsa65) != MLDSA65_SIGNATURE:
        raise BadSignature(f"a signature of the {domain} is missing or has the wrong length")
    try:
        Ed25519PublicKey.from_public_bytes(keys.ed25519).verify(signatures.ed25519, framed)
    except (InvalidSignature, ValueError):
        raise BadSignature(f"the Ed25519 signature of the {domain} is wrong") from None
    try:
        MLDSA65PublicKey.from_public_bytes(keys.mldsa65).verify(signatures.mldsa65, framed)
    except (InvalidSignature, ValueError):
        raise BadSignature(f"the ML-DSA-65 signature of the {domain} is wrong") from None


# --- single signatures, for formats of others ---------------------------------------------------------------


def ed25519_public(seed: bytes) -> bytes:
    """The Ed25519 public key that belongs to a seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def ed25519_sign(seed: bytes, message: bytes) -> bytes:
    """An Ed25519 signature over the message as it is, under no domain of ours."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def ed25519_verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether that is an Ed25519 signature over the message as it is. Does not check the key."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def mldsa44_public(seed: bytes) -> bytes:
    """The ML-DSA-44 public key that belongs to a seed (FIPS 204)."""
    return MLDSA44PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()


def mldsa44_sign(seed: bytes, message: bytes) -> bytes:
    """An ML-DSA-44 signature over the message as it is, with the empty context."""
    return MLDSA44PrivateKey.from_seed_bytes(seed).sign(message)


def mldsa44_verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether that is an ML-DSA-44 signature over the message as it is, with the empty context."""
    try:
        MLDSA44PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# --- seals --------------------------------------------------------------------------------------------------


def hpke_seal(key: SealingKey, info: bytes, plain: bytes) -> bytes:
    """Seal to the owner of a sealing key: encapsulation and ciphertext. `info` is bound but not carried."""
    lattice = MLKEM768PublicKey.from_public_bytes(key.key[:MLKEM768_KEY])
    curve = X25519PublicKey.from_public_bytes(key.key[MLKEM768_KEY:])
    return _suite().encrypt(plain, MLKEM768X25519PublicKey(lattice, curve), info)


def hpke_open(private: PrivateKeys, epoch: int, info: bytes, sealed: bytes | memoryview) -> bytes:
    """Open what was sealed to our key of an epoch.

    Raises:
        KeyDestroyed: our key of that epoch was destroyed.
        NotForUs: we hold no sealing key of that epoch.
        BadEnvelope: sealed to another key, for another `info`, or changed since; HPKE cannot tell which.
    """
    seed = next((seed for seed in private.sealing if seed.epoch == epoch), None)
    if seed is None and epoch < private.newest_sealing.epoch:
        raise KeyDestroyed(
            f"it is sealed to our key of epoch {epoch}, which is destroyed; its sender seals it again once it has "
            f"our card of epoch {private.newest_sealing.epoch}"
        )
    if seed is None:
        raise NotForUs(f"it is sealed to our key of epoch {epoch}, which we do not hold")
    try:
        return _suite().decrypt(sealed, MLKEM768X25519PrivateKey(*_sealing_pair(seed)), info)
    except (InvalidTag, ValueError):
        raise BadEnvelope(f"the seal is broken, or it is not sealed to our key of epoch {epoch}") from None


# --- shared secrets -----------------------------------------------------------------------------------------


def x25519_secret(private: PrivateKeys | FormerKeys, theirs: PublicKeys) -> bytes:
    """The static X25519 secret of two parties (32 bytes).

    Raises:
        BadCard: their key has low order, so that the secret would be all zero.
    """
    check_x25519_key(theirs.x25519)
    own = X25519PrivateKey.from_private_bytes(private.x25519)
    return own.exchange(X25519PublicKey.from_public_bytes(theirs.x25519))


def encapsulate(theirs: PublicKeys) -> Share:
    """A fresh secret for the owner of these keys (FIPS 203, ML-KEM.Encaps).

    Raises:
        BadCard: the ML-KEM key is not valid.
    """
    check_mlkem_key(theirs.mlkem768)
    secret, ciphertext = MLKEM768PublicKey.from_public_bytes(theirs.mlkem768).encapsulate()
    return Share(secret, ciphertext)


def decapsulate(private: PrivateKeys | FormerKeys, ciphertext: bytes) -> Share:
    """The secret in a ciphertext. A forged ciphertext gives another secret, not an error (FIPS 203, 6.3).

    Raises:
        BadEnvelope: the ciphertext has another length.
    """
    if len(ciphertext) != MLKEM768_CIPHERTEXT:
        raise BadEnvelope(f"a ML-KEM-768 ciphertext has {len(ciphertext)} bytes, not {MLKEM768_CIPHERTEXT}")
    secret = MLKEM768PrivateKey.from_seed_bytes(private.mlkem768).decapsulate(ciphertext)
    return Share(secret, ciphertext)


def hkdf(secret: bytes, *, salt: bytes, info: bytes, length: int = 32) -> bytes:
    """HKDF-SHA256 (RFC 5869), extract and expand."""
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


def hmac_sha256(key: bytes, message: bytes | memoryview) -> bytes:
    """HMAC-SHA256 (RFC 2104)."""
    return hmac.digest(key, message, hashlib.sha256)


def _framed(domain: str, message: bytes) -> bytes:
    return b"backchannel/1 " + domain.encode("ascii") + b"\0" + message


def _suite() -> Suite:
    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _sealing_pair(seed: SealingSeed) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    """Both halves of an X-Wing key (draft-connolly-cfrg-xwing-kem, expandDecapsulationKey)."""
    expanded = hashlib.shake_256(seed.seed).digest(96)
    curve = X25519PrivateKey.from_private_bytes(expanded[64:])
    return MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), curve
