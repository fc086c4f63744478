"""`backchannel request` on the screen: what waits comes first, what stays is said, and nothing hostile steers it."""

import sqlite3
import unicodedata
from pathlib import Path

import msgspec
import pytest

from case import KNOWN, RED
from command import Command

pytestmark = pytest.mark.usefixtures("folder")

LAB, VENDOR = ("--home", "lab"), ("--home", "vendor")
ASK = ("--question", "Does Glasswing still use it?", "--observable", "updates[.]glasswing.example")


@pytest.fixture
def agreement(command: Command) -> str:
    return str(command(*LAB, "agreement", "list", "--json").json[0]["id"])


@pytest.fixture
def waiting(command: Command, agreement: str) -> str:
    """The Vendor has asked the Lab; the request's id."""
    request = command(*VENDOR, "request", "ask", agreement, *ASK, "--json").json["id"]
    command(*VENDOR, "sync")
    command(*LAB, "sync")
    return str(request)


def test_asking_says_whom_and_what_comes_next(command: Command, agreement: str) -> None:
    said = command(*VENDOR, "request", "ask", agreement, *ASK, "--wanted-by", "2999-01-01")
    assert said.code == 2
    assert "the agreement holds until" in said.err
    said = command(*VENDOR, "request", "ask", agreement, *ASK)
    assert said.out.startswith("Asked Human Rights Lab: request ")
    assert said.err == "Next: backchannel sync\n"


def test_sync_says_that_a_request_and_an_answer_came_in(command: Command, agreement: str) -> None:
    command(*VENDOR, "request", "ask", agreement, *ASK)
    command(*VENDOR, "sync")
    assert "1 request for information came in: backchannel request list" in command(*LAB, "sync").err
    (request,) = command(*LAB, "request", "list", "--json").json
    command(*LAB, "request", "decline", request["id"])
    command(*LAB, "sync")
    assert "1 answer to a request of ours came in: backchannel request list" in command(*VENDOR, "sync").err
    assert [one["state"] for one in command(*VENDOR, "request", "list", "--json").json] == ["declined"]
    assert command(*VENDOR, "request", "list", "--open").out == "No request is open.\n"


def test_a_list_without_requests_says_how_to_ask(command: Command) -> None:
    said = command(*LAB, "request", "list").out
    assert said == "There is no request. Ask with: backchannel request ask AGREEMENT\n"


def test_a_request_is_shown_with_all_that_was_asked(command: Command, waiting: str) -> None:
    listed = command(*LAB, "request", "list").out
    assert f"{waiting[:12]}  Vendor Research  waits for us" in listed
    shown = command(*LAB, "request", "show", waiting[:6])
    assert f"Request {waiting}" in shown.out
    assert "observable domain-name updates.glasswing.example" in shown.out
    assert shown.err == f"Next: backchannel request answer {waiting[:12]} --note TEXT --object OBJECT\n"


def test_an_answer_shows_what_leaves_what_stays_and_why(command: Command, waiting: str) -> None:
    objects = ("--object", str(KNOWN["id"]), "--object", str(RED["id"]))
    preview = command(*LAB, "request", "answer", waiting, "--note", "Yes.", *objects, "--preview")
    assert preview.code == 0
    assert "Would answer with a note and 1 object" in preview.out
    assert "TLP:RED is above the ceiling" in preview.err
    assert "backchannel sync" not in preview.err
    done = command(*LAB, "request", "answer", waiting, "--note", "Yes.", *objects)
    assert (done.code, "Answered with a note and 1 object" in done.out) == (3, True)
    command(*LAB, "sync")
    command(*VENDOR, "sync")
    shown = command(*VENDOR, "request", "show", waiting).out
    assert "note       Yes." in shown
    assert str(KNOWN["id"]) in shown
    assert str(RED["id"]) not in shown


def test_a_question_that_names_what_is_withheld_says_so_and_is_on_record_if_it_is_asked(
    command: Command, agreement: str
) -> None:
    ask = (*LAB, "request", "ask", agreement, "--question", "Is quiet.glasswing.example yours?")
    refused = command(*ask)
    assert refused.code == 2
    assert "says 'quiet glasswing example' (indicator), which stays" in refused.err
    assert "--although-withheld" in refused.err
    asked = command(*ask, "--although-withheld")
    assert "On record as your choice" in asked.err
    (request,) = command(*LAB, "request", "list", "--json").json
    assert "on record  asked although the question: says" in command(*LAB, "request", "show", request["id"]).out


def test_what_each_may_not_do_is_said(command: Command, waiting: str) -> None:
    for home, verb, says in (
        (LAB, ("close",), "only who asked closes it"),
        (VENDOR, ("decline",), "close it instead"),
        (VENDOR, ("answer", "--note", "x"), "the counterpart's to answer"),
        (LAB, ("answer",), "a note, objects, or both"),
    ):
        refused = command(*home, "request", verb[0], waiting, *verb[1:])
        assert refused.code == 2
        assert says in refused.err
    assert command(*VENDOR, "request", "close", waiting).out == f"Closed request {waiting[:12]}.\n"


def test_no_screen_is_steered_by_what_was_asked_or_answered(command: Command, waiting: str) -> None:
    """A file's name may hold what hides its ending; and should anything else ever get in, it is shown inert."""
    trick = "[bold red]x[/] \x1b[2J\u202egpj.exe\nApproved"
    with sqlite3.connect(Path("lab") / "backchannel.db") as store:
        seen = msgspec.json.encode([["file-name", "gpj\u202eexe.scr"]])
        store.execute("UPDATE request SET question = ?, threat = ?, observables = ?", (trick, trick, seen))
        store.execute(
            "INSERT INTO request_answer (request, ours, note, tlp, objects, at, said, although, forgotten) "
            "VALUES (?, 0, ?, 'green', ?, 0, 0, '', 0)",
            (waiting, trick, msgspec.json.encode(["indicator--\x1b[2J"])),
        )
    store.close()
    for words in (("list",), ("show", waiting), ("list", "--json"), ("show", waiting, "--json")):
        shown = command(*LAB, "request", *words)
        assert shown.code == 0
        assert not {one for one in shown.out if one != "\n" and unicodedata.category(one) in {"Cc", "Cf"}}
        assert "[bold red]" in shown.out
        assert not [line for line in shown.out.splitlines() if line.startswith("Approved")]
    assert r"gpj\u202eexe.scr" in command(*LAB, "request", "show", waiting).out


def test_what_is_forgotten_and_what_never_left_is_shown_as_that(command: Command, waiting: str) -> None:
    with sqlite3.connect(Path("lab") / "backchannel.db") as store:
        store.execute("UPDATE request SET question = '', forgotten = 1, taken_back = 1")
    store.close()
    assert "(forgotten)" in command(*LAB, "request", "list").out
    shown = command(*LAB, "request", "show", waiting).out
    assert "question   (forgotten)" in shown
    assert "it never left" in shown
