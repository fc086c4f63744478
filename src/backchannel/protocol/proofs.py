"""Proof files: that an entry stands in a log, in one text that is checked without the log (C2SP tlog-proof).

    c2sp.org/tlog-proof@v1
    extra <base64 of the opening>
    index <decimal>
    <hash in base64>              none or more, the leaf's neighbour first

    <checkpoint, as it was signed and cosigned>

Checking, in this order: the text is exactly as `format_proof` writes it; the checkpoint is signed by the log, by
all the keys given; as many witnesses as are asked for have cosigned; the leaf stands at the index of that tree.
Not checked: the times of cosignatures, and whether the log has gone on since.
The line `extra` is covered by no signature. In a proof of ours it holds an `Opening`: the entry, which is believed
only because its hash is the leaf, and cards, which sign themselves and say whose keys these are.
"""

from collections.abc import Iterable

import msgspec
import rfc8785

from backchannel.errors import BadProof
from backchannel.protocol.checkpoints import cosignatures, open_checkpoint
from backchannel.protocol.ledger import Entry, decode_entry
from backchannel.protocol.merkle import leaf_hash
from backchannel.protocol.merkle_proof import MAX_HASHES, check_inclusion
from backchannel.protocol.note_keys import VerifierKey
from backchannel.protocol.notes import MAX_NOTE, Signed
from backchannel.protocol.spelling import from_base64, from_decimal, hash_from_base64, to_base64
from backchannel.protocol.tree_head import TreeHead

MAX_EXTRA = 64 * 1024
"""Most bytes in the line `extra`, before base64."""
MAX_PROOF = MAX_NOTE + 2 * MAX_EXTRA
"""Largest proof file, in bytes."""

_FIRST = "c2sp.org/tlog-proof@v1"


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a proof of ours holds in `extra`, as canonical JSON: the entry, and the key cards of the log's owner and
    of witnesses, so that the file can be checked with nothing else at hand."""

    cards: tuple[str, ...]
    entry: bytes


class LogProof(msgspec.Struct, frozen=True):
    """A proof file as it was read. Nothing of it is verified."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


class Proven(msgspec.Struct, frozen=True):
    """What a proof file showed: a place in a log, at a signed state of it, and who has cosigned that state."""

    index: int
    head: TreeHead
    cosigned: tuple[Signed, ...]


def format_proof(proof: LogProof) -> bytes:
    """The text of a proof file."""
    lines = [_FIRST]
    if proof.extra is not None:
        lines.append(f"extra {to_base64(proof.extra)}")
    lines += [f"index {proof.index}", *map(to_base64, proof.hashes), "", ""]
    return "\n".join(lines).encode() + proof.checkpoint


def parse_proof(data: bytes) -> LogProof:
    """The parts of a proof file.

    Raises:
        BadProof: it is too long, malformed, or spelled in another way than `format_proof` does.
    """
    if len(data) > MAX_PROOF:
        raise BadProof(f"a proof file has at most {MAX_PROOF} bytes, not {len(data)}")
    above, divider, checkpoint = data.partition(b"\n\n")
    try:
        first, *lines = above.decode("utf-8").split("\n")
        extra = from_base64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
        if first != _FIRST or not divider or not lines or not lines[0].startswith("index "):
            raise BadProof("not a proof file of version 1 (c2sp.org/tlog-proof@v1)")
        index, hashes = from_decimal(lines[0][6:]), tuple(hash_from_base64(line) for line in lines[1:])
    except ValueError as error:
        raise BadProof(f"the proof file cannot be read: {error}") from None
    if len(hashes) > MAX_HASHES or len(extra or b"") > MAX_EXTRA:
        raise BadProof("the proof file has more hashes or more extra data than a proof can have")
    return LogProof(index, hashes, checkpoint, extra)


def check_proof(
    data: bytes,
    leaf: bytes,
    origin: str,
    keys: Iterable[VerifierKey],
    witnesses: Iterable[VerifierKey] = (),
    quorum: int = 0,
) -> Proven:
    """Check that a leaf hash stands in the log of that origin, whose keys these are.

    `quorum` is how many *names* of the witnesses must be among the cosigners: two keys of one witness count as
    one.

    Raises:
        BadProof: malformed, too few cosignatures, or the leaf is not there.
        BadNote: the checkpoint is malformed, or not signed by all the keys, or a known signature is wrong.
    """
    return _check(parse_proof(data), leaf, origin, tuple(keys), tuple(witnesses), quorum)


def prove_entry(
    entry: bytes, index: int, hashes: Iterable[bytes], checkpoint: bytes, cards: Iterable[bytes] = ()
) -> bytes:
    """The proof file for an entry of ours, with its opening in it."""
    opening = Opening(tuple(card.decode() for card in cards), entry)
    extra = rfc8785.dumps(msgspec.to_builtins(opening))
    return format_proof(LogProof(index, tuple(hashes), checkpoint, extra))


def opening_of(proof: LogProof) -> Opening:
    """The opening in a proof file of ours.

    Raises:
        BadProof: there is none, or it is not spelled as `prove_entry` does.
    """
    extra = proof.extra or b""
    try:
        opening = msgspec.json.decode(extra, type=Opening)
        canonical = rfc8785.dumps(msgspec.to_builtins(opening))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, rfc8785.CanonicalizationError):
        raise BadProof("the proof file has no entry in it") from None
    if canonical != extra:
        raise BadProof("the entry in the proof file is not in canonical form (RFC 8785)")
    return opening


def check_entry(
    data: bytes,
    origin: str,
    keys: Iterable[VerifierKey],
    witnesses: Iterable[VerifierKey] = (),
    quorum: int = 0,
) -> tuple[Entry, Proven]:
    """Check a proof file of `prove_entry`; answer the entry and where it stands.

    Raises:
        BadProof, BadNote: as for `check_proof`, or there is no entry in it.
    """
    proof = parse_proof(data)
    opened = opening_of(proof).entry
    entry, leaf = decode_entry(opened), leaf_hash(opened)
    return entry, _check(proof, leaf, origin, tuple(keys), tuple(witnesses), quorum)


def _check(
    proof: LogProof,
    leaf: bytes,
    origin: str,
    keys: tuple[VerifierKey, ...],
    witnesses: tuple[VerifierKey, ...],
    quorum: int,
) -> Proven:
    head = open_checkpoint(proof.checkpoint, origin, keys).head
    cosigned = cosignatures(proof.checkpoint, [key for key in witnesses if key.name != origin])
    names = {signed.key.name for signed in cosigned}
    if len(names) < quorum:
        raise BadProof(f"{len(names)} of the known witnesses have cosigned; {quorum} are asked for")
    check_inclusion(leaf, proof.index, head.size, proof.hashes, head.root)
    return Proven(proof.index, head, cosigned)
