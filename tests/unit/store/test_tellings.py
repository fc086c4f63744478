"""Which holdings tell a value, from the moment they come until they go, and in stores that were there before."""

import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.assess import keys
from backchannel.core.assess.keys import TOLD_DIGITS, key_of, key_of_value, told_by, told_key
from backchannel.core.canonical import Observable
from backchannel.core.stix import StixObject, decode
from backchannel.flow.ports import NewObject
from backchannel.store.database import Database
from old_store import back_to_0009
from store_samples import NOW, OTHERS, THEM, US, stix

PLAIN = "[domain-name:value = 'evil.example']"
EVIL = told_key(key_of_value(Observable("domain-name", "evil.example")))
MILD = told_key(key_of_value(Observable("domain-name", "mild.example")))


def indicator(label: str, pattern: str = PLAIN, **more: object) -> StixObject:
    return stix("indicator", label, pattern=pattern, pattern_type="stix", **more)


def hold(db: Database, source: str, *objects: StixObject) -> None:
    with db.write() as tx:
        tx.holdings.add(map(NewObject.of, objects), source=source, now=NOW)


def tellers(db: Database, key: str = EVIL) -> list[tuple[str, str]]:
    with db.read() as tx:
        return [(one.source, one.id) for one in tx.tellings.of([key])]


def test_whoever_tells_a_value_in_whatever_words_is_found(db: Database) -> None:
    hold(db, US, indicator("one"), indicator("else", "[domain-name:value = 'mild.example']"))
    hold(db, THEM, indicator("two", "[domain-name:value IN ('EVIL.example.')]"))
    hold(
        db,
        OTHERS,
        decode(json.dumps({"type": "domain-name", "id": "domain-name--3", "value": "evil.example"}).encode()),
    )
    assert [source for source, _ in tellers(db)] == [US, THEM, OTHERS]


def test_who_has_alternatives_tells_each_and_who_demands_both_tells_neither(db: Database) -> None:
    both = "domain-name:value = 'evil.example' {} domain-name:value = 'mild.example'"
    either, together = indicator("either", f"[{both.format('OR')}]"), indicator("both", f"[{both.format('AND')}]")
    hold(db, US, either, together)
    assert tellers(db) == tellers(db, MILD) == [(US, either.id)]
    assert tellers(db, told_key(key_of(together.value) or "")) == [(US, together.id)]


def test_of_older_versions_only_that_they_were_there_is_told(db: Database) -> None:
    first, second = (indicator("one", modified=f"2026-01-0{day}T00:00:00.000Z") for day in (1, 2))
    hold(db, THEM, first, second)
    with db.read() as tx:
        assert [(one.version, one.raw) for one in tx.tellings.of([EVIL])] == [
            (first.version, None),
            (second.version, second.raw),
        ]


def test_what_went_tells_nothing_any_more(db: Database) -> None:
    one = indicator("one")
    with db.write() as tx:
        tx.agreements.put_own(US, "Lab")
    hold(db, US, one)
    with db.write() as tx:
        tx.holdings.remove_own(one.id, None)
    assert tellers(db) == []
    with sqlite3.connect(db.path) as raw:
        assert raw.execute("SELECT count(*) FROM told").fetchone() == (0,)
    raw.close()


def test_what_refers_to_an_object_is_found_by_its_type(db: Database) -> None:
    one = indicator("one")
    note = stix("note", "n", content="x", object_refs=[one.id])
    hold(db, THEM, one, note, stix("report", "r", object_refs=[one.id], published="2026-01-01T00:00:00Z"))
    with db.read() as tx:
        (found,) = tx.tellings.about([one.id], ["note", "sighting"])
    assert (found.target, found.source, found.raw) == (one.id, THEM, note.raw)


def test_a_store_that_was_there_before_knows_what_its_objects_tell(tmp_path: Path) -> None:
    path = tmp_path / "store"
    with Database.open(path, create=True) as db:
        hold(db, US, indicator("one"), stix("malware", "m", is_family=False))
    beside = "INSERT INTO provenance VALUES ('indicator--1', 'v', 's', 'a', 'red', X'ab', 'ask', 5, '', X'', '')"
    back_to_0009(path, beside)
    with Database.open(path) as db:
        assert [source for source, _ in tellers(db)] == [US]
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT object_id, origin, onward, destroy_by, tag FROM provenance").fetchall() == [
            ("indicator--1", b"\xab", "ask", 5, b"")
        ]
    raw.close()


# --- keys ------------------------------------------------------------------------------------------------------


NAMES = [
    "evil.example",
    "a_b.example",
    "1.2.3.4",
    "x.",
    "-a.example",
    "a..b",
    "example",
    "",
    "x.pdf",
    "xn--a.example",
]


@pytest.mark.parametrize("text", NAMES)
@pytest.mark.parametrize("form", ["[domain-name:value='{}']", "[domain-name:value = '{}']"])
def test_the_short_way_to_a_key_leads_where_the_long_one_does(
    form: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = {"type": "indicator", "pattern_type": "stix", "pattern": form.format(text)}
    short = key_of(value)
    monkeypatch.setattr(keys, "_form_of_name", lambda _value: None)
    assert short == key_of(value)


ANYTHING = st.text() | st.integers() | st.none()


@given(st.dictionaries(st.sampled_from(["pattern", "pattern_type", "value", "hashes"]), ANYTHING))
def test_what_an_object_tells_is_bounded_whatever_it_is(value: dict[str, object]) -> None:
    for kind in ("indicator", "domain-name", "file", "malware"):
        assert all(len(one) == TOLD_DIGITS for one in told_by({"type": kind, **value}))


def test_a_deep_pattern_is_no_trouble() -> None:
    deep = "(" * 60 + "domain-name:value = 'a.example'" + ")" * 60
    assert len(told_by({"type": "indicator", "pattern_type": "stix", "pattern": f"[{deep}]"})) == 1
