"""`backchannel demo` as a user runs it: two real nodes, HTTPS on loopback, every expectation, nothing left behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from typer.testing import CliRunner

from backchannel.cli.demonstration import story
from backchannel.cli.demonstration.account import WIDTH, lines
from backchannel.cli.demonstration.expectations import of_sample
from backchannel.cli.demonstration.facts import Facts
from backchannel.cli.demonstration.sample import Cast, sample
from backchannel.cli.main import app
from backchannel.errors import BadArgument, DemoFailed
from demo_facts import crossing, facts
from paths import ROOT, SHARED_DATA, needs_shared_data

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DEMO = [sys.executable, "-P", "-m", "backchannel", "demo"]
LONGEST = 65
"""Lines of an account that somebody still reads."""


class Run(NamedTuple):
    """A demo that was run to its end."""

    code: int
    out: str
    err: str
    folder: Path


def start(folder: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    """Start a demo in a folder that it may use, with settings of ours that must not get in its way."""
    temporary = folder / "temporary"
    temporary.mkdir(parents=True)
    (folder / "backchannel.py").write_text("raise SystemExit('the wrong module')")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("BACKCHANNEL_")}
    ours = {"TMPDIR": str(temporary), "NO_COLOR": "1", "BACKCHANNEL_HOME": str(folder / "none"), **environment}
    return subprocess.Popen(
        [*DEMO, *words], cwd=folder, env=plain | ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(running: subprocess.Popen[str], folder: Path) -> Run:
    out, err = running.communicate(timeout=800)
    return Run(running.returncode, out, err, folder)


def left_behind(folder: Path) -> list[str]:
    """Command lines of processes that still work in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if str(folder) in command:
            found.append(command)
    return found


class Both(NamedTuple):
    """Two demos of the sample that were played at the same time: one by the command, one by us for its facts."""

    run: Run
    facts: Facts
    steps: list[str]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """The command is run among settings that must not get in its way."""
    folder, other = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    unhelpful = {"BACKCHANNEL_DEFAULT_TLP": "red", "BACKCHANNEL_LISTEN_PORT": "1", "BACKCHANNEL_SYNONYMS": "nonsense"}
    running = start(folder, "--json", "--keep", "kept", **unhelpful)
    steps: list[str] = []
    try:
        played = story.run(sample(other / "sample"), other, steps.append)
        return Both(finish(running, folder), played, steps)
    finally:
        running.terminate()


@pytest.fixture(scope="module")
def played(both: Both) -> Facts:
    return both.facts


@pytest.fixture(scope="module")
def figures(both: Both) -> dict[str, Any]:
    return dict(json.loads(both.run.out))


def test_two_demos_at_once_both_end_well(both: Both) -> None:
    assert both.run.code == 0, both.run
    assert [one.says for one in of_sample(both.facts) if not one.held] == []


def test_every_expectation_is_listed_and_held(figures: dict[str, Any]) -> None:
    assert figures["held"] is True
    assert [one["expectation"] for one in figures["expectations"] if not one["held"]] == []
    assert len(figures["expectations"]) == 16
    assert all(one["evidence"] for one in figures["expectations"])


def test_the_figures_of_the_first_direction_are_those_of_the_sample(figures: dict[str, Any]) -> None:
    there = figures["crossings"][0]
    assert (there["from"], there["to"]) == ("Northgate Bank CSIRT", "Harbour Trust Security")
    assert (there["held"], there["release"], there["reduce"], there["withhold"]) == (48, 30, 1, 17)
    assert (there["sealed"], there["arrived"], there["accepted"]) == (31, 31, 28)
    assert there["kept_by_rule"] == {"scope": 7, "closure": 5, "content": 2, "lifecycle": 2, "marking": 1, "type": 1}
    assert there["refused_by_rule"] == {"poison": 1, "echo": 1, "depends": 1}


def test_the_figures_of_the_way_back_are_those_of_the_sample(figures: dict[str, Any]) -> None:
    back = figures["crossings"][1]
    assert (back["from"], back["to"]) == ("Harbour Trust Security", "Northgate Bank CSIRT")
    assert (back["release"], back["reduce"], back["sealed"], back["accepted"]) == (28, 0, 28, 24)
    assert back["kept_by_rule"]["originator"] == 28
    assert back["refused_by_rule"] == {"poison": 1, "echo": 1, "depends": 1, "officer": 1}
    assert back["flagged"]["echo"] == 1


