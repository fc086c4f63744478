"""Envelopes of TAXII servers, as a stream: exact bytes, whatever order the members come in, and one named error."""

import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backchannel.core.conformance import Finding
from backchannel.errors import UnreadableFile
from backchannel.formats.taxii_envelope import Envelope


def read(raw: bytes, first: int = 0) -> tuple[list[tuple[int, bytes | Finding]], bool, str]:
    envelope = Envelope(io.BytesIO(raw), first)
    cuts = [(cut.place, cut.found) for cut in envelope.cuts()]
    return cuts, envelope.more, envelope.cursor


@pytest.mark.parametrize(
    "raw",
    [
        b'{"more":true,"next":"n","objects":[{"a": 1},{"b":[2]}]}',
        b' { "objects" : [ {"a": 1} , {"b":[2]} ] , "x":{"y":[]}, "next":"n", "more":true } ',
    ],
)
def test_members_come_in_any_order_and_objects_byte_for_byte(raw: bytes) -> None:
    assert read(raw, 7) == ([(7, b'{"a": 1}'), (8, b'{"b":[2]}')], True, "n")


@pytest.mark.parametrize("raw", [b"{}", b'{"objects":[]}', b'{"more":false,"next":null}'])
def test_an_envelope_may_be_empty(raw: bytes) -> None:
    assert read(raw) == ([], False, "")


def test_a_large_envelope_is_read_as_a_stream() -> None:
    objects = [{"type": "x", "n": n, "text": "y" * 300} for n in range(5000)]
    cuts, more, _ = read(json.dumps({"objects": objects, "more": True}).encode())
    assert [json.loads(found) for _, found in cuts if isinstance(found, bytes)] == objects
    assert more


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:\\ abmorenxtjcs0', max_size=60).map(str.encode))
@example(b'{"objects":[{},{}' + b"]" * 3)
@example(b'{"objects":[' + b"[" * 200_000)
@example(b'{"x":' + b"[" * 200_000)
@example(b'{"objects":[1],"objects":[2]}')
@example(b'{"more":nul}')
def test_any_bytes_are_an_envelope_or_one_named_error(raw: bytes) -> None:
    try:
        _, more, cursor = read(raw)
    except UnreadableFile:
        return
    assert isinstance(more, bool)
    assert isinstance(cursor, str)
