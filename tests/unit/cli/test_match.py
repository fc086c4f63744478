"""The screens of matching: at 80 columns they say who waits for whom, how far it is, and what to do next."""

import re
import unicodedata
from pathlib import Path

import msgspec
import pytest

from backchannel.cli import match_words as words
from backchannel.node.match_turns import Turn
from backchannel.node.matching import Found, SessionView
from backchannel.node.node import open_node
from backchannel.protocol.matching import State
from case import KNOWN, TERMS
from command import Command
from two_parties import NOW

LAB, VENDOR = ("--home", "lab"), ("--home", "vendor")
HOST = "updates.glasswing.example"
THEM = Turn("them", "both")
VIEW = SessionView(
    id="1234567890ab" + "0" * 20,
    agreement="a" * 64,
    with_="Birch Telecom",
    ours=True,
    look_up=False,
    kinds=("domain-name",),
    state=State.RUNNING,
    done=42,
    work=100,
    inputs=336,
    hits=12,
    opened=NOW,
    changed=NOW,
    reason="",
)


def as_state(state: State, **changes: object) -> SessionView:
    return msgspec.structs.replace(VIEW, state=state, **changes)


# --- what is said of each state --------------------------------------------------------------------------------


def test_each_state_says_whom_the_session_waits_for() -> None:
    said = {state: dict(words.facts(as_state(state), THEM))["state"] for state in State}
    assert said[State.OFFERED] == "offered by us, not entered by them yet; waits for them, since 2026-11-22 20:31 UTC"
    assert said[State.RUNNING] == "running, 42 %; waits for them, since 2026-11-22 20:31 UTC"
    assert (said[State.DONE], said[State.STOPPED]) == ("done", "stopped before its end")
    assert len(set(said.values())) == len(State)
    assert words.waits_for(VIEW, Turn("our sync", "both")) == "our sync"


def test_a_look_up_counts_also_what_was_evaluated_before() -> None:
    found = [Found("url", "https://a.example/", True), Found("url", "https://b.example/", False)]
    assert words.answered(as_state(State.DONE, look_up=True, inputs=1, hits=0), found) == "they hold 1 of 2 values"
    assert words.evaluated(as_state(State.DONE, inputs=0, hits=0)) == "no value of ours was new"


def test_a_list_says_what_came_of_a_session() -> None:
    assert words.outcome(as_state(State.DONE)) == "both hold 12 of 336"
    assert words.outcome(as_state(State.DONE, look_up=True)) == "they hold 12 of 336"
    assert words.outcome(as_state(State.DONE, inputs=0, hits=0)) == "we asked nothing"
    assert (words.outcome(as_state(State.STOPPED)), words.outcome(VIEW)) == ("stopped", "at 42 %")
    assert words.outcome(as_state(State.OFFERED, work=0, done=0)) == "at 0 %"
    assert words.outcome(as_state(State.FROZEN)) == "frozen"
    assert [
        words.about(as_state(State.DONE, ours=ours, look_up=asked)) for ours, asked in ((1, 0), (0, 0), (1, 1))
    ] == [
        "all new",
        "theirs",
        "look-up",
    ]


def test_who_froze_is_told_why_and_both_ways_out() -> None:
    frozen = as_state(State.FROZEN, reason="0 of 27 values were found, and 1,500 of 2,000 before")
    said = words.frozen(frozen)
    assert "0 of 27 values were found, and 1,500 of 2,000 before" in said
    assert "backchannel match resume 1234567890ab" in said
    assert "backchannel match stop 1234567890ab" in said


@pytest.mark.parametrize(
    "name", ["\x1b[2Jowned", "good\nDestroyed 9 objects", "evil\u202egnp", "pay\u200bpal", "\x9b31m"]
)
def test_a_counterparts_name_steers_no_screen_of_matching(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for state in State:
        view = as_state(state, with_=name, reason=name)
        words.sessions_under_way([view], {view.id: THEM})
        words.history([view])
        words.values(view, [words.Found("domain-name", name, False)])
        words.what_next(view, "backchannel match results")
        for _, text in words.facts(view, THEM):
            assert hidden(text) == set()
    shown = capsys.readouterr()
    assert hidden(shown.out.replace("\n", "")) == hidden(shown.err.replace("\n", "")) == set()
    assert not re.search(r"^Destroyed", shown.out + shown.err, re.MULTILINE)


def hidden(text: str) -> set[str]:
    return {one for one in text if unicodedata.category(one) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}}


def test_a_look_up_that_retention_took_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    words.values(as_state(State.DONE, look_up=True), [])
    assert "not kept any more" in capsys.readouterr().out
    words.values(as_state(State.DONE), [])
    assert capsys.readouterr().out == ""


# --- on the screen ---------------------------------------------------------------------------------------------


