"""`backchannel demo` as a user runs it: two real nodes, HTTPS on loopback, every expectation, nothing left behind."""

import json
import os
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
from backchannel.cli.demonstration.account import WIDTH
from backchannel.cli.demonstration.expectations import of_sample
from backchannel.cli.demonstration.facts import Facts
from backchannel.cli.demonstration.sample import Cast, sample
from backchannel.cli.main import app
from backchannel.errors import BadArgument, DemoFailed
from demo_facts import crossing, facts
from paths import SHARED_DATA, needs_shared_data

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


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    """Two demos at the same time: one for programs, one for people; the first among unhelpful settings."""
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    unhelpful = {"BACKCHANNEL_DEFAULT_TLP": "red", "BACKCHANNEL_LISTEN_PORT": "1", "BACKCHANNEL_SYNONYMS": "nonsense"}
    running = start(first, "--json", "--keep", "kept", **unhelpful), start(second)
    return finish(running[0], first), finish(running[1], second)


@pytest.fixture(scope="module")
def figures(both: tuple[Run, Run]) -> dict[str, Any]:
    return dict(json.loads(both[0].out))


def test_two_demos_at_once_both_end_well(both: tuple[Run, Run]) -> None:
    assert [run.code for run in both] == [0, 0], both


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


def test_the_account_can_be_read_on_one_screen(both: tuple[Run, Run]) -> None:
    lines = both[1].out.splitlines()
    assert len(lines) <= LONGEST
    assert max(map(len, lines)) <= WIDTH
    assert "\x1b" not in both[1].out
    assert sum(line.startswith("  ✓") for line in lines) == 16
    assert lines[-1].startswith("All 16 held, in ")


def test_progress_is_told_beside_the_result_a_line_a_step(both: tuple[Run, Run]) -> None:
    steps = [line for line in both[1].err.splitlines() if line.startswith("· ")]
    assert len(steps) == 9
    assert steps == both[1].err.splitlines()


def test_no_process_and_no_file_is_left_behind(both: tuple[Run, Run]) -> None:
    assert [left_behind(run.folder) for run in both] == [[], []]
    assert list((both[1].folder / "temporary").iterdir()) == []
    assert not (both[0].folder / "none").exists()


def test_what_is_kept_are_two_nodes_and_their_logs(both: tuple[Run, Run]) -> None:
    kept = both[0].folder / "kept"
    assert {"northgate", "harbour", "logs", "sample"} <= {path.name for path in kept.iterdir()}
    assert "kept/northgate holdings list" in both[0].err
    command = [
        sys.executable,
        "-P",
        "-m",
        "backchannel",
        "--home",
        str(kept / "harbour"),
        "agreement",
        "list",
        "--json",
    ]
    listed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout)
    assert [one["state"] for one in listed] == ["ended"]


def test_a_terminated_demo_ends_its_servers_first(tmp_path: Path) -> None:
    running = start(tmp_path, "--keep", "kept")
    logs = tmp_path / "kept" / "logs"
    deadline = time.monotonic() + 300
    while len([log for log in logs.glob("*-serve.out") if "listening" in log.read_text()]) < 2:
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert len(left_behind(tmp_path)) >= 2
    running.send_signal(signal.SIGTERM)
    ended = finish(running, tmp_path)
    assert ended.code != 0
    assert "Traceback" not in ended.err
    assert left_behind(tmp_path) == []


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


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The facts of one play of the sample."""
    folder = tmp_path_factory.mktemp("played")
    return story.run(sample(folder / "sample"), folder, lambda _line: None)


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
    ("TLP:RED", lambda told: renamed(told, 0, "vault-relay.example", **LEFT)),
    ("TLP:RED", lambda told: renamed(told, 0, "vault-relay.example", broken=(("scope", "for another reason"),))),
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
