"""Timing, real data, a fresh node, and made-up indicators: what the benchmarks share."""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from backchannel.node.creating import create_node
from backchannel.node.node import Node

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("BACKCHANNEL_SHARED_DATA", ROOT.parent / "shared" / "data"))
ATTACK = DATA / "attack" / "enterprise-attack-18.1.json"
COMMAND = (sys.executable, "-m", "backchannel")
"""The program in a process of its own."""
NO_DATA = {"skipped": "the shared real data is not there; set BACKCHANNEL_SHARED_DATA"}


def timed(work: Callable[[], T], *, best_of: int = 1) -> tuple[T, float]:
    """The result of the last run, and the least processor seconds of `best_of` runs."""
    least = float("inf")
    for _ in range(best_of):
        start = time.process_time()
        result = work()
        least = min(least, time.process_time() - start)
    return result, least


def on_the_wall(work: Callable[[], T]) -> tuple[T, float]:
    """The result, and the seconds that passed: for work that is done by several processes, or waits for the disk."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def rate(count: int, seconds: float) -> int:
    return round(count / seconds)


def met(ratio: float, target: float) -> dict[str, object]:
    """A ratio beside its target."""
    return {"ratio": round(ratio, 1), "target": target, "met": ratio >= target}


@contextmanager
def fresh_node(name: str = "Bench") -> Iterator[Node]:
    with tempfile.TemporaryDirectory() as folder:
        node = create_node(Path(folder) / "node", name)
        try:
            yield node
        finally:
            node.close()


def peak_of(child: Callable[[], object]) -> tuple[int, float]:
    """Peak resident megabytes and processor seconds of a function run in a process of its own."""
    process = os.fork()
    if process == 0:
        code = 1
        try:
            child()
            code = 0
        finally:
            os._exit(code)
    _, status, usage = os.wait4(process, 0)
    if status != 0:
        raise RuntimeError(f"the measured process ended with status {status}")
    return round(usage.ru_maxrss / 1024), usage.ru_utime + usage.ru_stime


def indicator(number: int) -> dict[str, object]:
    """A made-up indicator, a different one for each number."""
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{number:08x}-0000-4000-8000-{number:012x}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "indicator_types": ["malicious-activity"],
        "name": f"host {number}",
        "pattern": f"[domain-name:value = 'host-{number}.example']",
        "pattern_type": "stix",
        "pattern_version": "2.1",
        "valid_from": "2026-01-01T00:00:00Z",
    }


def own_peak() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
