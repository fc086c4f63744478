"""Go's checksum database reads our notes, tiles, bundles and proofs, and refuses each with a byte changed.

The judge is `golang.org/x/mod/sumdb` of Debian's `golang-golang-x-mod-dev`; `sumdb/main.go` only feeds it. It knows
signatures of the kind 0x01 and passes over the others, as signed-note asks.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from backchannel.protocol.checkpoints import Witnessed, cosign, sign_checkpoint
from backchannel.protocol.ledger import Kind, encode_entry, make_entry
from backchannel.protocol.merkle import Tree, leaf_hash
from backchannel.protocol.merkle_proof import prove_consistency, prove_inclusion
from backchannel.protocol.notes import parse_note, with_signatures
from backchannel.protocol.proofs import prove_entry
from backchannel.protocol.spelling import to_base64
from backchannel.protocol.tiles import WIDTH, bundle_path, bundles, grow, hash_reader, tile_path
from backchannel.protocol.tree_head import TreeHead
from logs import KEYS, ORIGIN, TIME, log_signers, witness_signers

SOURCE = Path(__file__).parent / "sumdb" / "main.go"
GOPATH = Path("/usr/share/gocode")
SIZES = (1, 2, 255, 256, 257, 700, 66_000)


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built without any network."""
    go = shutil.which("go")
    if go is None or not (GOPATH / "src" / "golang.org" / "x" / "mod" / "sumdb").is_dir():
        reason = "Go's sumdb code is not here: apt-get install golang-go golang-golang-x-mod-dev"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    program = tmp_path_factory.mktemp("sumdb") / "judge"
    offline = {"GOPATH": str(GOPATH), "GO111MODULE": "off", "GOFLAGS": "", "GOPROXY": "off"}
    built = subprocess.run(
        [go, "build", "-o", str(program), str(SOURCE)],
        env=os.environ | offline,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return program


def verdict(judge: Path, folder: Path) -> str:
    """What the judge says: `ok`, or the check that refused and why."""
    return subprocess.run([judge, folder], capture_output=True, text=True, check=False).stdout.strip()


def write_log(folder: Path, size: int) -> None:
    """A log of ledger entries of that size, grown in two steps, with all that the judge reads."""
    entries = [
        encode_entry(make_entry(Kind.CARD, number.to_bytes(32, "big"), party=bytes(32), card=bytes(32)))
        for number in range(size)
    ]
    leaves = [leaf_hash(one) for one in entries]
    old = size - size // 3
    tiles = grow(lambda _: b"", 0, leaves[:old])
    tiles |= grow(tiles.__getitem__, old, leaves[old:])
    read, tree = hash_reader(tiles.__getitem__, size), Tree(leaves)

    checkpoint = sign_checkpoint(TreeHead(ORIGIN, size, tree.root()), log_signers(), TIME)
    lines = cosign(Witnessed(checkpoint), witness_signers(), TIME)
    note = bytes(with_signatures(parse_note(checkpoint.note), lines))
    index = size // 2
    consistency = [tree.root(old), *prove_consistency(read, old, size)]
    files = {
        "vkey": str(KEYS[0]).encode(),
        "origin": ORIGIN.encode(),
        "checkpoint": note,
        "proof": prove_entry(entries[index], index, prove_inclusion(read, index, size), note),
        "consistency": "\n".join([str(old), *map(to_base64, consistency), ""]).encode(),
        **{tile_path(tile): content for tile, content in tiles.items()},
    }
    for number, bundle in bundles(entries):
        files[bundle_path(number, min(WIDTH, size - number * WIDTH))] = bundle
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 700 entries, to be changed and put back."""
    folder = tmp_path_factory.mktemp("log")
    write_log(folder, 700)
    return folder


@pytest.mark.parametrize("size", SIZES)
def test_go_reads_what_we_wrote(judge: Path, tmp_path: Path, size: int) -> None:
    write_log(tmp_path, size)
    assert verdict(judge, tmp_path) == "ok"


def at(marker: bytes, after: int = 0) -> Callable[[bytes], int]:
    """The place of a marker, or so many bytes after it."""
    return lambda data: data.index(marker) + after


CHANGES: dict[str, tuple[str, Callable[[bytes], int], str]] = {
    "the origin of the note": ("checkpoint", at(b"lab"), "note"),
    "the size in the note": ("checkpoint", at(b"\n700\n", 2), "note"),
    "the root in the note": ("checkpoint", at(b"\n700\n", 10), "note"),
    "the signature of the note": ("checkpoint", at(b"ledger.example/lab ", 40), "note"),
    "the key": ("vkey", at(b"+", 20), "note"),
    "a full tile of leaves": ("tile/0/000", at(b"", 4000), "tiles"),
    "the partial tile of leaves": ("tile/0/002.p/188", at(b"", 4000), "tiles"),
    "the tile above": ("tile/1/000.p/2", at(b"", 40), "tiles"),
    "an entry in a bundle": ("tile/entries/001", at(b"", 5000), "tiles"),
    "the entry in the proof": ("proof", at(b"extra ", 50), "record"),
    "the index in the proof": ("proof", at(b"index ", 8), "record"),
    "a hash in the proof": ("proof", at(b"index ", 30), "record"),
    "the checkpoint in the proof": ("proof", at(b"\n\n", 30), "record"),
    "the older root": ("consistency", at(b"\n", 10), "tree"),
    "a hash of consistency": ("consistency", at(b"\n", 60), "tree"),
    "the older size": ("consistency", at(b"467", 2), "tree"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_go_refuses_it_with_one_byte_changed(judge: Path, log: Path, what: str) -> None:
    name, place, check = CHANGES[what]
    path = log / name
    good = path.read_bytes()
    where = place(good)
    changed = bytearray(good)
    changed[where] = ord("A") if good[where] != ord("A") else ord("B")
    if chr(good[where]).isdecimal():
        changed[where] = ord("1") if good[where] != ord("1") else ord("2")
    path.write_bytes(bytes(changed))
    try:
        assert verdict(judge, log).startswith(f"{check}: ")
    finally:
        path.write_bytes(good)
    assert verdict(judge, log) == "ok"
