"""Mailboxes in folders: items whole or not at all, never replaced; whatever else lies there is left alone."""

import errno
import os
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.carriers import folder as folder_module
from backchannel.carriers.folder import STALE_SECONDS, FolderCarrier, Usage
from backchannel.carriers.item import MAX_ITEM, is_name, require_name
from backchannel.errors import CarrierError, DiskFull, UnfitItem
from backchannel.flow.ports_carriers import Mailbox

BOX = Mailbox("ab" * 32, b"")
OTHER = Mailbox("cd" * 32, b"")


@pytest.fixture
def drop(tmp_path: Path) -> FolderCarrier:
    return FolderCarrier(tmp_path / "drop")


def place(carrier: FolderCarrier, name: str) -> Path:
    """Where an item of BOX would lie, with its folder made."""
    path = carrier.root / BOX.name / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def failing(monkeypatch: pytest.MonkeyPatch, function: str, number: int) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, function, fail)


# --- the four verbs -----------------------------------------------------------------------------------------


def test_an_item_that_was_put_is_listed_got_and_deleted(drop: FolderCarrier) -> None:
    assert drop.put(BOX, "0001", b"one") is True
    assert drop.list_after(BOX) == ["0001"]
    assert drop.get(BOX, "0001") == b"one"
    drop.delete(BOX, "0001")
    assert drop.list_after(BOX) == []
    assert drop.get(BOX, "0001") is None


def test_an_item_that_is_there_is_never_replaced(drop: FolderCarrier) -> None:
    drop.put(BOX, "0001", b"one")
    assert drop.put(BOX, "0001", b"two") is False
    assert drop.get(BOX, "0001") == b"one"


def test_names_are_listed_in_order_and_only_after_the_given_one(drop: FolderCarrier) -> None:
    for name in ("0003", "0001", "0002"):
        drop.put(BOX, name, b"x")
    assert drop.list_after(BOX) == ["0001", "0002", "0003"]
    assert drop.list_after(BOX, "0001") == ["0002", "0003"]
    assert drop.list_after(BOX, "0002a") == ["0003"]


def test_mailboxes_are_apart(drop: FolderCarrier) -> None:
    drop.put(BOX, "0001", b"one")
    assert drop.list_after(OTHER) == []
    assert drop.get(OTHER, "0001") is None


def test_reading_a_mailbox_that_does_not_exist_creates_nothing(drop: FolderCarrier) -> None:
    assert drop.list_after(BOX) == []
    assert drop.get(BOX, "0001") is None
    drop.delete(BOX, "0001")
    assert not drop.root.exists()


def test_deleting_twice_is_nothing(drop: FolderCarrier) -> None:
    drop.put(BOX, "0001", b"one")
    drop.delete(BOX, "0001")
    drop.delete(BOX, "0001")
    assert drop.list_after(BOX) == []


def test_a_missing_folder_is_created_but_not_the_place_where_a_stick_would_be_mounted(tmp_path: Path) -> None:
    carrier = FolderCarrier(tmp_path / "stick" / "drop")
    with pytest.raises(CarrierError, match="not mounted"):
        carrier.put(BOX, "0001", b"one")
    assert not (tmp_path / "stick").exists()
    (tmp_path / "stick").mkdir()
    assert carrier.put(BOX, "0001", b"one")


# --- whole or not at all ------------------------------------------------------------------------------------


def test_of_eight_writers_of_one_name_exactly_one_wins_and_its_bytes_stay(drop: FolderCarrier) -> None:
    assert race(drop) == 1


def test_of_eight_writers_exactly_one_wins_where_there_are_no_links(
    drop: FolderCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, "link", errno.EPERM)
    assert race(drop) == 1


def test_a_second_writer_waits_while_the_first_one_claims_a_name(
    drop: FolderCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, "link", errno.EPERM)
    claims = WatchedLock()
    monkeypatch.setattr(drop, "_claims", claims)
    rename, won = os.rename, list[bytes]()
    second = threading.Thread(target=lambda: drop.put(BOX, "0001", b"two") and won.append(b"two"))

    def rename_late(*args: Any, **kwargs: Any) -> None:
        monkeypatch.setattr(os, "rename", rename)
        second.start()
        assert claims.awaited.wait(10), "the second one did not wait"
        rename(*args, **kwargs)

    monkeypatch.setattr(os, "rename", rename_late)
    if drop.put(BOX, "0001", b"one"):
        won.append(b"one")
    second.join()
    assert won == [drop.get(BOX, "0001")] == [b"one"]


class WatchedLock:
    """A lock that says when somebody waits for it."""

    def __init__(self) -> None:
        self.awaited = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self.awaited.set()
            self._lock.acquire()

    def __exit__(self, *_error: object) -> None:
        self._lock.release()


