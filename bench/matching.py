"""Private matching with proofs against openmined-psi 2.0.6 without (raw mode, Diffie-Hellman on P-256).

Both get the same two sets, half of each in the other, and do the work of both parties. Seconds are those of
processors, of all processes that took part; `wall` is what passed. openmined-psi computes on one core whatever there
is. Ours is measured on one core and on all; `cores_had` says how much of those was free for it.
"""

import json
import os
import resource
import subprocess
import time
from collections.abc import Callable
from typing import TypeVar

from backchannel.node.matching_engine import VoprfEngine
from backchannel.protocol import voprf
from backchannel.protocol.matching_engine import PROOF, Part
from backchannel.protocol.message_matching import TAG
from bench.measure import met
from bench.taxii_servers import peers

SIZES = tuple(
    int(size) for size in os.environ.get("BACKCHANNEL_BENCH_MATCHING_SIZES", f"{1 << 14},{1 << 17}").split(",")
)
KNOWN = int(os.environ.get("BACKCHANNEL_BENCH_MATCHING_KNOWN", "1000000"))
QUERIES = 1_000
"""So many are looked up among `KNOWN`."""

SINGLE = 100
"""Look-ups of one input that are timed."""

AIM = 1.1
"""How many times as fast as openmined-psi it is to be, with proofs that the other makes none of."""

LOOK_UP_MS = 2.0
"""Milliseconds of a processor that one look-up may take both parties together."""

SCALING = 1.7
"""How many times as fast two cores are to be as one."""

BEYOND = {"2^20": 1 << 20, "10^9": 10**9}
"""Sizes that are extrapolated from the largest that was measured."""

SEED, SECRET = bytes(range(32)), bytes(range(32, 64))

PEER = """
import json, sys, time
from private_set_intersection.python import DataStructure, client, server

def names(start, end):
    return [f"host-{number}.example" for number in range(start, end)]

def step(work):
    wall, start = time.perf_counter(), time.process_time()
    result = work()
    steps.append(time.process_time() - start)
    walls.append(time.perf_counter() - wall)
    return result

for size, start, end in json.loads(sys.argv[1]):
    steps, walls, known, asked = [], [], names(0, size), names(start, end)
    one, other = client.CreateWithNewKey(True), server.CreateWithNewKey(True)
    setup = step(lambda: other.CreateSetupMessage(1e-9, len(asked), known, DataStructure.RAW))
    request = step(lambda: one.CreateRequest(asked))
    response = step(lambda: other.ProcessRequest(request))
    both = step(lambda: one.GetIntersection(setup, response))
    sizes = [len(message.SerializeToString()) for message in (setup, request, response)]
    print(json.dumps({"steps": steps, "wall": sum(walls), "bytes": sizes, "found": len(both)}), flush=True)
"""

T = TypeVar("T")


class Steps:
    """What each step of a session took, in seconds of this process and of those that ended."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self._wall = time.perf_counter()

    def __call__(self, name: str, work: Callable[[], T]) -> T:
        start = _cpu()
        result = work()
        self.cpu[name] = _cpu() - start
        return result

    @property
    def wall(self) -> float:
        return time.perf_counter() - self._wall

    @property
    def total(self) -> float:
        return sum(self.cpu.values())


def run() -> dict[str, object]:
    cores = len(os.sched_getaffinity(0))
    asked = [(size, size // 2, size // 2 + size) for size in SIZES]
    asked.append((KNOWN, KNOWN - QUERIES // 2, KNOWN - QUERIES // 2 + QUERIES))
    theirs = _theirs(asked)
    found: dict[str, object] = {"cores": cores}
    for (size, start, end), peer in zip(asked[:-1], theirs[:-1], strict=True):
        found[f"sets of {size}"] = _compared(size, start, end, peer, cores)
    found[f"{QUERIES} of {KNOWN}"] = _queries(*asked[-1], theirs[-1], cores)
    found["one look-up"] = _look_up()
    largest = found[f"sets of {SIZES[-1]}"]
    assert isinstance(largest, dict)
    found["extrapolated"] = _extrapolated(largest)
    return found


def _compared(size: int, start: int, end: int, peer: dict, cores: int) -> dict[str, object]:
    """Two sets of one size."""
    one, alone, sent = _session(1, size, start, end, peer["found"])
    if cores == 1:
        return _figures(size, one, alone, sent, peer)
    all_cores, together, _ = _session(cores, size, start, end, peer["found"])
    return {
        **_figures(size, one, alone, sent, peer),
        f"on {cores} cores": {
            "cpu_us_per_element": round(_micro(all_cores.total, size), 1),
            "wall_s": round(together, 2),
            "cores_had": round(all_cores.total / together, 2),
            "against_one_core": {**met(alone / together, SCALING), "ratio": round(alone / together, 2)},
            "wall_against_openmined_psi": round(peer["wall"] / together, 2),
        },
    }


def _figures(size: int, steps: Steps, wall: float, sent: float, peer: dict) -> dict[str, object]:
    ratio = sum(peer["steps"]) / steps.total
    return {
        "cpu_us_per_element": round(_micro(steps.total, size), 1),
        "steps_us": {name: round(_micro(seconds, size), 1) for name, seconds in steps.cpu.items()},
        "wall_s": round(wall, 2),
        "bytes_per_element": round(sent / size, 2),
        "openmined_psi": {
            "cpu_us_per_element": round(_micro(sum(peer["steps"]), size), 1),
            "wall_s": round(peer["wall"], 2),
            "bytes_per_element": round(sum(peer["bytes"]) / size, 2),
        },
        "against_openmined_psi": {**met(ratio, AIM), "ratio": round(ratio, 2)},
    }


def _session(workers: int, size: int, start: int, end: int, expected: int) -> tuple[Steps, float, float]:
    """Both parties' work, the seconds that passed, and the bytes that would cross. Processes are begun and ended."""
    known, asked = _names(0, size), _names(start, end)
    steps = Steps()
    with VoprfEngine(workers, worth_starting=1) as engine:
        outputs, parts = _ask(engine, steps, asked)
        tags = steps("tags", lambda: [output[:TAG] for output in engine.own_outputs(SEED, b"", known)])
        both = steps("compare", lambda: {output[:TAG] for output in outputs} & set(tags))
        end_of_work = _cpu()
    steps.cpu["processes"] = _cpu() - end_of_work  # what those took that are counted only when they end
    wall = steps.wall
    assert len(both) == expected
    return steps, wall, _crossed(parts) + TAG * len(tags)


