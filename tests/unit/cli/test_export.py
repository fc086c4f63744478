"""`holdings export`: the objects that were named, as a bundle or as a MISP event that an import reads back."""

import json
from pathlib import Path

import pytest

from case import KNOWN, MALWARE, RED
from command import Command

pytestmark = pytest.mark.usefixtures("folder")


def test_objects_are_named_by_id_or_its_beginning(command: Command) -> None:
    words = ("--id", MALWARE["id"], "--id", str(KNOWN["id"])[:20])
    done = command("--home", "lab", "holdings", "export", *words)
    assert {one["id"] for one in done.json["objects"]} == {MALWARE["id"], KNOWN["id"]}
    assert command("--home", "lab", "holdings", "export", "--id", "malware--ffffffff").code == 2


def test_an_event_of_misp_is_read_back_by_an_import(command: Command) -> None:
    done = command("--home", "lab", "holdings", "export", "--misp", "-o", "event.json")
    assert done.out == "Wrote an event of 4 objects to event.json.\n"
    event = json.loads(Path("event.json").read_text())["Event"]
    assert event["Orgc"]["name"] == "Human Rights Lab"
    assert {"name": "tlp:red"} in event["Tag"]
    read = command("--home", "third", "init", "--name", "Third")
    assert read.code == 0
    report = command("--home", "third", "import", "event.json", "--json")
    assert (report.code, report.json["refused"]) == (0, [])
    found = command("--home", "third", "holdings", "list", "--type", "indicator", "--json").json
    assert sorted((one["id"], one["tlp"]) for one in found) == [(KNOWN["id"], "amber"), (RED["id"], "red")]


def test_what_is_recalled_is_in_no_misp_event(command: Command) -> None:
    """An event is made to be given away; a bundle is what one takes along."""
    assert command("--home", "lab", "recall", KNOWN["id"], "--reason", "It was wrong.").code == 0
    assert command("--home", "lab", "holdings", "export", "--misp", "-o", "event.json").code == 0
    assert str(KNOWN["id"]).partition("--")[2] not in Path("event.json").read_text()
    bundle = command("--home", "lab", "holdings", "export").json
    assert KNOWN["id"] in {one["id"] for one in bundle["objects"]}


def test_an_event_goes_to_standard_output_too(command: Command) -> None:
    done = command("--home", "lab", "holdings", "export", "--misp", "--type", "malware")
    assert "Glasswing" in json.dumps(done.json["Event"])


def test_an_event_of_nothing_is_not_made(command: Command) -> None:
    done = command("--home", "lab", "holdings", "export", "--misp", "--type", "tool", "-o", "event.json")
    assert done.code == 2
    assert not Path("event.json").exists()
