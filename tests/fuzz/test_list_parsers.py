"""Whatever the bytes, a file is read as items or refused as a whole, and every object made of it is valid."""

import io
import json
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.core.canonical import KINDS, canonical, guess
from backchannel.core.observable import from_observable, from_pattern, pattern_of
from backchannel.core.pattern import parse
from backchannel.errors import UnreadableFile
from backchannel.formats.generate import Generator
from backchannel.formats.indicators import aliases, read_indicators
from backchannel.formats.items import Item
from backchannel.formats.misp import read_misp
from backchannel.formats.recognise import Kind, recognise
from backchannel.formats.schemas import Stix21Validator

MAKE = Generator(UUID(int=7), datetime(2026, 11, 22, tzinfo=UTC))
THREAT = MAKE.threat_id("Cat")
VALIDATE = Stix21Validator()

TEXT_LIST = """# Aliases: cat, kitten
# Reference: https://news.example/a?b=c#d (a copy, 2026)
# Refernce: https://www.other.example/\u00fc
evil[.]example
hxxps[:]//evil(dot)example/a%2fb?c=d#e
198.51.100.7:8080\t10
[2001:db8::1]:443, more
/bad.php
# Generic
b\u00fccher.example
d41d8cd98f00b204e9800998ecf8427e ; a hash
""".encode()
TABLE = b"""# a table
# "first_seen","ioc_value","ioc_type","reference","comment"
"2026","evil.example","domain","https://news.example/a|https://other.example/","one
two"
"2026","198.51.100.7:443","ip:port","","say ""hi\"""
"2026","C:\\\\bad.exe","filepath",,
"""
EVENT = json.dumps(
    {
        "info": "an event",
        "date": "2026-01-02",
        "Attribute": [
            {"type": "url", "category": "Network activity", "value": "evil.example/a", "to_ids": True},
            {"type": "regkey", "category": "Persistence mechanism", "value": "HKLM\\Software\\Evil"},
        ],
        "Tag": [{"name": "tlp:amber"}],
    }
).encode()
PIECES = [
    b"#",
    b'"',
    b"\n",
    b"\r",
    b"\0",
    b",",
    b"\t",
    b"[.]",
    b"://",
    b"\xff",
    b"\xc3",
    b"\xe2\x80\xae",
    b"%",
    b"'",
    b"\\",
    b"{",
    b"1e999",
]


@st.composite
def mutated(draw: st.DrawFn, good: bytes) -> bytes:
    """A good text with a few bytes cut, changed or put in."""
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        cut = draw(st.sampled_from([0, 0, 1, 2, 9]))
        data[at : at + cut] = draw(st.binary(max_size=3) | st.sampled_from(PIECES))
    return bytes(data)


def check(items: list[Item]) -> None:
    for item in items:
        if item.object is None:
            assert item.findings
            assert item.findings[0].message.isprintable()
        else:
            assert [found for found in VALIDATE(item.object.value) if found.must] == []


@settings(max_examples=400)
@given(mutated(TEXT_LIST) | st.binary(max_size=200))
def test_a_text_list_is_read_as_valid_objects_and_told_lines(raw: bytes) -> None:
    check(list(read_indicators(io.BytesIO(raw), Kind.LIST, MAKE, threat_id=THREAT)))
    assert all(name == name.strip() for name in aliases(io.BytesIO(raw)))


@settings(max_examples=400)
@given(mutated(TABLE) | st.binary(max_size=200))
def test_a_table_is_read_as_valid_objects_and_told_lines_or_refused(raw: bytes) -> None:
    try:
        items = list(read_indicators(io.BytesIO(raw), Kind.CSV, MAKE))
    except UnreadableFile as error:
        assert str(error).isprintable()  # noqa: PT017 - the other outcome is as good
        return
    check(items)


@settings(max_examples=150)
@given(mutated(EVENT))
def test_an_event_is_converted_or_told_or_refused(raw: bytes) -> None:
    try:
        items = list(read_misp(io.BytesIO(raw)))
    except UnreadableFile:
        return
    assert items
    for item in items:
        assert (item.object is None) <= bool(item.findings)


@settings(max_examples=400)
@given(mutated(TEXT_LIST) | mutated(TABLE) | mutated(EVENT) | st.binary(max_size=100))
def test_a_file_is_recognised_or_refused_in_a_printable_line(raw: bytes) -> None:
    try:
        kind = recognise(raw)
    except UnreadableFile as error:
        assert str(error).isprintable()  # noqa: PT017 - the other outcome is as good
        return
    assert kind in Kind


@settings(max_examples=400)
@given(st.text(max_size=60), st.sampled_from(sorted(KINDS)))
def test_any_text_has_a_canonical_value_or_none(text: str, kind: str) -> None:
    found = guess(text)
    try:
        found = canonical(kind, text)
    except ValueError as error:
        assert str(error).isprintable()  # noqa: PT017 - the other outcome is as good
    if found is not None:
        assert found in from_pattern(parse(pattern_of(found)).comparisons)


_json = st.recursive(
    st.none() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["type", "value", "hashes", "MD5", "name"]), inner)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["type", "value", "hashes", "name", "number", "key"]), _json),
    st.sampled_from(["file", "url", "mutex"]),
)
def test_any_object_names_observables_or_none(value: dict[str, object], type_: str) -> None:
    for found in from_observable({**value, "type": type_}):
        assert canonical(found.type, found.value) == found
