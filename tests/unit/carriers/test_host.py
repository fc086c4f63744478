"""Mailboxes kept for others: admission by token and name, quotas, expiry."""

import hashlib
import os
import threading
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.carriers import host as host_module
from backchannel.carriers.folder import FolderCarrier
from backchannel.carriers.host import Grant, MailboxHost, Outcome, Quota, keep_tidy
from backchannel.errors import CarrierError, DiskFull, MailboxFull, WrongWay
from backchannel.flow.ports_carriers import Mailbox

TOKEN = b"a token of thirty-two bytes ....."
BOX = Mailbox(hashlib.sha256(TOKEN).hexdigest(), TOKEN)
OTHER = Mailbox(hashlib.sha256(b"other").hexdigest(), b"other")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def host(path: Path, quota: Quota | None = None) -> MailboxHost:
    return MailboxHost(path / "boxes", known=lambda _name: True, quota=quota)


def test_the_token_of_a_known_mailbox_is_admitted(tmp_path: Path) -> None:
    assert host(tmp_path).admit(BOX.name, TOKEN) == BOX


@pytest.mark.parametrize("token", [b"", b"wrong", TOKEN[:-1], TOKEN + b"\0", BOX.name.encode()])
def test_another_token_is_not_admitted(tmp_path: Path, token: bytes) -> None:
    assert host(tmp_path).admit(BOX.name, token) is None


@pytest.mark.parametrize("name", ["", "..", BOX.name.upper(), BOX.name[:-1], BOX.name + "\n", "é", "\ud800"])
def test_another_name_is_not_admitted_whatever_it_is(tmp_path: Path, name: str) -> None:
    assert host(tmp_path).admit(name, TOKEN) is None


def test_a_mailbox_becomes_known_and_unknown_at_once(tmp_path: Path) -> None:
    known: set[str] = set()
    served = MailboxHost(tmp_path / "boxes", known=lambda name: name in known)
    assert served.admit(BOX.name, TOKEN) is None
    known.add(BOX.name)
    assert served.admit(BOX.name, TOKEN) == BOX
    known.clear()
    assert served.admit(BOX.name, TOKEN) is None


def test_whether_a_name_is_known_is_not_asked_for_a_wrong_token(tmp_path: Path) -> None:
    asked: list[str] = []
    served = MailboxHost(tmp_path / "boxes", known=lambda name: bool(asked.append(name)) or True)
    served.admit(BOX.name, b"wrong")
    assert asked == []


def test_a_put_says_whether_it_was_kept_or_the_same_or_another_was_there(tmp_path: Path) -> None:
    served = host(tmp_path)
    assert served.put(BOX, "0001", b"one") is Outcome.CREATED
    assert served.put(BOX, "0001", b"one") is Outcome.SAME
    assert served.put(BOX, "0001", b"two") is Outcome.OTHER
    assert served.get(BOX, "0001") == b"one"


def test_listings_come_in_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_module, "PAGE", 2)
    served = host(tmp_path)
    for name in ("1", "2", "3"):
        served.put(BOX, name, b"x")
    assert served.page(BOX, "") == (["1", "2"], True)
    assert served.page(BOX, "2") == (["3"], False)


def test_a_mailbox_takes_so_many_items_and_again_when_one_was_fetched(tmp_path: Path) -> None:
    served = host(tmp_path, Quota(items=2))
    served.put(BOX, "1", b"x")
    served.put(BOX, "2", b"x")
    with pytest.raises(MailboxFull, match="2 items wait"):
        served.put(BOX, "3", b"x")
    assert served.put(BOX, "2", b"x") is Outcome.SAME
    assert served.put(OTHER, "1", b"x") is Outcome.CREATED
    served.delete(BOX, "1")
    assert served.put(BOX, "3", b"x") is Outcome.CREATED


def test_a_mailbox_takes_so_many_bytes(tmp_path: Path) -> None:
    served = host(tmp_path, Quota(bytes=10))
    served.put(BOX, "1", bytes(6))
    with pytest.raises(MailboxFull, match="6 bytes wait"):
        served.put(BOX, "2", bytes(5))
    assert served.put(BOX, "2", bytes(4)) is Outcome.CREATED


def test_all_mailboxes_together_take_so_many_bytes(tmp_path: Path) -> None:
    served = host(tmp_path, Quota(total_bytes=10))
    served.put(BOX, "1", bytes(6))
    with pytest.raises(MailboxFull, match="10 bytes in all"):
        served.put(OTHER, "1", bytes(5))
    served.delete(BOX, "1")
    assert served.put(OTHER, "1", bytes(5)) is Outcome.CREATED


