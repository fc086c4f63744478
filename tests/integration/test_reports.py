"""Press reports from file to counterpart: what crosses is the text, and nothing that must stay."""

from pathlib import Path

import pytest

from case import KNOWN, LINK, MALWARE, RED, write_bundle
from command import Desk, NearDesk, agree, introduce
from press_pages import PARAGRAPHS, page
from press_texts import FLOOD

TERMS = '[scope]\nthreats = ["Glasswing"]\ntypes = ["malware", "indicator", "relationship", "report", "identity"]\n'
TEXT = "\r\n\r\n".join(("The bridge is gone", *FLOOD)) + "\n"
GIVER = "a friend at the harbour"


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Desk]:
    """What the lab imported and released, accepted by the vendor."""
    folder: Path = tmp_path_factory.mktemp("reports")
    lab, vendor = introduce(folder, desk=NearDesk)
    write_bundle(folder / "case.json", MALWARE, KNOWN, LINK, RED)
    (folder / "story.txt").write_bytes(TEXT.encode())
    (folder / "story.html").write_bytes(page())
    (folder / "secret.txt").write_text(f"{TEXT}\nIts host was quiet.glasswing.example, the miller said.\n")
    (folder / "aside.txt").write_text(TEXT + "It has no threat.\n")
    lab("import", "case.json")
    known = ("--outlet", "Example Herald", "--published", "2026-11-20T06:30Z", "--received-from", GIVER)
    lab("import", "story.txt", "secret.txt", "--threat", "Glasswing", *known)
    lab("import", "story.html", "--threat", "Glasswing")
    lab("import", "aside.txt")
    agreement = agree(lab, vendor, TERMS)
    lab("release", agreement)
    lab("sync")
    vendor("sync")
    vendor("inbox", "accept", "--all")
    return lab, vendor


def headlines(desk: Desk) -> list[str]:
    return [one["headline"] for one in desk.json("report", "list")]


def test_a_report_crosses_with_its_text_to_the_character(desks: tuple[Desk, Desk]) -> None:
    _, vendor = desks
    found = {one["headline"]: one for one in vendor.json("report", "list")}
    assert sorted(found) == ["No ship has left the harbour", "The bridge is gone"]
    story = found["The bridge is gone"]
    assert (story["outlet"], story["published"]) == ("Example Herald", "2026-11-20T06:30:00Z")
    assert (story["own"], story["received_from"]) == (False, "Human Rights Lab")
    shown = vendor.json("report", "show", story["id"])
    assert shown["text"] == TEXT
    assert vendor("report", "show", story["id"], "--raw").out == TEXT
    crossed = vendor.json("report", "show", found["No ship has left the harbour"]["id"])["text"]
    assert [line for line in crossed.splitlines() if line in PARAGRAPHS] == list(PARAGRAPHS)
    assert "<p>" not in crossed


def test_a_report_that_names_what_must_stay_does_not_leave(desks: tuple[Desk, Desk]) -> None:
    lab, vendor = desks
    assert len(headlines(lab)) == 4
    held = b"".join(path.read_bytes() for path in vendor.home.rglob("*") if path.is_file())
    assert b"quiet.glasswing.example" not in held
    assert b"It has no threat" not in held


def test_the_name_of_who_handed_a_report_on_does_not_leave(desks: tuple[Desk, Desk]) -> None:
    lab, vendor = desks
    assert [one["received_from"] for one in lab.json("report", "list")] == [GIVER, GIVER, "", ""]
    for path in vendor.home.rglob("*"):
        assert path.is_dir() or GIVER.encode() not in path.read_bytes()


def test_the_same_file_again_is_held_already_and_news_of_it_is_a_new_version(desks: tuple[Desk, Desk]) -> None:
    lab, _ = desks
    before = lab.json("report", "list")
    assert "nothing new" in lab("import", "aside.txt").out
    lab("import", "aside.txt", "--outlet", "Other Outlet", "--received-from", "somebody")
    after = lab.json("report", "list")
    assert [one["id"] for one in after] == [one["id"] for one in before]
    assert (after[-1]["outlet"], after[-1]["received_from"]) == ("Other Outlet", "somebody")
    assert lab("report", "show", after[-1]["id"], "--raw").out == (lab.folder / "aside.txt").read_bytes().decode()
    assert lab("holdings", "show", after[-1]["id"], "--original").out.endswith("It has no threat.\n")
    lab("import", "aside.txt", "--outlet", "", code=2)


def test_a_page_is_kept_byte_for_byte(desks: tuple[Desk, Desk]) -> None:
    lab, _ = desks
    (one,) = [one for one in lab.json("report", "list") if one["headline"].startswith("No ship")]
    assert lab("report", "show", one["id"], "--raw").out.encode() == page()
