"""Peak memory of importing a large bundle and a long list, each by the command in a process of its own."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from backchannel.node.creating import create_node
from bench.measure import COMMAND, rate
from bench.pair import write_bundle

INDICATORS = int(os.environ.get("BACKCHANNEL_BENCH_BUNDLE", "150000"))
LINES = int(os.environ.get("BACKCHANNEL_BENCH_LINES", "1000000"))
TARGET_MEGABYTES = 400


def run(indicators: int = INDICATORS, lines: int = LINES) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        objects = write_bundle(folder / "bundle.json", indicators, links=False)
        _write_list(folder / "list.txt", lines)
        return {
            "bundle": _import(folder, "bundle.json", objects),
            "list": _import(folder, "list.txt", lines),
            "target_megabytes": TARGET_MEGABYTES,
        }


def _write_list(path: Path, lines: int) -> None:
    with path.open("w") as file:
        file.writelines(f"host-{number}.example\n" for number in range(lines))


def _import(folder: Path, name: str, count: int) -> dict[str, object]:
    home = folder / f"node-{name}"
    create_node(home, "Bench").close()
    start = time.perf_counter()
    process = subprocess.Popen([*COMMAND, "--home", home, "import", folder / name], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"importing {name} ended with status {process.returncode}")
    peak = round(usage.ru_maxrss / 1024)
    return {
        "objects": count,
        "peak_megabytes": peak,
        "wall_seconds": round(wall, 1),
        "objects_per_second": rate(count, wall),
        "met": peak < TARGET_MEGABYTES,
    }
