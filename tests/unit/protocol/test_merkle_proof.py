"""Proofs: all probes of transparency-dev/merkle, every proof of every small tree, and every byte of them changed."""

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.errors import BadProof
from backchannel.protocol.merkle import EMPTY_ROOT, Tree, node_hash, range_hash
from backchannel.protocol.merkle_proof import (
    MAX_HASHES,
    check_consistency,
    check_inclusion,
    check_subtree_consistency,
    check_subtree_inclusion,
    prove_consistency,
    prove_inclusion,
    prove_subtree_consistency,
    prove_subtree_inclusion,
)
from logs import tree
from paths import SHARED_DATA, needs_shared_data

PROBES = SHARED_DATA / "vectors" / "merkle" / "testdata"
SIZE = 70
TREE = tree(SIZE)
ROOTS = [TREE.root(size) for size in range(SIZE + 1)]


def leaf(index: int) -> bytes:
    return TREE.read(0, index)


# --- probes of others ----------------------------------------------------------------------------


def ask_inclusion(probe: dict[str, Any], proof: list[bytes]) -> None:
    check_inclusion(
        b64decode(probe["leafHash"]), probe["leafIdx"], probe["treeSize"], proof, b64decode(probe["root"])
    )


def ask_subtree_inclusion(probe: dict[str, Any], proof: list[bytes]) -> None:
    place = probe["leafIdx"], probe["start"], probe["end"]
    check_subtree_inclusion(b64decode(probe["leafHash"]), *place, proof, b64decode(probe["root"]))


def ask_consistency(probe: dict[str, Any], proof: list[bytes]) -> None:
    roots = b64decode(probe["root1"]), b64decode(probe["root2"])
    check_consistency(probe["size1"], probe["size2"], proof, *roots)


def ask_subtree_consistency(probe: dict[str, Any], proof: list[bytes]) -> None:
    roots = b64decode(probe["root1"]), b64decode(probe["root2"])
    check_subtree_consistency(probe["start"], probe["end"], probe["size"], proof, *roots)


ASK: dict[str, tuple[Callable[[dict[str, Any], list[bytes]], None], int]] = {
    "inclusion": (ask_inclusion, 98),
    "subtreeinclusion": (ask_subtree_inclusion, 204),
    "consistency": (ask_consistency, 98),
    "subtreeconsistency": (ask_subtree_consistency, 118),
}


def refused(ask: Callable[[dict[str, Any], list[bytes]], None], path: Path) -> bool:
    probe = json.loads(path.read_bytes())
    try:
        ask(probe, [b64decode(one) for one in probe["proof"] or ()])
    except BadProof:
        return True
    return False


@needs_shared_data
@pytest.mark.parametrize("kind", ASK)
def test_every_probe_is_accepted_or_refused_as_it_says(kind: str) -> None:
    ask, count = ASK[kind]
    probes = sorted((PROBES / kind).rglob("*.json"))
    assert len(probes) == count
    wrong = [path.name for path in probes if refused(ask, path) != json.loads(path.read_bytes())["wantErr"]]
    assert not wrong


# --- our own proofs ------------------------------------------------------------------------------


def test_every_leaf_of_every_tree_is_proven() -> None:
    for size in range(1, SIZE + 1):
        for index in range(size):
            check_inclusion(leaf(index), index, size, prove_inclusion(TREE.read, index, size), ROOTS[size])


def test_every_tree_is_shown_to_go_on_from_every_smaller_one() -> None:
    for new in range(1, SIZE + 1):
        for old in range(1, new + 1):
            check_consistency(old, new, prove_consistency(TREE.read, old, new), ROOTS[old], ROOTS[new])


def test_every_subtree_is_shown_to_be_part_of_every_larger_tree() -> None:
    checked = 0
    for start in range(34):
        for end in range(start + 1, 35):
            if start % (1 << (end - start - 1).bit_length()):
                with pytest.raises(ValueError, match="no range"):
                    prove_subtree_consistency(TREE.read, start, end, SIZE)
                continue
            subtree = range_hash(TREE.read, start, end)
            for index in range(start, end):
                path = prove_subtree_inclusion(TREE.read, index, start, end)
                check_subtree_inclusion(leaf(index), index, start, end, path, subtree)
            for size in range(end, 40):
                proof = prove_subtree_consistency(TREE.read, start, end, size)
                check_subtree_consistency(start, end, size, proof, subtree, ROOTS[size])
                checked += 1
    assert checked > 1000


