"""The key ring: written once, and an answer of its own for each way in which it cannot be opened."""

import stat
from pathlib import Path

import pytest

from backchannel.errors import NodeExists, NoNode, StoreBroken, UnusablePath
from backchannel.node.keyring import FILE, create_keyring, open_keyring


def zeros(size: int) -> bytes:
    return bytes(size)


def test_what_was_written_is_read_and_only_its_owner_can(tmp_path: Path) -> None:
    assert create_keyring(tmp_path, zeros) == open_keyring(tmp_path)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_a_key_ring_is_never_written_over(tmp_path: Path) -> None:
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
