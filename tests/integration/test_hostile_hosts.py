"""A host that is slow, repeats itself or never comes to an end, and a counterpart that floods its mailbox: a pass
ends, the others are served, and in the end nothing is lost."""

from typing import Any

import msgspec
import pytest

from backchannel.carriers import address
from backchannel.carriers import folder as folder_carrier
from backchannel.carriers.folder import FolderCarrier
from backchannel.errors import CarrierError, MailboxFull
from backchannel.flow.ports_carriers import Carrier, Mailbox
from backchannel.flow.ports_matching import SessionRow
from backchannel.flow.post import post
from backchannel.node import fetching, parties
from backchannel.node.channels import own_mailboxes
from backchannel.node.report import MOST_LINES, SyncReport
from backchannel.node.sync import sync
from backchannel.protocol import message
from backchannel.protocol.envelope import SealedEnvelope
from backchannel.protocol.matching import State
from backchannel.store import refusals
from receipts import unsigned
from standoff import Standoff, conclude, good, hosts
from two_parties import NOW

REST = "what is left waits for the next sync"
TIME_IS_UP = f"Vendor Research: the time for one counterpart (240 s) is used up; {REST}"


class Host(FolderCarrier):
    """The Vendor's host: it has what lies in DROP, and takes as many seconds for each request as a test wants."""

    def __init__(self, standoff: Standoff) -> None:
        super().__init__(standoff.drop)
        self.standoff = standoff
        self.now = 0.0
        self.seconds: dict[str, float] = {}
        self.asked: list[str] = []
        self.deletes = True
        self.seconds_left = lambda: float("nan")
        self.allowed: list[float] = []
        self.boxes: list[str] = []
        self.down = self.full = ""

    def sync(self, **settings: Any) -> SyncReport:
        """A pass of the Lab's node, by the clock that this host moves."""
        return sync(self.standoff.node, timer=lambda: self.now, **settings)

    def allow(self, **settings: int) -> None:
        """Give the Lab's node other settings."""
        node = self.standoff.node
        object.__setattr__(node, "settings", msgspec.structs.replace(node.settings, **settings))

    def list_after(self, mailbox: Mailbox, after: str = "") -> list[str]:
        self._ask("list")
        self.boxes.append(mailbox.name)
        return super().list_after(mailbox, after)

    def get(self, mailbox: Mailbox, name: str) -> bytes | None:
        self._ask("get")
        return super().get(mailbox, name)

    def put(self, mailbox: Mailbox, name: str, data: bytes) -> bool:
        self._ask("put")
        if mailbox.name == self.full:
            raise MailboxFull("no room")
        return super().put(mailbox, name, data)

    def delete(self, mailbox: Mailbox, name: str) -> None:
        self._ask("delete")
        if self.deletes:
            super().delete(mailbox, name)

    def _ask(self, verb: str) -> None:
        self.asked.append(verb)
        self.allowed.append(self.seconds_left())
        self.now += self.seconds.get(verb, 0)
        if verb == self.down:
            raise CarrierError("it is down")


@pytest.fixture
def host(standoff: Standoff, monkeypatch: pytest.MonkeyPatch) -> Host:
    """The Vendor is reached by a host of its own; the third party still by the folder."""
    slow, opened = Host(standoff), address.open_carrier

    def open_carrier(where: address.Address, **settings: Any) -> Carrier:
        if not where.place.endswith("HOST"):
            return opened(where, **settings)
        slow.seconds_left = settings["seconds_left"]
        return slow

    monkeypatch.setattr(address, "open_carrier", open_carrier)
    parties.add(standoff.node, standoff.folder / "vendor.card", f"folder:{standoff.folder / 'HOST'}")
    return slow


def releases(standoff: Standoff, number: int) -> list[str]:
    """The Vendor releases so many hosts, an envelope each; the ids of their indicators."""
    names = [f"r{one}.example" for one in range(number)]
    for name in names:
        standoff.vendor.release(standoff.agreement, good(name))
    return hosts(*names)


