"""Positions in collections of TAXII servers, and the sources that they are."""

import pytest

from backchannel.flow.ports_taxii import PULLED, PullRow
from backchannel.store.database import Database
from store_samples import NOW, new, party, stix

COLLECTION = "https://taxii.example/api/collections/one/"


def row(**facts: str) -> PullRow:
    return PullRow(COLLECTION, **{"added_after": "", "cursor": "", "last_added": ""} | facts, read_at=NOW)


def test_a_position_is_what_was_put_last(db: Database) -> None:
    with db.write() as tx:
        assert tx.pulls.position(COLLECTION) is None
        tx.pulls.put_position(row(cursor="one"))
        tx.pulls.put_position(row(added_after="2026-01-01T00:00:00Z", cursor="two"))
    with db.read() as tx:
        assert tx.pulls.position(COLLECTION) == row(added_after="2026-01-01T00:00:00Z", cursor="two")
        assert tx.pulls.position("https://taxii.example/api/collections/two/") is None


def test_a_position_is_kept_with_its_objects_or_not_at_all(db: Database) -> None:
    def cut_off() -> None:
        with db.write() as tx:
            tx.holdings.add(new(stix("malware", "x")), source=PULLED + COLLECTION, now=NOW)
            tx.pulls.put_position(row(cursor="one"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cut_off()
    with db.read() as tx:
        assert tx.pulls.position(COLLECTION) is None
        assert tx.holdings.get(stix("malware", "x").id) == []


def test_only_collections_are_listed_as_sources_and_none_is_own(db: Database) -> None:
    with db.write() as tx:
        tx.agreements.put_party(party())
        tx.pulls.name(PULLED + COLLECTION, "Feed @ taxii.example")
        tx.holdings.add(new(stix("malware", "x")), source=PULLED + COLLECTION, now=NOW)
    with db.read() as tx:
        assert tx.pulls.sources() == {PULLED + COLLECTION: "Feed @ taxii.example"}
        (held,) = tx.holdings.get(stix("malware", "x").id)
        assert (held.source_name, held.own) == ("Feed @ taxii.example", False)
