"""The tree, beside a naive one that is written after RFC 9162, section 2.1.1, and shares nothing with ours."""

import hashlib
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.protocol.merkle import (
    EMPTY_ROOT,
    Frontier,
    Tree,
    frontier_at,
    leaf_hash,
    leaf_hashes,
    node_hash,
    range_hash,
    root_at,
    root_of,
)

GOLDEN_ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
"""The eight entries, in hex, that the tests of Certificate Transparency and of transparency-dev/merkle use."""
ENTRIES = [f"entry {number}".encode() for number in range(300)]
LEAVES = leaf_hashes(ENTRIES)


def naive_root(entries: list[bytes]) -> bytes:
    """MTH(D_n), recursively, as the RFC defines it."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    k = 1
    while 2 * k < len(entries):
        k *= 2
    return hashlib.sha256(b"\1" + naive_root(entries[:k]) + naive_root(entries[k:])).digest()


def test_the_root_of_the_published_tree_is_the_published_root() -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in GOLDEN_ENTRIES]
    assert leaves[0] == b64decode("bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=")
    assert root_of(leaves) == b64decode("XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=")
    assert b64decode("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=") == EMPTY_ROOT


def test_all_ways_to_a_root_agree_with_the_naive_one_at_every_size() -> None:
    whole, growing, edge = Tree(LEAVES), Tree(), Frontier()
    for size in range(len(ENTRIES)):
        root = naive_root(ENTRIES[:size])
        assert root_of(LEAVES[:size]) == whole.root(size) == growing.root() == edge.root() == root
        assert root_at(whole.read, size) == root
        assert frontier_at(whole.read, size) == edge
        growing.append(LEAVES[size])
        edge = edge.extended(LEAVES[size : size + 1])
        assert growing.size == edge.size == size + 1


@given(st.lists(st.integers(0, 130), max_size=4))
def test_leaves_added_in_any_portions_give_the_same_tree(portions: list[int]) -> None:
    tree, edge, size = Tree(), Frontier(), 0
    for portion in portions:
        new = LEAVES[size : size + portion] if size + portion <= len(LEAVES) else []
        tree.extend(new)
        edge = edge.extended(iter(new))
        size += len(new)
    assert tree.root() == edge.root() == naive_root(ENTRIES[:size])


@pytest.mark.parametrize("begin", [0, 1, 4095, 4096, 5000])
def test_an_edge_extended_by_many_leaves_is_that_of_the_whole_tree(begin: int) -> None:
    leaves = leaf_hashes(number.to_bytes(4, "big") for number in range(13_000))
    edge = Frontier().extended(leaves[:begin]).extended(leaves[begin:])
    assert edge == frontier_at(Tree(leaves).read, len(leaves))
    assert edge.root() == root_of(leaves)


def test_a_range_is_the_tree_over_its_entries() -> None:
    tree = Tree(LEAVES)
    for start, end in ((0, 1), (0, 7), (8, 13), (16, 32), (32, 63), (256, 300), (299, 300)):
        assert range_hash(tree.read, start, end) == naive_root(ENTRIES[start:end])


def test_no_leaf_can_be_taken_for_a_node() -> None:
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) != node_hash(left, right)
    assert leaf_hash(b"\1" + left + right) != node_hash(left, right)


@given(st.integers(1, 300), st.data())
def test_any_changed_entry_changes_the_root(size: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, size - 1))
    changed = [*LEAVES[:at], leaf_hash(ENTRIES[at] + b"!"), *LEAVES[at + 1 : size]]
    assert root_of(changed) != root_of(LEAVES[:size])
