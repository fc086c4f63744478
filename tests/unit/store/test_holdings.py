"""Looking up and listing: filters, pages, references, names."""

from datetime import timedelta
from typing import Any

import pytest

from backchannel.core.mention import term_key
from backchannel.flow.ports import Edge, Filter, Held, Term
from backchannel.store import holdings
from backchannel.store.database import Database
from store_samples import (
    AGREEMENT,
    NOW,
    OTHERS,
    THEM,
    US,
    indicator,
    new,
    party,
    relationship,
    stix,
)

PREDATOR = stix("malware", "Predator", aliases=["Helios", "PREDATOR"])
ONE = indicator("one.example")
TWO = indicator("two.example")
LINK = relationship(ONE, PREDATOR)


@pytest.fixture
def stocked(db: Database) -> Database:
    with db.write() as tx:
        tx.agreements.put_own(US, "Human Rights Lab")
        tx.agreements.put_party(party(THEM, "Vendor Research"))
        tx.holdings.add(new(PREDATOR, ONE, LINK, default_tlp="green"), source=US, now=NOW)
        received = new(TWO, default_tlp="red", agreement=AGREEMENT)
        tx.holdings.add(received, source=THEM, now=NOW + timedelta(hours=1))
    return db


def found(db: Database, **wanted: Any) -> set[str]:
    with db.read() as tx:
        result = list(tx.holdings.find(Filter(**wanted)))
    assert [one.seq for one in result] == sorted(one.seq for one in result)
    return {one.id for one in result}


# --- filters ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, {PREDATOR.id, ONE.id, LINK.id, TWO.id}),
        ({"type": "indicator"}, {ONE.id, TWO.id}),
        ({"source": THEM}, {TWO.id}),
        ({"source": "Vendor Research"}, set()),  # names are resolved before
        ({"source": OTHERS}, set()),
        ({"own": True}, {PREDATOR.id, ONE.id, LINK.id}),
        ({"own": False}, {TWO.id}),
        ({"tlp": "red"}, {TWO.id}),
        ({"agreement": AGREEMENT}, {TWO.id}),
        ({"agreement": "f" * 64}, set()),
        ({"since": NOW + timedelta(hours=1)}, {TWO.id}),
        ({"until": NOW + timedelta(hours=1)}, {PREDATOR.id, ONE.id, LINK.id}),
        ({"ids": frozenset({ONE.id, "indicator--nowhere"})}, {ONE.id}),
        ({"ids": frozenset()}, set()),
        ({"ids": frozenset({ONE.id, TWO.id}), "tlp": "green"}, {ONE.id}),
        ({"text": "predator"}, {PREDATOR.id}),
        ({"text": "example", "type": "indicator", "own": True}, {ONE.id}),
        ({"text": "example", "ids": frozenset({TWO.id, PREDATOR.id})}, {TWO.id}),
        ({"after": 3}, {TWO.id}),
        ({"after": 1, "ids": frozenset({PREDATOR.id, ONE.id})}, {ONE.id}),
    ],
)
def test_every_filter_narrows(stocked: Database, wanted: dict[str, Any], expected: set[str]) -> None:
    assert found(stocked, **wanted) == expected


@pytest.mark.parametrize("hostile", ["%", "_", "' OR 1=1 --", "*", "indicator%", "", "\0"])
def test_wildcards_and_quotes_in_a_filter_match_nothing_but_themselves(stocked: Database, hostile: str) -> None:
    for name in ("type", "source", "tlp", "agreement"):
        assert found(stocked, **{name: hostile}) == set()
    assert found(stocked, ids=frozenset({hostile})) == set()


def test_a_nul_does_not_end_an_id_that_is_asked_for(stocked: Database) -> None:
    longer = ONE.id + "\0x"
    assert found(stocked, ids=frozenset({longer})) == set()
    with stocked.read() as tx:
        assert tx.holdings.types_of([longer]) == {}
        assert tx.holdings.edges_to([longer]) == []
        assert tx.holdings.terms(["predator\0x"]) == []


def test_a_limit_cuts_the_list_off(stocked: Database) -> None:
    with stocked.read() as tx:
        for limit in (0, 1, 3, 99):
            assert len(list(tx.holdings.find(Filter(limit=limit)))) == min(limit, 4)


def test_a_list_longer_than_a_page_is_whole_and_resumes(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holdings, "PAGE", 3)
    many = [indicator(f"host{n}.example") for n in range(10)]
    with db.write() as tx:
        tx.holdings.add(new(*many), source=US, now=NOW)
    assert found(db) == {one.id for one in many}
    assert found(db, ids=frozenset(one.id for one in many)) == {one.id for one in many}
    assert found(db, text="example") == {one.id for one in many}
    with db.read() as tx:
        first = list(tx.holdings.find(Filter(limit=4)))
        rest = list(tx.holdings.find(Filter(after=first[-1].seq)))
    assert [one.seq for one in first + rest] == list(range(1, 11))


