"""Held reports, and reports in files: which there are, what is known of them, and what is said of the others."""

import io
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from backchannel.core.stix import StixObject
from backchannel.errors import Ambiguous, BadArgument, NotFound
from backchannel.flow.ports import NewObject
from backchannel.formats.generate import Generator
from backchannel.formats.pages import PageReader
from backchannel.formats.press import Known
from backchannel.formats.press_items import read_press
from backchannel.formats.press_text import LARGEST_FILE
from backchannel.node import reports
from backchannel.node.importing import import_files, namespace
from backchannel.node.node import Node
from backchannel.node.reports import MOST_FILES, report_files, reports_of
from press_texts import FLOOD
from two_parties import NOW
from vetting_world import threat

TEXT = "\n\n".join(("The bridge is gone", *FLOOD))
KNOWN = Known(outlet="Example Herald", received_from="a friend")


def write(folder: Path, **texts: str) -> list[Path]:
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text)
    return [folder / f"{name}.txt" for name in texts]


def made(node: Node, text: str) -> StixObject:
    """A press report with an id of this node's, as somebody else says that it is now."""
    make = Generator(namespace(node), NOW + timedelta(days=40_000))
    with PageReader() as pages:
        one = list(read_press(io.BytesIO(text.encode()), make, Known(), pages))[-1].object
    assert one is not None
    return one


def test_held_reports_are_listed_with_what_is_known_of_them(lab: Node, tmp_path: Path) -> None:
    import_files(lab, write(tmp_path, one=TEXT), press=KNOWN)
    import_files(lab, write(tmp_path, two=TEXT + "\n\nMore came later."))
    one, two = reports.all_reports(lab)
    assert (one.report.outlet, one.report.received_from, two.report.received_from) == (
        "Example Herald",
        "a friend",
        "",
    )
    assert reports.held_report(lab, one.held.id[:16]) == one.report
    assert reports.original_file(lab, two.held.id) == (tmp_path / "two.txt").read_bytes()
    with pytest.raises(Ambiguous):
        reports.held_report(lab, "report--")


def test_a_report_of_a_counterpart_was_handed_on_by_it_and_its_text_is_its_file(lab: Node) -> None:
    one = made(lab, TEXT)
    with lab.db.write() as tx:
        tx.holdings.add([NewObject.of(one)], source="c" * 64, now=NOW)
        tx.givers.put([one.id], "somebody else")
    (found,) = reports.all_reports(lab)
    assert found.report.received_from == found.held.source_name != "somebody else"
    assert reports.original_file(lab, one.id) == TEXT.encode()


def test_our_own_report_comes_before_anothers_of_the_same_id(lab: Node, tmp_path: Path) -> None:
    with lab.db.write() as tx:
        tx.holdings.add([NewObject.of(made(lab, TEXT))], source="c" * 64, now=NOW)
    import_files(lab, write(tmp_path, one=TEXT), press=KNOWN)
    (found,) = reports.all_reports(lab)
    assert found.held.own
    assert found.report.outlet == "Example Herald"


def test_another_object_is_no_report(lab: Node) -> None:
    other = threat("Glasswing")
    with lab.db.write() as tx:
        tx.holdings.add([NewObject.of(other)], source=lab.us.key, now=NOW)
    assert reports.all_reports(lab) == []
    with pytest.raises(NotFound, match="is no press report"):
        reports.held_report(lab, other.id)
    with pytest.raises(NotFound):
        reports.held_report(lab, "report--1")


def test_a_report_is_read_with_its_newsroom_and_its_doubts(lab: Node, tmp_path: Path) -> None:
    text = f"{TEXT}\n\nReuters reported that it had been closed.\n\n“It was not, the mayor told this newspaper."
    import_files(lab, write(tmp_path, one=text), press=KNOWN)
    (one,) = reports.all_reports(lab)
    found = reports.read_report(lab, one.held.id)
    assert found.newsroom.collected
    assert [credit.outlet.name for credit in found.credits] == ["Reuters"]
    assert [doubt.rule for doubt in found.doubts] == ["unbalanced-quotes"]


def test_files_of_folders_are_those_with_reports_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("z.txt", "a.HTML", "b/m.htm", "README.txt", "LICENSE", "x.md", ".hidden.txt", "case.json"):
        (tmp_path / name).write_text(TEXT)
    found = report_files([str(tmp_path), str(tmp_path / "x.md"), str(tmp_path / "z.txt")])
    assert [str(path.relative_to(tmp_path)) for path in found] == ["a.HTML", "b/m.htm", "z.txt", "x.md"]


def test_a_folder_without_reports_says_so_and_so_does_one_with_too_many(tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match=r"there is no press report \(.txt, .html or .htm\)"):
        report_files([str(tmp_path)])
    with pytest.raises(BadArgument, match="there is no file or folder"):
        report_files([str(tmp_path / "nothing")])
    for number in range(MOST_FILES + 1):
        (tmp_path / f"{number}.txt").touch()
    with pytest.raises(BadArgument, match="501 files are too many"):
        report_files([str(tmp_path)])


def test_a_file_that_cannot_be_read_is_named_and_its_neighbours_are_read(tmp_path: Path) -> None:
    paths = write(tmp_path, one=TEXT, two=" \n", three=TEXT)
    (tmp_path / "huge.txt").write_bytes(b"")
    with (tmp_path / "huge.txt").open("r+b") as file:
        file.truncate(10 * LARGEST_FILE)
    (tmp_path / "one").mkdir()
    again = write(tmp_path / "one", one=TEXT)
    taken, refused = reports_of([*paths, tmp_path / "huge.txt", tmp_path / "none.txt", *again], KNOWN)
    assert [one.report.name for one in taken] == [str(paths[0]), "three.txt", str(again[0])]
    assert [one.report.received_from for one in taken] == ["a friend"] * 3
    assert [(Path(one.file).name, one.rule) for one in refused] == [
        ("two.txt", "unreadable-file"),
        ("huge.txt", "report-too-long"),
        ("none.txt", "unreadable-file"),
    ]


def test_what_is_said_of_reports_holds_for_all_files_and_makes_them_reports(lab: Node, tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text(TEXT)
    assert [one.rule for one in import_files(lab, [path]).refused] == ["unreadable-file"]
    assert import_files(lab, [path], press=msgspec.structs.replace(KNOWN, outlet="")).added == 2
