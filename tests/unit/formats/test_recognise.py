"""Files are known by their content; what cannot be imported is refused with what it looks like."""

import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.errors import UnreadableFile
from backchannel.formats.reading import kind_of
from backchannel.formats.recognise import HEAD_SIZE, Kind, recognise
from paths import SHARED_DATA, needs_shared_data

BUNDLE_ID = "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d"
OBJECT = {"type": "malware", "spec_version": "2.1", "id": "malware--31b940d4-6f7f-459a-80ea-9c1f17b58abc"}
EVENT = {"uuid": "5d0092c5-5f74-4287-9642-33f4c354e56d", "info": "an event", "Attribute": []}


@pytest.mark.parametrize(
    "value",
    [
        {"type": "bundle", "id": BUNDLE_ID, "objects": []},
        {"objects": [OBJECT], "id": BUNDLE_ID, "type": "bundle"},
        {"spec_version": "2.0", "objects": [{"type": "malware"}]},
        {"objects": [{"description": "x" * 100, **OBJECT}] * 2000, "type": "bundle"},
        OBJECT,
        [OBJECT],
        {"type": "url", "id": "url--not-a-uuid", "value": "x"},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_stix_is_known_as_a_bundle_an_object_or_a_list(value: object, indent: int | None) -> None:
    assert recognise(json.dumps(value, indent=indent).encode()) is Kind.STIX


@pytest.mark.parametrize(
    "value",
    [
        EVENT,
        {"Event": EVENT},
        {"response": [{"Event": EVENT}]},
        [{"Event": EVENT}],
        [EVENT],
        {"info": "x", "Attribute": [{"uuid": "x", "value": "evil.example"}] * 5000},
        {"Event": {"info": 'a "bundle": {"type": "bundle"}', "Object": []}},
    ],
)
def test_misp_is_known_as_an_event_a_wrapped_event_or_a_list(value: object) -> None:
    assert recognise(json.dumps(value).encode()) is Kind.MISP


def test_a_stix_object_that_speaks_of_misp_is_stix() -> None:
    value = {"labels": ["misp"], "Event": 1, "Object": 2, **OBJECT}
    assert recognise(json.dumps(value).encode()) is Kind.STIX


@pytest.mark.parametrize(
    "text",
    [
        "indicator,type\nevil.example,domain\n",
        "# list of bad things\n# first_seen,ioc\n\n2026,evil.example\n",
        "md5;sha256\n",
        "domain\nevil.example\n",
        "\ufeffurl\tnote\nhttp://evil.example\tx\n",
    ],
)
def test_a_table_is_known_by_a_header_that_names_indicators(text: str) -> None:
    assert recognise(text.encode()) is Kind.CSV


@pytest.mark.parametrize(
    "text",
    [
        "evil.example",
        "# Reference: https://news.example/a, and the url\n\nevil.example\n198.51.100.7\n",
        "[2001:db8::1]:443\n",
        "some prose\nmore prose\nevil[.]example\n",
        "198.51.100.7\t10\n198.51.100.8\t9\n",
        "\ufeffhxxp://evil.example\n",
        "# comment\n" * 3000 + "evil.example\n",
    ],
)
def test_a_list_is_known_by_its_indicators(text: str) -> None:
    assert recognise(text.encode()) is Kind.LIST


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n\t\n", "empty"),
        (b"%PDF-1.7\n", "a PDF document"),
        (gzip.compress(b"evil.example", mtime=0), "gzip archive; unpack it first"),
        (b"PK\x03\x04....", "zip archive"),
        (b"<?xml version='1.0'?><stix:STIX_Package>", "STIX 1"),
        (b"<feed>", "XML"),
        ("evil.example\n".encode("utf-16"), "UTF-16"),
        ("evil.example\n".encode("utf-16-le") * 100, "UTF-16"),
        (b"MZ\x90\x00", "a program"),
        (b"\x01\x02" + b"\0" * 600, "binary"),
        (b"a" * 600 + b"\0" * 100, "binary"),
        (b'{"name": "x", "version": 1}', "first keys: name, version"),
        (b'{"a": {"b": {"c": {"Event": {}, "type": "bundle"}}}}', "first keys: a, b, c"),
        (b"{}", "first keys: none"),
        (b'{"\x1b[31m": 1}', "first keys: \\\\x1b"),
        (b"A list\nof a few\nshort lines\n" * 50, "hardly a line is an indicator"),
        (b"x" * 500, "hardly a line is an indicator"),
        (b"a story that names one\nevil.example\n" + b"and goes on and on\n" * 50, "hardly a line"),
        (b"-----BEGIN PRIVATE KEY-----\n", "a key"),
    ],
)
def test_what_cannot_be_imported_is_refused_with_what_it_looks_like(raw: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message) as refusal:
        recognise(raw)
    assert str(refusal.value).isprintable()


