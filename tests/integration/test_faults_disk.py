"""A full disk: said on one line, nothing half done, and the same command succeeds once there is space.

SQLite is told that its file may not grow, which gives the very error of a full disk. Where the system lets an
ordinary user mount a small file system of its own, real ones are filled too, through the command line.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backchannel.carriers import folder as folder_carrier
from backchannel.core.stix import StixObject
from backchannel.errors import DiskFull
from backchannel.flow.post import post
from backchannel.node import exchange, fetching, importing, parties
from backchannel.node.node import Node
from backchannel.node.sync import sync
from backchannel.store import database
from counterpart import Counterpart
from receipts import unsigned
from standoff import Standoff, good
from vetting_world import indicator

Command = Callable[[Node], object]


@contextmanager
def full(standoff: Standoff, monkeypatch: pytest.MonkeyPatch, spare_pages: int = 0) -> Iterator[None]:
    """Within the block the node's database may grow by so many pages only."""
    standoff.node.close()
    size = (standoff.home / "backchannel.db").stat().st_size // database.PAGE_BYTES
    with monkeypatch.context() as patch:
        patch.setattr(database, "_SETTINGS", (*database._SETTINGS, f"max_page_count={size + spare_pages}"))
        standoff.reopen()
        yield
        standoff.node.close()
    standoff.reopen()


def many(number: int = 40) -> list[StixObject]:
    """Objects that do not fit into the pages that happen to be free."""
    return [one for n in range(number) for one in good(f"big{n}.example")]


def before_import(standoff: Standoff) -> Command:
    feed = standoff.folder / "feed.txt"
    feed.write_text("".join(f"host{number}.example\n" for number in range(300)))
    return lambda node: importing.import_files(node, [feed])


def before_release(standoff: Standoff) -> Command:
    raws = b",".join(one.raw for one in many(80))
    (standoff.folder / "own.json").write_bytes(
        b'{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d","objects":[' + raws + b"]}"
    )
    assert importing.import_files(standoff.node, [standoff.folder / "own.json"]).added == 160
    return lambda node: exchange.release(node, standoff.agreement)


def before_receive(standoff: Standoff) -> Command:
    standoff.vendor.release(standoff.agreement, many())
    return sync


COMMANDS: dict[str, Callable[[Standoff], Command]] = {
    "import": before_import,
    "release": before_release,
    "receiving": before_receive,
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("spare_pages", [0, 3])
def test_a_full_disk_is_said_and_nothing_is_half_done(
    standoff: Standoff, monkeypatch: pytest.MonkeyPatch, command: str, spare_pages: int
) -> None:
    run = COMMANDS[command](standoff)
    before = standoff.held(), standoff.waiting(), standoff.counters(), standoff.rules(), listing(standoff)
    with full(standoff, monkeypatch, spare_pages):
        for _ in range(2):
            with pytest.raises(DiskFull, match=r"no space left for .*backchannel\.db") as error:
                run(standoff.node)
            assert "\n" not in str(error.value)
        assert (
            standoff.held(),
            standoff.waiting(),
            standoff.counters(),
            standoff.rules(),
            listing(standoff),
        ) == before
    run(standoff.node)
    assert (standoff.held(), standoff.waiting(), standoff.counters(), standoff.rules()) != before[:4]
    standoff.later_good_arrives()


def listing(standoff: Standoff) -> list[str]:
    """Every item that lies in DROP."""
    return sorted(str(path) for path in (standoff.folder / "DROP").rglob("*") if path.is_file())


def test_a_node_with_a_full_disk_can_still_be_read(standoff: Standoff, monkeypatch: pytest.MonkeyPatch) -> None:
    held = standoff.held()
    with full(standoff, monkeypatch):
        assert standoff.held() == held
        assert exchange.preview(standoff.node, standoff.agreement).summary["release"] > 0


@pytest.mark.parametrize("written", [0, 1, 4000])
def test_a_full_carrier_keeps_the_envelope_in_the_outbox(
    standoff: Standoff, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """A stick that is full: some bytes went down, then none."""

    def write_some(folder: int, name: str, data: bytes) -> None:
        with os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder), "wb") as file:
            file.write(data[:written])
        raise OSError(28, "No space left on device")

    exchange.release(standoff.node, standoff.agreement)
    before = listing(standoff)
    with monkeypatch.context() as patch:
        patch.setattr(folder_carrier, "write_new", write_some)
        with pytest.raises(DiskFull, match="No space left on device"):
            standoff.sync()
    assert listing(standoff) == before, "no part of an envelope is left behind"
    assert standoff.sync().sent >= 1
    assert list(standoff.vendor.fetch(standoff.agreement))
    standoff.later_good_arrives()


