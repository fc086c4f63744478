"""Reduced copies: another object, ours, without what was cut and without a trace of its parent's id."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.release_copy import Cut, reduced_copy, reduced_id, without
from worlds import OUR_IDENTITY, SECRET, THEM, THIRD, stix, stix_id

PARENT = stix("indicator", "one", description="secret", labels=["a"], x_note={"deep": "x"})
AGREEMENT = "d" * 64


def copy(value: Any, *cuts: Cut, renamed: dict[str, str] | None = None) -> dict[str, Any]:
    new = reduced_id(value["id"], SECRET, AGREEMENT, THEM)
    made = reduced_copy(value, cuts, new_id=new, creator=OUR_IDENTITY, renamed=renamed or {})
    assert msgspec.json.decode(made.raw) == made.value
    return dict(made.value)


def test_the_same_parent_under_one_agreement_always_has_the_same_new_id() -> None:
    assert reduced_id(PARENT.id, SECRET, AGREEMENT, THEM) == reduced_id(PARENT.id, SECRET, AGREEMENT, THEM)


@pytest.mark.parametrize(
    "other",
    [
        (stix_id("indicator", "two"), SECRET, AGREEMENT, THEM),
        (PARENT.id, b"another secret", AGREEMENT, THEM),
        (PARENT.id, SECRET, "e" * 64, THEM),
        (PARENT.id, SECRET, AGREEMENT, THIRD),
    ],
)
def test_copies_of_other_parents_secrets_agreements_or_parties_cannot_be_linked(other: Any) -> None:
    assert reduced_id(*other) != reduced_id(PARENT.id, SECRET, AGREEMENT, THEM)


def test_a_new_id_keeps_the_type_and_has_the_form_of_a_random_one() -> None:
    kind, _, uuid = reduced_id(PARENT.id, SECRET, AGREEMENT, THEM).partition("--")
    assert kind == "indicator"
    assert UUID(uuid).version == 4
    assert str(UUID(uuid)) == uuid


def test_a_copy_is_ours_loses_what_is_cut_and_keeps_the_versions() -> None:
    made = copy(PARENT.value, ("description",), ("x_note",))
    assert made["created_by_ref"] == OUR_IDENTITY
    assert made["id"] != PARENT.id
    assert "description" not in made
    assert "x_note" not in made
    for name in ("type", "created", "modified", "pattern", "labels"):
        assert made[name] == PARENT.value[name]


def test_the_parent_is_not_changed_and_a_copy_always_has_the_same_bytes() -> None:
    before = PARENT.raw, msgspec.json.encode(PARENT.value)
    one = reduced_copy(PARENT.value, [("labels",)], new_id="x", creator=OUR_IDENTITY, renamed={})
    reordered = dict(sorted(PARENT.value.items(), reverse=True))
    other = reduced_copy(reordered, [("labels",)], new_id="x", creator=OUR_IDENTITY, renamed={})
    assert one.raw == other.raw
    assert (PARENT.raw, msgspec.json.encode(PARENT.value)) == before


def test_an_observable_has_no_creator() -> None:
    assert "created_by_ref" not in copy(stix("domain-name", "one", defanged=False).value, ("defanged",))


def test_references_to_reduced_objects_are_rewritten_wherever_they_stand() -> None:
    old, new = stix_id("malware", "m"), stix_id("malware", "n")
    value = {**PARENT.value, "sample_refs": [old, OUR_IDENTITY], "x_deep": [{"of_ref": old}], "labels": [old]}
    made = copy(value, renamed={old: new})
    assert made["sample_refs"] == [new, OUR_IDENTITY]
    assert made["x_deep"] == [{"of_ref": new}]
    assert made["labels"] == [old]


def test_members_of_a_list_and_single_extensions_can_be_cut() -> None:
    value = {**PARENT.value, "object_refs": ["a", "b", "c"], "extensions": {"one-ext": {}, "two-ext": {"x": 1}}}
    made = without(value, {("object_refs", 0), ("object_refs", 2), ("extensions", "one-ext")})
    assert made["object_refs"] == ["b"]
    assert made["extensions"] == {"two-ext": {"x": 1}}
    assert "extensions" not in without(value, {("extensions", "one-ext"), ("extensions", "two-ext")})


def test_granular_marks_of_what_is_gone_go_and_the_others_follow_their_place() -> None:
    mark = stix_id("marking-definition", "m")
    value = {
        **PARENT.value,
        "object_refs": ["a", "b", "c"],
        "extensions": {"one-ext": {"y": 1}, "two-ext": {"x": 1}},
        "granular_markings": [
            {"marking_ref": mark, "selectors": ["description", "object_refs.[2]", "object_refs"]},
            {"marking_ref": mark, "selectors": ["object_refs.[0]", "extensions.one-ext.y"]},
            {"marking_ref": mark, "selectors": ["extensions.two-ext.x", "labels.[0]"]},
        ],
    }
    made = without(value, {("description",), ("object_refs", 0), ("extensions", "one-ext")})
    assert made["granular_markings"] == [
        {"marking_ref": mark, "selectors": ["object_refs.[1]", "object_refs"]},
        {"marking_ref": mark, "selectors": ["extensions.two-ext.x", "labels.[0]"]},
    ]


def test_granular_marks_disappear_with_the_last_thing_they_mark() -> None:
    value = {**PARENT.value, "granular_markings": [{"marking_ref": "m", "selectors": ["description"]}]}
    assert "granular_markings" not in without(value, {("description",)})
    assert without(value, {("labels",)})["granular_markings"] == value["granular_markings"]


optional = st.sets(st.sampled_from([("description",), ("labels",), ("x_note",)]))


@given(optional, st.text(min_size=1, max_size=8))
def test_a_copy_is_valid_for_an_independent_judge_and_carries_no_trace_of_its_parents_id(
    cuts: set[Cut], label: str
) -> None:
    parent = stix("indicator", label, description="d", labels=["a"], x_note="n", pattern="[url:value = 'x']")
    made = reduced_copy(
        parent.value, cuts, new_id=reduced_id(parent.id, SECRET, AGREEMENT, THEM), creator=OUR_IDENTITY, renamed={}
    )
    assert stix2.parse(made.raw.decode(), allow_custom=True).id == made.id
    assert parent.id.partition("--")[2] not in made.raw.decode()
