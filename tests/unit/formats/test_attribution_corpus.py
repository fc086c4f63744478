"""Corpora of attribution: tokens and labels as texts with spans, and what is wrong with a file."""

import json
from pathlib import Path

import pytest

from backchannel.errors import UnreadableFile
from backchannel.formats import attribution_corpus
from backchannel.formats.attribution_corpus import Document, documents, half_of


def corpus(tmp_path: Path, *rows: object) -> Path:
    path = tmp_path / "made-up.jsonl"
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def row(text: str, labels: str, **more: object) -> dict[str, object]:
    return {"tokens": text.split(), "labels": labels.split(), **more}


def test_tokens_are_joined_as_a_typesetter_would_and_labels_are_spans(tmp_path: Path) -> None:
    quoted = ["B-content", *["I-content"] * 6]
    labels = " ".join([*quoted, "B-source", "B-cue", "O"])
    (one,) = documents(corpus(tmp_path, row("`` It did n't fail . '' Ruiz said .", labels)))

    assert one.text == "“It didn't fail.” Ruiz said."
    assert [span.of(one.text) for span in one.gold["content"]] == ["“It didn't fail.”"]
    assert [span.of(one.text) for span in one.quotations] == ["It didn't fail."]
    assert [span.of(one.text) for span in one.sentences] == ["“It didn't fail.”", "Ruiz said."]


def test_lines_of_one_id_are_paragraphs_of_one_document(tmp_path: Path) -> None:
    named = (("One", "a"), ("Two", "b"), ("Three", "a"))
    first, second = documents(corpus(tmp_path, *(row(f"{text} .", "O O", id=name) for text, name in named)))

    assert (first.name, first.text, len(first.paragraphs)) == ("a", "One.\n\nThree.", 2)
    assert second.text == "Two."


def test_lines_without_id_are_documents_of_their_own(tmp_path: Path) -> None:
    assert [one.text for one in documents(corpus(tmp_path, row("One", "O"), "", row("Two", "O")))] == ["One", "Two"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line 1: "),
        ("[]", "Expected `object`"),
        ({"tokens": ["a"]}, "missing required field `labels`"),
        ({"tokens": "a", "labels": []}, "Expected `array`"),
        (row("a b", "O"), "2 tokens and 1 labels"),
        (row("", ""), "0 tokens and 0 labels"),
        ({"tokens": [" "], "labels": ["O"]}, "a token without a character"),
        (row("a", "B-speaker"), "no label 'B-speaker'; there are O, B-source"),
    ],
)
def test_a_line_of_another_form_is_said_with_its_number(line: object, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        documents(corpus(tmp_path, line))


def test_what_is_no_text_at_all_is_said(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableFile, match="line 1"):
        documents(tmp_path / "binary")
    with pytest.raises(UnreadableFile, match="No such file"):
        documents(tmp_path / "none")


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribution_corpus, "LARGEST", 10)
    with pytest.raises(UnreadableFile, match="more than 10 bytes"):
        documents(corpus(tmp_path, row("One .", "O O")))


def test_documents_fall_into_halves_by_their_name_alone() -> None:
    assert {half_of(Document(str(number))) for number in range(8)} == {"even", "odd"}
    assert half_of(Document("a", text="one")) == half_of(Document("a", text="other"))
