"""Who a party is: its public keys, its key card, the words that people compare, and the identity STIX sees.

Rules: a party is known by its party key and by nothing else; a name is only what it calls itself. A name is
one line of visible text, so that it cannot move a cursor, reverse a line, pass for another column of a table or
for another name.
"""

import hashlib
import re
import unicodedata
import uuid
from datetime import datetime
from functools import cache, lru_cache

import msgspec
import rfc8785
from mnemonic import Mnemonic

from backchannel.core.lookalike import mixed_word
from backchannel.core.text import has_hidden

MAX_NAME = 100
"""Longest name of a party, in characters."""

FINGERPRINT_BYTES = 16
"""How much of the party key the words stand for: 128 bits, which BIP 39 writes as 12 words."""

_GUEST = b"backchannel/1 guest\0"
_IDENTITY_NAMESPACE = uuid.UUID("6f0a3a0e-5c0b-4c1e-9d57-8b3f3a6d2b41")
_WORD = re.compile(r"[a-z]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def is_sha256(text: str) -> bool:
    """Whether a text is a SHA-256 in hex, as party keys, ids of agreements, hashes of envelopes and pins are."""
    return _SHA256.fullmatch(text) is not None


class PublicKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A party's long-term public keys in their raw encodings (RFC 8032, FIPS 204, RFC 7748, FIPS 203)."""

    ed25519: bytes
    mldsa65: bytes
    x25519: bytes
    mlkem768: bytes


class SealingKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The public X-Wing key that envelopes are sealed to (ML-KEM-768 key, then X25519 key), and its epoch."""

    epoch: int
    key: bytes


class LedgerKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The public keys that a party's ledger signs with, and that it cosigns others' ledgers with (RFC 8032, FIPS 204
    with ML-DSA-44)."""

    ed25519: bytes
    mldsa44: bytes


class KeyCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a party says of itself. Only `protocol.card.read_card` makes one from foreign bytes.

    `created` is when the first long-term keys were made; a card issued again keeps it. `former` are the long-term
    keys that the party had before these, the first ones first; `rekeyed` is when it says that it took up these.
    `tls_pin` is the SHA-256 of the DER certificate of the party's own endpoints, in hex.
    """

    version: int
    name: str
    keys: PublicKeys
    sealing: SealingKey
    ledger: LedgerKeys
    endpoints: tuple[str, ...]
    tls_pin: str | None
    created: datetime
    former: tuple[PublicKeys, ...] = ()
    rekeyed: datetime | None = None

    @property
    def key(self) -> str:
        """The party key: that of the first long-term keys, whatever the party has now."""
        return party_key((*self.former, self.keys)[0])

    @property
    def generation(self) -> int:
        """How often the party replaced its long-term keys."""
        return len(self.former)

    @property
    def current_words(self) -> tuple[str, ...]:
        """The words of the keys that the party has now: those of the party key until it replaced them."""
        return fingerprint_words(party_key(self.keys))

    def before(self) -> "KeyCard":
        """The card as it was with the keys before these. Its sealing key is that of this one."""
        return msgspec.structs.replace(self, keys=self.former[-1], former=self.former[:-1], rekeyed=None)


@lru_cache(maxsize=256)
def party_key(keys: PublicKeys) -> str:
    """SHA-256, in hex, of the canonical JSON (RFC 8785) of the four long-term keys in base64."""
    return hashlib.sha256(rfc8785.dumps(msgspec.to_builtins(keys))).hexdigest()


def guest_key(random: bytes) -> str:
    """The party key of a counterpart without a node, from 32 random bytes.

    It is a key in name only: there is nothing to sign with or to seal to. The label in front of what is hashed keeps
    it apart from the key of every card, which is the SHA-256 of JSON: no card can be made for it, whatever the bytes
    are.
    """
    return hashlib.sha256(_GUEST + random).hexdigest()


def check_name(name: str) -> str:
    """The name, if it can be shown as it is.

    Raises:
        ValueError: empty, longer than `MAX_NAME`, not in NFC, with blanks at an end or two in a row, with a character
            that is not visible text (control, format and bidirectional characters, line breaks, fillers, selectors of
            variants), or with a word of letters from several scripts that look alike.
    """
    if not 1 <= len(name) <= MAX_NAME:
        raise ValueError(f"a name has 1 to {MAX_NAME} characters, not {len(name)}")
    for position, character in enumerate(name):
        if has_hidden(character) or (character.isspace() and character != " "):
            raise ValueError(f"character {position + 1} of the name, U+{ord(character):04X}, is not visible text")
    if name != name.strip() or "  " in name or not unicodedata.is_normalized("NFC", name):
        raise ValueError(
            f"the name {name!r} has blanks at an end or in a row, or is not in Unicode's composed form (NFC)"
        )
    if (word := mixed_word(name)) is not None:
        raise ValueError(f"the word {word!r} of the name mixes letters of several scripts that look alike")
    return name


def fingerprint_words(key: str) -> tuple[str, ...]:
    """The first 128 bits of a party key as 12 English words of BIP 39, the last one of which checks the
    others.
    """
    entropy = bytes.fromhex(key)[:FINGERPRINT_BYTES]
    return tuple(_word_list().to_mnemonic(entropy).split())


def same_words(given: str, expected: tuple[str, ...]) -> bool:
    """Do the words agree? Case, blanks, commas and numbering do not matter; every word and its place does."""
    return tuple(_WORD.findall(given.casefold())) == expected


def identity_id(key: str) -> str:
    """The STIX identifier of the party with this key: the same on every node that enrolled it."""
    return f"identity--{uuid.uuid5(_IDENTITY_NAMESPACE, key)}"


@cache
def _word_list() -> Mnemonic:
    return Mnemonic("english")
