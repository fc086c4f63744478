"""Users' statuses within their bounds, pages within theirs, and the dates of a collection."""

from datetime import datetime, timedelta

import pytest

from backchannel.flow.ports_taxii import Published
from backchannel.protocol.taxii import Page, Query
from backchannel.store import pages, taxii
from backchannel.store.database import Database
from store_samples import AGREEMENT, NOW, US, indicator, new

ALONE = "a user"


def post(db: Database, *numbers: int, user: str = ALONE, at: datetime = NOW, size: int = 10) -> None:
    """One status after the other, a second apart."""
    with db.write() as tx:
        for number in numbers:
            tx.taxii.add_status(f"status {number}", user, at + timedelta(seconds=number), bytes(size))


def kept(db: Database, *numbers: int, user: str = ALONE) -> list[int]:
    with db.read() as tx:
        return [number for number in numbers if tx.taxii.status(f"status {number}", user) is not None]


# --- statuses --------------------------------------------------------------------------------------------------


def test_only_so_many_statuses_of_a_user_are_kept(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taxii, "MOST_STATUSES", 3)
    post(db, 100, user="another")
    post(db, 1, 2, 3)
    assert kept(db, 1, 2, 3) == [1, 2, 3]
    post(db, 4)
    assert kept(db, 1, 2, 3, 4) == [2, 3, 4]
    assert kept(db, 100, user="another") == [100]


def test_only_so_many_bytes_of_statuses_of_a_user_are_kept(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taxii, "MOST_STATUS_BYTES", 30)
    post(db, 100, user="another", size=30)
    post(db, 1, 2, 3)
    assert kept(db, 1, 2, 3) == [1, 2, 3]
    post(db, 4, size=11)
    assert kept(db, 1, 2, 3, 4) == [3, 4]
    assert kept(db, 100, user="another") == [100]


def test_a_status_is_kept_for_two_days(db: Database) -> None:
    post(db, 0, 1)
    post(db, 2, at=NOW + taxii.STATUS_DAYS - timedelta(seconds=2))
    assert kept(db, 0, 1, 2) == [0, 1, 2]
    post(db, 3, at=NOW + taxii.STATUS_DAYS - timedelta(seconds=2))
    assert kept(db, 0, 1, 2, 3) == [1, 2, 3]


# --- pages -----------------------------------------------------------------------------------------------------


def test_a_page_of_objects_has_only_so_many_bytes(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    objects = [indicator(f"h{number}.example") for number in range(4)]
    sizes = [len(one.raw) for one in objects]
    with db.write() as tx:
        tx.agreements.put_own(US, "Human Rights Lab")
        tx.holdings.add(new(*objects), source=US, now=NOW)

    def read(after: int, *, with_bytes: bool = True) -> Page:
        with db.read() as tx:
            return tx.taxii.held_page(Query(after=after), with_bytes=with_bytes)

    def crawled() -> list[list[str]]:
        found = [read(0)]
        while found[-1].more:
            found.append(read(found[-1].entries[-1].number))
        return [[one.id for one in page.entries] for page in found]

    ids = [one.id for one in objects]
    assert crawled() == [ids]
    monkeypatch.setattr(pages, "MOST_BYTES", sizes[0] + sizes[1])
    assert crawled() == [ids[:2], ids[2:]]
    monkeypatch.setattr(pages, "MOST_BYTES", sizes[0] + sizes[1] - 1)
    assert crawled() == [[one] for one in ids]
    monkeypatch.setattr(pages, "MOST_BYTES", 1)  # an object may be larger, and still comes
    assert crawled() == [[one] for one in ids]
    assert [one.id for one in read(0, with_bytes=False).entries] == ids


# --- what is published -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("passed", [timedelta(0), timedelta(hours=-1)], ids=["at once", "after the clock went back"])
def test_dates_grow_over_publications(db: Database, passed: timedelta) -> None:
    """Who reads on by the date of the last object gets all that came later, and nothing again."""
    objects = [indicator(f"h{number}.example") for number in range(5)]
    with db.write() as tx:
        tx.agreements.put_own(US, "Human Rights Lab")
        tx.holdings.add(new(*objects), source=US, now=NOW)
        entries = tx.taxii.held_page(Query(), with_bytes=False).entries
        wanted = [Published(one.id, "indicator", one.version, one.number, None, US) for one in entries]

    def publish(number: int, now: datetime) -> None:
        with db.write() as tx:
            tx.taxii.publish(AGREEMENT, wanted[:number], now)

    def read(query: Query) -> list[tuple[str, int]]:
        with db.read() as tx:
            return [(one.id, one.added) for one in tx.taxii.published_page(AGREEMENT, query, with_bytes=True).entries]

    publish(3, NOW)
    before = read(Query())
    publish(5, NOW + passed)
    after = read(Query())
    dates = [added for _, added in after]
    assert dates == sorted(set(dates))
    assert after[:3] == before
    later = read(Query(added_after=before[-1][1]))
    assert [identifier for identifier, _ in later] == [one.id for one in objects[3:]]
