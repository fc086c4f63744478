"""The file: who may open it, what is refused, and that what was committed stays and nothing else does."""

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from backchannel.errors import BadArgument, DiskFull, NoNode, StoreBroken, StoreBusy, StoreReadOnly, StoreTooNew
from backchannel.flow.ports import Filter
from backchannel.flow.ports_channels import ChannelRow
from backchannel.store.database import Database
from backchannel.store.schema import SCHEMA_VERSION
from store_samples import NOW, US, indicator, new

CHILD = """
import sys
from pathlib import Path
from backchannel.store.database import Database
from store_samples import NOW, US, indicator, new
db = Database.open(Path(sys.argv[1]))
"""


def child(code: str, *arguments: object) -> "subprocess.Popen[str]":
    tests = str(Path(__file__).parents[2])
    paths = os.pathsep.join([tests, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-c", CHILD + code, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def add(database: Database, *domains: str) -> int:
    with database.write() as tx:
        return tx.holdings.add(new(*map(indicator, domains)), source=US, now=NOW).added


def names(database: Database) -> list[str]:
    with database.read() as tx:
        return [held.name for held in tx.holdings.find(Filter())]


def sound(path: Path) -> bool:
    with sqlite3.connect(path) as raw:
        return [row[0] for row in raw.execute("PRAGMA integrity_check")] == ["ok"]


# --- opening ---------------------------------------------------------------------------------------------------


def test_a_store_opens_again_with_what_was_written(tmp_path: Path) -> None:
    with Database.open(tmp_path / "s", create=True) as first:
        add(first, "one.example")
    with Database.open(tmp_path / "s") as again:
        assert names(again) == ["one.example"]


def test_only_the_owner_may_read_the_store_and_its_logs(tmp_path: Path) -> None:
    with Database.open(tmp_path / "s", create=True) as database:
        add(database, "one.example")
        files = sorted(tmp_path.iterdir())
        assert [file.name for file in files] == ["s", "s-shm", "s-wal"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_missing_store_is_not_made_unless_asked_for(tmp_path: Path) -> None:
    with pytest.raises(NoNode, match="no store at"):
        Database.open(tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_an_empty_file_holds_no_store(tmp_path: Path) -> None:
    (tmp_path / "s").touch()
    with pytest.raises(StoreBroken, match="empty"):
        Database.open(tmp_path / "s")


def test_a_store_whose_making_was_interrupted_is_made_by_the_next_try(tmp_path: Path) -> None:
    (tmp_path / "s").touch()
    with Database.open(tmp_path / "s", create=True) as database:
        assert add(database, "one.example") == 1


def test_making_a_store_that_exists_keeps_what_it_holds(tmp_path: Path) -> None:
    with Database.open(tmp_path / "s", create=True) as database:
        add(database, "one.example")
    with Database.open(tmp_path / "s", create=True) as database:
        assert names(database) == ["one.example"]


def test_a_store_of_a_newer_version_is_refused_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    Database.open(path, create=True).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew, match=f"schema 9999.*up to {SCHEMA_VERSION}"):
        Database.open(path)
    assert path.read_bytes() == before


def test_a_file_that_is_not_sqlite_is_refused_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_bytes(b"not a database " * 1000)
    for create in (False, True):
        with pytest.raises(StoreBroken, match="not an SQLite file"):
            Database.open(path, create=create)
    assert path.read_bytes() == b"not a database " * 1000


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s") as raw:
        raw.execute("CREATE TABLE bookmark (url TEXT)")
    raw.close()
    with pytest.raises(StoreBroken, match="another program"):
        Database.open(tmp_path / "s", create=True)


def test_a_damaged_store_is_reported_as_damaged(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with Database.open(path, create=True) as database:
        add(database, *(f"host{n}.example" for n in range(500)))
    data = bytearray(path.read_bytes())
    data[8192:] = os.urandom(16) * ((len(data) - 8192) // 16)
    path.write_bytes(data)
    with pytest.raises(StoreBroken, match="damaged"), Database.open(path) as database:
        names(database)


def test_odd_characters_in_the_path_are_part_of_the_path(tmp_path: Path) -> None:
    folder = tmp_path / "50% off?mode=memory#x"
    folder.mkdir()
    with Database.open(folder / "s", create=True) as database:
        add(database, "one.example")
    assert (folder / "s").stat().st_size > 0


# --- what the disk and others do -------------------------------------------------------------------------------


@contextmanager
def as_nobody() -> Iterator[Path]:
    """A folder that the process owns as an ordinary user: permissions mean nothing to root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if os.geteuid() != 0:
            yield folder
            return
        folder.chmod(0o755)
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(0)


def test_a_read_only_file_is_reported_and_may_not_be_written() -> None:
    with as_nobody() as folder:
        Database.open(folder / "s", create=True).close()
        (folder / "s").chmod(0o400)
        with pytest.raises(StoreReadOnly, match="written"), Database.open(folder / "s") as database:
            add(database, "one.example")


def test_a_read_only_folder_is_reported() -> None:
    with as_nobody() as folder:
        Database.open(folder / "s", create=True).close()
        folder.chmod(0o500)
        with pytest.raises(StoreReadOnly), Database.open(folder / "s") as database:
            add(database, "one.example")
        with pytest.raises(StoreReadOnly, match="cannot be made"):
            Database.open(folder / "t", create=True)
        folder.chmod(0o700)


def test_a_full_disk_is_reported_and_nothing_is_half_done(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with Database.open(path, create=True) as database:
        add(database, "one.example")
        with full_disk(), pytest.raises(DiskFull, match="no space left"):
            crowd(path)
        assert names(database) == ["one.example"]
        assert add(database, "two.example") == 1
    assert sound(path)


def crowd(path: Path) -> None:
    with Database.open(path) as small:
        add(small, *(f"host{n}.example" for n in range(3000)))


@contextmanager
def full_disk() -> Iterator[None]:
    """SQLite may not make the file longer than it is: it then reports what it reports on a full disk."""

    def limit(connection: Any, _record: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}").close()

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def test_a_store_that_another_holds_is_reported_as_busy(tmp_path: Path) -> None:
    with Database.open(tmp_path / "s", create=True) as first:
        with Database.open(tmp_path / "s", busy_milliseconds=10) as second, first.write():
            with pytest.raises(StoreBusy, match="another process"):
                add(second, "one.example")
            assert names(second) == []
        assert add(first, "one.example") == 1


def test_a_store_that_another_thread_holds_is_reported_as_busy(tmp_path: Path) -> None:
    Database.open(tmp_path / "node.db", create=True).close()
    with Database.open(tmp_path / "node.db", busy_milliseconds=1) as database, ThreadPoolExecutor(1) as thread:
        with database.write(), pytest.raises(StoreBusy, match="another thread holds"):
            thread.submit(add, database, "a.example").result()
        assert thread.submit(add, database, "a.example").result() == 1


def test_closing_while_another_process_writes_is_no_error(tmp_path: Path) -> None:
    """SQLite wants to count the rows of a table that has grown, which is a write of its own."""
    with Database.open(tmp_path / "s", create=True) as first:
        add(first, *(f"{number}.example" for number in range(600)))
        second = Database.open(tmp_path / "s", busy_milliseconds=10)
        with second.read() as tx:
            assert len(list(tx.holdings.find(Filter(type="indicator")))) == 600
        with sqlite3.connect(tmp_path / "s") as raw:
            raw.execute("SELECT seq FROM holding WHERE type = 'indicator' LIMIT 1").fetchall()
            assert raw.execute("PRAGMA optimize(-1)").fetchall()
        with first.write():
            second.close()
        assert add(first, "one.example") == 1


def test_commits_reach_the_disk_and_references_are_checked(db: Database) -> None:
    settings = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "query_only": 0}
    with db._engine.connect() as connection:
        assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in settings} == settings


# --- transactions ----------------------------------------------------------------------------------------------


def test_an_exception_undoes_everything_in_its_block(db: Database) -> None:
    def interrupted() -> None:
        with db.write() as tx:
            tx.holdings.add(new(indicator("one.example")), source=US, now=NOW)
            tx.channels.put_state(ChannelRow("channel", US, 7))
            raise RuntimeError("midway")

    with pytest.raises(RuntimeError, match="midway"):
        interrupted()
    with db.read() as tx:
        assert list(tx.holdings.find(Filter())) == []
        assert tx.channels.state("channel", US).sent == 0


def test_a_reader_sees_one_state_whatever_others_write(db: Database) -> None:
    add(db, "one.example")
    with db.read() as tx:
        assert len(list(tx.holdings.find(Filter()))) == 1
        add(db, "two.example")
        assert len(list(tx.holdings.find(Filter()))) == 1
    assert len(names(db)) == 2


def test_a_reading_transaction_cannot_write(db: Database) -> None:
    with pytest.raises(StoreReadOnly), db.read() as tx:
        tx.holdings.add(new(indicator("one.example")), source=US, now=NOW)
    assert add(db, "one.example") == 1


def test_the_version_changes_with_each_commit_of_whoever_makes_it(db: Database) -> None:
    seen = [db.version()]
    assert db.version() == seen[0]
    assert names(db) == []
    assert db.version() == seen[0]
    add(db, "a.example")
    seen.append(db.version())
    process = child(
        "with db.write() as tx:\n    tx.holdings.add(new(indicator('b.example')), source=US, now=NOW)", db.path
    )
    with process:
        assert process.wait(timeout=60) == 0
    seen.append(db.version())
    assert db.version() == seen[2]
    assert len(set(seen)) == 3


def test_the_version_waits_for_no_writer(db: Database) -> None:
    before = db.version()
    with db.write() as tx:
        tx.holdings.add(new(indicator("a.example")), source=US, now=NOW)
        assert db.version() == before
    assert db.version() != before


def test_threads_that_write_at_once_lose_nothing(db: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        added = pool.map(lambda n: add(db, f"host{n}.example"), range(40))
    assert sum(added) == 40
    with db.read() as tx:
        assert [held.seq for held in tx.holdings.find(Filter())] == list(range(1, 41))


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s"
    Database.open(path, create=True).close()
    code = """
for n in range(20):
    with db.write() as tx:
        tx.holdings.add(new(indicator(f"{sys.argv[2]}{n}.example")), source=US, now=NOW)
"""
    writers = [child(code, path, name) for name in ("left", "right")]
    for writer in writers:
        writer.communicate(timeout=60)
    assert [writer.returncode for writer in writers] == [0, 0]
    with Database.open(path) as database:
        assert len(set(names(database))) == 40


def test_a_kill_in_the_middle_of_a_transaction_leaves_the_store_as_before_it(tmp_path: Path) -> None:
    path = tmp_path / "s"
    Database.open(path, create=True).close()
    code = """
with db.write() as tx:
    tx.holdings.add(new(indicator("kept.example")), source=US, now=NOW)
with db.write() as tx:
    many = [indicator(f"lost{n}.example") for n in range(5000)]
    tx.holdings.add(new(*many), source=US, now=NOW)
    print("written", flush=True)
    sys.stdin.read()
"""
    writer = child(code, path)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "written\n"
    writer.kill()
    writer.communicate(timeout=60)
    with Database.open(path) as database:
        assert names(database) == ["kept.example"]
        assert add(database, "later.example") == 1
    assert sound(path)


def test_an_argument_that_is_no_text_is_the_callers_mistake(db: Database) -> None:
    with pytest.raises(BadArgument, match="no text"), db.read() as tx:
        tx.holdings.get("indicator--\udcff")
