from pathlib import Path

import pytest

from backchannel.flow.ports_arrivals import Arrived, KeptReceipt
from backchannel.store.database import Database
from receipts import got
from two_parties import NOW

CHANNEL, THEM = "c0" * 32, "a" * 64


@pytest.fixture
def db(tmp_path: Path) -> Database:
    db = Database.open(tmp_path / "store.db", create=True)
    with db.write() as tx:
        for number in range(1, 6):
            item = got(number, f"{number:064x}", "ahr", None if number == 5 else number)
            tx.arrivals.add(Arrived(CHANNEL, THEM, item, number % 2 == 0, NOW))
    return db


def test_what_arrived_waits_for_its_receipt_in_order(db: Database) -> None:
    with db.read() as tx:
        assert [one.sequence for one in tx.arrivals.unsaid(CHANNEL, 3)] == [1, 2, 3]
        assert tx.arrivals.unsaid(CHANNEL, 9)[4] == got(5, f"{5:064x}", "ahr", None)
        assert tx.arrivals.owed(CHANNEL) == (3, 2)
        assert tx.arrivals.owed("d0" * 32) == (0, 0)
        assert tx.arrivals.last_at(CHANNEL) == NOW
        assert tx.arrivals.last_at("d0" * 32) is None


def test_a_receipt_that_was_taken_back_is_owed_again_and_no_other(db: Database) -> None:
    with db.write() as tx:
        tx.arrivals.say(CHANNEL, through=2, said=7)
        tx.arrivals.say(CHANNEL, through=4, said=8)
        assert tx.arrivals.owed(CHANNEL) == (1, 0)
        tx.arrivals.unsay(CHANNEL, after=7)
        assert [one.sequence for one in tx.arrivals.unsaid(CHANNEL, 9)] == [3, 4, 5]


def test_receipts_are_found_by_the_envelope_that_they_are_for(db: Database) -> None:
    one = KeptReceipt(CHANNEL, 4, THEM, 2, b"statement", NOW)
    with db.write() as tx:
        for _ in range(2):
            tx.arrivals.keep_receipt(one)
    with db.read() as tx:
        found = [tx.arrivals.receipt_for(CHANNEL, number) for number in range(1, 6)]
    assert found == [None, one, one, one, None]
