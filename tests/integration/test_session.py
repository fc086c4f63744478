"""The session of the README, command by command, on published intelligence."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from command import Desk, NearDesk, agree, introduce
from paths import SHARED_DATA, needs_shared_data

pytestmark = needs_shared_data

TERMS = """
[scope]
threats = ["Predator"]
types = ["indicator", "malware", "relationship"]
[handling]
tlp_max = "amber"
"""

RED = {
    "type": "indicator",
    "spec_version": "2.1",
    "id": "indicator--5b0f5d0c-6e0f-4a55-9d3e-0d7f5f1a7c11",
    "created": "2026-01-01T00:00:00.000Z",
    "modified": "2026-01-01T00:00:00.000Z",
    "indicator_types": ["malicious-activity"],
    "name": "a name that must stay",
    "pattern": "[domain-name:value = 'withheld.example']",
    "pattern_type": "stix",
    "valid_from": "2026-01-01T00:00:00Z",
    "object_marking_refs": ["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"],
}


def bundle_objects(name: str) -> list[dict[str, object]]:
    return list(json.loads((SHARED_DATA / "amnesty" / name).read_text())["objects"])


class Session(NamedTuple):
    """The story once it is over: both nodes, the agreement, and what commands said at their time."""

    a: Desk
    b: Desk
    agreement: str
    said: dict[str, Any]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The whole session, from the cards to the end of the agreement."""
    folder: Path = tmp_path_factory.mktemp("session")
    a, b = introduce(folder, desk=NearDesk)
    a("import", *sorted((SHARED_DATA / "amnesty").glob("*.stix2")), "--tlp", "amber")
    red = {**RED}
    link = {
        "type": "relationship",
        "spec_version": "2.1",
        "id": "relationship--0d9a3d0a-2f4c-4a53-8f2f-5d4f7e9b6a01",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "relationship_type": "indicates",
        "source_ref": red["id"],
        "target_ref": next(one["id"] for one in bundle_objects("cytrox.stix2") if one["type"] == "malware"),
    }
    (folder / "red.json").write_text(
        json.dumps({"type": "bundle", "id": "bundle--3e0d7a0e-0c58-4c3c-8c0c-2f1d3a4b5c6d", "objects": [red, link]})
    )
    a("import", "red.json")
    b("import", SHARED_DATA / "maltrail" / "predatory.txt", "--threat", "Predator", "--tlp", "green", code=None)
    agreement = agree(a, b, TERMS)
    said: dict[str, Any] = {"preview": a.json("preview", agreement)}
    said["red"] = a.json("preview", agreement, "--object", RED["id"])
    a("release", agreement)
    said["sent"], said["synced"] = a.json("sync"), b.json("sync")
    said["waiting"] = b.json("inbox", "list")
    b("inbox", "accept", "--all")
    said["accepted"] = b.json("holdings", "list", "--source", "Human Rights Lab")
    said["exported"] = b("holdings", "export", "--source", "Human Rights Lab").out
    b("release", agreement)
    b("sync")
    a("sync")
    said["back"] = a.json("inbox", "list")
    a("agreement", "end", agreement)
    said["refused"] = a("release", agreement, code=2).err
    a("sync")
    b("sync")
    return Session(a, b, agreement, said)


def test_exactly_the_agreed_objects_cross_and_nothing_else(session: Session) -> None:
    said = session.said
    assert said["preview"]["release"] == 343 + 343 + 1
    assert said["preview"]["reduce"] == 0
    assert said["preview"]["rules"]["scope"]["failed"] > 7_000
    assert said["sent"]["sent"] >= 1
    assert (said["synced"]["held"], said["synced"]["refused"]) == (687, 0)
    kinds = Counter(one["type"] for one in said["waiting"])
    assert kinds == {"indicator": 343, "relationship": 343, "malware": 1}
    assert {one["tlp"] for one in said["waiting"]} == {"amber"}
    assert {one["id"] for one in said["accepted"]} == {one["id"] for one in bundle_objects("cytrox.stix2")}


def test_objects_arrive_byte_for_byte(session: Session) -> None:
    arrived = {one["id"]: one for one in json.loads(session.said["exported"])["objects"]}
    assert arrived == {one["id"]: one for one in bundle_objects("cytrox.stix2")}


def test_nothing_of_what_stayed_is_in_the_receivers_folder(session: Session) -> None:
    stored = b"".join(path.read_bytes() for path in session.b.home.rglob("*") if path.is_file())
    others = [
        one
        for name in ("pegasus.stix2", "malware.stix2", "wintego_helios.stix2", "novispy.stix2")
        for one in bundle_objects(name)
    ]
    assert len([one for one in others if one["type"] == "indicator"]) == 3_929
    assert not [one["id"] for one in others if str(one["id"]).encode() in stored]
    assert str(RED["id"]).encode() not in stored
    assert b"withheld.example" not in stored
    assert str(RED["name"]).encode() not in stored
    assert b"MercenarySpywareCampaign" not in stored


def test_the_red_object_stays_and_says_why(session: Session) -> None:
    (trace,) = session.said["red"]
    assert trace["outcome"] == "withhold"
    assert [v["rule"] for v in trace["verdicts"] if v["outcome"] == "fail"] == ["marking"]


def test_the_counterparts_own_indicators_cross_the_other_way(session: Session) -> None:
    back = session.said["back"]
    assert {one["source"] for one in back} == {"Vendor Research"}
    own = session.b.json("holdings", "list", "--source", "own", "--type", "indicator")
    assert {one["id"] for one in back if one["type"] == "indicator"} == {one["id"] for one in own}
    assert not {one["id"] for one in back} & {one["id"] for one in bundle_objects("cytrox.stix2")}


def test_ending_the_agreement_stops_the_next_release_at_once(session: Session) -> None:
    assert "ended" in session.said["refused"]
    assert [one["state"] for one in session.b.json("agreement", "list")] == ["ended"]
    assert "ended" in session.b("release", session.agreement, code=2).err
