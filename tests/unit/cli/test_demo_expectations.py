"""Each expectation of the demo can fail: one falsified fact, one broken expectation."""

from typing import Any

import pytest

from backchannel.cli.demonstration.expectations import general
from backchannel.cli.demonstration.facts import Ending, Received
from demo_facts import COPY, MALWARE, RED, REPORT, crossing, facts, judged

STRANGER = "malware--11111111-2f4c-4a53-8f2f-5d4f7e9b6a01"
LEAVING = crossing().judged
ARRIVED = crossing().received
ACCEPTED = crossing().accepted

FALSIFIED: list[tuple[str, dict[str, Any], str]] = [
    ("connected to the threat", {"connected": frozenset({REPORT, RED})}, MALWARE),
    (
        "above the agreed mark",
        {"judged": (judged(MALWARE, "Tidewick", tlp="red"), *LEAVING[1:])},
        MALWARE,
    ),
    ("above the agreed mark", {"received": (Received(MALWARE, "amber+strict"), ARRIVED[1])}, MALWARE),
    ("What the preview showed", {"sealed": 3}, "2 shown and 3 sealed"),
    ("What the preview showed", {"received": (*ARRIVED, Received(STRANGER))}, STRANGER),
    ("What the preview showed", {"received": ARRIVED[:1]}, COPY),
    ("byte for byte", {"accepted": {**ACCEPTED, COPY: "sha256 of something else"}}, COPY),
    ("byte for byte", {"accepted": {**ACCEPTED, STRANGER: "sha256"}}, STRANGER),
    ("byte for byte", {"accepted": {MALWARE: ACCEPTED[MALWARE]}}, COPY),
    (
        "byte for byte",
        {"received": (Received(MALWARE, refused=("poison", "ours")), ARRIVED[1])},
        MALWARE,
    ),
    ("can be found", {"found": (RED,)}, RED),
    ("held before", {"changed": (MALWARE,)}, MALWARE),
    ("came from one party", {"judged": (judged(MALWARE, own=False), *LEAVING[1:])}, MALWARE),
]


def broken(**known: Any) -> list[tuple[str, str]]:
    return [(one.says, one.evidence) for one in general(facts(**known)) if not one.held]


def test_a_story_without_fault_meets_every_expectation() -> None:
    assert broken() == []
    assert len(general(facts())) == 9


@pytest.mark.parametrize(("says", "false", "evidence"), FALSIFIED)
def test_one_falsified_fact_of_a_crossing_breaks_its_expectation(
    says: str, false: dict[str, Any], evidence: str
) -> None:
    (found,) = broken(there=crossing(**false))
    assert says in found[0]
    assert evidence in found[1]


@pytest.mark.parametrize(("says", "false", "evidence"), FALSIFIED)
def test_the_way_back_is_judged_too(says: str, false: dict[str, Any], evidence: str) -> None:
    (found,) = broken(crossings=(crossing(), crossing("Vendor", "Lab", **false)))
    assert says in found[0]
    assert evidence in found[1]


@pytest.mark.parametrize(
    "false", [{"verified": (True, False)}, {"verified": (False, True)}, {"in_force": (False, True)}]
)
def test_an_unverified_card_or_an_agreement_not_in_force_is_noticed(false: dict[str, Any]) -> None:
    (found,) = broken(**false)
    assert "verified" in found[0]


@pytest.mark.parametrize(
    "ending", [Ending("Vendor", "ended", 0, "Sealed 3 objects"), Ending("Vendor", "in force", 2, "disk full")]
)
def test_a_release_after_the_end_is_noticed(ending: Ending) -> None:
    (found,) = broken(endings=(facts().endings[0], ending))
    assert "ended" in found[0]
    assert "Vendor" in found[1]


def test_only_the_first_of_many_faults_are_listed() -> None:
    many = tuple(f"{STRANGER[:-1]}{number}" for number in range(9))
    ((_, evidence),) = broken(there=crossing(found=many))
    assert evidence.count("malware--") == 3
    assert evidence.endswith("and 6 more")
