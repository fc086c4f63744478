"""What comes in: new, unchanged or contradicting, and never at the cost of what was held first."""

import tracemalloc
from datetime import timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, event

from backchannel.core.stix import StixObject, decode
from backchannel.errors import BadObject
from backchannel.flow.ports import AddOutcome, Filter, Held, NewObject
from backchannel.store import intake, schema
from backchannel.store.database import Database
from backchannel.store.holdings import SqlHoldings
from store_samples import AGREEMENT, ENVELOPE, FIRST, NOW, OTHERS, THEM, US, indicator, new, relationship, stix

LATER = "2026-02-01T00:00:00.000Z"


def add(db: Database, *objects: StixObject, source: str = US, **facts: Any) -> AddOutcome:
    with db.write() as tx:
        return tx.holdings.add(new(*objects, **facts), source=source, now=NOW)


def held(db: Database, **wanted: Any) -> list[Held]:
    with db.read() as tx:
        return list(tx.holdings.find(Filter(**wanted)))


def test_the_bytes_are_kept_as_they_came(db: Database) -> None:
    raw = b'{ "type":"indicator" ,"id":"indicator--1", "x_n": 1.50, "name":"a\\u0000b\\u202e","modified":"2026" }'
    add(db, decode(raw))
    assert [one.raw for one in held(db)] == [raw]


def test_the_same_object_again_is_unchanged(db: Database) -> None:
    one = indicator("one.example")
    assert add(db, one) == AddOutcome(1, 0)
    assert add(db, one) == AddOutcome(0, 1)
    assert len(held(db)) == 1


def test_nothing_new_moves_no_number(db: Database) -> None:
    for _ in range(2):
        add(db, indicator("one.example"))
    add(db, indicator("two.example"))
    assert [one.seq for one in held(db)] == [1, 2]


def test_the_same_object_twice_in_one_batch_is_kept_once(db: Database) -> None:
    one = indicator("one.example")
    assert add(db, one, one) == AddOutcome(1, 1)


def test_the_same_json_laid_out_differently_is_unchanged(db: Database) -> None:
    one = indicator("one.example")
    add(db, one)
    spaced = decode(msgspec.json.format(one.raw, indent=2))
    assert spaced.raw != one.raw
    assert add(db, spaced) == AddOutcome(0, 1)
    assert held(db)[0].raw == one.raw


def test_other_content_under_the_same_version_is_a_conflict_and_the_first_stays(db: Database) -> None:
    first = indicator("one.example")
    second = indicator("one.example", pattern="[domain-name:value = 'other.example']")
    add(db, first)
    outcome = add(db, second)
    assert (outcome.added, outcome.unchanged, len(outcome.conflicts)) == (0, 0, 1)
    conflict = outcome.conflicts[0]
    assert (conflict.id, conflict.version, conflict.source) == (first.id, FIRST, US)
    assert (conflict.held_sha256, conflict.offered_sha256) == (first.digest.hex(), second.digest.hex())
    assert [one.raw for one in held(db)] == [first.raw]


@pytest.mark.parametrize("stamp", ["created", "valid_from"])
def test_other_time_stamps_under_the_same_version_are_a_conflict(db: Database, stamp: str) -> None:
    add(db, indicator("one.example"))
    assert len(add(db, indicator("one.example", **{stamp: LATER})).conflicts) == 1


def test_a_conflict_within_one_batch_is_a_conflict(db: Database) -> None:
    outcome = add(db, indicator("one.example"), indicator("one.example", description="other"))
    assert (outcome.added, len(outcome.conflicts)) == (1, 1)


def test_conflicts_are_on_record_once(db: Database) -> None:
    add(db, indicator("one.example"))
    for _ in range(2):
        add(db, indicator("one.example", description="other"))
    add(db, indicator("one.example", description="third"))
    with db.read() as tx:
        offered = [one.offered_sha256 for one in tx.holdings.conflicts()]
        assert len(offered) == len(set(offered)) == 2
        assert len(tx.holdings.conflicts(limit=1)) == 1
        assert tx.holdings.conflicts(indicator("two.example").id) == []
        assert len(tx.holdings.conflicts(indicator("one.example").id)) == 2
        assert all(one.at == NOW for one in tx.holdings.conflicts())


def test_another_number_or_type_is_other_content(db: Database) -> None:
    add(db, indicator("one.example", confidence=1))
    assert add(db, indicator("one.example", confidence=True)).conflicts
    assert add(db, indicator("one.example", confidence="1")).conflicts


