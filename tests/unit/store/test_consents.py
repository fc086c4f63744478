"""Requests, their items, and the consents that were given."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from backchannel.core.consent import State
from backchannel.flow.ports_consents import Item, Request
from backchannel.store.database import Database
from store_samples import AGREEMENT, NOW, OTHERS, THEM

OURS = Request("a1" * 32, True, AGREEMENT, THEM, "cc" * 32, "dd" * 32, OTHERS, "", NOW)
THEIRS = Request("b1" * 32, False, AGREEMENT, THEM, "cc" * 32, "", "", "", NOW - timedelta(hours=1))


def items(request: Request, *ids: str, **how: object) -> list[Item]:
    return [Item(request.id, at, one, "v", "ee" * 32, **how) for at, one in enumerate(ids)]  # type: ignore[arg-type]


@pytest.fixture
def db(tmp_path: Path) -> Database:
    made = Database.open(tmp_path / "store.db", create=True)
    with made.write() as tx:
        tx.consents.put_request(OURS, items(OURS, "x", "y"))
        tx.consents.put_request(THEIRS, items(THEIRS, "x"))
    return made


def test_requests_come_back_newest_first_with_their_items(db: Database) -> None:
    with db.read() as tx:
        assert tx.consents.requests(9) == [OURS, THEIRS]
        assert tx.consents.requests(1) == [OURS]
        assert tx.consents.request(THEIRS.id) == THEIRS
        assert tx.consents.request("zz") is None
        assert tx.consents.items(OURS.id) == items(OURS, "x", "y")
        assert tx.consents.requests_beginning("a") == [OURS.id]


def test_what_became_of_an_item_is_kept_and_the_others_stay(db: Database) -> None:
    first, second = items(OURS, "x", "y")
    granted = msgspec.structs.replace(
        first, state=State.GRANTED, until=NOW, consent="11" * 32, nonce="22" * 32, link="33" * 32, link_number=7
    )
    with db.write() as tx:
        tx.consents.update([granted])
        tx.consents.update([])
    with db.read() as tx:
        assert tx.consents.items(OURS.id) == [granted, second]


def test_answers_are_what_we_asked_for_ourselves_for_one_recipient(db: Database) -> None:
    relayed = msgspec.structs.replace(OURS, id="c1" * 32)
    with db.write() as tx:
        tx.consents.put_request(relayed, items(relayed, "x", link=THEIRS.id))
    with db.read() as tx:
        assert [(one.id, item.object_id) for one, item in tx.consents.answers({"x", "z"}, OTHERS)] == [(OURS.id, "x")]
        assert tx.consents.answers({"x"}, THEM) == []
        assert {one.id for one, _ in tx.consents.naming({"x"})} == {OURS.id, THEIRS.id, relayed.id}


def test_requests_are_counted_by_party_direction_and_time(db: Database) -> None:
    with db.read() as tx:
        assert tx.consents.asked_since(THEM, NOW, ours=True) == 1
        assert tx.consents.asked_since(THEM, NOW, ours=False) == 0
        assert tx.consents.asked_since(THEM, NOW - timedelta(hours=1), ours=False) == 1
        assert tx.consents.asked_since(OTHERS, NOW, ours=True) == 0
        assert tx.consents.waiting(THEM, NOW, ours=True) == 1
    with db.write() as tx:
        tx.consents.update(msgspec.structs.replace(one, state=State.REFUSED) for one in items(OURS, "x", "y"))
    with db.read() as tx:
        assert tx.consents.waiting(THEM, NOW, ours=True) == 0


def test_a_consent_that_is_here_stays_as_it_is(db: Database) -> None:
    for document in (b"first", b"second"):
        with db.write() as tx:
            tx.consents.put({"11" * 32: document})
    with db.read() as tx:
        assert tx.consents.get(["11" * 32, "22" * 32]) == {"11" * 32: b"first"}
