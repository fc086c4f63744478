"""The tutorial is typed along, command by command, in an empty folder."""

from pathlib import Path

import pytest

from paths import ROOT
from walkthrough import Walk, files, steps

PAGE = (ROOT / "docs" / "tutorial" / "first-exchange.md").read_text()


@pytest.mark.slow
def test_every_command_of_the_tutorial_does_what_the_page_says(tmp_path: Path) -> None:
    walk = Walk(tmp_path, PAGE)
    for step in steps(PAGE):
        walk.take(step)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "birch").rglob("*") if path.is_file())
    assert b"updates.glasswing.example" in stored
    assert b"203.0.113.77" not in stored
    assert b"Marshlight" not in stored


def test_the_transcript_of_the_readme_is_out_of_the_tutorial() -> None:
    """So that what the README shows was really printed."""
    run = {step.command: set(step.expected) for step in steps(PAGE)}
    shown = list(steps((ROOT / "README.md").read_text()))
    assert len(shown) >= 7
    for step in shown:
        assert set(step.expected) <= run[step.command], step.command


def test_the_tutorial_has_its_files_and_commands() -> None:
    assert set(files(PAGE)) == {"alder.json", "glasswing.txt"}
    assert len(list(steps(PAGE))) > 40


def test_a_line_that_the_page_does_not_have_right_is_noticed(tmp_path: Path) -> None:
    page = "```console\n$ echo a line\nanother line\n```\n"
    with pytest.raises(AssertionError, match="does not print 'another line'"):
        Walk(tmp_path, page).take(next(steps(page)))


def test_a_command_that_fails_is_noticed(tmp_path: Path) -> None:
    page = "```console\n$ false\n```\n"
    with pytest.raises(AssertionError, match=r"\$ false"):
        Walk(tmp_path, page).take(next(steps(page)))


def test_an_id_means_the_same_in_the_whole_page(tmp_path: Path) -> None:
    first, second = "1111aaaa2222", "333333333333"
    commands = f"$ echo {first}\n{second}\n$ echo {second}\n{first}\n$ echo 000011112222\n{second}"
    page = f"```console\n{commands}\n```\n"
    walk, (one, other, wrong) = Walk(tmp_path, page), steps(page)
    walk.take(one)
    walk.take(other)
    with pytest.raises(AssertionError, match="does not print"):
        walk.take(wrong)
