"""Channel states, the outbox, and the record of what crossed."""

import sqlite3
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from backchannel.errors import NotFound
from backchannel.flow.ports_channels import OFFICER, ChannelRow, OutboxItem, Refusal, Released
from backchannel.store import refusals
from backchannel.store.database import Database
from store_samples import AGREEMENT, ENVELOPE, NOW, OTHERS, THEM, US

HOUR = timedelta(hours=1)


def item(sequence: int, channel: str = AGREEMENT, carried_at: datetime | None = None, size: int = 8) -> OutboxItem:
    return OutboxItem(channel, THEM, sequence, f"{sequence:064x}", bytes(size), carried_at)


def released(source_id: str, sent_id: str = "", version: str = "v1", sequence: int = 1) -> Released:
    return Released(source_id, sent_id or source_id, version, sequence, NOW)


# --- state and cursors -----------------------------------------------------------------------------------------


def test_a_channel_that_never_ran_stands_at_its_beginning(db: Database) -> None:
    with db.read() as tx:
        assert tx.channels.state(AGREEMENT, THEM) == ChannelRow(AGREEMENT, THEM)


def test_a_channels_state_is_found_as_it_was_put(db: Database) -> None:
    row = ChannelRow(AGREEMENT, THEM, 3, "s" * 64, 5, "r" * 64, 2)
    with db.write() as tx:
        tx.channels.put_state(ChannelRow(AGREEMENT, THEM))
        tx.channels.put_state(row)
        tx.channels.put_state(ChannelRow(ENVELOPE, THEM, 9))
    with db.read() as tx:
        assert tx.channels.state(AGREEMENT, THEM) == row


def test_a_channel_of_another_party_is_another_channel(db: Database) -> None:
    with db.write() as tx:
        tx.channels.put_state(ChannelRow(AGREEMENT, THEM, 3))
        assert tx.channels.state(AGREEMENT, OTHERS).sent == 0


# --- outbox ----------------------------------------------------------------------------------------------------


def test_an_envelope_stays_until_its_receipt_comes(db: Database) -> None:
    with db.write() as tx:
        for sequence in (2, 1, 3):
            tx.channels.put_outbox(item(sequence))
        tx.channels.put_outbox(item(1, ENVELOPE))
    with db.write() as tx:
        assert tx.channels.drop_outbox(AGREEMENT, 2) == 2
        assert tx.channels.drop_outbox(AGREEMENT, 2) == 0
    with db.read() as tx:
        assert tx.channels.outbox() == [item(3), item(1, ENVELOPE)]
        assert tx.channels.outbox(THEM) == [item(3), item(1, ENVELOPE)]
        assert tx.channels.outbox(OTHERS) == []


def test_a_number_is_sealed_once(db: Database) -> None:
    with db.write() as tx:
        tx.channels.put_outbox(item(1))
    with pytest.raises(IntegrityError), db.write() as tx:
        tx.channels.put_outbox(replace(item(1), data=b"other"))


def test_what_was_never_carried_or_not_for_long_is_due_in_sending_order(db: Database) -> None:
    times = {1: NOW - HOUR, 2: None, 3: NOW, 4: NOW - 2 * HOUR}
    with db.write() as tx:
        for sequence in (4, 3, 2, 1):
            tx.channels.put_outbox(item(sequence, carried_at=times[sequence]))
        tx.channels.put_outbox(item(5, ENVELOPE))
        assert [sequence for sequence, _ in tx.channels.outbox_due(AGREEMENT, NOW)] == [1, 2, 4]
        assert tx.channels.outbox_due(AGREEMENT, NOW - 3 * HOUR) == [(2, item(2).digest)]


def test_a_carried_envelope_is_not_due(db: Database) -> None:
    with db.write() as tx:
        tx.channels.put_outbox(item(1))
        tx.channels.put_outbox(item(1, ENVELOPE))
        tx.channels.carried(AGREEMENT, 1, NOW)
        assert tx.channels.outbox_due(AGREEMENT, NOW) == []
        assert tx.channels.outbox_item(AGREEMENT, 1).carried_at == NOW
        assert tx.channels.outbox_item(ENVELOPE, 1).carried_at is None


