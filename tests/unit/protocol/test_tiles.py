import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.errors import BadProof
from backchannel.protocol.merkle import Tree, leaf_hashes, root_at
from backchannel.protocol.merkle_proof import check_consistency, check_inclusion, prove_consistency, prove_inclusion
from backchannel.protocol.tiles import (
    MAX_ENTRY,
    WIDTH,
    Tile,
    bundle_path,
    bundles,
    decode_bundle,
    encode_bundle,
    grow,
    hash_reader,
    hashes_of,
    new_tiles,
    parse_path,
    tile_path,
    tiles_of,
)

ENTRIES = [number.to_bytes(3, "big") for number in range(70_000)]
LEAVES = leaf_hashes(ENTRIES)
TREE = Tree(LEAVES)


def stored(size: int) -> dict[Tile, bytes]:
    """All tiles of the log of that size, made at once."""
    return grow(lambda tile: pytest.fail(f"no {tile} in an empty log"), 0, LEAVES[:size])


# --- paths ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(1, 1000), "tile/1/x001/000"),
        (Tile(63, 999, 255), "tile/63/999.p/255"),
    ],
)
def test_paths_are_those_of_the_specification(tile: Tile, path: str) -> None:
    assert tile_path(tile) == path
    assert parse_path(path) == ("tile", tile)


def test_the_path_of_a_bundle_is_that_of_its_tile_under_another_name() -> None:
    assert bundle_path(1234067, 7) == "tile/entries/x001/x234/067.p/7"
    assert parse_path("tile/entries/x001/x234/067.p/7") == ("entries", Tile(0, 1234067, 7))


@given(st.integers(0, 63), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_every_path_goes_there_and_back(level: int, index: int, width: int) -> None:
    assert parse_path(tile_path(Tile(level, index, width))) == ("tile", Tile(level, index, width))


@pytest.mark.parametrize(
    "path",
    ["", "tile", "tile/0", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/0/0", "tile/0/0000", "tile/0/x000/000",
     "tile/0/001/000", "tile/0/x001/x000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/",
     "tile/0/000.p/1/", "/tile/0/000", "tile/0/000\n", "tile/0/../000", "tile/0/x999/x999/x999/x999/x999/x999/999",
     "tile/٠/000", "tile/data/000"],
)  # fmt: skip
def test_a_path_in_another_spelling_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="path of a tile"):
        parse_path(path)


# --- which tiles ---------------------------------------------------------------------------------


def test_a_log_of_70000_has_the_tiles_that_the_specification_counts() -> None:
    tiles = list(tiles_of(70_000))
    full = [tile for tile in tiles if tile.width == WIDTH]
    assert [sum(tile.level == level for tile in full) for level in range(3)] == [273, 1, 0]
    assert [tile for tile in tiles if tile.width < WIDTH] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]


def test_a_log_of_256_has_a_full_tile_and_a_partial_one_above() -> None:
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 700), max_size=6))
def test_a_log_that_grows_in_any_portions_has_the_same_tiles(portions: list[int]) -> None:
    kept: dict[Tile, bytes] = {}
    size = 0
    for portion in portions:
        made = grow(kept.__getitem__, size, LEAVES[size : size + portion])
        assert sorted(made) == sorted(new_tiles(size, size + portion))
        assert not [tile for tile in made if tile in kept], "no tile is written twice"
        kept.update(made)
        size += portion
    assert all(len(content) == tile.width * 32 for tile, content in kept.items())
    assert stored(size).items() <= kept.items()


def test_every_hash_of_a_tile_is_the_root_over_its_leaves() -> None:
    for tile, content in stored(70_000).items():
        row = hashes_of(content, tile.width)
        start = tile.index * WIDTH
        assert row == [TREE.read(8 * tile.level, start + at) for at in range(tile.width)]


# --- reading hashes ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700, 65_535, 65_536, 65_537, 70_000])
def test_roots_and_proofs_out_of_tiles_are_those_of_the_whole_tree(size: int) -> None:
    read = hash_reader(stored(size).__getitem__, size)
    assert root_at(read, size) == TREE.root(size)
    for index in {0, size // 3, size - 1}:
        proof = prove_inclusion(read, index, size)
        assert proof == prove_inclusion(TREE.read, index, size)
        check_inclusion(LEAVES[index], index, size, proof, TREE.root(size))
    for old in {1, size // 2 or 1, size}:
        proof = prove_consistency(read, old, size)
        check_consistency(old, size, proof, TREE.root(old), TREE.root(size))


def test_a_full_tile_serves_where_a_partial_one_was() -> None:
    later = stored(70_000)

    def superseded(tile: Tile) -> bytes:
        return later.get(tile) or later[Tile(tile.level, tile.index)]

    assert root_at(hash_reader(superseded, 300), 300) == TREE.root(300)


def test_a_subtree_that_is_not_complete_is_never_read() -> None:
    read = hash_reader(stored(300).__getitem__, 300)
    for level, index in ((0, 300), (2, 75), (9, 0), (0, -1), (-1, 0)):
        with pytest.raises(ValueError, match="no complete subtree"):
            read(level, index)
    assert read(8, 0) == TREE.read(8, 0)


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(32 * 43), bytes(32 * 44 + 1), bytes(32 * 257)])
def test_a_malformed_tile_is_refused(content: bytes) -> None:
    read = hash_reader(lambda _: content, 44)
    with pytest.raises(BadProof, match="a tile of 44 hashes"):
        root_at(read, 44)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2), st.data())
def test_no_changed_byte_of_a_tile_goes_unseen_by_the_root(level: int, data: st.DataObject) -> None:
    tiles = dict(stored(70_000))
    tile = data.draw(st.sampled_from([one for one in tiles if one.level == level]))
    # Below a full tile nothing is read for the root but the tiles at the right edge.
    edge = max(one for one in tiles if one.level == level)
    tile = edge if level < 2 else tile
    changed = bytearray(tiles[tile])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1
    tiles[tile] = bytes(changed)
    assert root_at(hash_reader(tiles.__getitem__, 70_000), 70_000) != TREE.root(70_000)


# --- bundles -------------------------------------------------------------------------------------


def test_a_bundle_is_what_the_specification_says() -> None:
    assert encode_bundle([b"", b"ab"]) == b"\x00\x00\x00\x02ab"
    assert list(bundles(ENTRIES[:257]))[1] == (1, b"\x00\x03" + ENTRIES[256])
    assert list(bundles([])) == []


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=8))
def test_bundles_go_there_and_back(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), len(entries)) == entries


@given(st.binary(max_size=30), st.integers(1, 5))
def test_a_bundle_of_any_bytes_is_read_in_one_way_or_refused(data: bytes, width: int) -> None:
    try:
        entries = decode_bundle(data, width)
    except BadProof:
        return
    assert encode_bundle(entries) == data


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\1", b"\0\2a", b"\0\1a\0", b"\0\1a\0\0\0"])
def test_a_bundle_that_ends_early_or_late_is_refused(data: bytes) -> None:
    with pytest.raises(BadProof):
        decode_bundle(data, 2)


@pytest.mark.parametrize("entries", [[], [b""] * 257, [bytes(MAX_ENTRY + 1)]])
def test_a_bundle_that_could_not_be_read_is_not_written(entries: list[bytes]) -> None:
    with pytest.raises(ValueError, match="1 to 256"):
        encode_bundle(entries)
