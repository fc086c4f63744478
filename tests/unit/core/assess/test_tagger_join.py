"""Labelled spans as attributions: whose a source and a content are."""

import time

import pytest

from backchannel.core.assess.attribution import Attribution
from backchannel.core.assess.parsed import Sentence, Word
from backchannel.core.assess.press import Span
from backchannel.core.assess.statements import statements
from backchannel.core.assess.statements_rules import attributions
from backchannel.core.assess.statements_words import Manner
from backchannel.core.assess.tagger_join import joined
from backchannel.core.assess.tagger_labels import Spans, spans_of_attributions
from said import prepared, words

PLACES = {"source": 0, "cue": 10, "content": 20}
SAMPLES = [
    "Ana Ruiz said the dam had failed. It was old, she said.",
    "“The dam failed,” said Ana Ruiz. “Nobody was warned.”\n\n“We heard it,” Tomas Lind told the Example Courier.",
    "“The dam failed,” said Ana Ruiz.\n\n“Nobody was warned.”",
    "According to Ana Ruiz, the dam failed. The board declined to comment on the dam.",
    "Ana Ruiz said that Tomas Lind claimed that the dam had failed.",
    "The residents are convinced that the dam failed, and the minister denied it.",
]


def at(text: str, part: str) -> Span:
    return Span(text.index(part), text.index(part) + len(part))


def made(text: str, source: list[str], cue: list[str], content: list[str]) -> tuple[Attribution, ...]:
    """The attributions of a text in which these parts were labelled."""
    sentences, quotations, paragraphs = prepared(text)
    ruled = attributions(text, sentences, quotations, paragraphs)
    spans: Spans = {
        "source": [at(text, one) for one in source],
        "cue": [at(text, one) for one in cue],
        "content": [at(text, one) for one in content],
    }
    return joined(sentences, paragraphs, ruled, spans)


@pytest.mark.parametrize("text", SAMPLES)
def test_who_labels_as_the_rules_do_gets_what_the_rules_found(text: str) -> None:
    sentences, quotations, paragraphs = prepared(text)
    ruled = attributions(text, sentences, quotations, paragraphs)
    found = joined(sentences, paragraphs, ruled, spans_of_attributions(ruled))

    assert found == ruled
    assert statements(text, *prepared(text), tagger=lambda *_: found) == statements(text, *prepared(text))


def test_a_cue_that_the_rules_do_not_know_is_an_attribution_with_what_is_near() -> None:
    text = "Ana Ruiz radioed that the dam had failed. Tomas Lind said it was old."
    first, second = made(
        text, ["Ana Ruiz", "Tomas Lind"], ["radioed", "said"], ["that the dam had failed", "it was old"]
    )

    assert (words(text, first.source), first.word, first.manner) == ("Ana Ruiz", "radio", Manner.SAYS)
    assert [words(text, one) for one in first.contents] == ["that the dam had failed"]
    assert words(text, first.anchor) == "radioed"
    assert [words(text, one) for one in second.contents] == ["it was old"]


def test_what_is_not_labelled_is_no_attribution_any_more() -> None:
    assert made("Ana Ruiz said the dam had failed. It was old, she said.", [], [], []) == ()


def test_a_part_has_the_labelled_ends() -> None:
    text = "Ana Ruiz said on Monday the dam had failed."
    (one,) = made(text, ["Ruiz"], ["said on Monday"], ["the dam had failed"])

    assert (words(text, one.source), words(text, one.cue), one.word) == ("Ruiz", "said on Monday", "say")


def test_what_lies_within_a_content_now_is_nested() -> None:
    text = "The board radioed that Ana Ruiz said the dam had failed."
    outer, inner = made(text, ["The board"], ["radioed"], ["that Ana Ruiz said the dam had failed"])

    assert (outer.nested, inner.nested) == (False, True)
    assert words(text, inner.source) == "Ana Ruiz"


def test_a_content_without_a_cue_in_its_sentence_goes_to_the_nearest_of_its_paragraph() -> None:
    text = "Ana Ruiz said the dam had failed. It was old.\n\nTomas Lind told us it rained."
    spoken = ["the dam had failed", "It was old", "it rained"]
    first, second = made(text, ["Ana Ruiz", "Tomas Lind"], ["said", "told"], spoken)

    assert [words(text, one) for one in first.contents] == ["the dam had failed", "It was old"]
    assert [words(text, one) for one in second.contents] == ["it rained"]


def test_a_cue_without_content_is_left_out_but_for_a_refusal() -> None:
    assert made("Ana Ruiz said the dam had failed.", ["Ana Ruiz"], ["said"], []) == ()
    (one,) = made("The board declined to comment.", ["The board"], ["declined to comment"], [])

    assert one.refused


def test_a_refusal_stays_where_it_is_not_labelled() -> None:
    (one,) = made("The board declined to comment.", [], [], [])

    assert one.refused


def test_a_quotation_that_goes_on_without_its_first_part_goes_on_with_nothing() -> None:
    text = "“The dam failed,” said Ana Ruiz. “Nobody was warned.”"
    (one,) = made(text, [], [], ["“Nobody was warned.”"])

    assert one.continues is None
    assert [words(text, content) for content in one.contents] == ["“Nobody was warned.”"]


def test_a_text_of_nothing_but_attributions_costs_no_more_than_its_length() -> None:
    count = 10_000
    spans = {role: [Span(30 * n + at, 30 * n + at + 5) for n in range(count)] for role, at in PLACES.items()}
    word = Word(Span(0, 1), "x", "x", "X", "X", "dep", 0)
    whole = Span(0, 30 * count)
    ruled = tuple(Attribution((content,), Span(content.begin - 9, content.begin - 7)) for content in spans["content"])
    begin = time.process_time()
    for known in ((), ruled):
        assert len(joined((Sentence(whole, (word,)),), (whole,), known, {**spans, "source": spans["source"][:9]})) > 0

    assert time.process_time() - begin < 5
