"""The TAXII client against medallion, a server that others wrote: all objects arrive once, and pushing works."""

from pathlib import Path
from typing import Any

import pytest

from case import LINK, MALWARE, indicator, stix, write_bundle
from command import Desk
from medallion_server import PASSWORD, USER, WRITE, medallion
from taxii_server import date

MARK = {
    "type": "marking-definition",
    "spec_version": "2.1",
    "id": "marking-definition--00000099-1c57-4f0e-9d8b-2c1b7d3e4a01",
    "created": "2026-10-05T08:00:00.000Z",
    "definition_type": "statement",
    "definition": {"statement": "Reserved names only"},
}


def small_attack() -> list[dict[str, Any]]:
    """A set like ATT&CK: techniques, groups, software, relationships, a marking, all under reserved names."""
    techniques = [stix("attack-pattern", 100 + n, name=f"Technique {n}") for n in range(40)]
    groups = [stix("intrusion-set", 200 + n, name=f"Group {n}", aliases=[f"G{n}.example"]) for n in range(10)]
    tools = [stix("malware", 300 + n, name=f"Malware {n}", is_family=True) for n in range(15)]
    uses = [
        stix(
            "relationship",
            1000 + n,
            relationship_type="uses",
            source_ref=groups[n % 10]["id"],
            target_ref=[*techniques, *tools][n % 55]["id"],
        )
        for n in range(60)
    ]
    return [MARK, *techniques, *groups, *tools, *uses]


@pytest.fixture
def lab(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path, "lab")
    desk("init", "--name", "Lab")
    (tmp_path / "password").write_text(PASSWORD + "\n")
    return desk


def proofs() -> list[str]:
    return ["--user", USER, "--password-file", "password"]


@pytest.mark.parametrize("same_date", [False, True], ids=["one after the other", "all at once"])
def test_every_object_arrives_once(lab: Desk, tmp_path: Path, same_date: bool) -> None:
    objects = small_attack()
    # `date` counts in seconds; several objects share one, as a bulk load gives them.
    dated = [(date(0 if same_date else n // 7), one) for n, one in enumerate(objects)]
    with medallion(tmp_path, dated, page=20) as server:
        (report, other) = lab.json("taxii", "pull", server.url, *proofs())["collections"]
        assert (report["title"], report["read"], report["added"]) == ("ATT&CK-like", len(objects), len(objects))
        assert (report["refused"], report["problem"], other["read"]) == ([], None, 0)
        (again, _) = lab.json("taxii", "pull", server.url, *proofs())["collections"]
        assert (again["read"], again["problem"], again["since"]) == (0, None, dated[-1][0])
    held = lab.json("holdings", "list")
    assert sorted(one["id"] for one in held) == sorted(one["id"] for one in objects)
    assert {one["own"] for one in held} == {False}


def test_a_session_that_expires_between_pages_costs_no_object(lab: Desk, tmp_path: Path) -> None:
    """The server forgets its cursors after a moment: the client goes on by date."""
    forget = (
        "from medallion.backends.memory_backend import MemoryBackend as B\n"
        "get = B.get_next\n"
        "def once_in_a_while(self, *a):\n"
        "    self.count = getattr(self, 'count', 0) + 1\n"
        "    if self.count % 3 == 0: self.next.clear()\n"
        "    return get(self, *a)\n"
        "B.get_next = once_in_a_while\n"
    )
    objects = small_attack()
    dated = [(date(n // 7), one) for n, one in enumerate(objects)]
    with medallion(tmp_path, dated, page=20, prepare=forget) as server:
        (report, _) = lab.json("taxii", "pull", server.url, *proofs())["collections"]
    assert (report["added"], report["problem"]) == (len(objects), None)


def test_what_is_pushed_can_be_read_by_another(lab: Desk, tmp_path: Path) -> None:
    known = [indicator(n, f"[domain-name:value = 'h{n}.example']") for n in range(50)]
    write_bundle(tmp_path / "own.json", MALWARE, *known)
    lab("import", "own.json")
    vendor = Desk(tmp_path, "vendor")
    vendor("init", "--name", "Vendor")
    with medallion(tmp_path, []) as server:
        pushed = lab.json("taxii", "push", server.url, *proofs(), "--collection", "drop box")
        assert (pushed["id"], pushed["objects"], pushed["succeeded"], pushed["failed"]) == (WRITE, 51, 51, [])
        (_, report) = vendor.json("taxii", "pull", server.url, *proofs())["collections"]
        assert report["added"] == 51
        again = lab.json("taxii", "push", server.url, *proofs(), "--collection", WRITE, "--type", "malware", code=3)
    assert [one["id"] for one in again["failed"]] == [MALWARE["id"]]
    assert {one["id"] for one in vendor.json("holdings", "list")} == {MALWARE["id"], *(one["id"] for one in known)}


def test_a_collection_that_cannot_be_written_is_refused(lab: Desk, tmp_path: Path) -> None:
    write_bundle(tmp_path / "own.json", MALWARE, LINK)
    lab("import", "own.json", code=None)
    with medallion(tmp_path, []) as server:
        refused = lab("taxii", "push", server.url, *proofs(), "--collection", "ATT&CK-like", code=2)
    assert "may not be written" in refused.err


def test_a_wrong_password_is_said_and_not_shown(lab: Desk, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a wrong secret\n")
    with medallion(tmp_path, []) as server:
        refused = lab("taxii", "pull", server.url, *proofs(), code=2)
    assert "status 401" in refused.err
    assert "wrong secret" not in refused.err
