"""Recalls and retention on the screen: who has withdrawn what, what went and why, and what to do next."""

import json
import re
import sqlite3
from pathlib import Path

import pytest

from case import KNOWN, MALWARE
from command import Command

pytestmark = pytest.mark.usefixtures("folder")

LAB, VENDOR = ("--home", "lab"), ("--home", "vendor")
WHY = ("--reason", "It was wrong.")


@pytest.fixture
def recalled(command: Command) -> str:
    """The lab's recall of an indicator that the vendor accepted; its id."""
    assert command(*VENDOR, "inbox", "accept", "--all").code == 0
    return str(command(*LAB, "recall", KNOWN["id"], *WHY, "--json").json["id"])


def sync(command: Command, *homes: tuple[str, str]) -> list[str]:
    return [command(*home, "sync").err for home in homes]


def test_an_object_is_recalled_by_its_id_alone(command: Command) -> None:
    done = command(*LAB, "recall", str(KNOWN["id"])[:20], *WHY)
    assert done.code == 0
    assert f"Recalled {KNOWN['id']}" in done.out
    assert re.search(r"Vendor Research +\w{12} +not told yet", done.out)
    assert done.err == "Next: backchannel sync\n"
    again = command(*LAB, "recall", "issue", KNOWN["id"], *WHY)
    assert (again.code, again.out) == (2, "")
    assert "recalled already" in again.err


def test_the_reason_may_stand_before_the_object(command: Command) -> None:
    assert command(*LAB, "recall", *WHY, KNOWN["id"]).code == 0


def test_each_answer_is_shown_with_since_when(command: Command, recalled: str) -> None:
    assert "not told yet" in command(*LAB, "recall", "show", recalled).out
    sync(command, LAB)
    assert "none yet" in command(*LAB, "recall", "show", recalled[:8]).out
    (said,) = sync(command, VENDOR)
    assert "Human Rights Lab recalled what it gave" in said
    (said,) = sync(command, LAB)
    assert "Vendor Research answered the recall" in said
    shown = command(*LAB, "recall", "show", str(KNOWN["id"])[:20]).out
    assert re.search(r"Vendor Research +\w{12} +withdrawn +\d{4}-\d\d-\d\d \d\d:\d\d UTC", shown)
    assert "It was wrong." in shown
    assert re.search(r"ours +indicator--\w{8} +1 of 1 withdrawn", command(*LAB, "recall", "list").out)
    theirs = command(*VENDOR, "recall", "list").out
    assert re.search(r"Human Rights Lab +indicator--\w{8} +1 version gone; withdrawn", theirs)


def test_an_answer_that_is_late_is_shown_as_overdue(command: Command, recalled: str) -> None:
    sync(command, LAB)
    with sqlite3.connect("lab/backchannel.db") as store:
        store.execute("UPDATE recall_recipient SET since = since - 73 * 3600 * 1000000")
    store.close()
    assert "overdue" in command(*LAB, "recall", "show", recalled).out
    assert "0 of 1 withdrawn, 1 overdue" in " ".join(command(*LAB, "recall", "list").out.split())
    (one,) = command(*LAB, "recall", "show", recalled, "--json").json["recipients"]
    assert (one["state"], one["told"], one["overdue"]) == ("waiting", True, True)


def test_a_recall_is_lifted_and_the_object_goes_again(command: Command, recalled: str) -> None:
    sync(command, LAB, VENDOR, LAB)
    agreement = command(*LAB, "agreement", "list", "--json").json[0]["id"]
    assert command(*LAB, "release", agreement).out == "Nothing new to release.\n"
    assert "Lifted" in command(*LAB, "recall", "lift", recalled).out
    assert "lifted" in command(*LAB, "recall", "list").out
    sync(command, LAB, VENDOR)
    assert "Sealed 1 object" in command(*LAB, "release", agreement).out
    sync(command, LAB, VENDOR)
    waiting = command(*VENDOR, "inbox", "list", "--json").json
    assert [one["id"] for one in waiting] == [KNOWN["id"]]
    assert command(*LAB, "recall", "lift", recalled).code == 2


