"""The Merkle tree of the ledger: hashes of leaves, nodes and whole trees (RFC 9162, section 2.1.1; SHA-256).

A tree is never held here by necessity. Everything that needs hashes of a tree that lies somewhere else takes a
`ReadHash`, and reads only hashes of *complete* subtrees: those never change once their leaves are there.
`Tree` holds a whole tree in memory; `Frontier` holds only what is needed to go on adding leaves.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from itertools import islice

import msgspec

ReadHash = Callable[[int, int], bytes]
"""`read(level, index)`: the hash of the complete subtree over the leaves from index * 2^level on, 2^level of
them. Asked only for subtrees that lie within the tree."""

EMPTY_ROOT = sha256(b"").digest()
"""The root of the tree without leaves."""

_LEAF = b"\x00"
_NODE = b"\x01"
_CHUNK = 1 << 12


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf: of the byte 0 and the entry."""
    return sha256(_LEAF + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """The hashes of many leaves."""
    return [sha256(_LEAF + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: of the byte 1 and both hashes below it."""
    return sha256(_NODE + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, or over the roots of complete subtrees of one size.

    Row by row, where the last of an odd row goes up as it is: that gives the tree of RFC 9162, which splits at
    the largest power of two.
    """
    if not hashes:
        return EMPTY_ROOT
    row = hashes
    while len(row) > 1:
        row = _row_above(row)
    return row[0]


def split(size: int) -> int:
    """The largest power of two that is smaller than the size (2 or more): where a tree is split."""
    return 1 << ((size - 1).bit_length() - 1)


def range_hash(read: ReadHash, start: int, end: int) -> bytes:
    """The hash of the subtree over the leaves from `start` to before `end` (at least one).

    The start must be a multiple of the smallest power of two that holds the range; then the range is a subtree
    of every tree that is large enough.
    """
    count = end - start
    level = count.bit_length() - 1
    if count == 1 << level:
        return read(level, start >> level)
    middle = start + split(count)
    return node_hash(range_hash(read, start, middle), range_hash(read, middle, end))


def root_at(read: ReadHash, size: int) -> bytes:
    """The root of the tree as it was when it had that many leaves."""
    return range_hash(read, 0, size) if size else EMPTY_ROOT


class Frontier(msgspec.Struct, frozen=True):
    """The right edge of a tree: its size, and the hashes of the complete subtrees it falls into, the largest
    first. It is enough to add leaves and to know the root."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def root(self) -> bytes:
        """The root of the tree."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root

    def extended(self, leaves: Iterable[bytes]) -> "Frontier":
        """The edge after these leaf hashes were added. They may be an iterator of any length."""
        hashes, size, source = list(self.hashes), self.size, iter(leaves)
        while chunk := list(islice(source, _CHUNK - size % _CHUNK)):
            if len(chunk) == _CHUNK:
                size = _put(hashes, size, root_of(chunk), _CHUNK)
                continue
            for leaf in chunk:
                size = _put(hashes, size, leaf, 1)
        return Frontier(size, tuple(hashes))


def frontier_at(read: ReadHash, size: int) -> Frontier:
    """The right edge of the tree as it was at that size, read from where its hashes lie."""
    hashes, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            hashes.append(read(level, start >> level))
            start += 1 << level
    return Frontier(size, tuple(hashes))


class Tree:
    """A whole tree in memory, all rows of it: for logs of which the hashes fit, and to try things out."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._rows: list[list[bytes]] = [[]]
        self.extend(leaves)

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return len(self._rows[0])

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes."""
        self._rows[0].extend(leaves)
        level = 0
        while len(self._rows[level]) > 1:
            if level + 1 == len(self._rows):
                self._rows.append([])
            row, above = self._rows[level], self._rows[level + 1]
            above.extend(_pairs(row[2 * len(above) :]))
            level += 1

    def read(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree: this method is a `ReadHash`."""
        return self._rows[level][index]

    def root(self, size: int | None = None) -> bytes:
        """The root, now or when the tree had that many leaves."""
        return root_at(self.read, self.size if size is None else size)


def _put(hashes: list[bytes], size: int, subtree: bytes, width: int) -> int:
    """Add a complete subtree of that width to an edge whose size is a multiple of it."""
    order = size // width
    while order & 1:
        subtree = node_hash(hashes.pop(), subtree)
        order >>= 1
    hashes.append(subtree)
    return size + width


def _row_above(row: Sequence[bytes]) -> list[bytes]:
    above = _pairs(row)
    if len(row) % 2:
        above.append(row[-1])
    return above


def _pairs(row: Sequence[bytes]) -> list[bytes]:
    """Node hashes of each two neighbours; the last of an odd row is left out."""
    both = iter(row)
    return [sha256(_NODE + left + right).digest() for left, right in zip(both, both, strict=False)]