def test_two_sources_hold_the_same_version_side_by_side(db: Database) -> None:
    ours = indicator("one.example")
    theirs = indicator("one.example", description="theirs")
    assert add(db, ours, source=US).added == 1
    assert add(db, theirs, source=THEM) == AddOutcome(1, 0)
    assert {(one.source, one.raw) for one in held(db)} == {(US, ours.raw), (THEM, theirs.raw)}


def test_a_new_version_stands_beside_the_old_one_and_is_the_latest(db: Database) -> None:
    add(db, indicator("one.example"))
    assert add(db, indicator("one.example", modified=LATER)).added == 1
    assert [one.version for one in held(db)] == [FIRST, LATER]
    assert [one.version for one in held(db, latest=True)] == [LATER]


def test_an_older_version_that_comes_late_is_not_the_latest(db: Database) -> None:
    add(db, indicator("one.example", modified=LATER))
    add(db, indicator("one.example"))
    assert [one.version for one in held(db, latest=True)] == [LATER]


def test_versions_are_ordered_by_time_and_not_as_text(db: Database) -> None:
    versions = ["2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.49999Z"]
    add(db, *(indicator("one.example", modified=version) for version in versions))
    assert [one.version for one in held(db, latest=True)] == ["2026-01-01T00:00:00.5Z"]


def test_each_source_has_its_own_latest_version(db: Database) -> None:
    add(db, indicator("one.example"), source=US)
    add(db, indicator("one.example", modified=LATER), source=THEM)
    assert {(one.source, one.version) for one in held(db, latest=True)} == {(US, FIRST), (THEM, LATER)}


@settings(max_examples=25)
@given(order=st.permutations(range(5)), cuts=st.sets(st.integers(1, 4)))
def test_whatever_the_order_and_batches_one_version_is_the_latest(order: list[int], cuts: set[int]) -> None:
    versions = [indicator("one.example", modified=f"2026-01-0{n + 1}T00:00:00Z") for n in range(5)]
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        schema.metadata.create_all(connection)
        holdings = SqlHoldings(connection)
        edges = [0, *sorted(cuts), 5]
        for start, end in pairwise(edges):
            holdings.add(new(*(versions[n] for n in order[start:end])), source=US, now=NOW)
        assert [one.version for one in holdings.find(Filter(latest=True))] == [versions[4].version]
        assert len(list(holdings.find(Filter()))) == 5
    engine.dispose()


# --- generated objects -----------------------------------------------------------------------------------------


def made(when: str, **properties: Any) -> StixObject:
    return indicator("one.example", created=when, modified=when, valid_from=when, **properties)


def test_a_generated_object_that_says_the_same_later_is_unchanged(db: Database) -> None:
    add(db, made(FIRST), generated=True)
    assert add(db, made(LATER), generated=True) == AddOutcome(0, 1)
    assert [one.version for one in held(db)] == [FIRST]


def test_a_generated_object_that_says_something_else_is_a_new_version(db: Database) -> None:
    add(db, made(FIRST), generated=True)
    assert add(db, made(LATER, labels=["seen again"]), generated=True) == AddOutcome(1, 0)
    assert [one.version for one in held(db, latest=True)] == [LATER]


def test_a_generated_object_is_compared_with_the_newest_version_only(db: Database) -> None:
    add(db, made(FIRST), generated=True)
    add(db, made(LATER, labels=["seen again"]), generated=True)
    assert add(db, made("2026-03-01T00:00:00.000Z"), generated=True).added == 1


def test_an_object_with_time_stamps_of_its_own_is_a_new_version_whatever_it_says(db: Database) -> None:
    add(db, made(FIRST))
    assert add(db, made(LATER)) == AddOutcome(1, 0)


# --- what is known beside it -----------------------------------------------------------------------------------


def test_what_is_known_beside_an_object_is_kept_beside_it(db: Database) -> None:
    add(db, indicator("one.example"), source=THEM, agreement=AGREEMENT, envelope=ENVELOPE, grade="B2")
    one = held(db)[0]
    assert (one.source, one.agreement, one.envelope, one.grade) == (THEM, AGREEMENT, ENVELOPE, "B2")
    assert (one.added_at, one.own, one.name, one.type) == (NOW, False, "one.example", "indicator")


def test_the_foreign_form_is_kept_with_every_object_made_from_it(db: Database) -> None:
    event = b'{"Event": {}}'
    given = [
        NewObject.of(indicator("one.example"), original=event),
        NewObject.of(indicator("two.example"), original=event),
        NewObject.of(indicator("three.example")),
        NewObject.of(indicator("four.example"), original=b"four[.]example"),
    ]
    with db.write() as tx:
        tx.holdings.add(given, source=US, now=NOW)
    with db.read() as tx:
        forms = [tx.holdings.original_of(one.seq) for one in tx.holdings.find(Filter())]
        assert forms == [event, event, None, b"four[.]example"]
        assert tx.holdings.original_of(99) is None


