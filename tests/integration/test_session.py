"""The session of the README, command by command, on published intelligence.

One story: the tests stay together and in their order, for what one of them does the next one finds.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from command import Desk, agree, introduce
from paths import SHARED_DATA, needs_shared_data

pytestmark = [needs_shared_data, pytest.mark.xdist_group("session")]

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


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Desk, str]:
    """Both nodes with an agreement in force, and nothing released yet."""
    folder: Path = tmp_path_factory.mktemp("session")
    a, b = introduce(folder)
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
    return a, b, agreement


def test_exactly_the_agreed_objects_cross_and_nothing_else(session: tuple[Desk, Desk, str]) -> None:
    a, b, agreement = session
    preview = a.json("preview", agreement)
    assert preview["release"] == 343 + 343 + 1
    assert preview["reduce"] == 0
    assert preview["rules"]["scope"]["failed"] > 7_000
    a("release", agreement)
    assert a.json("sync")["sent"] >= 1
    synced = b.json("sync")
    assert (synced["held"], synced["refused"]) == (687, 0)
    listed = b.json("inbox", "list")
    assert Counter(one["type"] for one in listed) == {"indicator": 343, "relationship": 343, "malware": 1}
    assert {one["tlp"] for one in listed} == {"amber"}
    b("inbox", "accept", "--all")
    held = b.json("holdings", "list", "--source", "Human Rights Lab")
    assert {one["id"] for one in held} == {one["id"] for one in bundle_objects("cytrox.stix2")}


def test_objects_arrive_byte_for_byte(session: tuple[Desk, Desk, str]) -> None:
    _, b, _ = session
    exported = b("holdings", "export", "--source", "Human Rights Lab").out
    assert {one["id"]: one for one in json.loads(exported)["objects"]} == {
        one["id"]: one for one in bundle_objects("cytrox.stix2")
    }


def test_nothing_of_what_stayed_is_in_the_receivers_folder(session: tuple[Desk, Desk, str]) -> None:
    _, b, _ = session
    stored = b"".join(path.read_bytes() for path in b.home.rglob("*") if path.is_file())
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


def test_the_red_object_stays_and_says_why(session: tuple[Desk, Desk, str]) -> None:
    a, _, agreement = session
    (trace,) = a.json("preview", agreement, "--object", RED["id"])
    assert trace["outcome"] == "withhold"
    assert [v["rule"] for v in trace["verdicts"] if v["outcome"] == "fail"] == ["marking"]


def test_the_counterparts_own_indicators_cross_the_other_way(session: tuple[Desk, Desk, str]) -> None:
    a, b, agreement = session
    b("release", agreement)
    b("sync")
    a("sync")
    listed = a.json("inbox", "list")
    assert {one["source"] for one in listed} == {"Vendor Research"}
    own = b.json("holdings", "list", "--source", "own", "--type", "indicator")
    assert {one["id"] for one in listed if one["type"] == "indicator"} == {one["id"] for one in own}
    assert not {one["id"] for one in listed} & {one["id"] for one in bundle_objects("cytrox.stix2")}


def test_ending_the_agreement_stops_the_next_release_at_once(session: tuple[Desk, Desk, str]) -> None:
    a, b, agreement = session
    a("agreement", "end", agreement)
    refused = a("release", agreement, code=2)
    assert "ended" in refused.err
    a("sync")
    b("sync")
    assert [one["state"] for one in b.json("agreement", "list")] == ["ended"]
    assert "ended" in b("release", agreement, code=2).err