def test_an_envelope_that_is_gone_is_not_found(db: Database) -> None:
    with db.read() as tx:
        assert tx.channels.outbox_digest(AGREEMENT, 1) is None
        with pytest.raises(NotFound, match="envelope 1 of channel dddd"):
            tx.channels.outbox_item(AGREEMENT, 1)


def test_a_look_at_a_full_outbox_reads_no_envelope(db: Database) -> None:
    """Its pages would be thousands: what is due is answered by the index alone."""
    with db.write() as tx:
        for sequence in range(1, 1001):
            tx.channels.put_outbox(item(sequence, carried_at=NOW, size=10_000))
    asked: list[tuple[str, Any]] = []
    event.listen(
        db._engine, "before_cursor_execute", lambda _c, _u, statement, values, *_: asked.append((statement, values))
    )
    with db.read() as tx:
        assert tx.channels.outbox_due(AGREEMENT, NOW) == []
    with sqlite3.connect(db.path) as raw:
        looks = [(statement, values) for statement, values in asked if "FROM outbox" in statement]
        plans = [raw.execute(f"EXPLAIN QUERY PLAN {look}", values).fetchall() for look, values in looks]
    raw.close()
    assert len(plans) == 1
    for plan in plans:
        looks_at = [step[3] for step in plan if "outbox" in step[3]]
        assert looks_at
        assert all("USING COVERING INDEX" in step for step in looks_at)


# --- what crossed ----------------------------------------------------------------------------------------------


def test_what_crossed_is_known_by_our_id_and_the_last_time_counts(db: Database) -> None:
    with db.write() as tx:
        tx.channels.add_released(AGREEMENT, [released("malware--1"), released("malware--2", "malware--r")])
        tx.channels.add_released(AGREEMENT, [released("malware--1", version="v2", sequence=2)])
        tx.channels.add_released(ENVELOPE, [released("malware--3")])
        assert tx.channels.released_ids(AGREEMENT) == {
            "malware--1": released("malware--1", version="v2", sequence=2),
            "malware--2": released("malware--2", "malware--r"),
        }
        assert tx.channels.released_ids(US) == {}


def test_what_left_is_known_by_the_id_it_left_under(db: Database) -> None:
    with db.write() as tx:
        tx.channels.add_released(AGREEMENT, [released("malware--1"), released("malware--2", "malware--r")])
        asked = ["malware--1", "malware--2", "malware--r", "malware--9"]
        assert tx.channels.released_among(AGREEMENT, asked) == {"malware--1", "malware--r"}
        assert tx.channels.released_among(ENVELOPE, asked) == set()


def test_every_release_and_every_arrival_counts_against_the_quota(db: Database) -> None:
    with db.write() as tx:
        for version in ("v1", "v2"):
            tx.channels.add_released(AGREEMENT, [released("malware--1", version=version)])
            tx.channels.add_received(AGREEMENT, {"malware--1": 0}.items(), NOW)
        tx.channels.add_received(AGREEMENT, {"malware--2": 1}.items(), NOW - HOUR)
        assert tx.channels.released_since(AGREEMENT, NOW) == 2
        assert tx.channels.released_since(AGREEMENT, NOW + HOUR) == 0
        assert tx.channels.released_since(ENVELOPE, NOW) == 0
        assert tx.channels.received_since(AGREEMENT, NOW) == 2
        assert tx.channels.received_since(AGREEMENT, NOW - HOUR) == 3


def test_what_came_in_is_known_with_its_least_hops(db: Database) -> None:
    with db.write() as tx:
        tx.channels.add_received(AGREEMENT, {"malware--1": 2, "identity--1": None}.items(), NOW)
        tx.channels.add_received(AGREEMENT, {"malware--1": 1, "malware--2": 0}.items(), NOW)
        tx.channels.add_received(ENVELOPE, {"malware--3": 0}.items(), NOW)
        assert tx.channels.received_ids(AGREEMENT) == {"malware--1", "malware--2", "identity--1"}
        asked = ["malware--1", "malware--3", "identity--1", "malware--9"]
        assert tx.channels.received_hops(AGREEMENT, asked) == {"malware--1": 1}


