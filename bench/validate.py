"""Decode and validate all of ATT&CK, against stix2.parse on the same file and stix2-validator on a sample of it."""

import json
import random

import stix2
import stix2validator

from backchannel.flow.collector import collector_paused
from backchannel.formats.schemas import Stix21Validator
from backchannel.formats.stix import read_bundle
from bench.measure import ATTACK, NO_DATA, met, rate, timed

SEED = 7
JUDGED = 60


def run() -> dict[str, object]:
    if not ATTACK.exists():
        return NO_DATA
    validate = Stix21Validator()

    @collector_paused()
    def ours() -> int:
        count = 0
        with ATTACK.open("rb") as file:
            for item in read_bundle(file):
                if item.object is not None:
                    validate(item.object.value)
                count += 1
        return count

    ours()  # the schemas are compiled before the clock starts, as in a running node
    count, seconds = timed(ours, best_of=3)
    text = ATTACK.read_text()
    parsed, parse_seconds = timed(lambda: len(stix2.parse(text, allow_custom=True).objects))
    judged = [json.dumps(one) for one in random.Random(SEED).sample(json.loads(text)["objects"], JUDGED)]
    options = stix2validator.ValidationOptions(version="2.1")
    _, judge_seconds = timed(lambda: [stix2validator.validate_string(one, options) for one in judged], best_of=2)
    speed, parse, judge = count / seconds, parsed / parse_seconds, JUDGED / judge_seconds
    return {
        "objects": count,
        "seed": SEED,
        "objects_per_second": rate(count, seconds),
        "stix2_parse_per_second": round(parse),
        "stix2_validator_per_second": round(judge, 1),
        "against_stix2_parse": met(speed / parse, 20),
        "against_stix2_validator": met(speed / judge, 300),
    }
