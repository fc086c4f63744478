"""Checkpoints: tree heads signed by their log and cosigned by witnesses (C2SP tlog-checkpoint, -cosignature).

A log signs with all of its keys (Ed25519 and ML-DSA-44), and a checkpoint counts only if all the keys that one
knows of that log have signed it: breaking one algorithm is not enough to forge.

A witness holds the last checkpoint that it saw of a log, and never an entry. `witness` is one step of it:
 1. the checkpoint is signed by the log (all known keys) and is of the log that we hold;
 2. same size, other root: equivocation, with an accusation that anybody can check;
 3. same size, same root: nothing new, and no proof is needed;
 4. a smaller size: stale;
 5. a larger size: the proof must lead from the root that we hold to the new one. The first checkpoint of a log
    has nothing to be consistent with.
What it answers must be durable *before* `cosign` is called with it: a witness that forgets would cosign two
histories.
"""

from collections.abc import Iterable, Sequence

import msgspec

from backchannel.errors import BadNote, BadProof, Equivocation, StaleCheckpoint
from backchannel.protocol.accusations import accuse
from backchannel.protocol.merkle_proof import check_consistency
from backchannel.protocol.note_keys import SignatureType, Signer, VerifierKey
from backchannel.protocol.notes import Note, Signature, Signed, make_signature, open_note, parse_note, sign_note
from backchannel.protocol.tree_head import TreeHead, format_tree_head, parse_tree_head


class Checkpoint(msgspec.Struct, frozen=True):
    """A tree head that its log signed, with the note that shows it."""

    head: TreeHead
    note: bytes


class Witnessed(msgspec.Struct, frozen=True):
    """A checkpoint that passed a witness's step: to be stored, then to be cosigned."""

    checkpoint: Checkpoint


def sign_checkpoint(head: TreeHead, signers: Sequence[Signer], time: int) -> Checkpoint:
    """A checkpoint with the signatures of its log. The time, in seconds of POSIX, goes into the ML-DSA-44 one.

    Raises:
        ValueError: no signer; a signer's name is not the origin, or its kind is a witness's; or extension
            lines, which an ML-DSA-44 signature does not cover.
    """
    if not signers or any(one.name != head.origin or one.kind is SignatureType.COSIGNATURE for one in signers):
        raise ValueError(f"a log signs under its origin, {head.origin!r}, and not as a witness")
    if head.extensions:
        raise ValueError("a checkpoint of ours has no extension lines: not every signature covers them")
    return Checkpoint(head, bytes(sign_note(format_tree_head(head), signers, time)))


def open_checkpoint(note: bytes, origin: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Verify a checkpoint of a log, given all the keys that one knows of it.

    Raises:
        BadNote: it is malformed, of another origin, or not signed by every one of the keys.
    """
    wanted = tuple(keys)
    opened = open_note(note, wanted)
    head = parse_tree_head(opened.text)
    if head.origin != origin:
        raise BadNote(f"the checkpoint is of {head.origin[:80]!r}, not of {origin!r}")
    missing = set(wanted) - {signed.key for signed in opened.signed}
    if missing:
        names = ", ".join(sorted(key.kind.name for key in missing))
        raise BadNote(f"the checkpoint of {origin!r} lacks a signature of its log: {names}")
    return Checkpoint(head, note)


def witness(
    last: Witnessed | None, note: bytes, origin: str, keys: Iterable[VerifierKey], proof: Sequence[bytes] = ()
) -> Witnessed:
    """One step of a witness: from what it holds of a log (nothing at first) to what it must store now.

    Raises:
        BadNote: not a checkpoint of this log.
        Equivocation: the log signed another root at the size that we hold; the error has the accusation.
        StaleCheckpoint: smaller than what we hold.
        BadProof: larger, but not shown to go on from what we hold; or a proof where none is due.
    """
    wanted = tuple(keys)
    new = open_checkpoint(note, origin, wanted)
    if last is None:
        _no_proof(proof)
        return Witnessed(new)
    held = last.checkpoint.head
    if held.origin != origin:
        raise ValueError(f"what is held is of {held.origin!r}, not of {origin!r}")
    if new.head.size < held.size:
        raise StaleCheckpoint(f"{origin!r} shows size {new.head.size}; it showed {held.size} before")
    if new.head.size == held.size:
        _no_proof(proof)
        if new.head.root != held.root:
            message = f"{origin!r} signed two roots at size {held.size}"
            raise Equivocation(message, accuse(last.checkpoint.note, note, wanted))
        return Witnessed(new)
    if held.size:
        check_consistency(held.size, new.head.size, proof, held.root, new.head.root)
    else:
        _no_proof(proof)
    return Witnessed(new)


def cosign(stored: Witnessed, signers: Iterable[Signer], time: int) -> tuple[Signature, ...]:
    """A witness's signature lines over what it stored durably; the time is in seconds of POSIX.

    Raises:
        ValueError: a signer's kind states no time, or its name is the log's: a log is no witness of itself.
    """
    note, head = parse_note(stored.checkpoint.note), stored.checkpoint.head
    wanted = tuple(signers)
    if any(one.kind is SignatureType.ED25519 or one.name == head.origin for one in wanted):
        raise ValueError("a witness signs under its own name, with keys of a kind that states a time")
    return tuple(make_signature(signer, note.text, time) for signer in wanted)


def cosignatures(note: bytes, witnesses: Iterable[VerifierKey]) -> tuple[Signed, ...]:
    """Which of these witnesses' keys cosigned, and when; none is fine.

    Raises:
        BadNote: the note is malformed, or one of these keys is there with a wrong signature.
    """
    known = {(key.name, key.id): key for key in witnesses if key.kind is not SignatureType.ED25519}
    present = [known[one] for one in _signers_of(parse_note(note)) if one in known]
    return open_note(note, present).signed if present else ()


def _signers_of(note: Note) -> list[tuple[str, bytes]]:
    return [(signature.name, signature.key_id) for signature in note.signatures]


def _no_proof(proof: Sequence[bytes]) -> None:
    if proof:
        raise BadProof("a proof where there is nothing to prove")
