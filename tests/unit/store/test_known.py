"""What vetting asks about ids: who gave them, and which bytes exact versions have, whatever else is there."""

import time
from collections.abc import Callable

import msgspec
import pytest
from msgspec.structs import replace

from backchannel.core.incoming import KnownFrom, Offered
from backchannel.core.stix import StixObject
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_channels import InboxItem
from backchannel.store import known
from backchannel.store.database import Database
from store_samples import AGREEMENT, ENVELOPE, NOW, OTHERS, THEM, US, indicator, new

Place = Callable[[Transaction, StixObject, str], None]
Known = dict[str, list[KnownFrom]]


def hold(tx: Transaction, one: StixObject, giver: str) -> None:
    tx.holdings.add(new(one), source=giver, now=NOW)


def wait(tx: Transaction, one: StixObject, giver: str) -> None:
    item = InboxItem(0, giver, AGREEMENT, ENVELOPE, one.id, one.type, one.version, "amber", False, (), NOW, one.raw)
    tx.inbox.add([item])


def version(number: int, **properties: str) -> StixObject:
    return indicator(
        "one.example", modified=f"2026-02-01T00:00:{number // 1000:02}.{number % 1000:03}Z", **properties
    )


def offered(*objects: StixObject) -> set[Offered]:
    return {Offered(one.id, one.version, len(one.raw)) for one in objects}


def ask(tx: Transaction, place: Place, ids: list[str], *objects: StixObject) -> Known:
    return (tx.holdings if place is hold else tx.inbox).known(ids, offered(*objects))


@pytest.mark.parametrize("place", [hold, wait])
def test_each_source_is_told_with_its_first_and_last_version_and_the_digests_asked_for(
    db: Database, place: Place
) -> None:
    one, two, three = version(1), version(2), version(3)
    with db.write() as tx:
        for given in (one, two, three):
            place(tx, given, THEM)
        place(tx, two, OTHERS)
        place(tx, indicator("else.example"), THEM)
        found = ask(tx, place, [one.id], two, version(4))
    assert sorted(found[one.id], key=lambda each: each.source) == [
        KnownFrom(THEM, False, one.version, three.version, {two.version: two.digest}),
        KnownFrom(OTHERS, False, two.version, two.version, {two.version: two.digest}),
    ]
    assert found.keys() == {one.id}


@pytest.mark.parametrize("place", [hold, wait])
def test_what_is_not_here_or_cannot_be_is_left_out(db: Database, place: Place) -> None:
    with db.write() as tx:
        place(tx, version(1), THEM)
        strange = Offered("indicator--\0", "1\0", 3)
        asked = (tx.holdings if place is hold else tx.inbox).known(
            ["indicator--\0", "indicator--none", ""], [strange]
        )
    assert asked == {}


def test_what_is_our_own_is_told_as_ours(db: Database) -> None:
    with db.write() as tx:
        tx.agreements.put_own(US, "We")
        hold(tx, version(1), US)
        (found,) = ask(tx, hold, [version(1).id])[version(1).id]
    assert (found.own, found.source, found.asked) == (True, US, {})


@pytest.mark.parametrize("place", [hold, wait])
def test_bytes_are_read_only_where_they_can_be_the_same(
    db: Database, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small objects under the ids and versions of large ones would have all of those read."""
    large, small, like = version(1, description="x" * 1000), version(1), version(2)
    read: list[bytes] = []
    real = known.hashlib.sha256
    with db.write() as tx:
        place(tx, large, THEM)
        place(tx, like, THEM)
        monkeypatch.setattr(known.hashlib, "sha256", lambda raw: read.append(raw) or real(raw))
        (found,) = ask(tx, place, [large.id], small, like)[large.id]
    assert read == [like.raw]
    assert found.asked == {small.version: b"", like.version: like.digest}


@pytest.mark.parametrize("place", [hold, wait])
def test_the_cost_does_not_grow_with_the_versions_that_are_here(db: Database, place: Place) -> None:
    many = [version(number) for number in range(15_000)]
    with db.write() as tx:
        if place is hold:
            tx.holdings.add(new(*many), source=THEM, now=NOW)
        else:
            first = InboxItem(
                0, THEM, AGREEMENT, ENVELOPE, many[0].id, "indicator", "", "amber", False, (), NOW, b"{}"
            )
            tx.inbox.add(replace(first, version=one.version, raw=one.raw) for one in many)
        started = time.process_time()
        for each in range(100):
            ask(tx, place, [many[0].id], many[each])
        spent = time.process_time() - started
    assert spent < 2, f"{spent:.1f} seconds"


def test_many_ids_and_versions_are_asked_at_once(db: Database) -> None:
    objects = [indicator(f"host{number}.example") for number in range(6_000)]
    with db.write() as tx:
        tx.holdings.add(new(*objects), source=THEM, now=NOW)
        found = ask(tx, hold, [one.id for one in objects], *objects)
    assert {key: one[0].asked for key, one in found.items()} == {one.id: {one.version: one.digest} for one in objects}
    assert msgspec.json.encode(found)