def test_a_list_is_read_while_it_is_used_and_not_before(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.write() as tx:
        tx.holdings.add(new(*(indicator(f"host{n}.example") for n in range(1200))), source=US, now=NOW)
    made: list[Held] = []
    build = holdings._as_held
    monkeypatch.setattr(holdings, "_as_held", lambda row: made.append(build(row)) or made[-1])
    with db.read() as tx:
        next(tx.holdings.find(Filter()))
    assert len(made) == 1


def test_a_hundred_thousand_ids_are_asked_for_at_once(stocked: Database) -> None:
    ids = frozenset(f"indicator--{n}" for n in range(100_000)) | {ONE.id}
    assert found(stocked, ids=ids) == {ONE.id}
    with stocked.read() as tx:
        assert tx.holdings.types_of(ids) == {ONE.id: "indicator"}
        assert tx.holdings.edges_to(ids) == [Edge(LINK.id, "relationship", ONE.id)]
        assert tx.holdings.terms(ids) == []


# --- one object ------------------------------------------------------------------------------------------------


def test_an_object_is_shown_with_where_it_came_from(stocked: Database) -> None:
    with stocked.read() as tx:
        (ours,) = tx.holdings.get(ONE.id)
        (theirs,) = tx.holdings.get(TWO.id)
        assert tx.holdings.get("indicator--nowhere") == []
    assert (ours.own, ours.source, ours.source_name, ours.tlp) == (True, US, "Human Rights Lab", "green")
    assert (theirs.own, theirs.source_name, theirs.agreement) == (False, "Vendor Research", AGREEMENT)
    assert ours.object().value == ONE.value


def test_a_source_without_a_name_is_shown_by_its_key(db: Database) -> None:
    with db.write() as tx:
        tx.holdings.add(new(ONE), source=OTHERS, now=NOW)
        assert tx.holdings.get(ONE.id)[0].source_name == OTHERS[:12]
        tx.agreements.put_party(party(OTHERS, "Third Party"))
        assert tx.holdings.get(ONE.id)[0].source_name == "Third Party"


@pytest.mark.parametrize("name", [None, 7, ["Predator"], {"a": 1}])
def test_a_name_that_is_no_text_is_shown_as_none(db: Database, name: Any) -> None:
    with db.write() as tx:
        tx.holdings.add(new(stix("x-thing", "odd", name=name)), source=US, now=NOW)
        assert [one.name for one in tx.holdings.find(Filter())] == [""]


def test_ids_are_found_by_how_they_begin(stocked: Database) -> None:
    with stocked.read() as tx:
        assert tx.holdings.ids_beginning("indicator--") == sorted([ONE.id, TWO.id])
        assert tx.holdings.ids_beginning(ONE.id) == [ONE.id]
        assert tx.holdings.ids_beginning("indicator--", limit=1) == sorted([ONE.id, TWO.id])[:1]
        assert tx.holdings.ids_beginning("indicator-%") == []
        assert tx.holdings.ids_beginning("zzz") == []


def test_ids_that_are_only_referred_to_are_not_held(stocked: Database) -> None:
    report = stix("report", "r", object_refs=["malware--elsewhere"])
    with stocked.write() as tx:
        tx.holdings.add(new(report), source=US, now=NOW)
        assert tx.holdings.types_of(["malware--elsewhere", report.id]) == {report.id: "report"}
        assert tx.holdings.ids_beginning("malware--") == [PREDATOR.id]


# --- references and names --------------------------------------------------------------------------------------


def test_references_are_known_in_both_directions(stocked: Database) -> None:
    expected = [Edge(LINK.id, "relationship", target) for target in sorted([ONE.id, PREDATOR.id])]
    with stocked.read() as tx:
        assert tx.holdings.edges_from([LINK.id]) == expected
        assert tx.holdings.edges_to([PREDATOR.id]) == [Edge(LINK.id, "relationship", PREDATOR.id)]
        assert tx.holdings.edges_from([PREDATOR.id]) == []


def test_references_of_an_older_version_no_longer_count(stocked: Database) -> None:
    moved = {"modified": "2026-02-01T00:00:00.000Z", "object_refs": [TWO.id]}
    with stocked.write() as tx:
        tx.holdings.add(new(stix("report", "r", object_refs=[ONE.id])), source=US, now=NOW)
        tx.holdings.add(new(stix("report", "r", **moved)), source=US, now=NOW)
        assert [edge.target_id for edge in tx.holdings.edges_from([stix("report", "r").id])] == [TWO.id]
        assert {edge.object_type for edge in tx.holdings.edges_to([ONE.id])} == {"relationship"}


def test_a_reference_that_two_sources_make_is_one_edge(stocked: Database) -> None:
    with stocked.write() as tx:
        tx.holdings.add(new(LINK), source=THEM, now=NOW)
        assert len(tx.holdings.edges_to([PREDATOR.id])) == 1
        assert len(tx.holdings.edges_from([LINK.id])) == 2


def test_references_can_be_asked_as_only_our_own_objects_make_them(stocked: Database) -> None:
    theirs = relationship(TWO, PREDATOR)
    with stocked.write() as tx:
        tx.holdings.add(new(theirs), source=THEM, now=NOW)
        assert {edge.object_id for edge in tx.holdings.edges_to([PREDATOR.id])} == {LINK.id, theirs.id}
        assert {edge.object_id for edge in tx.holdings.edges_to([PREDATOR.id], own=True)} == {LINK.id}
        assert len(tx.holdings.edges_from([theirs.id])) == 2
        assert tx.holdings.edges_from([theirs.id], own=True) == []


def test_objects_are_found_by_name_alias_and_value(stocked: Database) -> None:
    with stocked.read() as tx:
        named = tx.holdings.terms([term_key("PREDATOR"), term_key("helios"), term_key("one[.]example")])
    assert set(named) == {
        Term("predator", "name", PREDATOR.id, "malware"),
        Term("helios", "alias", PREDATOR.id, "malware"),
        Term("one example", "name", ONE.id, "indicator"),
        Term("one example", "value", ONE.id, "indicator"),
    }


def test_terms_are_narrowed_by_kind(stocked: Database) -> None:
    with stocked.read() as tx:
        assert [term.kind for term in tx.holdings.terms(["one example"], ("value",))] == ["value"]
        assert tx.holdings.terms(["predator"], ("value",)) == []
        assert tx.holdings.terms(["predator"], ()) == []


def test_a_name_of_an_older_version_is_known_but_not_current(stocked: Database) -> None:
    renamed = {"id": PREDATOR.id, "modified": "2026-02-01T00:00:00.000Z"}
    with stocked.write() as tx:
        tx.holdings.add(new(stix("malware", "Cytrox", **renamed)), source=US, now=NOW)
        assert [term.object_id for term in tx.holdings.terms(["predator"])] == [PREDATOR.id]
        assert tx.holdings.terms(["predator"], current=True) == []
        assert [term.object_id for term in tx.holdings.terms(["cytrox"], current=True)] == [PREDATOR.id]


def test_a_run_of_words_begins_a_term_only_with_whole_words(stocked: Database) -> None:
    runs = {"one", "one example", "predator", "helios", "on", "exam", "example", "one exam", "preda", "tor", ""}
    with stocked.read() as tx:
        assert tx.holdings.beginnings(runs) == {"one", "one example", "predator", "helios"}
        assert tx.holdings.beginnings(set()) == set()


def test_a_run_begins_a_term_whatever_stands_beside_it_in_the_order_of_keys(db: Database) -> None:
    with db.write() as tx:
        tx.agreements.put_own(US, "Lab")
        tx.holdings.add(new(stix("malware", "abcd"), stix("malware", "abcé f")), source=US, now=NOW)
        assert tx.holdings.beginnings({"abc", "abc0", "abcd", "abcé", "abc d"}) == {"abcd", "abcé"}


def test_a_run_too_long_to_tell_counts_as_a_beginning(stocked: Database) -> None:
    with stocked.read() as tx:
        assert tx.holdings.beginnings({"a" * 201, "a" * 200}) == {"a" * 201}


def test_a_term_of_one_endless_word_is_found_again(stocked: Database) -> None:
    endless = "x" * 100_000
    with stocked.write() as tx:
        tx.holdings.add(new(stix("malware", endless)), source=US, now=NOW)
        assert [term.key for term in tx.holdings.terms([endless])] == [endless]
        assert tx.holdings.terms([endless + "y"]) == []


def test_every_insertion_gets_the_next_number(stocked: Database) -> None:
    with stocked.write() as tx:
        tx.holdings.add(new(indicator("five.example")), source=US, now=NOW)
        assert [one.seq for one in tx.holdings.find(Filter())] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("text", ["2001:db8::5", "2001:DB8::5", "evil_loader", "100%25"])
def test_what_has_several_spellings_is_found_as_it_stands_in_the_text(db: Database, text: str) -> None:
    with db.write() as tx:
        tx.agreements.put_own(US, "Lab")
        tx.holdings.add(new(stix("note", "n", content=f"seen: {text}, twice")), source=US, now=NOW)
    with db.read() as tx:
        assert [one.type for one in tx.holdings.find(Filter(text=text))] == ["note"]
