"""Origin tags: the same for one value and one origin, and nothing to anybody else."""

import hashlib
import hmac
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stix2validator import ValidationOptions, validate_string

from backchannel.core.marking import LEVEL_IDS, effective
from backchannel.formats.schemas import Stix21Validator
from backchannel.protocol.origin_tag import ABSTRACT, origin_tag, tag_in, tag_note
from worlds import TLP, stix

SECRET, OTHER = b"s" * 32, b"t" * 32
KEY, ELSE = "ab" * 32, "cd" * 32
AT = "2026-11-01T00:00:00.000Z"
ONE = stix("indicator", "one")
TAG = origin_tag(SECRET, KEY)


def test_a_tag_is_that_of_the_page() -> None:
    assert hmac.digest(SECRET, b"backchannel/1 origin tag\0" + bytes.fromhex(KEY), hashlib.sha256).hex() == TAG


def test_of_one_value_and_one_origin_a_tag_is_always_the_same() -> None:
    assert origin_tag(SECRET, KEY) == TAG
    assert origin_tag(OTHER, KEY) != TAG


def test_tags_of_two_values_of_one_origin_have_nothing_in_common() -> None:
    """No more than any two of 64 random hex digits: no common part, and digits that agree by chance only."""
    tags = [origin_tag(SECRET, f"{number:064x}") for number in range(200)]
    runs = [tag[start : start + 12] for tag in tags for start in range(53)]
    assert len(set(runs)) == len(runs)
    alike = sum(a == b for one, other in pairwise(tags) for a, b in zip(one, other, strict=True))
    assert abs(alike / (199 * 64) - 1 / 16) < 0.02


def test_a_tag_is_nothing_else_that_is_derived_from_the_secret() -> None:
    assert hmac.digest(SECRET, bytes.fromhex(KEY), hashlib.sha256).hex() != TAG


# --- notes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", [ONE, stix("domain-name", "one"), stix("indicator", "x", created_by_ref=None)])
def test_a_note_is_valid_stix_and_says_the_tag_of_one_object(one: Any) -> None:
    note = tag_note(one, TAG, "amber", AT)
    assert not Stix21Validator()(note.value)
    judged = validate_string(note.raw.decode(), ValidationOptions(version="2.1"))
    assert judged.is_valid
    assert not judged.warnings
    assert (note.value["abstract"], note.value["content"]) == (ABSTRACT, TAG)
    assert note.value["object_refs"] == [one.id]
    assert tag_in(note.value) == TAG
    assert note == tag_note(one, TAG, "amber", AT)
    assert "created_by_ref" not in note.value


def test_a_note_is_another_one_for_another_object_or_tag_and_as_old_as_its_object() -> None:
    notes = {tag_note(one, tag, "amber", AT).id for one in (ONE, stix("indicator", "b")) for tag in (TAG, ELSE)}
    assert len(notes) == 4
    newer = stix("indicator", "one", modified="2026-02-01T00:00:00.000Z")
    note = tag_note(newer, TAG, "amber", AT)
    assert note.id == tag_note(ONE, TAG, "amber", AT).id
    assert (note.value["created"], note.version) == (ONE.value["created"], newer.version)


@pytest.mark.parametrize("own", [None, "clear", "red"])
@pytest.mark.parametrize("level", LEVEL_IDS)
def test_a_note_is_marked_no_weaker_than_what_it_refers_to(level: str, own: str | None) -> None:
    one = stix("indicator", "one", object_marking_refs=[TLP[own]] if own else None)
    marked = effective(tag_note(one, TAG, level, AT).value, "clear", {})
    assert marked == max((level, own or "clear"), key=list(LEVEL_IDS).index)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "opinion"},
        {"abstract": "Origin tag"},
        {"content": TAG.upper()},
        {"content": TAG + "\n"},
        {"content": 5},
        {"object_refs": []},
        {"object_refs": [ONE.id, ONE.id]},
        {"object_refs": ONE.id},
    ],
)
def test_what_only_looks_like_such_a_note_says_no_tag(change: Mapping[str, object]) -> None:
    assert tag_in({**tag_note(ONE, TAG, "amber", AT).value, **change}) == ""


@given(
    st.dictionaries(st.sampled_from(["type", "abstract", "content", "object_refs"]), st.text() | st.lists(st.text()))
)
def test_a_note_is_hostile_whatever_it_is(note: dict[str, object]) -> None:
    assert tag_in(note) == ""
