"""Tiles: the hashes of a log in pieces of 256, as they are stored, served and read (C2SP tlog-tiles).

A tile of level 0 holds leaf hashes; each hash of a tile of level l is the root of a full tile of level l - 1.
A full tile never changes. A partial one, with fewer than 256 hashes, is not hashed into the level above, and is
superseded by a wider one. Entries lie in bundles of 256, each entry behind its length (2 bytes, big-endian).

What is read here was checked by nobody: a tile is only as good as the root that is computed from it. So a reader
of somebody else's tiles compares `root_at` with a checkpoint's root, and checks proofs that it makes from them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

import msgspec

from backchannel.errors import BadProof
from backchannel.protocol.merkle import ReadHash, root_of
from backchannel.protocol.spelling import HASH, MAX_NUMBER

HEIGHT = 8
WIDTH = 1 << HEIGHT
"""Hashes in a full tile, and entries in a full bundle."""
MAX_LEVEL = 63
MAX_ENTRY = 2**16 - 1
"""Longest entry, in bytes."""

_PATH = re.compile(r"tile/([0-9]{1,2}|entries)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?", re.ASCII)


class Tile(msgspec.Struct, frozen=True, order=True):
    """Which tile: its level, its index within the level, and how many hashes it has."""

    level: int
    index: int
    width: int = WIDTH


ReadTile = Callable[[Tile], bytes]
"""Gives the bytes of a tile: `width` hashes of 32 bytes, or the full tile that has superseded it."""


def tile_path(tile: Tile) -> str:
    """Where a tile is stored and served."""
    return f"tile/{tile.level}/{_place(tile)}"


def bundle_path(index: int, width: int = WIDTH) -> str:
    """Where the bundle of the entries of one tile of level 0 is stored and served."""
    return f"tile/entries/{_place(Tile(0, index, width))}"


def parse_path(path: str) -> tuple[str, Tile]:
    """What lies at a path: `("tile", …)` or `("entries", …)`.

    Raises:
        ValueError: it is not the path of a tile or a bundle, spelled as `tile_path` spells it.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise ValueError(f"{path[:80]!r} is not the path of a tile")
    kind, index, width = match[1], int(match[2].replace("x", "").replace("/", "")), match[3]
    tile = Tile(0 if kind == "entries" else int(kind), index, int(width) if width else WIDTH)
    spelled = bundle_path(tile.index, tile.width) if kind == "entries" else tile_path(tile)
    if spelled != path or tile.level > MAX_LEVEL or index > MAX_NUMBER or (width and not 0 < tile.width < WIDTH):
        raise ValueError(f"{path[:80]!r} is not the path of a tile as a writer spells it")
    return ("entries" if kind == "entries" else "tile"), tile


def tiles_of(size: int) -> Iterator[Tile]:
    """All tiles of a log of that size, level by level: full ones, and of each level at most one partial one."""
    return new_tiles(0, size)


def new_tiles(old: int, new: int) -> Iterator[Tile]:
    """The tiles that a log gets when it grows from the old to the new size."""
    level = 0
    while new:
        if new != old:
            for index in range(old // WIDTH, new // WIDTH):
                yield Tile(level, index)
            if new % WIDTH:
                yield Tile(level, new // WIDTH, new % WIDTH)
        old, new, level = old // WIDTH, new // WIDTH, level + 1


def grow(read: ReadTile, size: int, leaves: Sequence[bytes]) -> dict[Tile, bytes]:
    """What `new_tiles` gives, with its content, when these leaf hashes are added to a log of that size.

    `read` is asked for the partial tiles of the log as it is, at most one a level.
    """
    made: dict[Tile, bytes] = {}
    level, old, row = 0, size, list(leaves)
    while row:
        index, width = divmod(old, WIDTH)
        if width:
            row = [*hashes_of(read(Tile(level, index, width)), width), *row]
        above = []
        for start in range(0, len(row), WIDTH):
            part = row[start : start + WIDTH]
            made[Tile(level, index + start // WIDTH, len(part))] = b"".join(part)
            if len(part) == WIDTH:
                above.append(root_of(part))
        level, old, row = level + 1, index, above
    return made


def hashes_of(tile: bytes, width: int) -> list[bytes]:
    """The first `width` hashes of a tile.

    Raises:
        BadProof: the tile is shorter, or is no row of hashes.
    """
    if len(tile) % HASH or not width * HASH <= len(tile) <= WIDTH * HASH:
        raise BadProof(f"a tile of {width} hashes has {len(tile)} bytes")
    return [tile[at : at + HASH] for at in range(0, width * HASH, HASH)]


def hash_reader(read: ReadTile, size: int, keep: int = 64) -> ReadHash:
    """A reader of hashes of the log of that size, out of its tiles. It keeps the last few tiles.

    The reader raises `BadProof` where a tile is malformed, and `ValueError` for a subtree that is not complete
    in the log of that size.
    """

    @lru_cache(maxsize=keep)
    def rows(level: int, index: int) -> list[bytes]:
        width = min(WIDTH, (size >> level * HEIGHT) - index * WIDTH)
        return hashes_of(read(Tile(level, index, width)), width)

    @lru_cache(maxsize=keep * HEIGHT)
    def hash_at(level: int, index: int) -> bytes:
        if level < 0 or index < 0 or (index + 1) << level > size:
            raise ValueError(f"no complete subtree {index} of level {level} in a log of size {size}")
        tile_level, height = divmod(level, HEIGHT)
        start = index << height
        tile, at = divmod(start, WIDTH)
        return root_of(rows(tile_level, tile)[at : at + (1 << height)])

    return hash_at


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """The bundle of 1 to 256 entries.

    Raises:
        ValueError: there are more or fewer, or an entry is too long.
    """
    if not 1 <= len(entries) <= WIDTH or any(len(entry) > MAX_ENTRY for entry in entries):
        raise ValueError(f"a bundle has 1 to {WIDTH} entries of at most {MAX_ENTRY} bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(bundle: bytes, width: int) -> list[bytes]:
    """The entries of a bundle of that width.

    Raises:
        BadProof: it holds more or fewer, or ends within one.
    """
    entries: list[bytes] = []
    at = 0
    for _ in range(width):
        start = at + 2
        at = start + int.from_bytes(bundle[at:start], "big")
        entries.append(bundle[start:at])
    if at != len(bundle):  # larger, if it ended within an entry
        raise BadProof(f"a bundle of {width} entries has another length than they have")
    return entries


def bundles(entries: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Index and content of each bundle of a log's entries, from its first one on; the last may be partial."""
    part: list[bytes] = []
    index = 0
    for entry in entries:
        part.append(entry)
        if len(part) == WIDTH:
            yield index, encode_bundle(part)
            index, part = index + 1, []
    if part:
        yield index, encode_bundle(part)


def _place(tile: Tile) -> str:
    digits = str(tile.index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *before, last = (digits[at : at + 3] for at in range(0, len(digits), 3))
    partial = f".p/{tile.width}" if tile.width != WIDTH else ""
    return "".join(f"x{part}/" for part in before) + last + partial
