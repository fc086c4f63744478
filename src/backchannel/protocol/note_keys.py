"""Keys that sign notes, and what exactly each kind of key signs (C2SP signed-note and tlog-cosignature).

| kind | byte | signs | what it says |
| --- | --- | --- | --- |
| Ed25519 | 0x01 | the note's text | whatever the text says |
| Ed25519 cosignature/v1 | 0x04 | time and text | at that time this was the largest consistent tree seen |
| ML-DSA-44 cosignature | 0x06 | name, time, origin, size, root | the same; nothing about extension lines |

A key is known by its name and its id, the first 4 bytes of a SHA-256 over name, kind and key. The id is short:
it finds a key and proves nothing. Of one Ed25519 key, what it signs as 0x04 is no checkpoint that it could have
signed as 0x01, because its second line is no number; and neither is a message of ours, which holds a 0 byte.
"""

from enum import IntEnum
from hashlib import sha256

import msgspec

from backchannel.errors import BadCard, BadNote
from backchannel.protocol.crypto import (
    ED25519_KEY,
    ED25519_SIGNATURE,
    MLDSA44_KEY,
    MLDSA44_SIGNATURE,
    ed25519_public,
    ed25519_sign,
    ed25519_verifies,
    mldsa44_public,
    mldsa44_sign,
    mldsa44_verifies,
)
from backchannel.protocol.ed25519_keys import check_ed25519_key
from backchannel.protocol.spelling import MAX_NUMBER, from_base64, to_base64
from backchannel.protocol.tree_head import MAX_ORIGIN, parse_tree_head, subtree_message

KEY_ID = 4
"""Length of a key id, in bytes."""
_TIME = 8


class SignatureType(IntEnum):
    """What a key signs: the signature types of signed-note that are spoken here."""

    ED25519 = 0x01
    COSIGNATURE = 0x04
    MLDSA44 = 0x06


_KEY_SIZES = {
    SignatureType.ED25519: ED25519_KEY,
    SignatureType.COSIGNATURE: ED25519_KEY,
    SignatureType.MLDSA44: MLDSA44_KEY,
}
_SIGNATURE_SIZES = {
    SignatureType.ED25519: ED25519_SIGNATURE,
    SignatureType.COSIGNATURE: _TIME + ED25519_SIGNATURE,
    SignatureType.MLDSA44: _TIME + MLDSA44_SIGNATURE,
}


class VerifierKey(msgspec.Struct, frozen=True):
    """A public key that signs notes under a name."""

    name: str
    kind: SignatureType
    key: bytes

    @property
    def id(self) -> bytes:
        """The key id: with the name, it says whose signature a line holds."""
        return sha256(self.name.encode() + b"\n" + bytes((self.kind,)) + self.key).digest()[:KEY_ID]

    def __str__(self) -> str:
        """The key as one line of text (a "vkey")."""
        return f"{self.name}+{self.id.hex()}+{to_base64(bytes((self.kind,)) + self.key)}"


class Signer(msgspec.Struct, frozen=True):
    """A private key that signs notes under a name: the seed (32 bytes) of RFC 8032 or FIPS 204."""

    name: str
    kind: SignatureType
    seed: bytes

    def __repr__(self) -> str:
        return f"Signer({self.name!r}, {self.kind!r}, …)"

    @property
    def verifier_key(self) -> VerifierKey:
        """The public half."""
        public = mldsa44_public if self.kind is SignatureType.MLDSA44 else ed25519_public
        return VerifierKey(self.name, self.kind, public(self.seed))


def parse_verifier_key(text: str) -> VerifierKey:
    """A key from its line of text, `<name>+<id in hex>+<base64 of kind and key>`.

    Raises:
        BadNote: the line is malformed; the kind is not spoken here; the key is weak or no key; or the id is not
            the one that signed-note derives.
    """
    name, _, rest = text.partition("+")
    written, _, encoded = rest.partition("+")
    check_key_name(name)
    try:
        kind, key = _kind_and_key(from_base64(encoded))
    except (ValueError, BadCard) as error:
        raise BadNote(f"the verifier key of {name[:80]!r} cannot be used: {error}") from None
    found = VerifierKey(name, kind, key)
    if written != found.id.hex():
        raise BadNote(f"the verifier key of {name[:80]!r} has the id {found.id.hex()}, not {written[:16]!r}")
    return found


def check_key_name(name: str) -> None:
    """Refuse a name that cannot stand on a signature line.

    Raises:
        BadNote: it is empty, longer than 255 bytes, or has a blank, a plus or a control character.
    """
    if not name or len(name.encode()) > MAX_ORIGIN or any(one.isspace() or one == "+" or one < " " for one in name):
        raise BadNote(f"a key cannot have the name {name[:80]!r}")


def sign_text(signer: Signer, text: str, time: int) -> bytes:
    """What stands after the key id on the signature line. The time is in seconds of POSIX; kind 0x01 has none.

    Raises:
        BadNote: the kind signs only checkpoints, and the text is none.
        ValueError: the time is not from 0 to 2^63-1.
    """
    if not 0 <= time <= MAX_NUMBER:
        raise ValueError(f"the time {time} is not a number from 0 to 2^63-1")
    message = _message(signer.name, signer.kind, text, time)
    sign = mldsa44_sign if signer.kind is SignatureType.MLDSA44 else ed25519_sign
    stamp = b"" if signer.kind is SignatureType.ED25519 else time.to_bytes(_TIME, "big")
    return stamp + sign(signer.seed, message)


def verify_text(key: VerifierKey, text: str, signature: bytes) -> int | None:
    """Verify what stands after the key id; answer its time, if the kind has one.

    Raises:
        BadNote: the signature is not one of this key over this text.
    """
    wrong = f"the signature of {key.name!r} ({key.kind.name}) is wrong"
    if len(signature) != _SIGNATURE_SIZES[key.kind]:
        raise BadNote(f"{wrong}: it has {len(signature)} bytes")
    time, value = 0, signature
    if key.kind is not SignatureType.ED25519:
        time, value = int.from_bytes(signature[:_TIME], "big"), signature[_TIME:]
    if time > MAX_NUMBER:
        raise BadNote(f"{wrong}: its time is larger than 2^63-1")
    verifies = mldsa44_verifies if key.kind is SignatureType.MLDSA44 else ed25519_verifies
    if not verifies(key.key, _message(key.name, key.kind, text, time), value):
        raise BadNote(wrong)
    return None if key.kind is SignatureType.ED25519 else time


def _message(name: str, kind: SignatureType, text: str, time: int) -> bytes:
    if kind is SignatureType.ED25519:
        return text.encode()
    head = parse_tree_head(text)
    if kind is SignatureType.MLDSA44:
        return subtree_message(name, time, head)
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _kind_and_key(value: bytes) -> tuple[SignatureType, bytes]:
    kind, key = SignatureType(value[0] if value else 0), value[1:]
    if len(key) != _KEY_SIZES[kind]:
        raise ValueError(f"a key of the kind {kind.name} has {_KEY_SIZES[kind]} bytes, not {len(key)}")
    if kind is not SignatureType.MLDSA44:
        check_ed25519_key(key)
    return kind, key
