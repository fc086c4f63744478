"""The text of a checkpoint: which log, how many entries, which root (C2SP tlog-checkpoint, "Note text").

Reading checks, in this order: at least three lines, each ended by a newline and none empty; the size, without
leading zeros; the root, 32 bytes in base64 as a writer spells it; the root of a log of size 0 is that of the
empty tree.
Not checked: any signature (`checkpoints`), and what extension lines say: they are kept and mean nothing here.
"""

import msgspec

from backchannel.errors import BadNote
from backchannel.protocol.merkle import EMPTY_ROOT
from backchannel.protocol.spelling import MAX_NUMBER, from_decimal, hash_from_base64, to_base64

MAX_ORIGIN = 255
"""Longest origin, in bytes of UTF-8: what the message of an ML-DSA-44 cosignature has room for."""


class TreeHead(msgspec.Struct, frozen=True):
    """One state of a log: its origin, its size in entries and its root hash."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


def format_tree_head(head: TreeHead) -> str:
    """The text of a checkpoint.

    Raises:
        ValueError: a value that `parse_tree_head` would refuse.
    """
    lines = (head.origin, str(head.size), to_base64(head.root), *head.extensions)
    text = "".join(f"{line}\n" for line in lines)
    try:
        same = parse_tree_head(text) == head
    except BadNote as error:
        raise ValueError(str(error)) from None
    if not same:
        raise ValueError(f"a checkpoint cannot say {head!r}")
    return text


def parse_tree_head(text: str) -> TreeHead:
    """The tree head in the text of a note.

    Raises:
        BadNote: one of the checks of the module's list failed.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "":
        raise BadNote("a checkpoint has at least three lines, each ended by a newline")
    if "" in lines:
        raise BadNote("an empty line in the text of a checkpoint")
    origin, size_line, root_line, *extensions = lines
    if len(origin.encode()) > MAX_ORIGIN:
        raise BadNote(f"the origin of a checkpoint has at most {MAX_ORIGIN} bytes, not {len(origin.encode())}")
    try:
        size, root = from_decimal(size_line), hash_from_base64(root_line)
    except ValueError as error:
        raise BadNote(f"the checkpoint of {origin[:80]!r} cannot be read: {error}") from None
    if not size and root != EMPTY_ROOT:
        raise BadNote(f"the checkpoint of {origin[:80]!r} has size 0 and a root of something")
    return TreeHead(origin, size, root, tuple(extensions))


def subtree_message(signer: str, time: int, head: TreeHead) -> bytes:
    """What an ML-DSA-44 cosignature signs: `cosigned_message` of tlog-cosignature, for a whole tree.

    Raises:
        ValueError: the name or the origin does not fit.
    """
    return b"".join((b"subtree/v1\n\0", _opaque(signer), _number(time), _opaque(head.origin),
                     _number(0), _number(head.size), head.root))  # fmt: skip


def _opaque(text: str) -> bytes:
    value = text.encode()
    if not 1 <= len(value) <= MAX_ORIGIN:
        raise ValueError(f"a name in a cosignature has 1 to {MAX_ORIGIN} bytes, not {len(value)}")
    return bytes((len(value),)) + value


def _number(value: int) -> bytes:
    if not 0 <= value <= MAX_NUMBER:
        raise ValueError(f"{value} is not a number from 0 to 2^63-1")
    return value.to_bytes(8, "big")