def race(carrier: FolderCarrier) -> int:
    start = threading.Barrier(8)
    won: list[bytes] = []

    def write(number: int) -> None:
        data = bytes([number]) * 100_000
        start.wait()
        if carrier.put(BOX, "0001", data):
            won.append(data)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert carrier.get(BOX, "0001") in won
    assert names(carrier.root / BOX.name) == ["0001"]
    return len(won)


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_links_keeps_items_whole_too(
    drop: FolderCarrier, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    failing(monkeypatch, "link", number)
    assert drop.put(BOX, "0001", b"one") is True
    assert drop.put(BOX, "0001", b"two") is False
    assert drop.get(BOX, "0001") == b"one"


def test_a_claim_left_by_a_crash_is_no_item_and_is_taken_over(drop: FolderCarrier) -> None:
    place(drop, "0001").touch()
    assert drop.list_after(BOX) == []
    assert drop.get(BOX, "0001") is None
    assert drop.put(BOX, "0001", b"one") is True
    assert drop.get(BOX, "0001") == b"one"


def test_a_crash_while_writing_leaves_nothing_that_is_listed(
    drop: FolderCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_args: Any, **_kwargs: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", die)
        patch.setattr(os, "unlink", die)
        with pytest.raises(Killed):
            drop.put(BOX, "0001", b"one")
    assert len(names(drop.root / BOX.name)) == 1
    assert drop.list_after(BOX) == []
    assert drop.put(BOX, "0001", b"one") is True


def test_what_a_crash_left_is_removed_after_a_day_and_not_before(drop: FolderCarrier) -> None:
    old, young = place(drop, f".{'0' * 16}_partial"), place(drop, f".{'1' * 16}_partial")
    foreign = place(drop, ".notes")
    for path in (old, young, foreign):
        path.write_bytes(b"x")
    long_ago = young.stat().st_mtime - STALE_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    os.utime(foreign, (long_ago, long_ago))
    drop.put(BOX, "0001", b"one")
    assert (old.exists(), young.exists(), foreign.exists()) == (False, True, True)


def test_an_item_is_on_the_disk_before_its_name_is(drop: FolderCarrier, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    flush, link = os.fsync, os.link

    def seen_flush(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        flush(descriptor)

    def seen_link(*args: Any, **kwargs: Any) -> None:
        steps.append("link")
        link(*args, **kwargs)

    place(drop, "0001")
    monkeypatch.setattr(os, "fsync", seen_flush)
    monkeypatch.setattr(os, "link", seen_link)
    drop.put(BOX, "0001", b"one")
    assert steps == ["file", "link", "folder"]


# --- hostile folders ----------------------------------------------------------------------------------------


def put_symlink(path: Path, secret: Path) -> None:
    path.symlink_to(secret)


def put_folder(path: Path, _secret: Path) -> None:
    path.mkdir()


def put_fifo(path: Path, _secret: Path) -> None:
    os.mkfifo(path)


def put_socket(path: Path, _secret: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(here)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [put_symlink, put_folder, put_fifo, put_socket])
def test_what_is_no_plain_file_is_neither_listed_nor_opened_nor_deleted(
    drop: FolderCarrier, tmp_path: Path, make: Callable[[Path, Path], None]
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    path = place(drop, "0001")
    make(path, secret)
    assert drop.list_after(BOX) == []
    assert drop.usage(BOX) == Usage(0, 0)
    for verb in (
        lambda: drop.get(BOX, "0001"),
        lambda: drop.delete(BOX, "0001"),
        lambda: drop.put(BOX, "0001", b"x"),
    ):
        with pytest.raises(UnfitItem, match="not a plain file"):
            verb()
    assert os.path.lexists(path)
    assert secret.read_bytes() == b"secret"


@pytest.mark.timeout(20)
def test_an_item_swapped_for_a_fifo_after_the_check_does_not_hang_the_reader(
    drop: FolderCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = place(drop, "0001")
    path.write_bytes(b"one")
    seen = path.stat()
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(folder_module, "plain", lambda _folder, _name: seen)
    with pytest.raises(UnfitItem):
        drop.get(BOX, "0001")


def test_an_item_swapped_for_a_link_after_the_check_is_not_followed(
    drop: FolderCarrier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    place(drop, "0001").symlink_to(tmp_path / "secret")
    seen = (tmp_path / "secret").stat()
    monkeypatch.setattr(folder_module, "plain", lambda _folder, _name: seen)
    with pytest.raises(CarrierError):
        drop.get(BOX, "0001")


def test_a_mailbox_that_is_a_link_is_not_followed(drop: FolderCarrier, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "0001").write_bytes(b"secret")
    drop.root.mkdir()
    (drop.root / BOX.name).symlink_to(tmp_path / "elsewhere")
    for verb in (
        lambda: drop.list_after(BOX),
        lambda: drop.get(BOX, "0001"),
        lambda: drop.put(BOX, "0002", b"x"),
    ):
        with pytest.raises(CarrierError):
            verb()
    assert names(tmp_path / "elsewhere") == ["0001"]
    assert drop.mailboxes() == []


def test_a_listing_gives_so_many_names_the_first_ones_first(
    drop: FolderCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "MOST_NAMES", 3)
    for name in ("5", "3", "1", "4", "2"):
        drop.put(BOX, name, b"x")
    assert drop.list_after(BOX) == ["1", "2", "3"]
    assert drop.list_after(BOX, "3") == ["4", "5"]


def test_foreign_files_of_odd_names_are_left_out_of_the_list(drop: FolderCarrier) -> None:
    for name in ("README.TXT", ".hidden", "a b", "ünïcode", "-x", "x-", "a\nb", "\x1b[31m", "x" * 121):
        place(drop, name).write_bytes(b"x")
    (drop.root / BOX.name).joinpath(os.fsdecode(b"\xff\xfe")).write_bytes(b"x")
    drop.put(BOX, "0001", b"one")
    assert drop.list_after(BOX) == ["0001"]


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/etc/passwd", "a\0b", "A", "a\n", "x" * 121, "ａ"])
def test_path_tricks_in_names_are_refused_before_anything_is_touched(drop: FolderCarrier, name: str) -> None:
    for verb in (
        lambda: drop.put(BOX, name, b"x"),
        lambda: drop.get(BOX, name),
        lambda: drop.delete(BOX, name),
        lambda: drop.list_after(Mailbox(name, b"")),
        lambda: drop.put(Mailbox(name, b""), "0001", b"x"),
    ):
        with pytest.raises(UnfitItem, match="is not a name"):
            verb()
    assert not drop.root.exists()


@given(st.text(max_size=130))
def test_a_name_is_always_a_single_plain_file_name(text: str) -> None:
    if is_name(text):
        assert require_name(text) == text
        assert Path(text).name == text
        assert text == text.lower()
        assert text.strip(".-") == text
        assert 1 <= len(text) <= 120
    else:
        with pytest.raises(UnfitItem):
            require_name(text)


def test_a_file_larger_than_an_item_is_reported_and_not_read(drop: FolderCarrier) -> None:
    with place(drop, "0001").open("wb") as file:
        file.truncate(MAX_ITEM + 1)
    with pytest.raises(UnfitItem, match="not read"):
        drop.get(BOX, "0001")
    drop.delete(BOX, "0001")
    assert drop.list_after(BOX) == []


def test_an_item_of_the_largest_size_passes_and_one_byte_more_does_not(tmp_path: Path) -> None:
    drop = FolderCarrier(tmp_path / "drop", limit=1000)
    assert drop.put(BOX, "0001", bytes(1000)) is True
    assert drop.get(BOX, "0001") == bytes(1000)
    for data in (bytes(1001), b""):
        with pytest.raises(UnfitItem, match="an item has 1 to 1000"):
            drop.put(BOX, "0002", data)
    assert drop.list_after(BOX) == ["0001"]


# --- the machine --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_reported_and_leaves_nothing_behind(
    drop: FolderCarrier, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    place(drop, "0001")
    failing(monkeypatch, "fsync", number)
    with pytest.raises(DiskFull, match=BOX.name):
        drop.put(BOX, "0001", b"one")
    monkeypatch.undo()
    assert names(drop.root / BOX.name) == []
    assert drop.put(BOX, "0001", b"one") is True


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EIO])
def test_a_folder_that_cannot_be_written_is_an_error_with_its_path(
    drop: FolderCarrier, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    place(drop, "0001")
    failing(monkeypatch, "link", number)
    with pytest.raises(CarrierError, match=str(drop.root)) as caught:
        drop.put(BOX, "0001", b"one")
    assert os.strerror(number) in str(caught.value)
    assert drop.list_after(BOX) == []


def test_a_file_in_the_place_of_the_folder_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "drop").write_bytes(b"")
    with pytest.raises(CarrierError, match=str(tmp_path / "drop")):
        FolderCarrier(tmp_path / "drop").put(BOX, "0001", b"one")


def test_a_file_system_that_cannot_flush_folders_is_good_enough(
    drop: FolderCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = os.fsync

    def files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    assert drop.put(BOX, "0001", b"one") is True


# --- what a host asks ---------------------------------------------------------------------------------------


def test_usage_counts_items_and_bytes_and_its_time_tells_when_to_count_again(drop: FolderCarrier) -> None:
    assert drop.changed_at(BOX) == 0
    drop.put(BOX, "0001", b"one")
    before = drop.changed_at(BOX)
    drop.put(BOX, "0002", b"three")
    assert drop.usage(BOX) == Usage(2, 8)
    assert drop.changed_at(BOX) >= before > 0
    assert drop.mailboxes() == [BOX.name]


def test_expired_items_go_and_so_does_a_mailbox_left_empty(drop: FolderCarrier) -> None:
    for box in (BOX, OTHER):
        drop.put(box, "0001", b"old")
        os.utime(drop.root / box.name / "0001", (1000, 1000))
    drop.put(BOX, "0002", b"young")
    assert drop.expire(BOX, before=1001) == 1
    assert drop.expire(OTHER, before=1001) == 1
    assert drop.expire(OTHER, before=1001) == 0
    assert drop.list_after(BOX) == ["0002"]
    assert drop.mailboxes() == [BOX.name]