def test_what_is_not_ours_is_not_recalled_and_the_message_says_whom_to_ask(command: Command, recalled: str) -> None:
    refused = command(*VENDOR, "recall", MALWARE["id"], *WHY)
    assert (refused.code, refused.out) == (2, "")
    happened, advice = refused.err.splitlines()
    assert "came from Human Rights Lab" in happened
    assert "ask whoever it came from" in advice
    assert recalled


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\x1b[31mb", "a\nb"])
def test_a_reason_that_cannot_be_shown_is_refused(command: Command, reason: str) -> None:
    done = command(*LAB, "recall", KNOWN["id"], "--reason", reason)
    assert (done.code, done.out) == (2, "")
    assert "--reason takes" in done.err
    assert "\x1b" not in done.err


def test_an_object_that_is_gone_is_shown_as_gone_and_why(command: Command, recalled: str) -> None:
    sync(command, LAB, VENDOR)
    shown = command(*VENDOR, "holdings", "show", KNOWN["id"])
    assert (shown.code, shown.out) == (2, "")
    assert "its source recalled it" in shown.err
    assert "backchannel retention gone OBJECT" in shown.err
    (stone,) = command(*VENDOR, "retention", "gone", KNOWN["id"], "--json").json
    assert (stone["cause"], stone["recall"], stone["source_name"]) == ("recall", recalled, "Human Rights Lab")
    assert "its source recalled it" in " ".join(command(*VENDOR, "retention", "gone").out.split())
    assert command(*VENDOR, "retention", "gone", "indicator--ffff").code == 2
    assert command(*VENDOR, "holdings", "show", "indicator--ffff").err.count("gone") == 0


def test_what_is_held_from_elsewhere_is_shown_with_what_is_gone(command: Command, recalled: str) -> None:
    Path("again.json").write_text(
        json.dumps({"type": "bundle", "id": MALWARE["id"].replace("malware", "bundle"), "objects": [KNOWN]})
    )  # type: ignore[attr-defined]
    assert command(*VENDOR, "import", "again.json").code == 0
    sync(command, LAB, VENDOR)
    shown = command(*VENDOR, "holdings", "show", KNOWN["id"])
    assert shown.code == 0
    assert "Vendor Research" in shown.out
    assert "from Human Rights Lab is gone since" in shown.err
    assert recalled


def test_retention_says_what_is_due_before_it_destroys_and_what_it_destroyed(command: Command) -> None:
    command(*VENDOR, "inbox", "accept", "--all")
    with sqlite3.connect("vendor/backchannel.db") as store:
        year = 366 * 86_400 * 1_000_000
        store.execute("UPDATE came SET at = at - ?", (year,))
        store.execute("UPDATE holding SET added_at = added_at - ? WHERE agreement IS NOT NULL", (year,))
    store.close()
    assert re.search(r"Human Rights Lab +in force +365 +destroy +3", command(*VENDOR, "retention", "show").out)
    assert command(*VENDOR, "retention", "run", "--dry-run").out == "Would destroy 3 object versions.\n"
    assert len(command(*VENDOR, "holdings", "list", "--json").json) == 3
    assert command(*VENDOR, "retention", "run").out == "Destroyed 3 object versions.\n"
    assert command(*VENDOR, "holdings", "list", "--json").json == []
    assert "Carried out last:" in command(*VENDOR, "retention", "show").out
    assert "it was older than the agreement allows" in command(*VENDOR, "holdings", "show", KNOWN["id"]).err


def test_a_clock_in_doubt_is_told_with_what_to_do(command: Command) -> None:
    sync(command, VENDOR)
    with sqlite3.connect("vendor/backchannel.db") as store:
        store.execute("UPDATE sequence SET value = value - 40 * 86400 * 1000000 WHERE name = 'retention.last'")
    store.close()
    shown = command(*VENDOR, "retention", "show")
    assert "--clock-is-right" in shown.err
    refused = command(*VENDOR, "retention", "run")
    assert refused.code == 2
    assert "40 days ago" in refused.err
    assert "--clock-is-right" in refused.err
    assert command(*VENDOR, "retention", "run", "--clock-is-right").code == 0
    assert command(*VENDOR, "retention", "run").code == 0
