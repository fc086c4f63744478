"""One organisation at its desk: the folder of its node, the commands it types, the server it runs.

Rules: everything that a user would type runs as a process of its own, `python -m backchannel`, in the demo's folder
and with none of the caller's own `BACKCHANNEL_` settings. Only looking (`node`) happens within this process, because
a process for every look would make the demo twice as long.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from backchannel.cli.demonstration.processes import Ended, Process, Processes, until
from backchannel.errors import DemoFailed
from backchannel.node.node import Node, open_node
from backchannel.node.settings import FILE as SETTINGS_FILE
from backchannel.node.settings import PREFIX

COMMAND_SECONDS = 600.0
"""How long one command may take: an import of a large folder takes minutes."""

READY_SECONDS = 60.0
"""How long a server may take to listen."""

SOME_REFUSED = 3
"""The exit status of an import that refused some objects and kept the others."""

_READY = re.compile(r"^listening on (https://\S+)$", re.MULTILINE)
_PACE = {"SYNC_EVERY_SECONDS": "1"}


class Command:
    """A command of a desk, under way."""

    def __init__(self, process: Process, words: str, codes: tuple[int, ...]) -> None:
        self._process, self._words, self._codes = process, words, codes

    def finish(self) -> Ended:
        """Its end.

        Raises:
            DemoFailed: it ended with another status than expected, or not in time.
        """
        ended = self._process.wait(COMMAND_SECONDS)
        if ended.code not in self._codes:
            said = " ".join((ended.err or ended.out).split())[-400:]
            raise DemoFailed(f"`backchannel {self._words}` ended with status {ended.code}: {said}")
        return ended


class Desk:
    """A party of the demo."""

    def __init__(self, processes: Processes, folder: Path, name: str, home: str) -> None:
        self.name = name
        self.home = folder / home
        self._processes, self._folder = processes, folder
        self._server: Process | None = None
        self._commands = 0

    def begin(self, *words: object, codes: tuple[int, ...] = (0,)) -> Command:
        """Start a command at this desk."""
        said = " ".join(map(str, words))
        return Command(self._start("command", *map(str, words)), said, codes)

    def __call__(self, *words: object, codes: tuple[int, ...] = (0,)) -> Ended:
        """Run a command at this desk to its end."""
        return self.begin(*words, codes=codes).finish()

    def json(self, *words: object) -> Any:
        """What a command prints with `--json`."""
        return msgspec.json.decode(self(*words, "--json").out)

    def write_settings(self, values: Mapping[str, object]) -> None:
        """Write the node's settings file, as its operator would."""
        lines = (f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in values.items())
        (self.home / SETTINGS_FILE).write_text("".join(lines))

    def start_server(self) -> None:
        """Start `serve` on a free port of the loopback interface."""
        self._server = self._start("serve", "serve", "--port", "0", environment=_PACE)

    def address(self) -> str:
        """Where the server listens, once it does.

        Raises:
            DemoFailed: it ended, or does not listen in time.
        """
        return until(self._listening, f"the server of {self.name}", READY_SECONDS)

    def check_server(self) -> None:
        """Make sure that the server still runs.

        Raises:
            DemoFailed: it ended.
        """
        if self._server is not None and self._server.has_ended():
            out, err = self._server.printed()
            raise DemoFailed(f"the server of {self.name} ended: {' '.join((err or out).split())[-400:]}")

    @contextmanager
    def node(self) -> Iterator[Node]:
        """The node, to look into."""
        node = open_node(self.home, {})
        try:
            yield node
        finally:
            node.close()

    def _listening(self) -> str | None:
        self.check_server()
        found = _READY.search(self._server.printed()[0]) if self._server is not None else None
        return found[1] if found else None

    def _start(self, label: str, *words: str, environment: Mapping[str, str] | None = None) -> Process:
        self._commands += 1
        logs = self._folder / "logs"
        logs.mkdir(exist_ok=True)
        return self._processes.start(
            # -P: a file in the folder where the demo runs is never taken for one of ours.
            [sys.executable, "-P", "-m", "backchannel", "--home", str(self.home), *words],
            environment=_environment(environment or {}),
            folder=self._folder,
            output=logs / f"{self.home.name}-{self._commands:02d}-{label}",
        )


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Our environment, without the caller's settings of Backchannel and with these."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    ours = {PREFIX + name: value for name, value in settings.items()}
    return {**plain, **ours, "NO_COLOR": "1", "COLUMNS": "120", "PYTHONUTF8": "1"}
