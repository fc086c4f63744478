"""What one node released comes back from another, laundered; and a third confirms what was new. By commands alone."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from case import MALWARE, TERMS, indicator, stix, write_bundle
from command import Desk, NearDesk, agree, introduce, near
from taxii_server import Feed, Server

SEVERAL = "[domain-name:value = 'gate.glasswing.example' AND ipv4-addr:value = '192.0.2.9']"
OURS = (
    indicator(21, "[domain-name:value = 'a.glasswing.example']"),
    indicator(22, SEVERAL),
    indicator(23, "[domain-name:value IN ('c.glasswing.example', 'd.glasswing.example')]"),
)
BACK = (
    indicator(31, "[domain-name:value = 'A.glasswing[.]example']"),
    indicator(32, "[ipv4-addr:value = '192.0.2.9/32' AND domain-name:value = 'gate.glasswing.example']"),
    indicator(33, "[domain-name:value IN ('d.glasswing.example', 'other.example')]"),
    indicator(34, "[domain-name:value = 'new.example']"),
)
FOUND_TOO = indicator(44, "[domain-name:value = 'NEW.example']")


HEADINGS = ["type", "received", "new", "certain", "strong", "possible", "poison", "confirmed", "revoked"]


class Told(NamedTuple):
    """Three desks after everything was told, and the ids that came back to the first."""

    lab: Desk
    vendor: Desk
    third: Desk


def tied(number: int, *indicators: dict[str, Any]) -> list[dict[str, Any]]:
    """Indicators of a threat that one desk calls by its own id."""
    threat = {**MALWARE, "id": f"malware--{number:08d}-1c57-4f0e-9d8b-2c1b7d3e4a01"}
    ties = [
        stix(
            "relationship",
            number + place,
            relationship_type="indicates",
            source_ref=one["id"],
            target_ref=threat["id"],
        )
        for place, one in enumerate(indicators)
    ]
    return [threat, *indicators, *ties]


def tell(desk: Desk, to: Desk, agreement: str, number: int, *indicators: dict[str, Any]) -> None:
    write_bundle(desk.folder / f"{number}.json", *tied(number, *indicators))
    desk("import", f"{number}.json")
    desk("release", agreement)
    desk("sync")
    to("sync")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder: Path = tmp_path_factory.mktemp("echo")
    lab, vendor = introduce(folder, desk=NearDesk)
    third = NearDesk(folder, "C")
    third("init", "--name", "Cedar Desk")
    (folder / "c.card").write_text(third("card", "export").out)
    lab("party", "add", "c.card", "--carrier", "folder:DROP")
    third("party", "add", "a.card", "--carrier", "folder:DROP")
    to_vendor = agree(lab, vendor, TERMS)
    to_third = agree(lab, third, TERMS, to="Cedar Desk")
    tell(lab, vendor, to_vendor, 100, *OURS)
    tell(vendor, lab, to_vendor, 200, *BACK)
    tell(third, lab, to_third, 300, FOUND_TOO)
    return Told(lab, vendor, third)


def test_each_that_came_back_has_its_tier(told: Told) -> None:
    waiting = {one["id"]: one for one in told.lab.json("inbox", "list", "--party", "Vendor Research")}
    echoes = [waiting[one["id"]]["echo"] for one in BACK]
    assert [echo and echo["tier"] for echo in echoes] == ["strong", "strong", "possible", None]
    first, second, third, _ = echoes
    assert [one["rule"] for one in first["reasons"]] == ["went-to-them"]
    assert [one["rule"] for one in second["reasons"]] == ["same-pattern", "went-to-them"]
    assert [one["rule"] for one in third["reasons"]] == ["shared-value"]
    assert [one["object"] for one in (first["reasons"][0], second["reasons"][0], third["reasons"][0])] == [
        one["id"] for one in OURS
    ]
    assert first["reasons"][0]["to"] == "Vendor Research"


def test_the_officer_reads_the_tier_in_the_list_and_the_reasons_with_the_object(told: Told) -> None:
    listed = told.lab("inbox", "list").out
    assert re.search(r"indicator--00000031 .* echo: strong *$", listed, re.MULTILINE)
    assert re.search(r"indicator--00000033 .* echo: possible *$", listed, re.MULTILINE)
    assert not re.search(r"indicator--00000034 .* echo", listed)
    shown = told.lab("inbox", "show", "indicator--00000032").out
    assert (
        f"  echo      strong - {OURS[1]['id']} is the same pattern of 2 parts, and went to Vendor Research on "
        in shown
    )


def test_what_was_accepted_still_says_so(told: Told) -> None:
    told.lab("inbox", "accept", "indicator--00000031")
    shown = told.lab("holdings", "show", "indicator--00000031").out
    assert "  echo      strong - all that it names went to them before, first in indicator--00000021" in shown
    (whole,) = told.lab.json("holdings", "show", "indicator--00000031")
    assert whole["echo"]["tier"] == "strong"
    assert told.lab.json("holdings", "show", "indicator--00000021")[0]["echo"] is None


def test_a_record_says_what_was_new_what_an_echo_and_what_another_confirmed(told: Told) -> None:
    record = told.lab.json("party", "record", "vendor research")
    indicators = next(one for one in record["types"] if one["type"] == "indicator")
    assert (indicators["received"], indicators["new"], indicators["confirmed"]) == (4, 1, 1)
    assert indicators["echo"] == {"certain": 0, "strong": 2, "possible": 1}
    of_third = told.lab.json("party", "record", "Cedar Desk")["types"]
    assert next(one for one in of_third if one["type"] == "indicator")["new"] == 0


def test_a_record_fits_80_columns_and_says_who_gives_the_letter(told: Told) -> None:
    printed = near("--home", told.lab.home, "party", "record", "Vendor Research", cwd=told.lab.folder, columns=80)
    lines = printed.out.splitlines()
    assert lines[1].split() == HEADINGS
    assert ["indicator", "4", "1", "-", "2", "1", "-", "1", "-"] in [line.split() for line in lines]
    assert max(map(len, lines)) <= 80
    assert "source grade" in printed.err


def test_what_a_collection_brings_back_is_judged_too(told: Told) -> None:
    feed = Feed.of([indicator(51, SEVERAL), OURS[0], indicator(52, "[domain-name:value = 'a.glasswing.example']")])
    with Server(feed) as server:
        told.lab("taxii", "pull", server.url)
    tiers = {
        one["source"]: one["echo"] and one["echo"]["tier"]
        for number in (51, 21)
        for one in told.lab.json("holdings", "show", f"indicator--{number:08d}")
        if not one["own"]
    }
    assert set(tiers.values()) <= {"strong", "certain"}
    (several,) = told.lab.json("holdings", "show", "indicator--00000051")
    assert several["echo"]["tier"] == "strong"
    ours = [one["echo"] for one in told.lab.json("holdings", "show", "indicator--00000021") if not one["own"]]
    assert [one["tier"] for one in ours] == ["certain"]
    (one,) = told.lab.json("holdings", "show", "indicator--00000052")
    assert one["echo"]["tier"] == "possible", "whom it was released to does not read for us"
