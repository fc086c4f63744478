"""Decode and validate all of ATT&CK as `check` does, on every core, against stix2.parse on the same file and
stix2-validator on a sample of it: all by the clock on the wall. `on_one_core` is what one process does alone."""

import json
import random

import stix2
import stix2validator

from backchannel.flow.collector import collector_paused
from backchannel.formats.schemas import Stix21Validator
from backchannel.formats.stix import read_bundle
from backchannel.node.checking import check_files
from bench.measure import ATTACK, NO_DATA, met, on_the_wall, rate, timed

SEED = 7
JUDGED = 60
RUNS = 5


def run() -> dict[str, object]:
    if not ATTACK.exists():
        return NO_DATA
    validate = Stix21Validator()

    @collector_paused()
    def alone() -> int:
        count = 0
        with ATTACK.open("rb") as file:
            for item in read_bundle(file):
                if item.object is not None:
                    validate(item.object.value)
                count += 1
        return count

    alone()  # the schemas are compiled before the clock starts
    count, one_core = timed(alone, best_of=3)
    checks = [on_the_wall(lambda: check_files([ATTACK])) for _ in range(RUNS)]
    seconds = min(spent for _, spent in checks)
    if not all(report.sound == count for report, _ in checks):
        raise RuntimeError("check and read_bundle differ")
    text = ATTACK.read_text()
    parsed, parse_seconds = on_the_wall(lambda: len(stix2.parse(text, allow_custom=True).objects))
    judged = [json.dumps(one) for one in random.Random(SEED).sample(json.loads(text)["objects"], JUDGED)]
    options = stix2validator.ValidationOptions(version="2.1")
    judgings = [
        on_the_wall(lambda: [stix2validator.validate_string(one, options) for one in judged]) for _ in range(3)
    ]
    speed, parse = count / seconds, parsed / parse_seconds
    judge = JUDGED / min(spent for _, spent in judgings)
    return {
        "objects": count,
        "seed": SEED,
        "objects_per_second": rate(count, seconds),
        "on_one_core": rate(count, one_core),
        "stix2_parse_per_second": round(parse),
        "stix2_validator_per_second": round(judge, 1),
        "against_stix2_parse": met(speed / parse, 20),
        "against_stix2_validator": met(speed / judge, 300),
    }
