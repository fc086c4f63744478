"""A page that is typed along, read and run: its files, its commands, and what each must print.

In a page, a fenced block whose info string ends with a file name is that file; a `console` block has commands after
`$ ` and, below each, lines that its output must hold. `…` in it stands for anything. Ids, words, dates and
the working folder differ in every run: where the page shows one, the first that stands there in the output is
remembered, and meant by the page from then on.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from command import Result, near

FOLDER = "/home/you/first-exchange"
"""What pages call the working folder."""

_FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DATE = r"\d{4}-\d\d-\d\d(?: \d\d:\d\d)?"
_VARIABLE = re.compile(
    r"(?<=words: )(?:[a-z]+ ){11}[a-z]+"  # fingerprint words
    r"|\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b"  # ids of agreements, parties and envelopes, whole or short
    r"|(?<=--)[0-9a-f]{8}\b"  # ids of objects, short
)
_SHELL = re.compile(r"[|&;<>$`~*?]")
_COLUMNS = 200
_TOKEN = re.compile(rf"(?P<variable>{_VARIABLE.pattern})|(?P<date>{_DATE})|(?P<anything>…)")


class Step(NamedTuple):
    """One command of a page and the lines that it must print."""

    command: str
    expected: tuple[str, ...]


def files(page: str) -> dict[str, str]:
    """The files of a page, by name."""
    return {found[2]: found[3] for found in _FENCE.finditer(page) if found[2]}


def blocks(page: str, language: str) -> list[str]:
    """What the fenced blocks in a language hold, in order."""
    return [found[3] for found in _FENCE.finditer(page) if found[1] == language]


def steps(page: str) -> Iterator[Step]:
    """The commands of a page, in order."""
    for found in _FENCE.finditer(page):
        if found[1] == "console":
            for block in re.split(r"^\$ ", found[3], flags=re.MULTILINE)[1:]:
                command, *expected = block.splitlines()
                yield Step(command, tuple(line for line in expected if line.strip("… ")))


class Walk:
    """One run through a page, in a folder of its own."""

    def __init__(self, folder: Path, page: str) -> None:
        self._folder = folder
        self._meant = {FOLDER: str(folder)}
        for name, content in files(page).items():
            (folder / name).write_text(content)
            # What a file says is the same in every run.
            self._meant |= {token: token for token in _VARIABLE.findall(content)}

    def take(self, step: Step) -> None:
        """Run a command and find the expected lines, in any order, in what it printed."""
        done = self._run(self._translated(step.command))
        if not any(line.startswith("error ") for line in step.expected):
            assert done.code == 0, f"$ {step.command}\n{done.err}"
        printed = [_even(line) for line in (done.out + done.err).splitlines()]
        for line in step.expected:
            missing = f"$ {step.command}\ndoes not print {line!r} but\n"
            assert any(self._fits(line, one) for one in printed), missing + "\n".join(printed)

    def _run(self, command: str) -> Result:
        """As a shell does; a plain command of ours without a process of its own, which saves a second."""
        if command.startswith("backchannel ") and not _SHELL.search(command):
            return near(*shlex.split(command)[1:], cwd=self._folder, code=None, columns=_COLUMNS)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BACKCHANNEL_")}
        environment |= {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "COLUMNS": str(_COLUMNS),
            "NO_COLOR": "1",
        }
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def _translated(self, text: str) -> str:
        for shown, meant in self._meant.items():
            text = text.replace(shown, meant)
        return text

    def _fits(self, expected: str, printed: str) -> bool:
        """Whether a line is the one on the page; what it says for the first time is remembered."""
        names: list[str] = []
        pattern, end = "", 0
        line = _even(expected).replace(FOLDER, self._meant[FOLDER])
        for token in _TOKEN.finditer(line):
            pattern += re.escape(line[end : token.start()])
            end = token.end()
            if token["variable"]:
                names.append(token[0])
                pattern += f"({re.escape(self._meant[token[0]]) if token[0] in self._meant else '[0-9a-z ]+'})"
            else:
                pattern += _DATE if token["date"] else ".*"
        found = re.fullmatch(pattern + re.escape(line[end:]), printed)
        if found:
            self._meant |= dict(zip(names, found.groups(), strict=True))
        return found is not None


def _even(line: str) -> str:
    """A line with its columns drawn together: how wide they are depends on the ids in them."""
    return " ".join(line.split())
