"""JSON that readers could understand differently is told from JSON that they cannot."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.stix import decode
from backchannel.core.stix_json import MAX_INTEGER, fault
from backchannel.errors import BadObject


def rule(text: str, max_depth: int = 8) -> str | None:
    found = fault(text.encode(), json.loads(text), max_depth=max_depth)
    return None if found is None else found[0]


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}',
        '{"a" : 1, "a"\n:\t2}',
        '{"b":{"a":1,"a":1}}',
        '{"b":[1,[{"a":1,"a":1}]]}',
        r'{"a":1,"\u0061":2}',
        r'{"a":"x\":","a":2}',
        r'{"a" :1,"a" :2,"b":"\":\":\":"}',
        r'{"a":1,"a":2,"b":"\u0022:"}',
        r'{"a" :1,"a" :2,"b":"\":"}',
        r'{"a"  : 1, "a" : 2, "b":"x", "c":"\":"}',
        '{"":1,"":2}',
    ],
)
def test_a_name_that_occurs_twice_in_one_object_is_found(text: str) -> None:
    assert rule(text) == "duplicate-key"


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"a":{"b":1},"c":{"b":1}}',
        r'{"a":"\":\":","b":"x \" : y"}',
        '{"a":"{[{[{[{[{[{["}',
        '{"a":[],"b":[{}],"c":[[1,{"a":2}]]}',
        '{"hash":"12345678901234567890"}',
    ],
)
def test_what_only_looks_like_a_fault_is_none(text: str) -> None:
    assert rule(text) is None


def test_the_depth_that_is_allowed_is_allowed_and_one_more_is_not() -> None:
    assert rule('{"a":' * 8 + "1" + "}" * 8) is None
    assert rule('{"a":' * 9 + "1" + "}" * 9) == "too-deep"
    assert rule('{"a":' + "[" * 8 + "]" * 8 + "}") == "too-deep"


@pytest.mark.parametrize(("number", "expected"), [(MAX_INTEGER, None), (-MAX_INTEGER, None), (MAX_INTEGER + 1, True)])
def test_whole_numbers_are_held_to_the_range_of_the_standard(number: int, expected: bool | None) -> None:
    text = json.dumps({"a": [{"b": number}]})
    assert rule(text) == ("integer-out-of-range" if expected else None)


scalars = st.none() | st.booleans() | st.integers(-(2**55), 2**55) | st.text(':"\\{[ 0', max_size=6)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('a":\\', max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text('a":\\', max_size=3), values, max_size=4), st.sampled_from([None, 2]), st.booleans())
def test_no_sound_object_is_taken_for_one_with_a_repeated_name(
    value: dict[str, Any], indent: int | None, spaced: bool
) -> None:
    text = json.dumps(value, indent=indent, separators=(" ,", " : ") if spaced else None)
    assert rule(text, max_depth=64) in {None, "integer-out-of-range"}


@given(st.dictionaries(st.text('a":\\', min_size=1, max_size=3), scalars, min_size=1, max_size=4), st.data())
def test_a_member_written_twice_is_always_found(value: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(value)))
    text = json.dumps(value)
    twice = text[:-1] + "," + json.dumps({name: 0})[1:]
    assert rule(twice, max_depth=64) in {"duplicate-key", "integer-out-of-range"}


class TestDecode:
    @pytest.mark.parametrize(
        ("raw", "says"),
        [
            (b'{"id":"a","id":"b"}', "'id' occurs twice"),
            (b'{"a":9007199254740993}', "2\\*\\*53"),
            (b'{"a":1e999}', "out of range"),
            (b'{"a":NaN}', "malformed"),
            (b'{"a":"\xff"}', "utf-8"),
            (b'{"a":' * 65 + b"1" + b"}" * 65, "deeper than 64"),
            (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "recursion"),
            (b"[1]", "not a JSON object"),
        ],
        ids=["duplicate", "integer", "huge", "nan", "utf-8", "deep", "very deep", "list"],
    )
    def test_refuses_what_readers_could_understand_differently(self, raw: bytes, says: str) -> None:
        with pytest.raises(BadObject, match=says):
            decode(raw)

    def test_keeps_the_bytes_it_was_given(self) -> None:
        raw = b' { "type" : "x-a",\n "b":1.50 } '
        assert decode(raw).raw == raw
