"""Our verdicts beside those of stix2-validator, the reference implementation of OASIS, object by object.

Every disagreement is named below with the reason; one more or one less fails the test. Objects of a bundle are
judged one by one, because a bundle with an unusual id is no reason to refuse what is in it.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
import stix2validator as validator

from backchannel.formats.schemas import Stix21Validator
from backchannel.formats.stix import read_bundle
from paths import SHARED_DATA, needs_shared_data

FOLDERS = ("conformance", "validation", "spec", "interop", "marking", "graph", "pattern")
WRONG_TYPE = (
    "the specification says which types may be referred to (MUST); stix2-validator looks at it only in 2.0 style"
)

DISAGREEMENTS: Mapping[str, str] = {
    "spec/sco/directory-contains-wrong-type.json#0": WRONG_TYPE,
    "spec/sco/domain-name-resolves-wrong-type.json#0": WRONG_TYPE,
    "spec/sco/ipv4-addr-resolves-wrong-type.json#0": WRONG_TYPE,
    "marking/custom-object-red.json#1": "section 2.9: an id begins with the type of the object",
    "marking/language-granular.json#0": "section 7.2.3.1: `lang` may take the place of `marking_ref`",
}

PUBLISHED_DISAGREEMENTS: Mapping[str, str] = {
    "configuration-profile:id": "real intelligence under a name of two letters: comes in with a warning",
    "app:id": "real intelligence under a name of two letters: comes in with a warning",
}


@cache
def ours() -> Stix21Validator:
    return Stix21Validator()


def accepted(value: Mapping[str, Any]) -> bool:
    return not any(found.must for found in ours()(value))


def accepted_by_oasis(value: Mapping[str, Any]) -> bool:
    options = validator.ValidationOptions(silent=True)
    try:
        return bool(validator.validate_instance(value, options).is_valid)
    except (validator.ValidationError, KeyError, TypeError, ValueError):  # it breaks on some malformed ids
        return False


def fixtures() -> Iterator[tuple[str, dict[str, Any]]]:
    root = SHARED_DATA / "stix-fixtures"
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.json")):
            value = json.loads(path.read_bytes())
            inside = value.get("objects") if isinstance(value, dict) else value
            for index, each in enumerate(inside if isinstance(inside, list) else [value]):
                yield f"{path.relative_to(root).as_posix()}#{index}", each


@needs_shared_data
@pytest.mark.slow
def test_every_disagreement_on_the_fixtures_is_known_by_name() -> None:
    cases = list(fixtures())
    assert len(cases) > 500
    differing = {name for name, value in cases if accepted(value) != accepted_by_oasis(value)}
    assert differing == set(DISAGREEMENTS)


@needs_shared_data
def test_the_fixtures_meant_to_be_refused_for_one_fault_are_refused_for_it() -> None:
    expected = {
        "validation/bundle-bad-capec.json#0": "schema:pattern",
        "validation/bundle-bad-cve.json#0": "schema:pattern",
        "validation/bundle-bad-encryption.json#0": "schema:enum",
        "validation/bundle-granular-selector-invalid.json#0": "selector",
        "spec/sco/file-name-enc-invalid.json#0": "character-set",
        "spec/sdo/indicator-valid-until-before-from.json#0": "valid-until-not-after-valid-from",
        "spec/sro/relationship-stop-before-start.json#0": "stop-time-not-after-start-time",
        "spec/sdo/campaign-last-seen-before-first-seen.json#0": "last-seen-before-first-seen",
    }
    cases = dict(fixtures())
    for name, rule in expected.items():
        assert rule in {found.rule for found in ours()(cases[name]) if found.must}, name


@needs_shared_data
@pytest.mark.parametrize("folder", ["amnesty", "attack"])
def test_everything_that_publishers_issued_as_2_1_comes_in(folder: str) -> None:
    count = 0
    for path in sorted((SHARED_DATA / folder).iterdir()):
        if path.suffix not in {".json", ".stix2"}:
            continue
        with path.open("rb") as stream:
            for item in read_bundle(stream):
                assert item.object is not None, item.fault
                assert accepted(item.object.value), (item.object.id, ours()(item.object.value))
                count += 1
    assert count > 8_000


@needs_shared_data
@pytest.mark.slow
def test_on_a_sample_of_published_objects_only_short_property_names_are_judged_otherwise() -> None:
    differing = set()
    for path in sorted((SHARED_DATA / "amnesty").glob("*.stix2")):
        objects = json.loads(path.read_bytes())["objects"]
        odd = [each for each in objects if any(name in each.get("pattern", "") for name in PUBLISHED_DISAGREEMENTS)]
        for value in [*odd, *objects[::100]]:
            if accepted(value) != accepted_by_oasis(value):
                differing.add(next(n for n in PUBLISHED_DISAGREEMENTS if n in value["pattern"]))
    assert differing == set(PUBLISHED_DISAGREEMENTS)