def test_a_full_carrier_does_not_keep_what_came_from_being_received(
    standoff: Standoff, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange.release(standoff.node, standoff.agreement)
    standoff.vendor.release(standoff.agreement, good("came.example"))

    def none(_folder: int, _name: str, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(folder_carrier, "write_new", none)
        with pytest.raises(DiskFull):
            standoff.sync()
    assert len(standoff.waiting()) == 2
    standoff.sync()
    standoff.later_good_arrives()


@pytest.mark.parametrize("whose", ["vendor", "third"])
def test_one_full_stick_does_not_keep_the_other_counterpart_from_being_served(
    standoff: Standoff, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    full_one, other = (standoff.vendor, standoff.third)[:: 1 if whose == "vendor" else -1]
    for one in (full_one, other):
        list(one.fetch(_agreement(standoff, one)))
    with standoff.node.db.write() as tx:
        for one, agreement in ((standoff.vendor, standoff.agreement), (standoff.third, standoff.other)):
            peer = parties.peer_of(parties.find_party(tx, one.key))
            post(tx, standoff.node.us, peer, agreement, [unsigned()])
    mailbox = full_one.folder(_agreement(standoff, full_one), "send")
    write = folder_carrier.write_new

    def write_unless_full(folder: int, name: str, data: bytes) -> None:
        if mailbox.exists() and os.path.samestat(os.fstat(folder), mailbox.stat()):
            raise OSError(28, "No space left on device")
        write(folder, name, data)

    with monkeypatch.context() as patch:
        patch.setattr(folder_carrier, "write_new", write_unless_full)
        with pytest.raises(DiskFull):
            standoff.sync()
    assert list(other.fetch(_agreement(standoff, other)))
    assert not list(full_one.fetch(_agreement(standoff, full_one)))
    standoff.sync()
    assert list(full_one.fetch(_agreement(standoff, full_one)))


def _agreement(standoff: Standoff, one: Counterpart) -> str:
    return standoff.agreement if one.key == standoff.vendor.key else standoff.other


def test_evidence_that_does_not_fit_is_said_and_kept_in_the_mailbox(
    standoff: Standoff, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = standoff.vendor
    vendor.release(standoff.agreement, good("one.example"))
    standoff.sync()
    vendor.put(standoff.agreement, vendor.forge(standoff.agreement, header={"sequence": 1, "previous": ""}), "fork")

    def none(_path: Path, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", none)
        with pytest.raises(DiskFull, match="evidence"):
            standoff.sync()
    assert standoff.sync().refused_envelopes == 1
    assert standoff.rules() == ["fork"]
    assert len(list((standoff.home / fetching.EVIDENCE).iterdir())) == 1
    standoff.later_good_arrives()


# --- real file systems --------------------------------------------------------------------------------------------


def namespace_works() -> bool:
    """Whether this system lets us mount a file system of our own."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    script = "mount -t tmpfs -o size=16k tmpfs /tmp"
    return subprocess.run([unshare, "-Urm", "sh", "-c", script], capture_output=True, check=False).returncode == 0


needs_namespace = pytest.mark.skipif(
    not namespace_works(), reason="no file system can be mounted here without rights"
)


def in_namespace(standoff: Standoff, script: str) -> list[str]:
    """Run a script where file systems can be mounted. `$bc` is the command on the Lab's node in `$home`."""
    place = standoff.folder / "small"
    place.mkdir()
    standoff.node.close()
    environment = dict(os.environ) | {
        "place": str(place),
        "home": str(standoff.home),
        "bc": f"{sys.executable} -m backchannel --home",
        "agreement": standoff.agreement,
        "folder": str(standoff.folder),
        "NO_COLOR": "1",
        "COLUMNS": "200",
    }
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", script],
        env=environment,
        cwd=standoff.folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout, done.stderr + done.stdout
    standoff.reopen()
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout.splitlines()


@needs_namespace
def test_a_real_full_disk_under_the_node_is_said_and_the_same_import_succeeds_later(standoff: Standoff) -> None:
    (standoff.folder / "feed.txt").write_text("".join(f"host{number}.example\n" for number in range(3_000)))
    out = in_namespace(
        standoff,
        """
        mount -t tmpfs -o size=1800k tmpfs "$place" && cp -r "$home" "$place/lab" || exit 9
        $bc "$place/lab" import feed.txt 2>&1; echo "status $?"
        mount -o remount,size=64m "$place"
        $bc "$place/lab" import feed.txt 2>&1; echo "status $?"
        $bc "$place/lab" import feed.txt 2>&1; echo "status $?"
        """,
    )
    text = "\n".join(out)
    assert [line for line in out if line.startswith("status")] == ["status 2", "status 0", "status 0"], text
    assert out[0].startswith("error no space left for "), text
    assert "nothing new" in text


@needs_namespace
def test_a_real_full_stick_is_said_and_the_envelope_goes_later(standoff: Standoff) -> None:
    exchange.release(standoff.node, standoff.agreement)
    out = in_namespace(
        standoff,
        """
        mount -t tmpfs -o size=64k tmpfs "$folder/DROP" && dd if=/dev/zero of="$folder/DROP/filler" bs=1k 2>/dev/null
        $bc "$home" sync 2>&1; echo "status $?"
        rm "$folder/DROP/filler"
        $bc "$home" sync 2>&1; echo "status $?"
        echo "items $(find "$folder/DROP" -type f | wc -l)"
        """,
    )
    text = "\n".join(out)
    statuses = [line for line in out if line.startswith("status")]
    assert statuses[0] in {"status 1", "status 2"}, text
    assert statuses[1] == "status 0", text
    assert "No space left on device" in out[0] or "no space left" in out[0], text
    assert out[-1] != "items 0"


@needs_namespace
def test_init_and_export_on_a_full_disk_leave_nothing_that_looks_whole(standoff: Standoff) -> None:
    out = in_namespace(
        standoff,
        """
        mount -t tmpfs -o size=64k tmpfs "$place" || exit 9
        $bc "$place/new" init --name "New Node" 2>&1; echo "status $?"
        dd if=/dev/zero of="$place/filler" bs=1k 2>/dev/null
        $bc "$home" holdings export -o "$place/out.json" 2>&1; echo "status $?"
        ls "$place" | tr '\\n' ' '
        """,
    )
    text = "\n".join(out)
    assert [line for line in out if line.startswith("status")] == ["status 2", "status 2"], text
    assert sum(line.startswith("error no space left") for line in out) == 2, text
    assert "out.json" not in out[-1]


def test_a_full_disk_behind_standard_output_is_said(standoff: Standoff) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("the system has no /dev/full")
    for arguments in (["holdings", "list"], ["holdings", "list", "--json"], ["holdings", "export"]):
        with Path("/dev/full").open("wb") as nowhere:
            done = subprocess.run(
                [sys.executable, "-m", "backchannel", "--home", str(standoff.home), *arguments],
                stdout=nowhere,
                stderr=subprocess.PIPE,
                text=True,
                timeout=300,
                check=False,
            )
        assert done.returncode == 2, arguments
        assert done.stderr.startswith("error no space left"), done.stderr
        assert len(done.stderr.splitlines()) == 2


def test_one_object_too_large_for_the_space_left_does_not_spoil_smaller_ones(
    standoff: Standoff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failure the same open node goes on: no connection is left in a broken transaction."""
    huge = indicator("huge.example", description="x" * 200_000)
    (standoff.folder / "huge.json").write_bytes(
        b'{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d","objects":[' + huge.raw + b"]}"
    )
    with full(standoff, monkeypatch, 12):
        with pytest.raises(DiskFull):
            importing.import_files(standoff.node, [standoff.folder / "huge.json"])
        standoff.vendor.release(standoff.agreement, good("small.example"))
        assert standoff.sync().held == 2