def test_a_host_takes_so_many_mailboxes(tmp_path: Path) -> None:
    served = host(tmp_path, Quota(mailboxes=1))
    served.put(BOX, "1", b"x")
    with pytest.raises(MailboxFull, match="already keeps 1 mailboxes"):
        served.put(OTHER, "1", b"x")
    assert served.put(BOX, "2", b"x") is Outcome.CREATED


def test_quotas_count_what_was_there_before_the_start(tmp_path: Path) -> None:
    host(tmp_path).put(BOX, "1", b"x")
    with pytest.raises(MailboxFull):
        host(tmp_path, Quota(items=1)).put(BOX, "2", b"x")


def test_items_that_the_nodes_own_program_took_away_make_room(tmp_path: Path) -> None:
    served = host(tmp_path, Quota(items=1))
    served.put(BOX, "1", b"x")
    FolderCarrier(tmp_path / "boxes").delete(BOX, "1")
    assert served.put(BOX, "2", b"x") is Outcome.CREATED


def test_knocking_on_a_full_mailbox_does_not_count_its_files_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = host(tmp_path, Quota(items=1))
    served.put(BOX, "1", b"x")
    counted: list[str] = []
    usage = served.carrier.usage
    monkeypatch.setattr(served.carrier, "usage", lambda box: counted.append(box.name) or usage(box))
    for _ in range(5):
        with pytest.raises(MailboxFull):
            served.put(BOX, "2", b"x")
    assert len(counted) == 1


def test_eight_writers_at_once_do_not_get_past_the_quota(tmp_path: Path) -> None:
    served = host(tmp_path, Quota(items=3))
    outcomes: list[str] = []

    def write(number: int) -> None:
        try:
            outcomes.append(served.put(BOX, str(number), b"x").value)
        except MailboxFull:
            outcomes.append("full")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["created"] * 3 + ["full"] * 5


def test_a_full_disk_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served = host(tmp_path)

    def full(*_args: object) -> bool:
        raise DiskFull("no space left")

    monkeypatch.setattr(served.carrier, "put", full)
    with pytest.raises(DiskFull):
        served.put(BOX, "1", b"x")


def age(served: MailboxHost, name: str, moment: datetime) -> None:
    os.utime(served.carrier.root / BOX.name / name, (moment.timestamp(), moment.timestamp()))


# --- owners and directions ---------------------------------------------------------------------------------------


def box(name: str) -> Mailbox:
    return Mailbox(hashlib.sha256(name.encode()).hexdigest(), name.encode())


def owned(path: Path, owners: dict[str, list[str]], quota: Quota) -> MailboxHost:
    """A host that knows whose each mailbox is, by owner."""
    by_name = {box(one).name: Grant(owner, fetches=False) for owner, boxes in owners.items() for one in boxes}
    return MailboxHost(
        path / "boxes", known=by_name.__contains__, whose=by_name.__getitem__, owners=lambda: len(owners), quota=quota
    )


def fill(served: MailboxHost, name: str, size: int = 1) -> int:
    """Put items of so many bytes until the host takes no more; how many bytes it took."""
    with suppress(MailboxFull):
        for number in count():
            served.put(box(name), f"{number}", bytes(size))
    return served.carrier.usage(box(name)).bytes


def test_all_mailboxes_of_one_owner_share_its_quota(tmp_path: Path) -> None:
    served = owned(tmp_path, {"mallory": ["m1", "m2", "m3"], "lab": ["l1"]}, Quota(items=4, bytes=10))
    served.put(box("m1"), "1", bytes(3))
    served.put(box("m2"), "1", bytes(3))
    with pytest.raises(MailboxFull, match="6 bytes wait in your mailboxes here, and they take 10"):
        served.put(box("m3"), "1", bytes(5))
    served.put(box("m3"), "1", bytes(1))
    served.put(box("m3"), "2", bytes(1))
    with pytest.raises(MailboxFull, match="4 items wait in your mailboxes here, and they take no more"):
        served.put(box("m3"), "3", bytes(1))
    assert served.put(box("l1"), "1", bytes(10)) is Outcome.CREATED


