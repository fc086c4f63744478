"""Accusations: two checkpoints that a log signed for one size with different roots, in one document.

The document is canonical JSON (RFC 8785), `{"accusation": 1, "checkpoints": [note, note]}`, the notes as they
were signed, the one with the lesser root first. Whoever has it and the log's verifier keys can check it, without
a node, a witness or the log itself. It proves that the keys' owner signed both, or lost the keys; not why.
"""

from collections.abc import Iterable

import msgspec
import rfc8785

from backchannel.errors import BadNote, BadProof
from backchannel.protocol.note_keys import VerifierKey
from backchannel.protocol.notes import MAX_NOTE, Note, open_note, parse_note
from backchannel.protocol.tree_head import TreeHead, parse_tree_head

MAX_ACCUSATION = 4 * MAX_NOTE
"""Largest accusation, in bytes."""


class Accusation(msgspec.Struct, frozen=True):
    """What an accusation shows: two states of one log that cannot both be true."""

    one: TreeHead
    other: TreeHead
    keys: tuple[VerifierKey, ...]
    """The log's keys that signed both."""


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    accusation: int
    checkpoints: tuple[str, str]


def accuse(one: bytes, other: bytes, keys: Iterable[VerifierKey]) -> bytes:
    """The document on two notes; only the signatures of the log itself are kept in it.

    Raises:
        BadNote, BadProof: they do not accuse anybody, by the rules of `check_accusation`.
    """
    wanted = tuple(keys)
    for note in (one, other):
        _opened(note, wanted)
    notes = sorted((_only(note, wanted) for note in (one, other)), key=_root)
    document = _canonical(_Document(1, (notes[0], notes[1])))
    check_accusation(document, wanted)
    return document


def check_accusation(document: bytes, keys: Iterable[VerifierKey]) -> Accusation:
    """Check a document with verifier keys of the log.

    Every one of the keys must have signed both checkpoints: give those that the log always signs with.

    Raises:
        BadNote: a checkpoint is malformed or not signed by the keys.
        BadProof: not such a document; or the two are of different logs or sizes, or have the same root.
    """
    wanted = tuple(keys)
    first, second = (_opened(note.encode(), wanted) for note in _read(document).checkpoints)
    if (first.origin, first.size) != (second.origin, second.size):
        raise BadProof("the two checkpoints are of different logs or sizes: that accuses nobody")
    if first.root == second.root:
        raise BadProof("the two checkpoints have the same root: that accuses nobody")
    if first.root > second.root:
        raise BadProof("the two checkpoints are not in order")
    return Accusation(first, second, wanted)


def _opened(note: bytes, wanted: tuple[VerifierKey, ...]) -> TreeHead:
    opened = open_note(note, wanted)
    if {signed.key for signed in opened.signed} != set(wanted):
        raise BadNote("a checkpoint of the accusation lacks a signature of the log")
    return parse_tree_head(opened.text)


def _read(document: bytes) -> _Document:
    if len(document) > MAX_ACCUSATION:
        raise BadProof(f"an accusation has at most {MAX_ACCUSATION} bytes, not {len(document)}")
    try:
        read = msgspec.json.decode(document, type=_Document)
        canonical = _canonical(read)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, rfc8785.CanonicalizationError) as error:
        raise BadProof(f"not an accusation: {error}") from None
    if read.accusation != 1 or canonical != document:
        raise BadProof("not an accusation of version 1 in canonical form (RFC 8785)")
    return read


def _only(note: bytes, wanted: tuple[VerifierKey, ...]) -> str:
    parsed, known = parse_note(note), {(key.name, key.id) for key in wanted}
    kept = tuple(one for one in parsed.signatures if (one.name, one.key_id) in known)
    return bytes(Note(parsed.text, kept)).decode()


def _root(note: str) -> bytes:
    return parse_tree_head(note[: note.rindex("\n\n") + 1]).root


def _canonical(document: _Document) -> bytes:
    return rfc8785.dumps(msgspec.to_builtins(document))