# --- refusals --------------------------------------------------------------------------------------------------


def test_refusals_are_found_newest_first(db: Database) -> None:
    one = Refusal(AGREEMENT, THEM, ENVELOPE, "indicator--1", "tlp", "TLP:RED is above the ceiling", NOW)
    two = Refusal(None, None, None, "mail\0box\u202e", "bad-envelope", "not an envelope", NOW)
    with db.write() as tx:
        tx.channels.add_refusals([one, two])
        tx.channels.add_refusals([])
        assert tx.channels.refusals() == [two, one]
        assert tx.channels.refusals(limit=1) == [two]


def refused(number: int, *, party: str = THEM, at: datetime = NOW, **changes: Any) -> list[Refusal]:
    made = [Refusal(AGREEMENT, party, ENVELOPE, f"indicator--{n}", "tlp", "why", at) for n in range(number)]
    return [replace(one, **changes) for one in made]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MOST_A_DAY", 3)


@pytest.mark.usefixtures("few")
def test_of_a_counterparts_day_so_many_refusals_are_kept_and_one_row_says_how_many_more(db: Database) -> None:
    for batch in (2, 4, 5):
        with db.write() as tx:
            tx.channels.add_refusals(refused(batch))
    with db.read() as tx:
        more, *kept = tx.channels.refusals()
        assert tx.channels.refused_on_day(THEM, NOW) == 11
    assert [one.subject for one in kept] == ["indicator--0", "indicator--1", "indicator--0"]
    assert (more.subject, more.rule, more.party) == ("8 more", "more", THEM)
    assert more.message == (
        f"8 more of this counterpart's objects and messages were refused on {NOW.date()}, and are not kept one by one"
    )


@pytest.mark.usefixtures("few")
def test_each_counterpart_and_each_day_has_its_own_bound(db: Database) -> None:
    with db.write() as tx:
        tx.channels.add_refusals(refused(9))
        tx.channels.add_refusals(refused(2, party=OTHERS))
        tx.channels.add_refusals(refused(9, at=NOW + 24 * HOUR))
        rows = [(one.party, one.subject) for one in tx.channels.refusals()]
        assert tx.channels.refused_on_day(THEM, NOW + 24 * HOUR) == 9
        assert tx.channels.refused_on_day(THEM, NOW + 48 * HOUR) == 0
    assert rows.count((THEM, "6 more")) == 2
    assert len(rows) == 2 * 4 + 2


@pytest.mark.usefixtures("few")
def test_what_anybody_could_have_put_into_a_mailbox_does_not_count_as_sent_by_the_counterpart(db: Database) -> None:
    """Or else a host could use up its day, and have the counterpart's next releases refused."""
    with db.write() as tx:
        tx.channels.add_refusals(refused(9, envelope=None))
        assert tx.channels.refused_on_day(THEM, NOW) == 0
        tx.channels.add_refusals(refused(2))
        assert [one.subject for one in tx.channels.refusals(3)] == ["indicator--1", "indicator--0", "6 more"]


@pytest.mark.usefixtures("few")
def test_what_the_officer_refused_is_always_on_record(db: Database) -> None:
    with db.write() as tx:
        tx.channels.add_refusals(refused(9, rule=OFFICER))
        assert len(tx.channels.refusals()) == 9
        tx.channels.add_refusals(refused(3))
        assert len(tx.channels.refusals()) == 12


def test_a_reason_is_kept_to_a_bounded_length(db: Database) -> None:
    with db.write() as tx:
        tx.channels.add_refusals(refused(1, message="x" * 100_000))
        assert len(tx.channels.refusals()[0].message) == refusals.LONGEST_MESSAGE