@pytest.fixture
def matching(command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An agreement that allows matching, of which both hold a value; screens have 80 columns."""
    (folder / "match.toml").write_text(TERMS.replace("[scope]", 'title = "M"\n[scope]', 1) + MATCHING)
    command(*VENDOR, "import", "case.json")
    agreement = str(
        command(*LAB, "agreement", "propose", "match.toml", "--to", "Vendor Research", "--json").json["id"]
    )
    syncs(command, LAB, VENDOR)
    assert command(*VENDOR, "agreement", "accept", agreement).code == 0
    syncs(command, VENDOR, LAB)
    monkeypatch.setenv("COLUMNS", "80")
    return agreement


MATCHING = '\n[matching]\ntypes = ["domain-name", "file-sha256"]\n'


def syncs(command: Command, *homes: tuple[str, str]) -> None:
    for home in homes:
        assert command(*home, "sync").code == 0


def shown(command: Command, *line: object) -> str:
    """What a command of the lab prints in both outputs; no line of it is longer than the screen."""
    done = command(*LAB, *line)
    assert done.code == 0, done.err
    assert max(len(one.rstrip()) for one in (done.out + done.err).splitlines()) <= 80, done.out + done.err
    return done.out + done.err


def test_from_the_offer_to_the_results_each_screen_says_what_to_do_next(command: Command, matching: str) -> None:
    opened = shown(command, "match", "run", matching, "--learns", "us")
    assert re.search(
        r"Session \w{12} with Vendor Research is opened\.\nNext: backchannel sync.*\nThen: .*results", opened
    )
    status = shown(command, "match", "status")
    assert re.search(r"^\w{12}  Vendor Research  all new  0 % +our sync +$", status, re.MULTILINE)
    assert status.endswith("Next: backchannel sync\n")
    again = command(*LAB, "match", "run", matching)
    assert (again.code, "is not over yet" in again.err, "match status" in again.err) == (2, True, True)
    syncs(command, LAB)
    waiting = shown(command, "match", "status")
    assert re.search(r"0 % +them, since \d{4}-\d\d-\d\d \d\d:\d\d UTC", waiting)
    assert "Next:" not in waiting
    syncs(command, VENDOR)
    theirs = command(*VENDOR, "match", "status").out
    assert re.search(r"Human Rights Lab  theirs  0 % +them, since", theirs)
    (listed,) = command(*VENDOR, "match", "history", "--json").json
    assert "learns    they alone\n" in command(*VENDOR, "match", "show", listed["id"]).out
    for _ in range(3):
        syncs(command, LAB, VENDOR)
    syncs(command, LAB)
    assert "No session is under way." in shown(command, "match", "status")
    assert re.search(
        rf"domain-name  {HOST}  \d{{4}}-\d\d-\d\d  \d{{4}}-\d\d-\d\d$",
        shown(command, "match", "results", matching),
        re.M,
    )
    assert "both hold 1 of 1" in shown(command, "match", "history")


def test_what_was_evaluated_is_shown_against_what_the_terms_allow(command: Command, matching: str) -> None:
    status = shown(command, "match", "status")
    assert re.search(rf"{matching[:12]}  Vendor Research  file-sha256  0 of 100,000  0 of 3,000,000", status)
    assert status.endswith("Next: backchannel match run AGREEMENT\n")


def test_a_look_up_says_what_not_found_means(command: Command, matching: str) -> None:
    opened = shown(command, "lookup", HOST, "nowhere.example", "--to", "Vendor Research")
    assert "Look-up" in opened
    (identifier,) = re.findall(r"Then: backchannel match show (\w{12})", opened)
    assert "not known yet" in shown(command, "match", "show", identifier)
    for _ in range(3):
        syncs(command, LAB, VENDOR)
    syncs(command, LAB)
    answer = shown(command, "match", "show", identifier)
    assert re.search(rf"^held +domain-name  {HOST}", answer, re.MULTILINE)
    assert re.search(r"^not found  domain-name  nowhere\.example", answer, re.MULTILINE)
    assert "Not found: Vendor Research does not hold it, or would not release it to us." in answer
    assert "they hold 1 of 2" in shown(command, "match", "history")
    beside = command(*LAB, "holdings", "show", KNOWN["id"]).out
    assert re.search(rf"matched   {HOST}: seen by both since [\d-]+ [\d:]+ UTC at the latest\n", beside)
    assert re.search(rf"\(matched with Vendor Research on [\d-]+ [\d:]+ UTC, agreement {matching[:12]}\)", beside)


def test_a_session_that_an_officer_stopped_says_why(command: Command, matching: str) -> None:
    command(*LAB, "match", "run", matching, "--learns", "them")
    (listed,) = command(*LAB, "match", "history", "--json").json
    assert "Stopped session" in shown(command, "match", "stop", listed["id"])
    assert "Why a session stopped: backchannel match show SESSION" in shown(command, "match", "history")
    told = shown(command, "match", "show", listed["id"])
    assert re.search(
        r"learns    they alone\n.*stopped before its end\n(.*\n)+  reason    stopped by our officer", told
    )


def test_a_frozen_session_that_cannot_go_on_says_so_when_it_is_resumed(
    command: Command, matching: str, folder: Path
) -> None:
    command(*LAB, "match", "run", matching)
    (listed,) = command(*LAB, "match", "history", "--json").json
    node = open_node(folder / "lab")
    with node.db.write() as tx:
        session = tx.matching.get(listed["id"])
        assert session is not None
        why = "0 of 27 values were found; the counterpart stopped it"
        tx.matching.put(msgspec.structs.replace(session, state=State.FROZEN, secret=b"", reason=why))
    node.close()
    told = shown(command, "match", "resume", listed["id"])
    assert "could not go on, and is over" in told
    assert f"Why: {why}" in told
    assert "stopped before its end" in shown(command, "match", "show", listed["id"])