_STORY = "Once upon a time there was a list.\nIt said nothing.\n"


@pytest.mark.parametrize(
    "raw", [_STORY.encode(), _STORY.encode("utf-8-sig"), _STORY.encode("utf-16"), b"\n" * 9 + _STORY.encode()]
)
def test_prose_is_known_by_a_sentence_in_whatever_encoding(raw: bytes) -> None:
    assert recognise(raw) is Kind.PROSE


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html><html>",
        "\n <html lang='en'>",
        "<!-- saved -->\n<html><body>",
        "<?xml version='1.0'?><!DOCTYPE html><HTML >",
        "<article><p>x",
    ],
)
def test_a_web_page_is_known_by_its_first_tags(text: str) -> None:
    assert recognise(text.encode()) is Kind.PAGE
    assert recognise(text.encode("utf-16")) is Kind.PAGE


def test_a_list_with_a_comment_in_sentences_is_a_list() -> None:
    assert recognise(f"# {_STORY}evil.example\n".replace("\nIt", "\n# It").encode()) is Kind.LIST


@pytest.mark.parametrize(
    ("name", "report"),
    [
        ("a/story.txt", True),
        ("STORY.HTML", True),
        ("story.htm", True),
        ("story.md", False),
        ("story", False),
        ("LICENSE.txt", False),
        ("data/README.txt", False),
    ],
)
def test_prose_is_a_report_if_its_name_is_that_of_one_or_if_somebody_says_so(name: str, report: bool) -> None:
    file = io.BytesIO(_STORY.encode())
    file.name = name
    if report:
        assert kind_of(file) is Kind.PROSE
    else:
        with pytest.raises(UnreadableFile, match="import it with --as press"):
            kind_of(file)
    file.seek(0)
    assert kind_of(file, press=True) is Kind.PROSE


def test_a_list_of_indicators_stays_one_whatever_it_is_called() -> None:
    file = io.BytesIO(b"evil.example\n198.51.100.7\n")
    file.name = "story.txt"
    assert kind_of(file) is Kind.LIST


def test_only_the_head_of_a_file_is_looked_at() -> None:
    head = b"evil.example\n" * (HEAD_SIZE // 13 + 1)
    assert recognise(head + b"\0" * 1_000_000) is Kind.LIST


@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,\\ aEvent', max_size=80).map(str.encode))
def test_whatever_the_bytes_a_file_is_a_kind_or_unreadable(raw: bytes) -> None:
    try:
        kind = recognise(raw)
    except UnreadableFile:
        return
    assert kind in Kind


@needs_shared_data
@pytest.mark.parametrize(
    ("folder", "kinds"),
    [
        ("amnesty", {Kind.STIX}),
        ("unit42", {Kind.STIX}),
        ("attack", {Kind.STIX}),
        ("eset", {Kind.MISP}),
        ("maltrail", {Kind.LIST}),
        ("ipsum", {Kind.CSV}),
        ("reports", {Kind.PROSE}),
        ("lineage/01", {Kind.PROSE}),
    ],
)
def test_every_real_file_is_known_and_every_licence_is_refused(folder: str, kinds: set[Kind]) -> None:
    found = set()
    for path in (SHARED_DATA / folder).iterdir():
        with path.open("rb") as stream:
            if path.name.startswith(("LICENSE", "README")):
                with pytest.raises(UnreadableFile, match="hardly a line is an indicator"):
                    kind_of(stream)
            else:
                found.add(kind_of(stream))
    assert found == kinds