def test_what_each_learned_is_counted(figures: dict[str, Any]) -> None:
    assert figures["knowledge"] == [
        {"party": "Northgate Bank CSIRT", "own": 14, "learned": 10, "both": 2},
        {"party": "Harbour Trust Security", "own": 14, "learned": 8, "both": 2},
    ]


def test_the_account_can_be_read_on_one_screen(played: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "run", lambda *_: played)
    shown = CliRunner().invoke(app, ["demo"])
    printed = shown.stdout.splitlines()
    assert shown.exit_code == 0
    assert len(printed) <= LONGEST
    assert max(map(len, printed)) <= WIDTH
    assert "\x1b" not in shown.stdout
    assert sum(line.startswith("  ✓") for line in printed) == 16
    assert printed[-1].startswith("All 16 held, in ")


def test_the_page_shows_what_is_printed(played: Facts) -> None:
    page = (ROOT / "docs" / "tutorial" / "demo.md").read_text(encoding="utf-8")
    shown = [line for block in re.findall(r"```text\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    printed = [line for line, _ in lines(played, of_sample(played), is_sample=True)]
    assert len(shown) > 30
    assert [line for line in shown if line not in printed and not line.startswith(("All 16 held", "  ✓ …"))] == []


def test_the_page_describes_the_figures(figures: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "tutorial" / "demo.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    described = json.loads(example)
    assert described.keys() == figures.keys()
    for name in ("crossings", "knowledge", "expectations"):
        assert described[name][0].keys() == figures[name][0].keys()


def test_progress_is_told_beside_the_result_a_line_a_step(both: Both) -> None:
    told = both.run.err.splitlines()
    assert told[:-1] == [f"· {step}" for step in both.steps]
    assert len(both.steps) == 9
    assert "kept/northgate holdings list" in told[-1]


def test_no_process_and_no_file_is_left_behind(both: Both) -> None:
    assert left_behind(both.run.folder) == []
    assert list((both.run.folder / "temporary").iterdir()) == []
    assert not (both.run.folder / "none").exists()


def test_what_is_kept_are_two_nodes_and_their_logs(both: Both) -> None:
    kept = both.run.folder / "kept"
    assert {"northgate", "harbour", "logs", "sample"} <= {path.name for path in kept.iterdir()}
    command = [*DEMO[:-1], "--home", str(kept / "harbour"), "agreement", "list", "--json"]
    listed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout)
    assert [one["state"] for one in listed] == ["ended"]


def test_a_terminated_demo_ends_its_servers_and_leaves_no_file(tmp_path: Path) -> None:
    running = start(tmp_path)
    deadline = time.monotonic() + 300
    while len([log for log in tmp_path.rglob("*-serve.out") if "listening" in log.read_text()]) < 2:
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert len(left_behind(tmp_path)) >= 2
    running.send_signal(signal.SIGTERM)
    ended = finish(running, tmp_path)
    assert ended.code != 0
    assert "Traceback" not in ended.err
    assert left_behind(tmp_path) == []
    assert list((tmp_path / "temporary").iterdir()) == []


# --- what does not hold, and what is asked wrongly -----------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Two folders of files, for demos that are not really played."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "list.txt").write_text("a.example\n")
    return ["--data", str(tmp_path / "one"), str(tmp_path / "two"), "--threat", "Tidewick"]


@pytest.mark.parametrize("as_json", [True, False])
def test_a_broken_expectation_ends_with_1(files: list[str], monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    told = facts(crossing(found=("indicator--5b0f5d0c-6e0f-4a55-9d3e-0d7f5f1a7c11",)))
    monkeypatch.setattr(story, "run", lambda *_: told)
    result = CliRunner().invoke(app, ["demo", *files, *(["--json"] if as_json else [])])
    assert result.exit_code == 1
    if as_json:
        assert json.loads(result.stdout)["held"] is False
    else:
        assert "✗ Nothing that stayed can be found in the other's folder" in result.stdout


def test_met_expectations_end_with_0(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "run", lambda *_: facts())
    assert CliRunner().invoke(app, ["demo", *files]).exit_code == 0


def test_a_demo_that_fails_half_way_leaves_no_folder(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[Path] = []

    def fail(_cast: Cast, folder: Path, _tell: object) -> None:
        (folder / "something").write_text("x")
        played.append(folder)
        raise DemoFailed("a server ended")

    monkeypatch.setattr(story, "run", fail)
    result = CliRunner().invoke(app, ["demo", *files])
    assert isinstance(result.exception, DemoFailed)
    assert not played[0].exists()


@pytest.mark.parametrize("words", [["--threat", "Predator"], ["--data", "a", "b"]])
def test_files_and_their_threat_go_together(words: list[str]) -> None:
    result = CliRunner().invoke(app, ["demo", *words])
    assert isinstance(result.exception, BadArgument)
    assert "go together" in str(result.exception)


def test_a_folder_with_something_in_it_is_never_played_in(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    result = CliRunner().invoke(app, ["demo", "--keep", str(tmp_path)])
    assert isinstance(result.exception, BadArgument)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


# --- the sample's own traps: each expectation can fail -------------------------------------------------------------


def renamed(told: Facts, direction: int, name: str, **known: Any) -> Facts:
    """The facts with one object of the sender's told otherwise."""
    crossings = list(told.crossings)
    judged = tuple(
        msgspec.structs.replace(one, **known) if one.name == name else one for one in crossings[direction].judged
    )
    crossings[direction] = msgspec.structs.replace(crossings[direction], judged=judged)
    return msgspec.structs.replace(told, crossings=tuple(crossings))


def taken_over(told: Facts, direction: int, name: str) -> Facts:
    """The facts with an object accepted that was refused."""
    crossings = list(told.crossings)
    one = crossings[direction]
    left = one.named(name)
    assert left is not None
    received = tuple(
        msgspec.structs.replace(came, refused=None) if came.id == left.sent_id else came for came in one.received
    )
    crossings[direction] = msgspec.structs.replace(one, received=received)
    return msgspec.structs.replace(told, crossings=tuple(crossings))


LEFT = {"sent_id": "x", "outcome": "release", "broken": ()}
STAYED = {"sent_id": None, "outcome": "withhold"}
TRAPS: list[tuple[str, Callable[[Facts], Facts]]] = [
    ("The TLP:RED", lambda told: renamed(told, 0, "vault-relay.example", **LEFT)),
    ("The TLP:RED", lambda told: renamed(told, 0, "vault-relay.example", broken=(("scope", "for another reason"),))),
    ("The report", lambda told: renamed(told, 0, "Malware against retail banking, third quarter", cut=())),
    ("The other threat", lambda told: renamed(told, 0, "Brackenfox", **LEFT)),
    ("The other threat", lambda told: renamed(told, 0, "Quillback", **STAYED)),
    ("The other threat", lambda told: renamed(told, 0, "Spearphishing Link", **STAYED)),
    ("The password", lambda told: renamed(told, 0, "Operator panel", **LEFT)),
    ("The password", lambda told: renamed(told, 0, "", **LEFT)),
    ("The password", lambda told: renamed(told, 0, "192.0.2.44", **LEFT)),
    ("The password", lambda told: renamed(told, 0, "weather-widget.example", **LEFT)),
    ("Neither took over", lambda told: taken_over(told, 0, "online.harbourtrust.example")),
    ("Neither took over", lambda told: taken_over(told, 1, "198.51.100.0/24")),
    ("Both echoes", lambda told: taken_over(told, 1, "tidewick-gate.example")),
    ("Both echoes", lambda told: taken_over(told, 1, "tidewick-cdn.example")),
    ("Of 48 objects", lambda told: renamed(told, 0, "vault-relay.example", own=False)),
]


@pytest.mark.parametrize(("says", "falsify"), TRAPS)
def test_a_trap_that_was_walked_into_is_noticed(played: Facts, says: str, falsify: Callable[[Facts], Facts]) -> None:
    assert [one.says for one in of_sample(played) if not one.held] == []
    assert any(one.says.startswith(says) for one in of_sample(falsify(played)) if not one.held)


# --- real intelligence -------------------------------------------------------------------------------------------


@needs_shared_data
def test_the_story_holds_on_published_intelligence(tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    lab.mkdir()
    for name in ("cytrox.stix2", "novispy.stix2"):
        (lab / name).symlink_to(SHARED_DATA / "amnesty" / name)
    words = ("--data", str(lab), str(SHARED_DATA / "maltrail" / "predatory.txt"), "--threat", "Predator", "--json")
    ended = finish(start(tmp_path / "run", *words), tmp_path)
    assert ended.code == 0, (ended.out, ended.err)
    there, back = json.loads(ended.out)["crossings"]
    assert (there["release"], there["reduce"], there["arrived"]) == (343 + 343 + 1, 0, 687)
    assert there["withhold"] > 0
    assert back["sealed"] == back["arrived"] > 0
    assert back["flagged"]["echo"] > 300
    assert left_behind(tmp_path) == []
    assert list((tmp_path / "run" / "temporary").iterdir()) == []
