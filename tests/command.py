"""Running the command line as a user does: a process, a home, what it printed. Or without a process of its own
(`NearDesk`), which saves more than a second for each command, where it is the output that matters."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from backchannel.cli.main import run


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

_COLUMNS = 160


def backchannel(*arguments: object, cwd: Path, code: int | None = 0, fault: str = "") -> Result:
    """Run `backchannel` in `cwd`; with `code` its exit status must be that one."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("BACKCHANNEL_")}
    done = subprocess.run(
        [sys.executable, "-m", "backchannel", *map(str, arguments)],
        cwd=cwd,
        env=environment | {"BACKCHANNEL_FAULT": fault, "COLUMNS": str(_COLUMNS), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return _checked(Result(done.returncode, done.stdout, done.stderr), arguments, code)


def near(*arguments: object, cwd: Path, code: int | None = 0, columns: int = _COLUMNS) -> Result:
    """The same in this process, from its entry point to its exit status."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    status: object = 0
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("BACKCHANNEL_")]:
            patch.delenv(name)
        patch.setenv("COLUMNS", str(columns))
        patch.setenv("NO_COLOR", "1")
        patch.chdir(cwd)
        patch.setattr(sys, "argv", ["backchannel", *map(str, arguments)])
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        try:
            run()
        except SystemExit as error:
            status = error.code or 0
    assert isinstance(status, int)
    said = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return _checked(Result(status, *said), arguments, code)


def _checked(result: Result, arguments: tuple[object, ...], code: int | None) -> Result:
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


class NearDesk(Desk):
    """The same without a process for each command."""

    def __call__(self, *arguments: object, code: int | None = 0, fault: str = "") -> Result:
        assert not fault, "a command that is killed needs a process of its own"
        return near("--home", self.home, *arguments, cwd=self.folder, code=code)


def introduce(
    folder: Path, first: str = "Human Rights Lab", second: str = "Vendor Research", desk: type[Desk] = Desk
) -> tuple[Desk, Desk]:
    """Two new nodes that enrolled each other over a folder."""
    a, b = desk(folder, "A"), desk(folder, "B")
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
