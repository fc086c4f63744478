"""Held objects: they wait once, in order, and are no holdings until they are taken."""

import msgspec
import pytest
from msgspec.structs import replace

from backchannel.flow.ports import Filter
from backchannel.flow.ports_channels import InboxItem, Waiting
from backchannel.store import inbox
from backchannel.store.database import Database
from store_samples import AGREEMENT, ENVELOPE, FIRST, NOW, OTHERS, THEM, indicator

FLAGS = (("echo", "the same value went to them"), ("popular", "a list\nof \u202e names"))


def waiting(name: str = "one.example", party: str = THEM, agreement: str = AGREEMENT) -> InboxItem:
    one = indicator(name)
    return InboxItem(0, party, agreement, ENVELOPE, one.id, one.type, FIRST, "amber", False, FLAGS, NOW, one.raw)


def ids(db: Database, **wanted: str) -> list[str]:
    with db.read() as tx:
        return [item.object_id for item in tx.inbox.items(**wanted)]


def test_an_item_is_found_as_it_was_put_with_a_number_of_the_store(db: Database) -> None:
    with db.write() as tx:
        tx.inbox.add([waiting(), replace(waiting("two.example"), reduced=True, flags=())])
    with db.read() as tx:
        assert list(tx.inbox.items()) == [
            replace(waiting(), number=1),
            replace(waiting("two.example"), number=2, reduced=True, flags=()),
        ]


def test_what_waits_is_not_held(db: Database) -> None:
    with db.write() as tx:
        tx.inbox.add([waiting()])
        assert list(tx.holdings.find(Filter())) == []
        assert tx.holdings.types_of([waiting().object_id]) == {}
        assert tx.holdings.terms(["one example"]) == []


def test_the_same_version_waits_once_and_the_first_stays(db: Database) -> None:
    other = replace(waiting(), raw=b"{}", flags=())
    with db.write() as tx:
        tx.inbox.add([waiting(), other])
        tx.inbox.add([other])
        assert [item.raw for item in tx.inbox.items()] == [waiting().raw]


def test_versions_parties_and_agreements_wait_side_by_side(db: Database) -> None:
    items = [waiting(), replace(waiting(), version="v2"), waiting(party=OTHERS), waiting(agreement=ENVELOPE)]
    with db.write() as tx:
        tx.inbox.add(items)
        assert len(list(tx.inbox.items(object_id=waiting().object_id))) == 4
        assert tx.inbox.versions(THEM, [waiting().object_id, "indicator--none"]) == {waiting().object_id: 3}
    assert len(ids(db, party=THEM)) == 3
    assert ids(db, party="%") == []


def test_items_are_read_page_by_page(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "PAGE", 3)
    items = [waiting(f"host{n}.example") for n in range(10)]
    with db.write() as tx:
        tx.inbox.add(items)
    assert ids(db) == [item.object_id for item in items]
    assert ids(db, party=THEM) == [item.object_id for item in items]


def test_a_taken_item_is_gone_and_its_number_is_not_used_again(db: Database) -> None:
    with db.write() as tx:
        tx.inbox.add([waiting(), waiting("two.example")])
        taken = tx.inbox.take([2, 2, 99])
        assert [item.object_id for item in taken] == [waiting("two.example").object_id]
        assert tx.inbox.take([2]) == []
        tx.inbox.add([waiting("three.example")])
        assert [item.number for item in tx.inbox.items()] == [1, 3]


def test_the_bytes_that_wait_are_counted_for_each_party(db: Database) -> None:
    items = [waiting(), waiting("two.example"), replace(waiting(party=OTHERS), flags=())]
    each = len(msgspec.json.encode(FLAGS))
    with db.write() as tx:
        assert tx.inbox.size(THEM) == 0
        tx.inbox.add(items)
        assert tx.inbox.size(THEM) == len(items[0].raw) + len(items[1].raw) + 2 * each
        assert tx.inbox.size(OTHERS) == len(items[2].raw) + len("[]")
        tx.inbox.take([2])
        assert tx.inbox.size(THEM) == len(items[0].raw) + each


def test_what_waits_under_many_ids_is_found_at_once(db: Database) -> None:
    many = [f"indicator--{n}" for n in range(20_000)]
    with db.write() as tx:
        tx.inbox.add([waiting(), waiting("two.example")])
        assert tx.inbox.versions(THEM, [*many, waiting().object_id]) == {waiting().object_id: 1}
        assert tx.inbox.versions(THEM, ["indicator--\0"]) == {}


def test_what_waits_can_be_counted_and_numbered_without_the_objects(db: Database) -> None:
    with db.write() as tx:
        tx.inbox.add([waiting(), waiting("two.example"), waiting(party=OTHERS)])
        ids_ = [waiting().object_id, waiting("two.example").object_id, waiting().object_id]
        each = [Waiting(at + 1, one, FIRST, AGREEMENT, len(waiting().raw)) for at, one in enumerate(ids_)]
        assert tx.inbox.sizes() == each
        assert tx.inbox.sizes(party=OTHERS) == each[2:]
        assert tx.inbox.sizes(object_id=waiting().object_id) == [each[0], each[2]]
        assert tx.inbox.sizes(number=2) == [each[1]]
        assert [item.number for item in tx.inbox.items(number=2)] == [2]


def test_taking_all_of_a_large_inbox_takes_each_once(db: Database) -> None:
    with db.write() as tx:
        tx.inbox.add(waiting(f"host{n}.example") for n in range(5100))
        taken = tx.inbox.take([item.number for item in tx.inbox.items()])
        assert len({item.number for item in taken}) == 5100
        assert list(tx.inbox.items()) == []


def test_ids_are_found_by_how_they_begin(db: Database) -> None:
    with db.write() as tx:
        tx.inbox.add([waiting(), waiting("two.example"), waiting(party=OTHERS)])
        both = sorted({waiting().object_id, waiting("two.example").object_id})
        assert tx.inbox.ids_beginning("indicator--") == both
        assert tx.inbox.ids_beginning("indicator--", limit=1) == both[:1]
        assert tx.inbox.ids_beginning(both[1]) == both[1:]
        assert tx.inbox.ids_beginning("malware--") == []
