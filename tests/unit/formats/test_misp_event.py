"""Holdings as a MISP event: what went in can be read back, for its own organisation alone and no more openly."""

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from backchannel.errors import BadArgument
from backchannel.formats.misp import read_misp
from backchannel.formats.misp_event import Chosen, Event, Maker, make_event
from case import KNOWN, LINK, MALWARE, RED, indicator, stix

NOW = datetime(2026, 11, 22, 20, 31, tzinfo=UTC)
MAKER = Maker("Lab", UUID(int=7, version=4), UUID(int=8, version=4), "An export", NOW)
NOTE = stix("note", 72, content="for people", object_refs=[MALWARE["id"]])


def made(*objects: dict[str, Any], tlp: str = "amber") -> Event:
    """An event of objects of that level; `RED` says of itself that it is red."""
    levels = {RED["id"]: "red"}
    chosen = {one["id"]: Chosen(json.dumps(one).encode(), levels.get(one["id"], tlp)) for one in objects}
    return make_event(chosen, MAKER)


def event(*objects: dict[str, Any], tlp: str = "amber") -> Any:
    return json.loads(made(*objects, tlp=tlp).json)["Event"]


def test_values_threats_and_marks_are_in_the_event() -> None:
    found = event(MALWARE, KNOWN, LINK, RED)
    values = {one["value"]: one for one in found["Attribute"]}
    assert set(values) == {"updates.glasswing.example", "quiet.glasswing.example"}
    assert all(one["to_ids"] for one in values.values())
    assert values["quiet.glasswing.example"]["Tag"] == [{"name": "tlp:red"}]
    assert values["updates.glasswing.example"]["Tag"] == [{"name": "tlp:amber"}]
    assert found["Tag"] == [{"name": "tlp:red"}]
    assert "Glasswing" in json.dumps(values["updates.glasswing.example"]["Galaxy"])


def test_an_event_says_who_made_it_and_is_for_them_alone() -> None:
    found = event(KNOWN, tlp="amber+strict")
    assert found["Orgc"] == {"name": "Lab", "uuid": str(MAKER.organisation_id)}
    assert (found["info"], found["date"], found["distribution"]) == ("An export", "2026-11-22", "0")
    assert found["Tag"] == [{"name": "tlp:amber+strict"}]
    assert not found["published"]


def test_our_own_import_reads_it_back() -> None:
    hashes = indicator(61, "[file:hashes.'SHA-256' = '" + "a" * 64 + "']")
    raw = made(MALWARE, KNOWN, LINK, RED, hashes, stix("intrusion-set", 60, name="Tide")).json
    items = list(read_misp(io.BytesIO(raw)))
    assert [one for one in items if one.refused] == []
    objects = [one.object.value for one in items if one.object]
    patterns = " ".join(one["pattern"] for one in objects if one["type"] == "indicator")
    for value in ("updates.glasswing.example", "quiet.glasswing.example", "a" * 64):
        assert value in patterns
    names = {one.get("name") for one in objects}
    assert {"Glasswing", "Tide"} <= names


def test_what_misp_has_no_record_for_is_told() -> None:
    assert any("note" in one for one in made(KNOWN, NOTE).notes)


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "x-odd", "spec_version": "2.1", "id": "x-odd--00000001-1c57-4f0e-9d8b-2c1b7d3e4a01"},
        {**KNOWN, "id": "indicator--00000099-1c57-4f0e-9d8b-2c1b7d3e4a01", "pattern": "[x:y = 1]"},
        {**KNOWN, "id": "indicator--00000099-1c57-4f0e-9d8b-2c1b7d3e4a01", "pattern_type": "yara", "pattern": "rule"},
        {**MALWARE, "id": "malware--00000099-1c57-4f0e-9d8b-2c1b7d3e4a01", "name": "\x1b[2J\u202e"},
        {**LINK, "id": "relationship--00000099-1c57-4f0e-9d8b-2c1b7d3e4a01", "source_ref": "malware--" + "0" * 36},
    ],
)
def test_an_odd_object_is_told_or_taken_and_nothing_else_breaks(odd: dict[str, Any]) -> None:
    try:
        found = made(KNOWN, odd)
    except BadArgument:
        return
    assert b"updates.glasswing.example" in found.json
    assert all(one.isprintable() for one in found.notes)


def test_without_the_extra_the_error_names_it() -> None:
    code = (
        "import sys; sys.modules['misp_stix_converter'] = None\n"
        "from datetime import datetime, UTC; from uuid import UUID\n"
        "from backchannel.errors import MissingExtra\n"
        "from backchannel.formats.misp_event import Maker, make_event\n"
        "try: make_event({}, Maker('a', UUID(int=1), UUID(int=2), 't', datetime.now(UTC)))\n"
        "except MissingExtra as error: print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert "pip install 'backchannel[misp]'" in said.stdout
