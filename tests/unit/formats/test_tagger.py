"""A trained tagger in the place of the rules: what it gives, and what becomes of one that misbehaves."""

from pathlib import Path

import numpy as np
import pytest

from backchannel.core.assess.press import Span
from backchannel.core.assess.statements import statements
from backchannel.core.assess.tagger_labels import LABELS
from backchannel.errors import UnreadableFile, UnusableTagger
from backchannel.formats import tagger as module
from backchannel.formats.attribution_corpus import documents
from backchannel.formats.tagger import TrainedTagger, load_tagger, pieces
from backchannel.formats.tagger_training import trained, written
from backchannel.node.training import reading
from said import prepared, said, words
from taggers import about, model, radio_corpus, recurrent

NEW = "Jon Example radioed that the dam had failed. Nobody was hurt."


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> TrainedTagger:
    """One that was trained on people who radio something."""
    corpus = documents(radio_corpus(tmp_path_factory.mktemp("corpus") / "radio.jsonl"))
    return TrainedTagger(written(trained(one for each in corpus for one in reading(each).examples), about()))


def test_a_trained_tagger_finds_what_the_rules_do_not_know(tagger: TrainedTagger) -> None:
    (one,) = statements(NEW, *prepared(NEW), tagger=tagger)

    assert said(NEW) == ()
    assert (words(NEW, one.source), words(NEW, one.cue), one.word) == ("Jon Example", "radioed", "radio")
    assert [words(NEW, content) for content in one.contents] == ["that the dam had failed"]
    assert words(NEW, one.speaker) == "Jon Example"


def test_where_it_agrees_with_the_rules_the_statements_are_theirs(tagger: TrainedTagger) -> None:
    text = "Jon Example said that the dam had failed. Mira Okafor said that the bridge was closed."

    assert statements(text, *prepared(text), tagger=tagger) == statements(text, *prepared(text)) != ()


def test_a_text_without_a_word_gives_nothing(tagger: TrainedTagger) -> None:
    assert tagger("", (), (), ()) == ()


def test_the_same_corpus_makes_the_same_file(tmp_path: Path) -> None:
    known = [reading(one) for one in documents(radio_corpus(tmp_path / "radio.jsonl"))[:8]]
    first, second = (written(trained(one for each in known for one in each.examples), about()) for _ in range(2))

    assert first == second


def test_a_paragraph_is_one_piece_and_what_is_too_long_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "It rained. It snowed.\n\nIt froze."
    sentences, _, paragraphs = prepared(text)
    all_words = [word for sentence in sentences for word in sentence.words]

    assert list(pieces(all_words, paragraphs)) == [slice(0, 6), slice(6, 9)]
    monkeypatch.setattr(module, "PIECE", 4)
    assert list(pieces(all_words, paragraphs)) == [slice(0, 4), slice(4, 6), slice(6, 9)]
    assert list(pieces([], [Span(0, 1)])) == []


def test_no_run_is_longer_than_a_piece(tagger: TrainedTagger, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []
    scores = tagger._scores

    def counted(features: list[list[int]]) -> object:
        counts.append(len(features))
        return scores(features)

    monkeypatch.setattr(tagger, "_scores", counted)
    text = "dam " * 700
    tagger(text, *prepared(text))

    assert counts == [512, 188]


def test_a_model_that_looks_where_nothing_is_fails_by_name() -> None:
    short = model(weights={"weights": np.zeros((3, len(LABELS)), dtype=np.float32)})

    with pytest.raises(UnusableTagger, match="the model fails on a text"):
        TrainedTagger(short.SerializeToString())(NEW, *prepared(NEW))


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["weights", "moves"])
def test_scores_that_are_no_numbers_are_refused(name: str, wrong: float) -> None:
    shape = {"weights": (1 << 17, len(LABELS)), "moves": (len(LABELS), len(LABELS))}[name]
    strange = model(weights={name: np.full(shape, wrong, dtype=np.float32)})

    with pytest.raises(UnusableTagger, match="no numbers"):
        TrainedTagger(strange.SerializeToString())(NEW, *prepared(NEW))


def test_scores_of_another_shape_than_said_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    liar = TrainedTagger(model().SerializeToString())

    class Session:
        def run(self, *_: object) -> list[object]:
            return [np.zeros((1, 7)), np.zeros((7, 7))]

    monkeypatch.setattr(liar, "_session", Session())
    with pytest.raises(UnusableTagger, match="another shape"):
        liar(NEW, *prepared(NEW))


def test_a_model_that_onnxruntime_refuses_is_unusable() -> None:
    newer = model()
    newer.opset_import[0].version = 1
    with pytest.raises(UnusableTagger):
        TrainedTagger(newer.SerializeToString())


def test_a_recurrent_network_runs(tmp_path: Path) -> None:
    file = tmp_path / "network.onnx"
    file.write_bytes(recurrent().SerializeToString())

    assert load_tagger(file)(NEW, *prepared(NEW)) is not None


def test_a_file_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="No such file"):
        load_tagger(tmp_path / "none.onnx")


def test_the_name_of_a_file_that_is_refused_is_said(tmp_path: Path) -> None:
    (tmp_path / "junk.onnx").write_bytes(b"junk")

    with pytest.raises(UnusableTagger, match=r"junk\.onnx: the file is no ONNX model"):
        load_tagger(tmp_path / "junk.onnx")
