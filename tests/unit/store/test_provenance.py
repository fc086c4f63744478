"""What is kept beside objects, and which content reduced copies left with."""

from datetime import timedelta
from pathlib import Path

import pytest

from backchannel.core.provenance import Provenance
from backchannel.flow.ports_channels import Released
from backchannel.flow.ports_consents import Beside, Crossed, Kept
from backchannel.store.database import Database
from store_samples import AGREEMENT, NOW, OTHERS, THEM

KEY = Beside("indicator--1", "2026-01-01T00:00:00.000Z", THEM, AGREEMENT)
SAID = Provenance("ab" * 32, "ask", NOW + timedelta(days=9), "consent", "cd" * 32, ("ef" * 32, "01" * 32), "23" * 32)


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return Database.open(tmp_path / "store.db", create=True)


def test_what_is_kept_comes_back_as_it_was(db: Database) -> None:
    plain = KEY._replace(object_id="indicator--2")
    with db.write() as tx:
        tx.provenances.put([(KEY, Kept("amber", SAID)), (plain, Kept("red", Provenance()))])
    with db.read() as tx:
        assert tx.provenances.of([KEY, plain]) == {KEY: Kept("amber", SAID), plain: Kept("red", Provenance())}
        assert tx.provenances.of([KEY._replace(source=OTHERS)]) == {}


def test_what_came_first_stays(db: Database) -> None:
    for level in ("amber", "clear"):
        with db.write() as tx:
            tx.provenances.put([(KEY, Kept(level, SAID)), (KEY, Kept("green", SAID))])
    with db.read() as tx:
        assert tx.provenances.of([KEY])[KEY].tlp == "amber"


def test_what_is_forgotten_is_gone_and_nothing_else(db: Database) -> None:
    other = KEY._replace(source=OTHERS)
    with db.write() as tx:
        tx.provenances.put([(KEY, Kept("amber", SAID)), (other, Kept("amber", SAID))])
        tx.provenances.forget([KEY])
        tx.provenances.forget([])
    with db.read() as tx:
        assert tx.provenances.of([KEY, other]).keys() == {other}


def test_what_is_due_comes_by_its_end(db: Database) -> None:
    rows = [
        (KEY._replace(object_id=f"indicator--{day}"), Kept("amber", Provenance(destroy_by=NOW + timedelta(days=day))))
        for day in (3, 1, 2)
    ]
    with db.write() as tx:
        tx.provenances.put([*rows, (KEY._replace(object_id="indicator--9"), Kept("amber", Provenance()))])
    with db.read() as tx:
        due = [one.object_id for one in tx.provenances.due(NOW + timedelta(days=3), 10)]
        assert due == ["indicator--1", "indicator--2"]
        assert len(tx.provenances.due(NOW + timedelta(days=9), 1)) == 1


def test_reduced_copies_are_known_by_their_content(db: Database) -> None:
    for digest in ("ab" * 32, "ab" * 32, "cd" * 32):
        with db.write() as tx:
            tx.provenances.put_copies(AGREEMENT, {("indicator--1", "v"): digest})
            tx.provenances.put_copies(AGREEMENT, {})
    with db.read() as tx:
        found = tx.provenances.copies(AGREEMENT, {"indicator--1", "indicator--2"})
        assert found == {("indicator--1", "v", "ab" * 32), ("indicator--1", "v", "cd" * 32)}
        assert tx.provenances.copies(OTHERS, {"indicator--1"}) == set()


def test_every_version_that_crossed_is_found_by_the_id_it_left_under(db: Database) -> None:
    with db.write() as tx:
        for version in ("1", "2"):
            tx.channels.add_released(AGREEMENT, [Released("ours", "sent", version, 1, NOW)])
    with db.read() as tx:
        crossed = tx.provenances.crossed(AGREEMENT, {"sent", "ours"})
        assert sorted(crossed) == [Crossed("sent", "1", "ours"), Crossed("sent", "2", "ours")]
        assert tx.provenances.crossed(OTHERS, {"sent"}) == []
