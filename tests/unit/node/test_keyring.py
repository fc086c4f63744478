"""The key ring: always whole, and an answer of its own for each way in which it cannot be opened."""

import errno
import os
import stat
from pathlib import Path

import msgspec
import pytest

from backchannel.errors import DiskFull, NodeExists, NoNode, StoreBroken, UnusablePath
from backchannel.node import keyring
from backchannel.node.keyring import FILE, KeyRing, Prepared, create_keyring, open_keyring, replace_keyring
from backchannel.protocol.keys import private_to_bytes
from backchannel.protocol.succession import succeed
from two_parties import LAB, NOW, VENDOR, seeds


def zeros(size: int) -> bytes:
    return bytes(size)


def test_what_was_written_is_read_and_only_its_owner_can(tmp_path: Path) -> None:
    assert create_keyring(tmp_path, zeros) == open_keyring(tmp_path)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_a_key_ring_is_never_made_twice(tmp_path: Path) -> None:
    create_keyring(tmp_path, zeros)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(NodeExists):
        create_keyring(tmp_path, lambda size: b"1" * size)
    assert (tmp_path / FILE).read_bytes() == before


def test_where_there_is_no_key_ring_there_is_no_node(tmp_path: Path) -> None:
    with pytest.raises(NoNode, match="there is no node"):
        open_keyring(tmp_path)
    with pytest.raises(NoNode, match="there is no node"):
        open_keyring(tmp_path / "nowhere")


def test_a_key_ring_that_cannot_be_read_is_not_taken_for_a_missing_node(tmp_path: Path) -> None:
    """The advice to run `init` would be wrong: there is a node, and the user may not read it."""
    (tmp_path / FILE).mkdir()
    with pytest.raises(UnusablePath, match=r"keyring\.json cannot be read: Is a directory"):
        open_keyring(tmp_path)


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b'{"private":{},"secret":""}'])
def test_a_damaged_key_ring_is_said_and_not_quoted(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE).write_bytes(data)
    with pytest.raises(StoreBroken):
        open_keyring(tmp_path)


# --- replaced ----------------------------------------------------------------------------------------------------

SECOND = LAB.private.succeeded(LAB.key, seeds("second"), NOW)
PREPARED = Prepared(SECOND, succeed(LAB.private, SECOND, None, NOW))


def test_a_key_ring_that_was_replaced_is_read_as_it_was_written(tmp_path: Path) -> None:
    create_keyring(tmp_path, zeros)
    for ring in (KeyRing(VENDOR.private, b"s" * 32), KeyRing(LAB.private, b"s" * 32, prepared=PREPARED)):
        replace_keyring(tmp_path, ring)
        assert open_keyring(tmp_path) == ring
        assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
        assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_the_bytes_of_a_replaced_key_ring_are_overwritten(tmp_path: Path) -> None:
    """As far as this program can see to it: through a second name of the same file."""
    create_keyring(tmp_path, seeds("old"))
    os.link(tmp_path / FILE, tmp_path / "other name")
    replace_keyring(tmp_path, KeyRing(VENDOR.private, b"s" * 32))
    assert set((tmp_path / "other name").read_bytes()) == {0}


def test_what_a_dead_process_left_of_a_key_ring_is_overwritten_too(tmp_path: Path) -> None:
    create_keyring(tmp_path, zeros)
    (tmp_path / (FILE + ".new")).write_bytes(b"keys of yesterday")
    os.link(tmp_path / (FILE + ".new"), tmp_path / "other name")
    replace_keyring(tmp_path, KeyRing(VENDOR.private, b"s" * 32))
    assert set((tmp_path / "other name").read_bytes()) == {0}
    assert open_keyring(tmp_path).private == VENDOR.private


def test_a_key_ring_for_which_there_is_no_room_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_keyring(tmp_path, zeros)
    before = (tmp_path / FILE).read_bytes()

    def full(_descriptor: int, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(keyring, "_write", full)
        with pytest.raises(DiskFull):
            replace_keyring(tmp_path, KeyRing(VENDOR.private, b"s" * 32))
    assert (tmp_path / FILE).read_bytes() == before


def test_what_was_prepared_holds_only_if_the_store_says_so() -> None:
    ring = KeyRing(LAB.private, b"s" * 32, prepared=PREPARED)
    assert ring.holding(0) == KeyRing(LAB.private, b"s" * 32)
    assert ring.holding(1) == KeyRing(SECOND, b"s" * 32, PREPARED.history)
    with pytest.raises(StoreBroken, match="one of the two is from an older copy"):
        ring.holding(2)


def test_a_key_ring_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    """It did not know when its keys were issued, nor of any others."""
    old = msgspec.json.decode(private_to_bytes(LAB.private))
    for name in ("party", "generation", "former"):
        del old[name]
    for seed in old["sealing"]:
        del seed["issued"]
    (tmp_path / FILE).write_bytes(msgspec.json.encode({"private": old, "secret": b"s" * 32}))
    assert open_keyring(tmp_path) == KeyRing(LAB.private, b"s" * 32)


def test_a_key_ring_shows_nothing_of_what_is_prepared() -> None:
    assert repr(PREPARED) == "Prepared(…)"
    assert repr(KeyRing(LAB.private, b"s" * 32, prepared=PREPARED)) == "KeyRing(…)"
