"""Matching between two nodes, from the offer to both results: time, memory, and what the store is held for.

Both nodes live in this process, and pass envelopes through a folder. Each holds indicators on hosts, of which the
other holds half too. Then one in a hundred is new on either side, and they match again.
"""

import os
import resource
import time

from backchannel.node import matching
from backchannel.node.importing import import_files
from backchannel.node.node import Node
from backchannel.node.sync import sync
from bench.pair import Pair, pair, write_bundle

SIZES = tuple(
    int(size) for size in os.environ.get("BACKCHANNEL_BENCH_SESSIONS", f"{1 << 12},{1 << 14},{1 << 17}").split(",")
)
AGAIN = 0.03
"""What a second session with one value in a hundred new may evaluate of what the first did."""

TERMS = """
[matching]
types = ["domain-name"]
per_day = 1000000
lifetime = 10000000
"""


def run() -> dict[str, object]:
    return {f"sets of {size}": _sessions(size) for size in SIZES}


def _sessions(size: int) -> dict[str, object]:
    with pair(quota=10, more=TERMS) as two:
        _holds(two, two.ours, size, 0)
        _holds(two, two.theirs, size, size // 2)
        held = _megabytes()
        first = _matched(two, size // 2)
        new = size // 100
        # Of what is new on each side, the other holds half already, or has it new too.
        _holds(two, two.ours, new, size + size // 2 - new // 2)
        _holds(two, two.theirs, new, size + size // 2)
        second = _matched(two, size // 2 + new)
        share = second["evaluated"] / first["evaluated"]
        return {
            "first": first,
            "again_with_1_percent_new": second,
            "evaluated_again": {"share": round(share, 4), "target": AGAIN, "met": share < AGAIN},
            "seconds_again": round(second["seconds"] / first["seconds"], 3),
            "megabytes_before": held,
            "megabytes_peak": _megabytes(),
        }


def _holds(two: Pair, node: Node, count: int, begin: int) -> None:
    path = two.folder / "bundle.json"
    write_bundle(path, count, begin=begin, seed=begin)
    import_files(node, [path], tlp="amber")


def _matched(two: Pair, expected: int) -> dict[str, float]:
    start, before = time.perf_counter(), _evaluated(two)
    matching.run(two.ours, two.agreement)
    opening = time.perf_counter() - start
    passes, longest = 0, 0.0
    while matching.is_under_way(two.ours):
        for node in (two.ours, two.theirs):
            began = time.perf_counter()
            sync(node)
            longest = max(longest, time.perf_counter() - began)
        passes += 1
    sync(two.theirs)
    seconds = time.perf_counter() - start
    for node in (two.ours, two.theirs):
        if len(found := matching.results(node, two.agreement)) != expected:
            raise RuntimeError(f"{len(found)} of {expected} were found")
    return {
        "seconds": round(seconds, 2),
        "evaluated": _evaluated(two) - before,
        "offer_seconds": round(opening, 2),
        "round_trips": passes,
        "longest_pass_seconds": round(longest, 2),
    }


def _evaluated(two: Pair) -> int:
    """What both evaluated, in all."""
    return sum(one.ever for node in (two.ours, two.theirs) for one in matching.budgets(node))


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
