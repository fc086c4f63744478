"""Running the command line as a user does: a process, a home, what it printed."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple


class Result(NamedTuple):
    """What one command left: exit status and both outputs."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Result]
"""Runs one command, by its words."""


def backchannel(*arguments: object, cwd: Path, code: int | None = 0, fault: str = "") -> Result:
    """Run `backchannel` in `cwd`; with `code` its exit status must be that one."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("BACKCHANNEL_")}
    environment |= {"BACKCHANNEL_FAULT": fault, "COLUMNS": "160", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "backchannel", *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    result = Result(done.returncode, done.stdout, done.stderr)
    if code is not None:
        assert result.code == code, f"{arguments} ended with {result.code}:\n{result.out}\n{result.err}"
    assert "Traceback" not in result.err, result.err
    return result


class Desk:
    """One organisation at its desk: a home and the commands it runs."""

    def __init__(self, folder: Path, home: str) -> None:
        self.folder = folder
        self.home = folder / home

    def __call__(self, *arguments: object, code: int | None = 0, fault: str = "") -> Result:
        return backchannel("--home", self.home, *arguments, cwd=self.folder, code=code, fault=fault)

    def json(self, *arguments: object, code: int | None = 0) -> Any:
        return self(*arguments, "--json", code=code).json


def introduce(folder: Path, first: str = "Human Rights Lab", second: str = "Vendor Research") -> tuple[Desk, Desk]:
    """Two new nodes that enrolled each other over a folder."""
    a, b = Desk(folder, "A"), Desk(folder, "B")
    a("init", "--name", first)
    b("init", "--name", second)
    (folder / "a.card").write_text(a("card", "export").out)
    (folder / "b.card").write_text(b("card", "export").out)
    a("party", "add", "b.card", "--carrier", "folder:DROP")
    b("party", "add", "a.card", "--carrier", "folder:DROP")
    return a, b


def agree(a: Desk, b: Desk, terms: str, to: str = "Vendor Research") -> str:
    """Propose, carry, accept, carry: the id of the agreement in force."""
    (a.folder / "terms.toml").write_text(terms)
    a("agreement", "propose", "terms.toml", "--to", to)
    a("sync")
    b("sync")
    (listed,) = [one for one in b.json("agreement", "list") if one["state"] == "proposed"]
    b("agreement", "accept", listed["id"])
    b("sync")
    a("sync")
    return str(listed["id"])