def _ask(engine: VoprfEngine, steps: Steps, asked: list[bytes]) -> tuple[list[bytes], list[Part]]:
    blinds = steps("derive", lambda: [voprf.derive_blind(SECRET, b"%d" % number) for number in range(len(asked))])
    blinded = steps("blind", lambda: engine.blind(asked, blinds))
    parts = steps("evaluate", lambda: engine.evaluate(SEED, b"", blinded))
    key = voprf.public_key(SEED, b"")
    return steps("finalize", lambda: engine.finalize(asked, blinds, blinded, parts, key)), parts


def _queries(known: int, start: int, end: int, peer: dict, cores: int) -> dict[str, object]:
    """Few look-ups in many: the tags are made once for each counterpart and epoch, and sent."""
    names = _names(0, known)
    with VoprfEngine(cores) as engine:
        before = time.perf_counter()
        tags = {output[:TAG] for output in engine.own_outputs(SEED, b"", names)}
        prepared = time.perf_counter() - before
    steps = Steps()
    outputs, parts = _ask(VoprfEngine(1), steps, _names(start, end))
    both = steps("compare", lambda: {output[:TAG] for output in outputs} & tags)
    assert len(both) == peer["found"]
    prepare, *ask = peer["steps"]
    return {
        "prepare_wall_s": round(prepared, 1),
        "prepare_bytes": TAG * known,
        "ask_s": round(steps.total, 3),
        "ask_us_per_query": round(_micro(steps.total, end - start), 1),
        "ask_bytes_per_query": round(_crossed(parts) / (end - start), 1),
        "openmined_psi": {
            "prepare_s": round(prepare, 1),
            "prepare_bytes": peer["bytes"][0],
            "ask_s": round(sum(ask), 3),
            "ask_us_per_query": round(_micro(sum(ask), end - start), 1),
            "ask_bytes_per_query": round(sum(peer["bytes"][1:]) / (end - start), 1),
        },
        "against_openmined_psi": {**met(sum(ask) / steps.total, AIM), "ratio": round(sum(ask) / steps.total, 2)},
    }


def _look_up() -> dict[str, object]:
    """One input at a time, both parties' work with a proof for each."""
    steps = Steps()
    engine = VoprfEngine(1)
    totals: list[float] = []
    for name in _names(0, SINGLE):
        _ask(engine, steps, [name])
        totals.append(steps.total * 1000)
    mean = sum(totals) / SINGLE
    return {
        "cpu_ms": round(mean, 2),
        "worst_ms": round(max(totals), 2),
        "aim_ms": LOOK_UP_MS,
        "met": mean <= LOOK_UP_MS,
    }


def _extrapolated(largest: dict) -> dict[str, object]:
    """What was not measured: each element costs what it does in the largest sets that were."""
    figures: dict[str, object] = {"from": f"sets of {SIZES[-1]}", "measured": False}
    for name, size in BEYOND.items():
        seconds = largest["cpu_us_per_element"] * size / 1e6
        theirs = largest["openmined_psi"]["cpu_us_per_element"] * size / 1e6
        figures[name] = {
            "cpu_hours": round(seconds / 3600, 2),
            "openmined_psi_cpu_hours": round(theirs / 3600, 2),
            "gigabytes": round(largest["bytes_per_element"] * size / 1e9, 2),
        }
    return figures


def _theirs(asked: list[tuple[int, int, int]]) -> list[dict]:
    command = [peers() / "python", "-c", PEER, json.dumps(asked)]
    return [json.loads(line) for line in subprocess.run(command, check=True, capture_output=True).stdout.splitlines()]


def _names(start: int, end: int) -> list[bytes]:
    return [b"host-%d.example" % number for number in range(start, end)]


def _crossed(parts: list[Part]) -> int:
    """Bytes of the blinded and of the evaluated elements, and of the proofs, without what frames them."""
    return sum(len(element) for part in parts for element in part.elements) * 2 + len(parts) * PROOF


def _micro(seconds: float, count: int) -> float:
    return seconds / count * 1e6


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
