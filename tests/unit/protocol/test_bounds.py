import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.errors import LimitExceeded
from backchannel.protocol.bounds import Bounds, check_bounds

WIDE = Bounds(depth=10**6, strings=10**9, containers=10**9)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def strings(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(strings, value.values()))
    return sum(map(strings, value)) if isinstance(value, list) else int(isinstance(value, str))


def containers(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return int(isinstance(value, dict | list)) + sum(map(containers, inner))


TRICKY = st.text(alphabet='ab\\"{}[]\u00e9\n', max_size=8)
JSON = st.recursive(
    st.none() | st.integers() | TRICKY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TRICKY, inner, max_size=4),
    max_leaves=25,
)


def refuses(text: bytes, bounds: Bounds) -> bool:
    try:
        check_bounds(text, bounds)
    except LimitExceeded:
        return True
    return False


@given(JSON, st.booleans())
def test_depth_and_counts_are_those_of_the_decoded_value(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode()
    exact = Bounds(depth(value), strings(value), containers(value))
    check_bounds(text, exact)
    for field, least in (
        ("depth", exact.depth),
        ("strings", exact.strings),
        ("containers", exact.containers),
    ):
        if least:
            tighter = {"depth": 10**6, "strings": 10**9, "containers": 10**9, field: least - 1}
            assert refuses(text, Bounds(**tighter)), field


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_a_text_nested_100_000_deep_is_refused(text: bytes) -> None:
    with pytest.raises(LimitExceeded, match="deeper than 64"):
        check_bounds(text, Bounds(64, 10**6, 10**6))


def test_a_million_tiny_objects_are_refused_by_their_number() -> None:
    with pytest.raises(LimitExceeded, match="1000001 JSON objects and arrays; the limit is 500000"):
        check_bounds(b"[" + b"{}," * 999_999 + b"{}]", Bounds(64, 10**6, 500_000))


def test_millions_of_tiny_strings_are_refused_by_their_number() -> None:
    with pytest.raises(LimitExceeded, match="1000000 strings"):
        check_bounds(b"[" + b'"",' * 999_999 + b'""]', Bounds(64, 999_999, 10))


def test_brackets_and_quotes_inside_strings_do_not_count() -> None:
    text = json.dumps({"pattern": '[file:name = "{{{{[[[["]\\', "\\": '\\"}'}).encode()
    check_bounds(text, Bounds(depth=1, strings=4, containers=1))


@pytest.mark.parametrize("text", [b"]", b"}{", b"{]]", b'"', b'"{', b"", b"\\"])
def test_a_text_that_is_no_json_is_left_to_the_parser_or_refused(text: bytes) -> None:
    assert refuses(text, WIDE) == (text in {b"]", b"}{", b"{]]"})


def test_invalid_utf8_is_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        check_bounds(b'{"name":"\xff"}', WIDE)
    with pytest.raises(UnicodeDecodeError):
        check_bounds(b'{"name":"\xed\xa0\x80"}', WIDE)
