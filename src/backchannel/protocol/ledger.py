"""What stands in the ledger: salted commitments to what a party did (see "Ledger" in the protocol's reference).

An entry is

    version (1 byte, 1) ‖ kind (1 byte) ‖ salt (32) ‖ SHA-256 hashes (32 each), as many as the kind has

and its leaf hash, the SHA-256 of the byte 0 and the entry, is the commitment. The salt is random and used once:
so a leaf hash tells nothing, not even the kind, to whoever has no entry, and nobody can make two entries with
one leaf hash. To open a leaf is to show its entry; then each hash can be compared with the thing itself.

Entries are kept by their owner like the things they speak of. What may be shown to a witness is tiles,
checkpoints and proofs, which hold hashes of leaves only.
"""

from collections.abc import Mapping
from enum import IntEnum

import msgspec

from backchannel.errors import BadProof
from backchannel.protocol.merkle import leaf_hash
from backchannel.protocol.spelling import HASH

SALT = 32
"""Length of a salt, in bytes."""

_VERSION = 1
_HEAD = 2 + SALT


class Kind(IntEnum):
    """What an entry speaks of. Numbers are never used again for anything else."""

    AGREEMENT = 1
    RELEASE = 2
    SENT = 3
    RECEIVED = 4
    OUTCOME = 5
    CONSENT = 6
    RECALL = 7
    CARD = 8


HASHES: Mapping[Kind, tuple[str, ...]] = {
    Kind.AGREEMENT: ("agreement", "version"),
    Kind.RELEASE: ("version", "decisions"),
    Kind.SENT: ("channel", "envelope"),
    Kind.RECEIVED: ("channel", "envelope"),
    Kind.OUTCOME: ("envelope", "outcome"),
    Kind.CONSENT: ("agreement", "consent"),
    Kind.RECALL: ("agreement", "recall"),
    Kind.CARD: ("party", "card"),
}
"""The hashes of each kind, in their order. Ids (agreement, version, channel, party) are hashes already; the
others are the SHA-256 of the bytes as they were signed, sent or kept."""


_SUBJECTS: Mapping[Kind, str] = {
    Kind.AGREEMENT: "agreement",
    Kind.RELEASE: "decisions",
    Kind.SENT: "envelope",
    Kind.RECEIVED: "envelope",
    Kind.OUTCOME: "envelope",
    Kind.CONSENT: "consent",
    Kind.RECALL: "recall",
    Kind.CARD: "card",
}


class Entry(msgspec.Struct, frozen=True):
    """One entry of a ledger, opened: kind, salt and the hashes that `HASHES` names."""

    kind: Kind
    salt: bytes
    hashes: tuple[bytes, ...]

    @property
    def subject(self) -> bytes:
        """The hash by which one looks for the entry."""
        return self.hashes[HASHES[self.kind].index(_SUBJECTS[self.kind])]

    @property
    def named(self) -> dict[str, bytes]:
        """The hashes by their names."""
        return dict(zip(HASHES[self.kind], self.hashes, strict=True))

    def __repr__(self) -> str:
        return f"Entry({self.kind.name}, {[one.hex()[:8] for one in self.hashes]})"


def make_entry(kind: Kind, salt: bytes, **hashes: bytes | str) -> Entry:
    """An entry of that kind; `salt` is fresh random bytes. Hashes go by their names, as bytes or in hex.

    Raises:
        ValueError: the salt or a hash has another length, or the names are not those of the kind.
    """
    names = HASHES[kind]
    if set(hashes) != set(names):
        raise ValueError(f"an entry of the kind {kind.name} has the hashes {names}, not {tuple(hashes)}")
    values = (hashes[name] for name in names)
    entry = Entry(kind, salt, tuple(bytes.fromhex(one) if isinstance(one, str) else one for one in values))
    _check_lengths(entry)
    return entry


def encode_entry(entry: Entry) -> bytes:
    """The bytes of an entry: what the log's leaf is the hash of."""
    _check_lengths(entry)
    return bytes((_VERSION, entry.kind)) + entry.salt + b"".join(entry.hashes)


def decode_entry(data: bytes) -> Entry:
    """The entry in these bytes.

    Raises:
        BadProof: another version or an unknown kind, or not exactly as long as the kind is.
    """
    if data[:1] != bytes((_VERSION,)) or len(data) < _HEAD:
        raise BadProof("not a ledger entry of version 1")
    try:
        kind = Kind(data[1])
    except ValueError:
        raise BadProof(f"a ledger entry of the unknown kind {data[1]}") from None
    if len(data) != _HEAD + HASH * len(HASHES[kind]):
        raise BadProof(f"a ledger entry of the kind {kind.name} has {len(data)} bytes")
    return Entry(kind, data[2:_HEAD], tuple(data[at : at + HASH] for at in range(_HEAD, len(data), HASH)))


def commitment(entry: Entry) -> bytes:
    """The leaf hash of an entry: what everybody may see of it."""
    return leaf_hash(encode_entry(entry))


def open_leaf(leaf: bytes, opening: bytes) -> Entry:
    """The entry that a leaf hash commits to, given its bytes.

    Raises:
        BadProof: the bytes are no entry, or those of another leaf.
    """
    if leaf_hash(opening) != leaf:
        raise BadProof("the opening is not that of this leaf")
    return decode_entry(opening)


def check_subject(entry: Entry, kind: Kind, **hashes: bytes | str) -> None:
    """Check that an opened entry speaks of exactly this.

    Raises:
        BadProof: it is of another kind or speaks of something else.
        ValueError: as for `make_entry`.
    """
    if make_entry(kind, entry.salt, **hashes) != entry:
        raise BadProof(f"the ledger's entry ({entry.kind.name}) speaks of something else")


def _check_lengths(entry: Entry) -> None:
    if len(entry.salt) != SALT or any(len(one) != HASH for one in entry.hashes):
        raise ValueError(f"a salt has {SALT} bytes and a hash {HASH}")
    if len(entry.hashes) != len(HASHES[entry.kind]):
        raise ValueError(f"an entry of the kind {entry.kind.name} has {len(HASHES[entry.kind])} hashes")
