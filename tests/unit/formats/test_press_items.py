"""A press report as STIX: valid, its text kept to the character, the same from one file, read back as it was."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import stix2validator
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.content import active_content
from backchannel.core.size import MAX_STRING, oversized
from backchannel.core.stix import StixObject, decode
from backchannel.errors import ReportTooLong, UnreadableFile
from backchannel.formats.generate import Generator
from backchannel.formats.items import Item
from backchannel.formats.pages import PageReader
from backchannel.formats.press import UNKNOWN, Known
from backchannel.formats.press_items import UNKNOWN_OUTLET, held_report, is_press_report, read_press
from backchannel.formats.schemas import Stix21Validator
from press_pages import page
from press_texts import FLOOD

NOW = datetime(2026, 11, 22, 20, 31, tzinfo=UTC)
MAKE = Generator(UUID(int=7), NOW)
TEXT = "\r\n\r\n".join(("The river took the bridge", *FLOOD)) + "\n"
KNOWN = Known("Example Herald", "https://herald.example.com/a", datetime(2026, 11, 20, 6, 30, tzinfo=UTC), "a friend")
KNOWLEDGE = (
    KNOWN,
    UNKNOWN,
    Known(outlet="Example Herald"),
    Known(url="https://www.herald.example.com/a"),
    Known(outlet="herald.example.com"),
    Known(published=KNOWN.published),
)
THREAT = MAKE.threat_id("Flood")


@pytest.fixture(scope="module")
def pages() -> Iterator[PageReader]:
    with PageReader() as reader:
        yield reader


def items(raw: bytes, known: Known = UNKNOWN, make: Generator = MAKE, **options: Any) -> list[Item]:
    file = io.BytesIO(raw)
    file.name = "folder/one.txt"
    with PageReader() as reader:
        return list(read_press(file, make, known, options.pop("pages", reader), **options))


def report(raw: bytes, known: Known = UNKNOWN, make: Generator = MAKE, **options: Any) -> StixObject:
    found = items(raw, known, make, **options)[-1].object
    assert found is not None
    return found


def test_a_report_refers_to_its_outlet_and_has_its_text_to_the_character() -> None:
    outlet, one = items(TEXT.encode(), KNOWN, threat_id=THREAT)
    assert outlet.object is not None
    assert one.object is not None
    assert outlet.object.value["name"] == "Example Herald"
    value = one.object.value
    assert value["object_refs"] == [outlet.object.id, THREAT]
    assert value["description"].encode() == one.original == TEXT.encode()
    assert value["name"] == "The river took the bridge"
    assert value["published"] == "2026-11-20T06:30:00.000Z"
    assert value["external_references"] == [{"source_name": "Example Herald", "url": "https://herald.example.com/a"}]


def test_what_is_made_is_valid_for_us_and_for_oasis(pages: PageReader) -> None:
    made = [items(TEXT.encode(), known) for known in KNOWLEDGE]
    made.append(items(page(), pages=pages))
    options = stix2validator.ValidationOptions(version="2.1")
    for one in (item.object for listed in made for item in listed):
        assert one is not None
        assert Stix21Validator()(one.value) == []
        judged = stix2validator.validate_instance(json.loads(one.raw), options)
        assert judged.is_valid
        # What stands behind a URL is not looked at, so it has no hash; ids are derived, so that they are found again.
        assert {str(one).partition("{")[2][:3] for one in judged.warnings} <= {"302", "103"}
        assert active_content(one.value) is None


def test_who_handed_a_report_on_is_nowhere_in_it() -> None:
    assert all(b"a friend" not in item.object.raw for item in items(TEXT.encode(), KNOWN) if item.object)


def test_the_same_file_is_the_same_report_whatever_is_known_and_another_nodes_is_another() -> None:
    later = Generator(UUID(int=7), NOW + timedelta(days=1))
    assert report(TEXT.encode(), KNOWN, later).id == report(TEXT.encode()).id
    assert report(TEXT.encode() + b"\n").id != report(TEXT.encode()).id
    assert report(TEXT.encode(), make=Generator(UUID(int=8), NOW)).id != report(TEXT.encode()).id


@pytest.mark.parametrize("known", KNOWLEDGE)
def test_a_report_is_read_back_as_it_was(known: Known) -> None:
    one = report(TEXT.encode(), known)
    assert is_press_report(one)
    back = held_report(one, "somebody")
    assert (back.name, back.text, back.received_from) == (one.id, TEXT, "somebody")
    assert (back.outlet, back.url, back.published) == (known.outlet, known.url, known.published)


def test_an_outlet_that_nobody_knows_is_an_identity_of_no_class() -> None:
    outlet = items(TEXT.encode())[0].object
    assert outlet is not None
    assert (outlet.value["name"], outlet.value["identity_class"]) == (UNKNOWN_OUTLET, "unknown")
    named = items(TEXT.encode(), Known(outlet=UNKNOWN_OUTLET))[0].object
    assert named is not None
    assert named.id != outlet.id


@pytest.mark.parametrize(
    "changed",
    [
        {"labels": None},
        {"labels": ["press"]},
        {"labels": "press-report"},
        {"description": None},
        {"type": "note"},
    ],
)
def test_another_object_is_no_press_report(changed: dict[str, Any]) -> None:
    value = {
        name: item for name, item in (json.loads(report(TEXT.encode()).raw) | changed).items() if item is not None
    }
    assert not is_press_report(decode(json.dumps(value).encode()))


@pytest.mark.parametrize(
    "changed",
    [
        {"external_references": "x", "published": 7},
        {"external_references": [], "published": "yesterday"},
        {"external_references": [7]},
        {"external_references": [{"source_name": 7, "url": ["x"]}]},
        {"external_references": [{"source_name": "x", "url": "https://[bad"}]},
    ],
)
def test_a_strangers_report_with_odd_properties_is_read_all_the_same(changed: dict[str, Any]) -> None:
    back = held_report(decode(json.dumps(json.loads(report(TEXT.encode()).raw) | changed).encode()))
    assert back.text == TEXT
    assert isinstance(back.outlet, str)
    assert isinstance(back.url, str)


def test_a_report_that_could_not_cross_is_not_held() -> None:
    longest = ("a word " * (MAX_STRING // 7))[: MAX_STRING - 1] + "a"
    assert oversized(report(longest.encode())) is None
    with pytest.raises(ReportTooLong, match="that is held may have 262,144"):
        items(longest.encode() + b"b")
    (refused,) = [item for item in items(("\U0001f600" * (MAX_STRING - 1) + "a").encode()) if item.object is None]
    assert "bytes" in refused.findings[0].message


def test_warnings_say_what_is_unusual_and_refuse_nothing() -> None:
    found = items(
        "Der Fluss stieg in der Nacht um zwei Meter und nahm die alte Brücke mit, bevor es jemand sah.".encode(
            "cp1252"
        )
    )[-1]
    assert {one.rule for one in found.findings} == {"not-english", "guessed-encoding"}
    assert not found.refused


def test_a_name_made_to_mislead_a_screen_is_shown_as_what_it_is() -> None:
    one = report(("The \u202eriver\x1b[2J took the bridge\n\n" + "\n\n".join(FLOOD)).encode())
    assert one.name == "The \\u202eriver\\x1b[2J took the bridge"
    assert "\u202eriver\x1b[2J" in one.value["description"]


@given(st.text(max_size=300) | st.binary(max_size=100).map(lambda raw: raw.decode("latin-1")))
def test_whatever_the_text_it_is_a_valid_report_or_refused(text: str) -> None:
    try:
        found = items(text.encode("utf-8", "replace"))
    except UnreadableFile:
        return
    for item in found:
        assert item.object is not None
        assert Stix21Validator()(decode(item.object.raw).value) == []
