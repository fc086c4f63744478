"""`assess` as an analyst uses it: on files, on held reports, with a grade of one's own, and with bad input."""

import json
from pathlib import Path
from typing import Any

import pytest

from command import Desk, NearDesk, agree, introduce, near
from heard import CLAIM
from outcome import REPORTS
from press_pages import page

QUESTION = ("--question", CLAIM)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder: Path = tmp_path_factory.mktemp("assess")
    found = NearDesk(folder, "A")
    found("init", "--name", "Alder CERT")
    press = folder / "press"
    press.mkdir()
    for name, text in REPORTS.items():
        (press / name).write_text(text)
    return found


def test_the_answer_comes_first_and_every_count_has_its_sentences(desk: Desk) -> None:
    lines = desk("assess", "press", *QUESTION).out.splitlines()

    assert lines[0].strip() == CLAIM
    assert lines[2].split()[:3] == ["answer", "3", "reports,"]
    assert any(line.strip().startswith("denies") and "Birchland" in line for line in lines)
    assert any("“The government of Birchland denied that Alderland sells water" in line for line in lines)
    assert any("copy.txt" in line and "post.txt" in line for line in lines)


def test_json_says_the_same(desk: Desk) -> None:
    answer = desk.json("assess", "press", *QUESTION)["answer"]

    assert answer["reports"] == 3
    assert answer["affirming_organisations"] == answer["origins"] == [1, 1]
    assert answer["denied_by"] == ["government of Birchland"]
    assert answer["grade"]["proposed"] == "F4"


def test_without_a_question_it_suggests_some(desk: Desk) -> None:
    found = desk.json("assess", "press")

    assert found["answer"] is None
    assert any("sells water" in one["claim"] for one in found["suggestions"])
    assert "to be asked with --question" in desk("assess", "press").out


def test_without_a_node_nothing_is_on_record_and_nothing_can_be_set(tmp_path: Path, desk: Desk) -> None:
    command = ("--home", tmp_path / "none", "assess", desk.folder / "press", *QUESTION)

    assert "there is no node here" in near(*command, cwd=tmp_path).err
    assert "backchannel init" in near(*command, "--grade", "B2", "--because", "x", cwd=tmp_path, code=2).err


def test_the_letter_comes_from_the_record_and_the_digit_does_not_move(desk: Desk) -> None:
    desk("source", "grade", "Anna Quill", "B", "--because", "right twice")
    grade = desk.json("assess", "press", *QUESTION)["answer"]["grade"]
    desk("source", "grade", "Anna Quill", "F")

    assert (grade["reliability"], grade["credibility"]) == ("B", "4")
    assert any("right twice" in reason for reason in grade["reasons"])


def test_an_analysts_grade_is_recorded_and_holds_for_those_reports_only(desk: Desk) -> None:
    pair = ("assess", "press/courier.txt", "press/post.txt", *QUESTION)
    desk(*pair, "--grade", "B2", "--because", "We saw the pipes.", "--by", "K. Lind")
    again, other = desk.json(*pair)["answer"]["grade"], desk.json("assess", "press", *QUESTION)["answer"]["grade"]
    (record,) = desk.json("assessment", "list")

    assert (again["reliability"], again["credibility"], again["proposed"]) == ("B", "2", "F4")
    assert again["because"] == "We saw the pipes. (K. Lind)"
    assert other["reliability"] == "F"
    assert (record["grade"], record["proposed"], record["question"]) == ("B2", "F4", CLAIM)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--grade", "Z9", "--because", "x"), "is not a grade"),
        (("--grade", "B2"), "--because"),
        (("--tlp", "purple", "--html", "x.html"), "--tlp"),
    ],
)
def test_bad_options_say_what_to_do(desk: Desk, options: tuple[str, ...], what: str) -> None:
    assert what in desk("assess", "press", *QUESTION, *options, code=2).err


@pytest.mark.parametrize("question", ["", "  ", "x" * 501])
def test_a_question_that_is_none(desk: Desk, question: str) -> None:
    assert "--question" in desk("assess", "press", "--question", question, code=2).err


def test_no_report_at_all(desk: Desk) -> None:
    assert "there is no report to assess" in desk("assess", *QUESTION, code=2).err
    (desk.folder / "nothing").mkdir(exist_ok=True)
    assert "no press report" in desk("assess", "nothing", *QUESTION, code=2).err


def test_what_cannot_be_read_is_told_and_the_others_are_assessed(desk: Desk) -> None:
    (desk.folder / "empty.txt").write_text(" \n")
    (desk.folder / "binary.txt").write_bytes(bytes(range(256)) * 40)
    done = desk("assess", "press", "empty.txt", "binary.txt", *QUESTION, code=3)

    assert "answer       3 reports" in done.out
    assert "empty.txt" in done.out + done.err
    assert "binary.txt" in done.out + done.err
    assert desk("assess", "empty.txt", *QUESTION, code=2).err.startswith("error")