def sealed_release(standoff: Standoff, name: str) -> SealedEnvelope:
    """The Vendor's next release, not carried yet."""
    return standoff.vendor.seal(standoff.agreement, standoff.vendor.releasing(standoff.agreement, good(name)))


def garbage(standoff: Standoff, channel: str, number: int, sequence: int = 0) -> None:
    """Items that are no envelopes, under names that sort before those of envelopes that come later."""
    for one in range(number):
        standoff.vendor.put(channel, b"garbage", f"{sequence:016d}-{one:032x}")


# --- time ---------------------------------------------------------------------------------------------------------


def test_a_slow_host_is_left_when_its_time_is_up_and_the_others_are_served(host: Host) -> None:
    standoff = host.standoff
    sent = releases(standoff, 20)
    standoff.third.release(standoff.other, good("third-later.example"))
    host.seconds = {"get": 11}
    report = host.sync()
    assert (report.received, report.failed, report.problems) == (12, False, [TIME_IS_UP])
    assert set(hosts("third-later.example")) <= set(standoff.waiting())
    assert host.now <= 240
    rest = host.sync()
    assert (rest.received, rest.problems) == (9, [])
    assert set(sent) <= set(standoff.waiting())
    assert standoff.rules() == []


def test_a_host_whose_every_answer_is_slow_gets_no_more_than_its_time(host: Host) -> None:
    host.seconds = dict.fromkeys(("list", "get", "put", "delete"), 100)
    standoff = host.standoff
    releases(standoff, 3)
    report = host.sync()
    assert host.now <= 400, "no request begins once the time is over"
    assert report.troubled == [standoff.vendor.key], "nothing came of it: it is asked more seldom"
    assert report.problems == [TIME_IS_UP]


def test_what_we_have_to_say_leaves_although_receiving_used_up_its_time(host: Host) -> None:
    host.seconds = {"get": 50}
    standoff = host.standoff
    releases(standoff, 6)
    report = host.sync()
    assert (report.received, report.sent) == (3, 2), "the receipt, and a checkpoint"
    assert [type(one) for one in standoff.vendor.fetch(standoff.agreement)] == [message.Receipt]


def test_a_host_that_is_down_is_not_asked_while_it_rests_but_our_own_mailboxes_are_read(host: Host) -> None:
    standoff = host.standoff
    host.down = "list"
    assert host.sync().troubled == [standoff.vendor.key]
    host.asked.clear()
    sealed = standoff.vendor.seal(
        standoff.agreement, standoff.vendor.releasing(standoff.agreement, good("x.example"))
    )
    mailbox = standoff.vendor.mailbox(standoff.agreement, "receive")
    own_mailboxes(standoff.node).put(mailbox, f"{1:016d}-{sealed.digest[:32]}", sealed.data)
    report = host.sync(resting={standoff.vendor.key})
    assert (report.received, report.troubled, host.asked) == (1, [], [])
    host.down = ""
    assert host.sync().sent == 2, "the receipt, and a checkpoint"


def test_a_pass_that_somebody_called_for_asks_the_hosts_of_nobody_else(host: Host) -> None:
    """Else whoever brings something, garbage too, would have every host asked at once, and each would see it."""
    standoff = host.standoff
    standoff.third.put(standoff.other, b"garbage", "0" * 16 + "-" + "0" * 32)
    releases(standoff, 1)
    report = host.sync(called=True)
    assert (report.received, report.troubled, host.asked) == (0, [], [])
    assert standoff.vendor.key in report.unasked
    report = host.sync()
    assert (report.received, report.unasked) == (1, [])


def test_who_brings_something_is_answered_in_the_pass_that_it_called_for(host: Host) -> None:
    standoff = host.standoff
    sealed = sealed_release(standoff, "x.example")
    own_mailboxes(standoff.node).put(
        standoff.vendor.mailbox(standoff.agreement, "receive"), f"{1:016d}-{sealed.digest[:32]}", sealed.data
    )
    report = host.sync(called=True)
    assert (report.received, report.sent) == (1, 2), "the receipt, and a checkpoint"
    assert "put" in host.asked


