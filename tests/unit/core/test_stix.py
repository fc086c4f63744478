"""The view of a STIX object: what it refers to, and how its versions follow each other."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.stix import decode, references, targets, version_order

TEXT = st.text(alphabet='ab_ref"\\s:[]{}é\n', max_size=8)
NAMES = st.sampled_from(["a", "x_ref", "y_refs", "_ref", "_refs", "a_ref_b", 'q"_ref'])
VALUES = st.recursive(
    TEXT | st.none() | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_targets_are_what_references_yield(value: dict[str, Any]) -> None:
    one = decode(msgspec.json.encode(value))
    assert targets(one) == {reference.target for reference in references(value)} - {""}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"a_ref":"x","b_refs":["y","z"],"c":[{"d_ref" :\n"q"}]}', {"x", "y", "z", "q"}),
        (b'{"a\\u005fref":"k"}', {"k"}),
        (b'{"a_ref":"\\u006b"}', {"k"}),
        (b'{"a_ref":"a\\"b"}', {'a"b'}),
        (b'{"a_refs":["a]","b"]}', {"a]", "b"}),
        (b'{"a_refs":["[{","b"],"c_refs":[ ]}', {"[{", "b"}),
        (b'{"a_refs":[["no"],{"b_ref":"inner"},"yes"]}', {"inner", "yes"}),
        (b'{"a_ref":["no"],"b_refs":"no","c_ref":1,"d_refs":[1,"yes"]}', {"yes"}),
        (b'{"text":"\\"a_ref\\": \\"no\\""}', set()),
        (b'{"a_ref":{"b_ref":"k"},"a_refs":[],"external_references":[]}', {"k"}),
    ],
)
def test_targets_are_found_however_they_are_spelt(raw: bytes, expected: set[str]) -> None:
    assert targets(decode(raw)) == expected


def test_versions_order_by_time() -> None:
    ordered = [
        "",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.0001Z",
        "2026-01-01T00:00:00.25Z",
        "2026-01-01T00:00:00.3Z",
        "2026-01-01T00:00:01Z",
    ]
    assert sorted(set(ordered), key=version_order) == ordered


@pytest.mark.parametrize("same", ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00"])
def test_trailing_zeros_make_no_difference_to_the_order(same: str) -> None:
    assert version_order(same) == version_order("2026-01-01T00:00:00Z")