def test_an_event_of_many_objects_is_kept_once(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH", 100)
    event, other = b"x" * 100_000, b"other"
    forms = [event] * 250 + [None] + [other] * 49 + [event]
    with db.write() as tx:
        named = (indicator(f"host{number}.example") for number in range(len(forms)))
        new = (NewObject.of(one, original=form) for one, form in zip(named, forms, strict=True))
        tx.holdings.add(new, source=US, now=NOW)
    with db.read() as tx:
        assert [tx.holdings.original_of(one.seq) for one in tx.holdings.find(Filter())] == forms
    assert sum(file.stat().st_size for file in db.path.parent.iterdir()) < 3_000_000


# --- hostile ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "identifier", ["indicator--'; DROP TABLE holding; --", "../../etc/passwd", '%_"\\', "\u202e"]
)
def test_an_odd_id_is_an_id_like_any_other(db: Database, identifier: str) -> None:
    add(db, indicator("one.example", id=identifier))
    assert add(db, indicator("one.example", id=identifier)) == AddOutcome(0, 1)
    with db.read() as tx:
        assert [one.id for one in tx.holdings.get(identifier)] == [identifier]
        assert tx.holdings.ids_beginning(identifier[:3]) == [identifier]
        assert tx.holdings.types_of([identifier]) == {identifier: "indicator"}


@pytest.mark.parametrize("odd", [{"id": "indicator--\0"}, {"modified": "2026-01-01T00:00:00Z\0"}])
def test_a_name_with_a_nul_is_refused_and_nothing_of_its_batch_is_kept(db: Database, odd: dict[str, str]) -> None:
    with pytest.raises(BadObject, match=r"indicator--.* has a NUL"):
        add(db, indicator("one.example"), indicator("two.example", **odd))
    assert held(db) == []


def test_a_reference_with_a_nul_does_no_harm(db: Database) -> None:
    one = indicator("one.example", x_other_ref="indicator--\0")
    assert add(db, one).added == 1
    assert add(db, one).unchanged == 1


def test_an_object_of_a_hundred_thousand_references_is_taken_in(db: Database) -> None:
    refs = [f"indicator--{n}" for n in range(100_000)]
    report = stix("report", "big", object_refs=refs)
    assert add(db, report).added == 1
    with db.read() as tx:
        assert len(tx.holdings.edges_from([report.id])) == 100_000
        assert [edge.object_id for edge in tx.holdings.edges_to(refs[:1])] == [report.id]


def version(number: int) -> StixObject:
    return indicator("one.example", modified=f"2026-01-01T00:00:00.{number:06d}Z")


def test_of_an_object_with_many_versions_each_is_known_again(db: Database) -> None:
    versions = [version(number) for number in range(50)]
    for one in versions:
        add(db, one)
    assert add(db, *reversed(versions)) == AddOutcome(0, 50)
    assert [one.version for one in held(db, latest=True)] == [versions[-1].version]


def test_a_newcomer_costs_the_same_however_many_versions_are_held(db: Database) -> None:
    """A counterpart that sends a new version a thousand times must not slow the node down more each time."""
    add(db, *(version(number) for number in range(3000)))
    seen: list[int] = []
    event.listen(db._engine, "after_cursor_execute", lambda _c, cursor, *_: seen.append(cursor.rowcount))
    tracemalloc.start()
    add(db, version(3001))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(seen) < 40
    assert peak < 500_000


def test_memory_does_not_grow_with_what_is_added(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH", 200)

    def stream(count: int) -> Any:
        return (NewObject.of(indicator(f"host{n}.example")) for n in range(count))

    def peak(count: int) -> int:
        tracemalloc.start()
        with db.write() as tx:
            tx.holdings.add(stream(count), source=str(count), now=NOW)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    batch = peak(200)
    assert peak(1600) < 2 * batch


def test_the_same_relationship_from_two_sources_is_two_holdings(db: Database) -> None:
    link = relationship(indicator("one.example"), stix("malware", "Predator"))
    assert [add(db, link, source=source).added for source in (US, THEM, OTHERS)] == [1, 1, 1]


def test_insertion_times_are_kept_to_the_microsecond(db: Database) -> None:
    moment = NOW + timedelta(microseconds=1)
    with db.write() as tx:
        tx.holdings.add(new(indicator("one.example")), source=US, now=moment)
    assert held(db)[0].added_at == moment