@pytest.mark.parametrize("size", [1, 2, 7, 8, 13, SIZE])
def test_an_inclusion_proof_with_any_byte_changed_is_refused(size: int) -> None:
    for index in {0, size // 2, size - 1}:
        proof = prove_inclusion(TREE.read, index, size)
        for changed in changed_proofs([*proof, leaf(index), ROOTS[size]]):
            *path, node, root = changed
            with pytest.raises(BadProof):
                check_inclusion(node, index, size, path, root)


@pytest.mark.parametrize(("old", "new"), [(1, 1), (1, 2), (3, 7), (4, 8), (6, 8), (7, SIZE), (64, SIZE), (69, SIZE)])
def test_a_consistency_proof_with_any_byte_changed_is_refused(old: int, new: int) -> None:
    proof = prove_consistency(TREE.read, old, new)
    for changed in changed_proofs([*proof, ROOTS[old], ROOTS[new]]):
        *path, old_root, new_root = changed
        with pytest.raises(BadProof):
            check_consistency(old, new, path, old_root, new_root)


def changed_proofs(hashes: list[bytes]) -> list[list[bytes]]:
    """All copies in which one bit of one byte is another."""
    found = []
    for at, value in enumerate(hashes):
        for byte in range(len(value)):
            other = bytearray(value)
            other[byte] ^= 1 << byte % 8
            found.append([*hashes[:at], bytes(other), *hashes[at + 1 :]])
    return found


@given(st.integers(1, SIZE), st.data())
def test_an_inclusion_proof_holds_for_no_other_place_or_size(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(TREE.read, index, size)
    other = data.draw(st.integers(-1, SIZE + 1).filter(lambda one: one != index))
    with pytest.raises(BadProof):
        check_inclusion(leaf(index), other, size, proof, ROOTS[size])
    with pytest.raises(BadProof):
        check_inclusion(leaf(index), index, size, proof, ROOTS[data.draw(st.integers(0, size - 1))])


@given(st.integers(1, SIZE), st.data())
def test_a_longer_or_shorter_proof_is_refused(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    index = data.draw(st.integers(0, new - 1))
    path, proof = prove_inclusion(TREE.read, index, new), prove_consistency(TREE.read, old, new)
    for extra in (leaf(0), ROOTS[old], ROOTS[new], bytes(32)):
        for longer in ([extra, *path], [*path, extra]):
            with pytest.raises(BadProof):
                check_inclusion(leaf(index), index, new, longer, ROOTS[new])
        for longer in ([extra, *proof], [*proof, extra]):
            with pytest.raises(BadProof):
                check_consistency(old, new, longer, ROOTS[old], ROOTS[new])
    if path:
        with pytest.raises(BadProof):
            check_inclusion(leaf(index), index, new, path[:-1], ROOTS[new])
    if proof:
        with pytest.raises(BadProof):
            check_consistency(old, new, proof[:-1], ROOTS[old], ROOTS[new])


@given(st.integers(6, SIZE - 1), st.integers(6, SIZE - 1))
def test_no_proof_of_a_forked_log_leads_from_the_root_of_the_other(one: int, other: int) -> None:
    old, new = sorted((one, other))
    fork: Tree = tree(SIZE, "fork")
    for read in (TREE.read, fork.read):
        with pytest.raises(BadProof):
            check_consistency(old, new, prove_consistency(read, old, new), ROOTS[old], fork.root(new))


def test_hashes_of_other_lengths_cannot_be_moved_along_a_proof() -> None:
    """One byte handed from a neighbour to the leaf would give the same node hash."""
    first, second = leaf(0), leaf(1)
    check_inclusion(first, 0, 2, [second], ROOTS[2])
    with pytest.raises(BadProof, match="32 bytes"):
        check_inclusion(first + second[:1], 0, 2, [second[1:]], ROOTS[2])
    with pytest.raises(BadProof, match="32 bytes"):
        check_consistency(1, 2, [second[1:]], first + second[:1], ROOTS[2])


def test_a_hash_of_another_length_is_never_hashed_even_where_the_result_would_fit() -> None:
    long, second = b"x" * 33, leaf(1)
    with pytest.raises(BadProof, match="32 bytes"):
        check_consistency(1, 2, [second], long, node_hash(long, second))
    with pytest.raises(BadProof, match="32 bytes"):
        check_inclusion(long, 0, 2, [second], node_hash(long, second))


@pytest.mark.parametrize(("start", "end"), [(1, 3), (2, 5), (3, 5), (6, 10)])
def test_a_range_of_leaves_that_is_no_subtree_is_refused_even_where_the_hashes_would_fit(
    start: int, end: int
) -> None:
    count = end - start
    shifted = Tree(leaf(index) for index in range(start, end))
    path = prove_inclusion(shifted.read, 0, count)
    with pytest.raises(BadProof, match="no leaf"):
        check_subtree_inclusion(leaf(start), start, start, end, path, shifted.root())
    with pytest.raises(BadProof, match="no subtree"):
        check_subtree_consistency(start, end, end, [], shifted.root(), shifted.root())


def test_a_tree_is_never_shown_to_go_on_from_a_larger_one() -> None:
    for old, new in ((2, 1), (1, 0), (8, 4), (3, 2)):
        with pytest.raises(BadProof, match="no subtree"):
            check_consistency(old, new, [], ROOTS[1], ROOTS[1])


def test_an_empty_subtree_lies_within_the_tree_or_is_refused() -> None:
    check_subtree_consistency(3, 3, 3, [], EMPTY_ROOT, ROOTS[3])
    for start, size in ((5, 3), (-1, 3), (0, -1)):
        with pytest.raises(BadProof, match="no subtree"):
            check_subtree_consistency(start, start, size, [], EMPTY_ROOT, ROOTS[3])


def test_consistency_with_an_empty_tree_is_never_shown() -> None:
    for size in (0, 1, SIZE):
        with pytest.raises(BadProof, match="says nothing"):
            check_consistency(0, size, [], EMPTY_ROOT, ROOTS[size])
        with pytest.raises(ValueError, match="no range"):
            prove_consistency(TREE.read, 0, size)


def test_an_endless_proof_is_refused_before_it_is_hashed() -> None:
    with pytest.raises(BadProof, match="at most"):
        check_inclusion(leaf(0), 0, 2**63 - 1, [bytes(32)] * (MAX_HASHES + 1), ROOTS[1])
