"""Marks: the strictest counts, and what cannot be understood is red."""

from typing import Any

import msgspec
import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.marking import (
    LEVELS,
    TLP_1,
    TLP_2,
    WELL_KNOWN,
    definition_for,
    effective,
    label,
    level_of,
    marking_refs,
    parse_level,
    rank,
    strictest,
)

ID = {level: identifier for identifier, level in TLP_2.items()}
UNKNOWN = "marking-definition--0b7a1a5e-3c2d-4f0e-8b1a-2d3c4e5f6a7b"
STATEMENT = {"id": UNKNOWN, "definition_type": "statement", "definition": {"statement": "Copyright Example"}}


def marked(*whole: Any, parts: tuple[Any, ...] = ()) -> dict[str, Any]:
    value: dict[str, Any] = {"type": "indicator"}
    if whole:
        value["object_marking_refs"] = list(whole)
    if parts:
        value["granular_markings"] = [{"marking_ref": ref, "selectors": ["name"]} for ref in parts]
    return value


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("TLP:AMBER+STRICT", "amber+strict"),
        ("amber-strict", "amber+strict"),
        ("White", "clear"),
        ("tlp:white", "clear"),
        (" tlp: red ", "red"),
        ("green", "green"),
    ],
)
def test_levels_are_read_the_way_people_write_them(text: str, level: str) -> None:
    assert parse_level(text) == level


@pytest.mark.parametrize("text", ["", "TLP:", "purple", "amber strict", "TLP:TLP:RED", "red\x1b"])
def test_what_is_no_level_is_refused_with_the_list_of_levels(text: str) -> None:
    with pytest.raises(ValueError, match="clear, green, amber, amber\\+strict, red"):
        parse_level(text)


def test_levels_go_from_clear_to_red_and_an_unknown_one_counts_as_red() -> None:
    assert sorted(LEVELS, key=rank) == list(LEVELS)
    assert rank("purple") == rank("red")
    assert strictest("green", "amber+strict", "amber") == "amber+strict"
    assert label("amber+strict") == "TLP:AMBER+STRICT"


def test_the_definitions_of_tlp_1_are_those_of_an_independent_library() -> None:
    library = (stix2.v21.TLP_WHITE, stix2.v21.TLP_GREEN, stix2.v21.TLP_AMBER, stix2.v21.TLP_RED)
    assert {one.id: parse_level(one.definition.tlp) for one in library} == TLP_1
    for one in library:
        assert level_of(msgspec.json.decode(one.serialize())) == TLP_1[one.id]


@pytest.mark.parametrize("level", LEVELS)
def test_the_definition_of_a_level_is_valid_stix_and_read_back_as_that_level(level: str) -> None:
    raw = definition_for(level)
    value = msgspec.json.decode(raw)
    assert stix2.parse(raw.decode(), allow_custom=True).id == ID[level]
    assert level_of(value) == level
    assert level_of({**value, "id": UNKNOWN}) == level


@pytest.mark.parametrize("level", LEVELS)
def test_a_well_known_mark_needs_no_definition(level: str) -> None:
    assert effective(marked(ID[level]), "clear", {}) == level


def test_the_default_applies_only_where_the_whole_object_has_no_tlp_mark() -> None:
    assert effective(marked(), "amber", {}) == "amber"
    assert effective(marked(ID["green"]), "amber", {}) == "green"
    assert effective(marked(UNKNOWN), "amber", {UNKNOWN: STATEMENT}) == "amber"
    assert effective(marked(parts=(ID["green"],)), "amber", {}) == "amber"


def test_the_strictest_of_whole_and_granular_marks_counts() -> None:
    assert effective(marked(ID["green"], ID["amber"]), "clear", {}) == "amber"
    assert effective(marked(ID["green"], parts=(ID["red"],)), "clear", {}) == "red"


def test_a_mark_whose_definition_is_not_known_counts_as_red() -> None:
    assert effective(marked(UNKNOWN), "clear", {}) == "red"
    assert effective(marked(ID["clear"], parts=(UNKNOWN,)), "clear", {}) == "red"


@pytest.mark.parametrize(
    "value",
    [
        {"object_marking_refs": "red"},
        {"object_marking_refs": [7]},
        {"granular_markings": {"marking_ref": ID["clear"]}},
        {"granular_markings": ["clear"]},
        {"granular_markings": [{"marking_ref": None, "selectors": ["name"]}]},
    ],
)
def test_marks_that_cannot_be_read_count_as_red(value: dict[str, Any]) -> None:
    assert effective(value, "clear", {}) == "red"


def test_a_language_tag_is_no_mark() -> None:
    value = {"granular_markings": [{"lang": "fr", "selectors": ["name"]}]}
    assert effective(value, "green", {}) == "green"


@pytest.mark.parametrize(
    ("definition", "level"),
    [
        ({"definition_type": "tlp", "definition": {"tlp": "amber"}}, "amber"),
        ({"definition_type": "tlp", "definition": {"tlp": "purple"}}, "red"),
        ({"definition_type": "tlp"}, "red"),
        ({"definition_type": "statement", "definition": {"statement": "TLP:GREEN"}}, "green"),
        ({"definition_type": "statement", "definition": {"statement": "tlp:ex:chr"}}, "red"),
        ({"definition_type": "statement", "definition": {"statement": "Copyright"}}, None),
        ({"name": "TLP:RED", "definition": {"tlp": "green"}}, "red"),
        ({"name": "PAP:RED"}, None),
        ({"definition": "nonsense"}, None),
    ],
)
def test_a_definition_stands_for_its_level_and_for_red_where_it_says_something_unknown(
    definition: dict[str, Any], level: str | None
) -> None:
    assert level_of(definition) == level


def test_nobody_can_loosen_a_well_known_mark_by_redefining_it() -> None:
    forged = {"id": ID["red"], "definition_type": "tlp", "definition": {"tlp": "clear"}}
    assert level_of(forged) == "red"
    assert effective(marked(ID["red"]), "clear", {ID["red"]: forged}) == "red"


def test_every_mark_of_an_object_is_listed_once() -> None:
    value = marked(ID["red"], UNKNOWN, parts=(UNKNOWN, ID["green"]))
    assert marking_refs(value) == (ID["red"], UNKNOWN, ID["green"])


refs = st.sampled_from([*WELL_KNOWN, UNKNOWN, "nonsense", 7])


@given(st.lists(refs, max_size=4), st.lists(refs, max_size=3), refs, st.sampled_from(LEVELS))
def test_adding_a_mark_never_loosens_an_object_that_is_marked(
    whole: list[Any], parts: list[Any], extra: Any, default: str
) -> None:
    before = effective(marked(*whole, parts=tuple(parts)), default, {})
    granular = effective(marked(*whole, parts=(*parts, extra)), default, {})
    assert rank(granular) >= rank(before)
    if whole:
        assert rank(effective(marked(*whole, extra, parts=tuple(parts)), default, {})) >= rank(before)