def test_with_whom_a_matching_session_is_under_way_its_host_is_asked_whoever_called(host: Host) -> None:
    standoff = host.standoff
    releases(standoff, 1)
    for agreement, received in ((standoff.other, 0), (standoff.agreement, 1)):
        offered = SessionRow(agreement[:32], agreement, True, State.OFFERED, 1, b"", NOW, NOW)
        with standoff.node.db.write() as tx:
            tx.matching.put(offered)
        assert host.sync(called=True).received == received


def test_a_request_is_told_how_much_of_the_time_is_left(host: Host) -> None:
    host.seconds = {"get": 50}
    releases(host.standoff, 2)
    host.sync()
    assert host.allowed[:2] == [120, 120]
    assert host.asked[-1] == "put"
    assert (host.allowed[-1], host.now) == (140, 100)


def test_no_mailbox_is_listed_once_the_time_is_over(host: Host) -> None:
    host.seconds = {"list": 130}
    host.sync()
    assert host.asked == ["list"]


def test_each_channel_comes_to_its_turn_when_time_is_short(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the first of them costs: where the round of agreements begins is drawn anew in each pass."""
    standoff = host.standoff
    monkeypatch.setattr(standoff.vendor, "meet", lambda _card: None)  # they know each other already
    more = [conclude(standoff.node, standoff.vendor, title=f"Watch {number}") for number in range(3)]
    agreed = [standoff.agreement, *more]
    host.seconds = {"list": 50}
    begun = set()
    for number in range(4):
        drawn = number.to_bytes(4, "big")
        us = msgspec.structs.replace(standoff.node.us, random=lambda _size, drawn=drawn: drawn)
        object.__setattr__(standoff.node, "us", us)
        host.boxes.clear()
        host.sync()
        assert host.boxes[0] == standoff.vendor.mailbox(standoff.vendor.party, "receive").name
        begun.add(host.boxes[1])
    assert begun == {standoff.vendor.mailbox(one, "receive").name for one in agreed}


# --- numbers ------------------------------------------------------------------------------------------------------


def test_so_many_envelopes_come_in_one_pass_and_the_rest_in_the_next_ones(host: Host) -> None:
    standoff = host.standoff
    host.allow(sync_envelopes_each=5)
    sent = releases(standoff, 12)
    said = f"Vendor Research: 5 envelopes went, the most for one counterpart; {REST}"
    passes = [host.sync() for _ in range(4)]
    assert [one.received for one in passes] == [5, 5, 2, 0]
    assert [one.problems for one in passes] == [[said], [said], [], []]
    assert set(sent) <= set(standoff.waiting())


def test_so_many_envelopes_leave_in_one_pass_and_the_rest_in_the_next_ones(host: Host) -> None:
    standoff, node = host.standoff, host.standoff.node
    host.allow(sync_envelopes_each=3)
    with node.db.write() as tx:
        peer = parties.peer_of(parties.find_party(tx, standoff.vendor.key))
        for _ in range(7):
            post(tx, node.us, peer, standoff.agreement, [message.Release(standoff.agreement, ())])
    assert [host.sync().sent for _ in range(4)] == [3, 3, 2, 0], "a checkpoint comes last"
    assert len(list(standoff.vendor.fetch(standoff.agreement))) == 7


def test_a_mailbox_without_room_does_not_hold_up_the_others(host: Host) -> None:
    standoff, node = host.standoff, host.standoff.node
    with node.db.write() as tx:
        peer = parties.peer_of(parties.find_party(tx, standoff.vendor.key))
        for channel in (standoff.vendor.party, standoff.agreement):
            post(tx, node.us, peer, channel, [unsigned()])
    host.full = standoff.vendor.mailbox(standoff.vendor.party, "send").name
    report = host.sync()
    assert (report.sent, report.problems) == (1, ["Vendor Research: no room"])
    host.full = ""
    assert host.sync().sent == 1


# --- floods -------------------------------------------------------------------------------------------------------


def test_a_flood_of_garbage_does_not_keep_a_real_envelope_waiting(host: Host) -> None:
    standoff = host.standoff
    host.allow(sync_envelopes_each=5)
    garbage(standoff, standoff.agreement, 30)
    (real,) = releases(standoff, 1)
    assert host.sync().received == 1
    assert real in standoff.waiting()
    for _ in range(6):
        host.sync()
    assert host.list_after(standoff.vendor.mailbox(standoff.agreement, "receive")) == []
    standoff.later_good_arrives()


def test_a_flood_of_garbage_does_not_bury_the_report_nor_fill_the_store(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "MOST_A_DAY", 50)
    standoff = host.standoff
    garbage(standoff, standoff.agreement, 70)
    standoff.third.put(standoff.other, b"garbage", f"{0:016d}-{0:032x}")
    report = host.sync()
    assert report.refused_envelopes == 71
    about_vendor = [line for line in report.problems if line.startswith("Vendor Research: ")]
    assert len(about_vendor) == MOST_LINES
    assert about_vendor[-2] == "Vendor Research: 51 more lines; backchannel inbox refusals has the reasons"
    assert len(report.problems) == MOST_LINES + 1
    assert len(standoff.refusals()) == 50 + 1 + 1
    assert [one.subject for one in standoff.refusals() if one.rule == "more"] == ["20 more"]


def test_a_flood_longer_than_a_listing_does_not_keep_a_real_envelope_waiting(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (fetching, folder_carrier):
        monkeypatch.setattr(module, "MOST_NAMES", 4)
    standoff = host.standoff
    host.allow(sync_envelopes_each=2)
    garbage(standoff, standoff.agreement, 30)
    (real,) = releases(standoff, 1)
    host.sync()
    assert real in standoff.waiting()


def test_a_mailbox_longer_than_a_listing_is_emptied(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (fetching, folder_carrier):
        monkeypatch.setattr(module, "MOST_NAMES", 4)
    sent = releases(host.standoff, 11)
    assert host.sync().received == 11
    assert set(sent) <= set(host.standoff.waiting())


def test_a_flood_in_one_channel_does_not_keep_another_ones_envelopes_waiting(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "TURN", 3)
    standoff = host.standoff
    host.allow(sync_envelopes_each=6)
    garbage(standoff, standoff.vendor.party, 30, sequence=2**53)
    (real,) = releases(standoff, 1)
    assert host.sync().received == 1
    assert real in standoff.waiting()


def test_a_flood_of_envelopes_that_come_too_early_is_not_fetched_to_its_end(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_EARLY", 5)
    standoff = host.standoff
    missing = standoff.vendor.seal(
        standoff.agreement, standoff.vendor.releasing(standoff.agreement, good("m.example"))
    )
    sent = releases(standoff, 20)
    garbage(standoff, standoff.agreement, 2)
    report = host.sync()
    assert report.received == 0
    assert host.asked.count("get") == 5 + 2
    assert report.problems[-1] == "Vendor Research: envelope 6 arrived; envelope 1 is missing"
    standoff.vendor.carry(standoff.agreement, missing)
    assert host.sync().received == 21
    assert set(sent) <= set(standoff.waiting())


def test_a_host_that_gives_the_same_again_and_again_does_not_hold_the_pass(host: Host) -> None:
    """It deletes nothing; beside what we have lies one that comes too early, so that looking again seems due."""
    standoff = host.standoff
    releases(standoff, 2)
    host.deletes = False
    assert host.sync().received == 2
    standoff.vendor.seal(standoff.agreement, body=b"[]")
    releases(standoff, 1)
    host.asked.clear()
    host.sync()
    assert host.asked.count("get") == 3
