"""Import all of ATT&CK into a fresh store, durable, against stix2.parse alone."""

import json
import random

import stix2

from backchannel.node.importing import import_files
from bench.measure import ATTACK, NO_DATA, fresh_node, met, rate, timed

SEED = 7
PARSED = 1_500


def run() -> dict[str, object]:
    if not ATTACK.exists():
        return NO_DATA
    with fresh_node() as node:
        report, seconds = timed(lambda: import_files(node, [ATTACK], tlp="clear"))
        again, again_seconds = timed(lambda: import_files(node, [ATTACK], tlp="clear"))
    sample = random.Random(SEED).sample(json.loads(ATTACK.read_bytes())["objects"], PARSED)
    _, parse_seconds = timed(lambda: [stix2.parse(one, allow_custom=True) for one in sample])
    parse = PARSED / parse_seconds
    return {
        "objects": report.added,
        "seed": SEED,
        "objects_per_second": rate(report.added, seconds),
        "again_objects_per_second": rate(again.unchanged, again_seconds),
        "stix2_parse_per_second": round(parse),
        "against_stix2_parse": met(report.added / seconds / parse, 8),
    }
