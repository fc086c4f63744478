"""Training on a corpus: what is written, what is measured, and what stops it before the long part."""

from pathlib import Path

import pytest

from backchannel.errors import BadArgument, MissingExtra, UnreadableFile, UnusablePath
from backchannel.formats import tagger_training
from backchannel.formats.tagger import load_tagger
from backchannel.node.training import LONGEST_LICENCE, train
from taggers import radio_corpus


def test_a_tagger_is_trained_measured_and_says_on_what(tmp_path: Path) -> None:
    told: list[str] = []
    about = train([radio_corpus(tmp_path / "radio.jsonl")], tmp_path / "t.onnx", "made up", tell=told.append)

    assert load_tagger(tmp_path / "t.onnx").about == about
    assert (about.documents, about.licence, about.corpus[0].name) == (48, "made up", "radio.jsonl")
    assert about.held_out is not None
    assert all(about.held_out.trained[role] > about.held_out.rules[role] > 0 for role in ("source", "cue", "content"))
    assert [line.split()[0] for line in told] == ["reading", "training", "training", "training"]


def test_one_document_is_not_measured(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text('{"tokens": ["Ana", "said", "no"], "labels": ["B-source", "B-cue", "B-content"]}\n')

    assert train([path], tmp_path / "t.onnx", "made up").held_out is None


@pytest.mark.parametrize("licence", ["", "  ", "x" * (LONGEST_LICENCE + 1)])
def test_a_corpus_has_a_licence(licence: str, tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match="the licence of the corpus"):
        train([radio_corpus(tmp_path / "radio.jsonl")], tmp_path / "t.onnx", licence)


def test_a_corpus_without_labels_teaches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "plain.jsonl"
    path.write_text('{"tokens": ["Rain", "fell"], "labels": ["O", "O"]}\n')

    with pytest.raises(BadArgument, match="nothing to learn"):
        train([path], tmp_path / "t.onnx", "made up")


def test_where_nothing_can_be_written_is_said_before_the_corpus_is_read(tmp_path: Path) -> None:
    for output in (tmp_path, tmp_path / "none" / "t.onnx"):
        with pytest.raises(UnusablePath, match="no file can be written"):
            train([tmp_path / "no corpus"], output, "made up")


def test_without_the_extra_the_error_says_what_to_install_before_the_corpus_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tagger_training, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'backchannel\[train\]'"):
        train([tmp_path / "no corpus"], tmp_path / "t.onnx", "made up")


def test_a_file_that_is_no_corpus_leaves_no_tagger(tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"junk")
    with pytest.raises(UnreadableFile):
        train([tmp_path / "junk"], tmp_path / "t.onnx", "made up")
    assert not (tmp_path / "t.onnx").exists()
