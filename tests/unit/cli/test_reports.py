"""Reports and sources on the screen: what is set aside beside what counts, and nothing that a text could feign."""

import unicodedata
from pathlib import Path

import pytest

from command import Command, Result
from press_texts import FLOOD

HOSTILE = (
    "The bridge is gone\u202e\x1b[31m",
    *FLOOD,
    "   teaser | Read more: this is the story, said the \x1b[2Jmayor, and no line of it is set aside by anybody.",
    "[bold red]The mill[/] is lost, and \u2028so are the barns\x9b, the miller said on the morning after it.",
    "Read more: the flood of last year",
)
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@pytest.fixture
def desk(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Commands on a new node, in its folder."""
    monkeypatch.chdir(tmp_path)

    def typed(*words: object) -> Result:
        return command("--home", tmp_path / "node", *words)

    typed("init", "--name", "Human Rights Lab")
    return typed


def test_nothing_held_says_so(desk: Command) -> None:
    assert "No press report is held" in desk("report", "list").out
    assert "all have the letter F" in desk("source", "list").out


def test_a_text_cannot_steer_the_screen_that_shows_it(desk: Command, tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text("\n\n".join(HOSTILE))
    assert desk("import", "story.txt", "--outlet", "Example Herald").code == 0
    for shown in (desk("report", "list").out, desk("report", "show", "report--").out):
        assert not [one for one in shown if one != "\n" and unicodedata.category(one) in HIDDEN]
        assert "The bridge is gone" in shown
    lines = [line for line in desk("report", "show", "report--").out.splitlines() if " | " in line[:13]]
    margins = [line.partition(" | ")[0].strip() for line in lines]
    assert margins == ["", "", "", "", "", "", "", "teaser"]
    assert "[bold red]The mill[/]" in lines[5]


def test_a_long_line_is_shown_whole(desk: Command, tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text(" ".join(f"The {number} barns are lost." for number in range(2_000)))
    desk("import", "story.txt")
    shown = desk("report", "show", "report--").out
    assert "…" not in shown
    assert "1999 barns" in shown


def test_what_a_text_shows_of_itself_is_told_apart_from_what_is_known(desk: Command, tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text(
        "\n\n".join(("EXEPORT (Reuters) - The bridge is gone, and nobody was hurt.", *FLOOD))
    )
    desk("import", "story.txt")
    shown = desk("report", "show", "report--").out
    assert "outlet        unknown\n              by its text Reuters\n" in shown
    assert "published     unknown" in shown
    assert "received from" not in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--as", "novel"), "--as is 'novel'"),
        (("--outlet", " "), "--outlet is ' '"),
        (("--outlet", "a\u202eb"), "--outlet is 'a\\u202eb'"),
        (("--received-from", "x" * 300), "--received-from is"),
        (("--url", "herald.example.com"), "--url is 'herald.example.com'"),
        (("--url", "https://herald.example.com/a b"), "--url is"),
        (("--published", "yesterday"), "--published is 'yesterday'"),
    ],
)
def test_what_cannot_be_known_of_a_report_is_refused(
    desk: Command, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    (tmp_path / "story.txt").write_text("\n\n".join(FLOOD))
    result = desk("import", "story.txt", *options)
    assert result.code == 2
    assert message in result.err
    assert "No press report is held" in desk("report", "list").out


BAD = {
    "empty": (b"", "it is empty"),
    "blank": (b" \n \n", "it is empty"),
    "binary": (b"words \0 words", "binary file"),
    "large": (b"word " * 1_000_001, "may have"),
    "long": (b"word " * 100_000, "may have 262,144"),
    "unknown": (b"words \x81 words", "save it as UTF-8"),
    "page": (b"<html><body></body></html>", "article"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_its_name_and_what_is_wrong(desk: Command, tmp_path: Path, name: str) -> None:
    raw, message = BAD[name]
    (tmp_path / "bad.txt").write_bytes(raw)
    (tmp_path / "good.txt").write_text("\n\n".join(FLOOD))
    result = desk("import", "bad.txt", "good.txt", "--as", "press")
    assert result.code == 3
    assert "bad.txt" in result.out
    assert message in result.out
    assert "2 added" in result.out


def test_a_report_that_is_not_english_is_taken_in_and_that_is_said(desk: Command, tmp_path: Path) -> None:
    words = (
        "Der Fluss stieg in der Nacht um zwei Meter und nahm die alte Brücke mit, bevor jemand sie sperren konnte. "
    )
    (tmp_path / "story.txt").write_text(words * 3)
    result = desk("import", "story.txt")
    assert result.code == 0
    assert "not-english" in result.err
    assert "does not seem to be English" in desk("report", "show", "report--").err


def test_a_source_is_graded_shown_and_listed(desk: Command) -> None:
    assert "Example Herald: B, usually reliable source." in desk("source", "grade", "Example Herald", "B").out
    assert "It was B." in desk("source", "grade", "example herald", "C", "--because", "It was wrong.").out
    assert "It was wrong." in desk("source", "list").out
    assert desk("source", "show", "EXAMPLE HERALD").out.count("\n") == 4
    assert desk("source", "show", "Nobody").code == 2
    assert desk("source", "grade", "Nobody", "X").code == 2
    assert desk("source", "grade", "Nobody", "A", "--party").code == 2
