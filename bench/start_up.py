"""How long the command takes when there is next to nothing to do."""

import subprocess
import tempfile
import time
from pathlib import Path

from backchannel.node.creating import create_node
from bench.measure import COMMAND

RUNS = 7
COMMANDS = {"help": ("--help",), "agreement_list": ("agreement", "list", "--json"), "version": ("--version",)}


def run() -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "node"
        create_node(home, "Bench").close()
        return {name: {"wall_seconds": round(_least(home, words), 3)} for name, words in COMMANDS.items()}


def _least(home: Path, words: tuple[str, ...]) -> float:
    """The least wall time of several runs."""
    return min(_seconds(home, words) for _ in range(RUNS))


def _seconds(home: Path, words: tuple[str, ...]) -> float:
    start = time.perf_counter()
    subprocess.run([*COMMAND, "--home", home, *words], check=True, capture_output=True)
    return time.perf_counter() - start