def test_one_counterpart_cannot_use_up_what_is_kept_for_the_others(tmp_path: Path) -> None:
    served = owned(tmp_path, {"mallory": ["m1", "m2"], "lab": ["l1"], "vendor": ["v1"]}, Quota(total_bytes=60))
    assert fill(served, "m1") + fill(served, "m2") == 10 + 30, "its own part, and all that is shared"
    assert fill(served, "l1") == fill(served, "v1") == 10
    served.carrier.delete(box("m1"), "0")
    assert fill(served, "l1") == 11, "what becomes free of the shared half is anybody's"


def test_one_counterpart_cannot_use_up_the_number_of_items_that_is_kept_for_the_others(tmp_path: Path) -> None:
    served = owned(tmp_path, {"mallory": ["m1"], "lab": ["l1"]}, Quota(total_items=20))
    assert fill(served, "m1") == 5 + 10
    assert fill(served, "l1") == 5


def test_on_a_relay_each_mailbox_keeps_a_part_whatever_strangers_fill(tmp_path: Path) -> None:
    served = host(tmp_path, Quota(mailboxes=4, total_bytes=80))
    assert [fill(served, stranger) for stranger in ("s1", "s2", "s3")] == [10 + 40, 10, 10]
    assert fill(served, "ours") == 10


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(1, 30)), max_size=60))
def test_whatever_others_put_each_owner_gets_its_part_and_the_whole_is_kept_to(puts: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        served = owned(Path(folder), {one: [one] for one in "abc"}, Quota(total_bytes=120, bytes=100))
        held = Counter[str]()
        for number, (owner, size) in enumerate(puts):
            try:
                served.put(box(owner), str(number), bytes(size))
                held[owner] += size
            except MailboxFull:
                assert held[owner] + size > 20, "within its own part nobody is refused"
        assert held.total() <= 120


def test_what_the_host_put_there_itself_counts_against_nobody(tmp_path: Path) -> None:
    grants = {box("in").name: Grant("lab", fetches=False), box("out").name: Grant("lab", puts=False)}
    whose, quota = grants.__getitem__, Quota(bytes=10)
    served = MailboxHost(tmp_path / "boxes", known=grants.__contains__, whose=whose, owners=lambda: 1, quota=quota)
    served.carrier.put(box("out"), "1", bytes(1000))
    assert fill(served, "in") == 10


def test_a_mailbox_is_used_in_its_one_direction_only(tmp_path: Path) -> None:
    grants = {box("in").name: Grant("lab", fetches=False), box("out").name: Grant("lab", puts=False)}
    served = MailboxHost(tmp_path / "boxes", known=grants.__contains__, whose=grants.__getitem__)
    served.put(box("in"), "1", b"theirs")
    served.carrier.put(box("out"), "1", b"ours")
    for refused in (
        lambda: served.put(box("out"), "2", b"x"),
        lambda: served.page(box("in"), ""),
        lambda: served.get(box("in"), "1"),
        lambda: served.delete(box("in"), "1"),
    ):
        with pytest.raises(WrongWay):
            refused()
    assert served.carrier.list_after(box("out")) == ["1"]
    assert served.carrier.get(box("in"), "1") == b"theirs"
    assert served.page(box("out"), "") == (["1"], False)
    assert served.get(box("out"), "1") == b"ours"
    served.delete(box("out"), "1")
    assert served.page(box("out"), "") == ([], False)


def test_what_is_too_old_goes_and_makes_room(tmp_path: Path) -> None:
    served = host(tmp_path, Quota(items=2))
    served.put(BOX, "1", b"x")
    served.put(BOX, "2", b"x")
    age(served, "1", NOW - timedelta(days=31))
    age(served, "2", NOW - timedelta(days=29))
    assert served.expire(NOW - timedelta(days=30)) == 1
    assert served.page(BOX, "") == (["2"], False)
    assert served.put(BOX, "3", b"x") is Outcome.CREATED


def test_a_relay_tidies_up_until_it_is_stopped_and_survives_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = host(tmp_path)
    served.put(BOX, "1", b"x")
    age(served, "1", NOW - timedelta(days=31))
    stop = threading.Event()
    rounds: list[int] = []
    expire = served.expire

    def flaky(before: datetime) -> int:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise CarrierError("not now")
        stop.set()
        return expire(before)

    monkeypatch.setattr(served, "expire", flaky)
    keep_tidy(served, max_age=timedelta(days=30), clock=lambda: NOW, stop=stop, every_seconds=0)
    assert rounds == [0, 1]
    assert served.page(BOX, "") == ([], False)
