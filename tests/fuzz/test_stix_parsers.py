"""Whatever the bytes, a parser of STIX returns or raises its one named error: many cheap tries of each."""

import io
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.core.conformance import Finding
from backchannel.core.pattern import Pattern, parse
from backchannel.core.stix import decode
from backchannel.errors import BadObject, UnreadableFile
from backchannel.formats.schemas import Stix21Validator
from backchannel.formats.stix import Limits, read_bundle
from backchannel.formats.upgrade import upgrade

VALIDATE = Stix21Validator()
SEED = json.dumps(
    {
        "type": "bundle",
        "objects": [
            {
                "type": "observed-data",
                "id": "observed-data--0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061",
                "created": "2017-01-01T00:00:00.000Z",
                "modified": "2017-01-01T00:00:00.000Z",
                "objects": {"0": {"type": "file", "hashes": {"MD5": "a" * 32}, "parent_directory_ref": "1"}},
                "granular_markings": [{"selectors": ["objects.0.name"], "marking_ref": "marking-definition--1"}],
            },
            {
                "type": "indicator",
                "pattern": "[file:name = 'a' AND file:hashes.MD5 IN ('b')]",
                "pattern_type": "stix",
            },
        ],
    }
).encode()


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    text = SEED
    for _ in range(draw(st.integers(0, 4))):
        at, cut = draw(st.integers(0, len(SEED))), draw(st.integers(0, 8))
        piece = draw(
            st.binary(max_size=4) | st.sampled_from([b'"', b"{", b"]", b",", b"\\", b"null", b'"a":1,', b"0"])
        )
        text = text[:at] + piece + text[at + cut :]
    return text


@settings(max_examples=500)
@given(mutated(), st.integers(1, 400))
def test_any_file_gives_judged_objects_or_findings_or_is_unreadable(text: bytes, limit: int) -> None:
    try:
        items = list(read_bundle(io.BytesIO(text), limits=Limits(object_bytes=limit + 200)))
    except UnreadableFile:
        return
    assert [item.index for item in items] == list(range(len(items)))
    for item in items:
        assert (item.object is None) == isinstance(item.fault, Finding)
        if item.object is not None:
            for made in [item.object, *upgrade(item.object)]:
                assert all(isinstance(found, Finding) for found in VALIDATE(made.value))


@settings(max_examples=300)
@given(st.binary(max_size=80) | mutated())
def test_any_bytes_decode_to_an_object_or_are_a_bad_object(text: bytes) -> None:
    try:
        found = decode(text)
    except BadObject:
        return
    assert found.raw == text


@settings(max_examples=500)
@given(st.text(max_size=60) | st.text("[]()'\\:=.a1 hbtANDORINLIKEST-/*", max_size=60))
def test_any_text_is_a_pattern_or_a_value_error(text: str) -> None:
    try:
        found: Any = parse(text)
    except ValueError:
        return
    assert isinstance(found, Pattern)
    assert found.comparisons
