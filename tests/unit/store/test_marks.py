"""The effective TLP level of holdings: nobody can loosen another's mark, and a missing definition is red."""

from typing import Any

import pytest

from backchannel.core.marking import TLP_2
from backchannel.core.stix import StixObject
from backchannel.flow.ports import Filter
from backchannel.store import marks
from backchannel.store.database import Database
from store_samples import NOW, OTHERS, THEM, US, definition, indicator, new, stix

ID = {level: identifier for identifier, level in TLP_2.items()}
OWN_MARK = definition("house rule", "green")
LATE = indicator("late.example", object_marking_refs=[OWN_MARK.id])


def add(db: Database, *objects: StixObject, source: str = US, **facts: Any) -> None:
    with db.write() as tx:
        tx.holdings.add(new(*objects, **facts), source=source, now=NOW)


def level(db: Database, one: StixObject, source: str = US) -> str:
    with db.read() as tx:
        return next(held.tlp for held in tx.holdings.get(one.id) if held.source == source)


@pytest.fixture
def ours(db: Database) -> Database:
    with db.write() as tx:
        tx.agreements.put_own(US, "Human Rights Lab")
    return db


def test_the_default_counts_only_where_the_object_has_no_mark(ours: Database) -> None:
    plain, marked = indicator("a.example"), indicator("b.example", object_marking_refs=[ID["clear"]])
    add(ours, plain, marked, default_tlp="amber+strict")
    assert (level(ours, plain), level(ours, marked)) == ("amber+strict", "clear")


def test_objects_of_one_batch_are_marked_each_on_its_own(ours: Database) -> None:
    marked = {name: indicator(f"{name}.example", object_marking_refs=[ID[name]]) for name in ID if name != "clear"}
    part = [{"marking_ref": ID["red"], "selectors": ["name"]}]
    granular = indicator("part.example", object_marking_refs=[ID["green"]], granular_markings=part)
    add(ours, *marked.values(), granular)
    assert {name: level(ours, one) for name, one in marked.items()} == {name: name for name in marked}
    assert level(ours, granular) == "red"


def test_a_mark_whose_definition_is_missing_counts_as_red(ours: Database) -> None:
    add(ours, LATE, default_tlp="clear")
    assert level(ours, LATE) == "red"


def test_a_definition_that_comes_late_sets_the_level_of_what_refers_to_it(ours: Database) -> None:
    others = indicator("other.example")
    add(ours, LATE, others)
    add(ours, OWN_MARK)
    assert (level(ours, LATE), level(ours, others)) == ("green", "amber")


def test_a_definition_in_the_same_batch_counts_wherever_it_stands(ours: Database) -> None:
    first = indicator("first.example", object_marking_refs=[OWN_MARK.id])
    add(ours, first, OWN_MARK, LATE)
    assert (level(ours, first), level(ours, LATE)) == ("green", "green")


def test_a_definition_held_before_counts(ours: Database) -> None:
    add(ours, OWN_MARK)
    add(ours, LATE)
    assert level(ours, LATE) == "green"


def test_many_objects_are_judged_anew_page_by_page(ours: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_page", marks._page.limit(3))
    many = [indicator(f"h{n}.example", object_marking_refs=[OWN_MARK.id]) for n in range(10)]
    add(ours, *many)
    add(ours, OWN_MARK)
    with ours.read() as tx:
        assert len(list(tx.holdings.find(Filter(type="indicator", tlp="green")))) == 10


def test_the_default_of_each_object_is_remembered_when_it_is_judged_anew(ours: Database) -> None:
    statement: dict[str, Any] = {"definition_type": "statement", "definition": {"statement": "(c) Example"}}
    mark = stix("marking-definition", "statement", modified=None, name=None, **statement)
    plain = [indicator(f"{name}.example", object_marking_refs=[mark.id]) for name in ("a", "b")]
    add(ours, plain[0], default_tlp="clear")
    add(ours, plain[1], default_tlp="amber+strict")
    add(ours, mark)
    assert [level(ours, one) for one in plain] == ["clear", "amber+strict"]


def test_another_partys_definition_cannot_loosen_our_mark(ours: Database) -> None:
    strict = definition("house rule", "red")
    add(ours, strict, LATE)
    add(ours, definition("house rule", "clear"), source=THEM)
    assert level(ours, LATE) == "red"


def test_another_partys_definition_cannot_loosen_a_third_partys_mark(ours: Database) -> None:
    add(ours, definition("house rule", "red"), LATE, source=OTHERS)
    add(ours, definition("house rule", "clear"), source=THEM)
    assert level(ours, LATE, OTHERS) == "red"


@pytest.mark.parametrize(("theirs", "ours_says"), [("amber", "clear"), ("green", "red")])
def test_an_object_is_judged_by_its_own_sources_definition_first(ours: Database, theirs: str, ours_says: str) -> None:
    add(ours, definition("house rule", ours_says))
    add(ours, definition("house rule", theirs), LATE, source=THEM)
    assert level(ours, LATE, THEM) == theirs


@pytest.mark.parametrize(("strangers", "ours_says"), [("clear", "amber"), ("red", "green")])
def test_without_its_own_sources_definition_ours_counts_before_anybodys(
    ours: Database, strangers: str, ours_says: str
) -> None:
    add(ours, definition("house rule", strangers), source=OTHERS)
    add(ours, definition("house rule", ours_says))
    add(ours, LATE, source=THEM)
    assert level(ours, LATE, THEM) == ours_says


def test_a_strangers_definition_loosens_no_mark(ours: Database) -> None:
    add(ours, definition("house rule", "clear"), source=OTHERS)
    add(ours, LATE, source=THEM)
    assert level(ours, LATE, THEM) == "red"
    add(ours, definition("house rule", "amber"), source=THEM)
    assert level(ours, LATE, THEM) == "amber"
