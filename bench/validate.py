"""Decode and validate all of ATT&CK, against stix2.parse and stix2-validator on samples of it."""

import json
import random

import stix2
import stix2validator

from backchannel.formats.schemas import Stix21Validator
from backchannel.formats.stix import read_bundle
from bench.measure import ATTACK, NO_DATA, met, rate, timed

SEED = 7
PARSED = 1_500
JUDGED = 60


def run() -> dict[str, object]:
    if not ATTACK.exists():
        return NO_DATA
    validate = Stix21Validator()
    validate({"type": "identity", "id": "x"})  # compiled before the clock starts, as in a running node

    def ours() -> int:
        count = 0
        with ATTACK.open("rb") as file:
            for item in read_bundle(file):
                if item.object is not None:
                    validate(item.object.value)
                count += 1
        return count

    count, seconds = timed(ours, best_of=3)
    objects = json.loads(ATTACK.read_bytes())["objects"]
    sample = random.Random(SEED).sample(objects, PARSED)
    _, parse_seconds = timed(lambda: [stix2.parse(one, allow_custom=True) for one in sample])
    judged = sample[:JUDGED]
    options = stix2validator.ValidationOptions(version="2.1")
    _, judge_seconds = timed(lambda: [stix2validator.validate_instance(one, options) for one in judged])
    speed, parse, judge = count / seconds, PARSED / parse_seconds, JUDGED / judge_seconds
    return {
        "objects": count,
        "seed": SEED,
        "objects_per_second": rate(count, seconds),
        "stix2_parse_per_second": round(parse),
        "stix2_validator_per_second": round(judge, 1),
        "against_stix2_parse": met(speed / parse, 20),
        "against_stix2_validator": met(speed / judge, 300),
    }