def test_a_text_that_is_not_english_says_so(desk: Desk) -> None:
    words = "El agua no se vende a nadie en este lugar de la tierra, dijo el ministro de la ciudad ayer por la noche."
    (desk.folder / "other.txt").write_text(words)

    assert "does not seem to be English" in desk("assess", "other.txt", *QUESTION).err


def test_a_saved_page_is_assessed_as_its_text(desk: Desk) -> None:
    (desk.folder / "page.html").write_bytes(page())
    (document,) = desk.json("assess", "page.html", *QUESTION)["documents"]

    assert document["file"] == "page.html"


def test_a_value_is_asked_for_without_reports(desk: Desk) -> None:
    assert "Nothing held tells this value" in desk("assess", "--observable", "nowhere.example.com").out
    assert "takes no FILE" in desk("assess", "press", "--observable", "nowhere.example.com", code=2).err


def test_held_reports_and_their_stix_cross_to_a_counterpart(tmp_path: Path) -> None:
    lab, vendor = introduce(tmp_path, desk=NearDesk)
    (tmp_path / "courier.txt").write_text(REPORTS["courier.txt"])
    (tmp_path / "post.txt").write_text(REPORTS["post.txt"])
    lab("import", "courier.txt", "post.txt", "--threat", "Dry River", "--tlp", "green")
    ids = [one["id"] for one in lab.json("report", "list")]
    asked = ("assess", *ids, *QUESTION, "--tlp", "green", "--threat", "Dry River")
    lab(*asked, "--stix", "answer.json", "--html", "answer.html")
    lab("import", "answer.json")
    terms = '[scope]\nthreats = ["Dry River"]\ntypes = ["malware", "report", "identity", "note", "opinion"]\n'
    agreement = agree(lab, vendor, terms)
    lab("release", agreement)
    lab("sync")
    vendor("sync")
    vendor("inbox", "accept", "--all")
    crossed = {one["type"] for one in vendor.json("holdings", "list")}

    assert {"report", "note", "opinion"} <= crossed
    assert "<script" not in (tmp_path / "answer.html").read_text()


def test_what_a_counterpart_gave_is_not_repeated_in_stix_of_ours_nor_marked_lower(tmp_path: Path) -> None:
    lab, vendor = introduce(tmp_path, desk=NearDesk)
    (tmp_path / "courier.txt").write_text(REPORTS["courier.txt"])
    lab("import", "courier.txt", "--threat", "Dry River", "--tlp", "amber", "--received-from", "Quiet Friend")
    terms = '[scope]\nthreats = ["Dry River"]\ntypes = ["malware", "report", "identity"]\n'
    lab("release", agree(lab, vendor, terms))
    lab("sync")
    vendor("sync")
    vendor("inbox", "accept", "--all")
    (held,) = (one["id"] for one in vendor.json("report", "list"))
    sentence = next(one["sentence"] for party in _parties(vendor, held) for one in party["voices"])

    assert "no less" in vendor("assess", held, *QUESTION, "--stix", "low.json", "--tlp", "clear", code=2).err
    assert "no less" in vendor("assess", held, *QUESTION, "--html", "low.html", "--tlp", "clear", code=2).err
    vendor("assess", held, *QUESTION, "--stix", "theirs.json", "--html", "theirs.html")
    assert sentence not in (tmp_path / "theirs.json").read_text()
    assert "TLP:AMBER" in (tmp_path / "theirs.html").read_text()

    lab("assess", held, *QUESTION, "--stix", "ours.json", "--html", "ours.html")
    assert sentence in (tmp_path / "ours.json").read_text()
    for name in ("ours.json", "ours.html", "theirs.json", "theirs.html"):
        assert "Quiet Friend" not in (tmp_path / name).read_text()


def _parties(desk: Desk, *files: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.json("assess", *files, *QUESTION)["answer"]["parties"]
    return found


def test_a_file_that_is_called_like_a_held_report_is_a_file(tmp_path: Path) -> None:
    desk = NearDesk(tmp_path, "A")
    desk("init", "--name", "Alder CERT")
    (tmp_path / "courier.txt").write_text(REPORTS["courier.txt"])
    desk("import", "courier.txt")
    (held,) = (one["id"] for one in desk.json("report", "list"))
    (tmp_path / held).write_text("Nobody at all said anything. " + REPORTS["post.txt"])
    desk("assess", held, *QUESTION, "--stix", "answer.json")
    made = json.loads((tmp_path / "answer.json").read_text())["objects"]

    assert held not in {ref for one in made for ref in one.get("object_refs", ())}


def test_a_report_is_never_written_over(desk: Desk) -> None:
    assert "one of the reports" in desk("assess", "press", *QUESTION, "--html", "press/courier.txt", code=2).err
    assert "one file" in desk("assess", "press", *QUESTION, "--html", "a.out", "--stix", "./a.out", code=2).err
