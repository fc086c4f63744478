"""Proofs over the Merkle tree: that a leaf is in a tree, and that a tree goes on from a smaller one.

Made after RFC 9162, sections 2.1.3.1 and 2.1.4.1, checked after 2.1.3.2 and 2.1.4.2. Both also for subtrees,
as draft-ietf-plants-merkle-tree-certs, section 4, defines them: a range of leaves whose start is a multiple of
the smallest power of two that holds it. A tree is the subtree that starts at 0.

Whatever is hashed has 32 bytes, or the proof is refused: else a byte could be moved from one hash to its
neighbour. Roots that are only compared may be anything: they come from a checkpoint that was read strictly.
"""

from collections.abc import Sequence

from backchannel.errors import BadProof
from backchannel.protocol.merkle import EMPTY_ROOT, ReadHash, node_hash, range_hash, split
from backchannel.protocol.spelling import HASH

MAX_HASHES = 64
"""Most hashes in any proof: one for each level of the largest tree, and one to begin with."""


# --- making -------------------------------------------------------------------------------------------------


def prove_inclusion(read: ReadHash, index: int, size: int) -> list[bytes]:
    """The hashes beside the way from a leaf to the root of the tree of that size, the lowest first.

    Raises:
        ValueError: the tree has no such leaf.
    """
    return prove_subtree_inclusion(read, index, 0, size)


def prove_subtree_inclusion(read: ReadHash, index: int, start: int, end: int) -> list[bytes]:
    """The same within a subtree.

    Raises:
        ValueError: no such subtree, or the leaf is not in it.
    """
    if not (_is_subtree(start, end) and start <= index < end):
        raise ValueError(f"no leaf {index} in the range from {start} to {end}")
    path = []
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(range_hash(read, middle, end))
            end = middle
        else:
            path.append(range_hash(read, start, middle))
            start = middle
    return path[::-1]


def prove_consistency(read: ReadHash, old: int, new: int) -> list[bytes]:
    """The hashes that lead from the root of the tree of the old size to that of the new size.

    Raises:
        ValueError: the sizes are not 1 <= old <= new.
    """
    return prove_subtree_consistency(read, 0, old, new)


def prove_subtree_consistency(read: ReadHash, start: int, end: int, size: int) -> list[bytes]:
    """The hashes that show a subtree to be part of the tree of that size.

    Raises:
        ValueError: no such subtree, or it ends after the tree.
    """
    if not (_is_subtree(start, end) and end <= size):
        raise ValueError(f"no range from {start} to {end} in a tree of size {size}")
    proof: list[bytes] = []
    low, high, known = 0, size, True
    while not (low >= start and high == end):
        middle = low + split(high - low)
        if end <= middle:
            proof.append(range_hash(read, middle, high))
            high = middle
        elif start >= middle:
            proof.append(range_hash(read, low, middle))
            low = middle
        else:
            # The range begins with the whole left half: from here on the verifier must be given the rest of it.
            proof.append(range_hash(read, low, middle))
            low, known = middle, False
    if not known:
        proof.append(range_hash(read, low, high))
    return proof[::-1]


# --- checking -----------------------------------------------------------------------------------------------


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash stands at the index of the tree with that size and root.

    Raises:
        BadProof: it does not, or the proof has another length than it must have.
    """
    check_subtree_inclusion(leaf, index, 0, size, proof, root)


def check_subtree_inclusion(
    leaf: bytes, index: int, start: int, end: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that the leaf hash stands at the index (counted from the log's first leaf) of a subtree.

    Raises:
        BadProof: as for `check_inclusion`, or there is no such subtree.
    """
    if not (_is_subtree(start, end) and start <= index < end):
        raise BadProof(f"there is no leaf {index} in a tree over the leaves from {start} to {end}")
    _check_lengths((leaf, *proof))
    place, last, node = index - start, end - start - 1, leaf
    for neighbour in proof:
        if not last:
            raise BadProof("the inclusion proof is too long")
        if place & 1 or place == last:
            node = node_hash(neighbour, node)
            while not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, neighbour)
        place, last = place >> 1, last >> 1
    if last:
        raise BadProof("the inclusion proof is too short")
    if node != root:
        raise BadProof("the inclusion proof leads to another root: the entry is not in this tree at this place")


def check_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of the new size begins with the tree of the old one.

    Raises:
        BadProof: it does not, or the old size is 0: with an empty tree every tree is consistent, so that a
            proof of it would be taken for more than it says.
    """
    if old < 1:
        raise BadProof("a proof of consistency with an empty tree says nothing")
    check_subtree_consistency(0, old, new, proof, old_root, new_root)


def check_subtree_consistency(
    start: int, end: int, size: int, proof: Sequence[bytes], subtree: bytes, root: bytes
) -> None:
    """Check that a subtree with that hash is part of the tree with that size and root.

    An empty subtree has the hash of the empty tree and needs no proof; the root is not looked at then.

    Raises:
        BadProof: it is not, or there is no such subtree.
    """
    if 0 <= start == end <= size and subtree == EMPTY_ROOT and not proof:
        return
    if not (_is_subtree(start, end) and end <= size):
        raise BadProof(f"there is no subtree from {start} to {end} in a tree of size {size}")
    _check_lengths((subtree, *proof) if proof else ())
    first, last, edge = start, end - 1, size - 1
    at_the_edge = last == edge
    while first != last and (at_the_edge or last & 1):
        first, last, edge = first >> 1, last >> 1, edge >> 1
    rest = list(proof)
    if first != last and not rest:
        raise BadProof("the consistency proof is empty")
    old = new = subtree if first == last else rest.pop(0)
    for neighbour in rest:
        if not edge:
            raise BadProof("the consistency proof is too long")
        if last & 1 or last == edge:
            old = node_hash(neighbour, old) if first < last else old
            new = node_hash(neighbour, new)
            while not last & 1:
                first, last, edge = first >> 1, last >> 1, edge >> 1
        else:
            new = node_hash(new, neighbour)
        first, last, edge = first >> 1, last >> 1, edge >> 1
    if edge:
        raise BadProof("the consistency proof is too short")
    if old != subtree:
        raise BadProof("the consistency proof does not begin with the old root")
    if new != root:
        raise BadProof("the consistency proof leads to another root: the new tree does not go on from the old one")


def _is_subtree(start: int, end: int) -> bool:
    return 0 <= start < end and start % (1 << (end - start - 1).bit_length()) == 0


def _check_lengths(hashes: Sequence[bytes]) -> None:
    if len(hashes) > MAX_HASHES + 1:
        raise BadProof(f"a proof has at most {MAX_HASHES} hashes, not {len(hashes) - 1}")
    if any(len(value) != HASH for value in hashes):
        raise BadProof(f"a hash of the proof does not have {HASH} bytes")
