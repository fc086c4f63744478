"""What a trained tagger is told of each word."""

import time

from backchannel.core.assess.parsed import Sentence, Word
from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_rules import attributions
from backchannel.core.assess.tagger_features import BUCKETS, COLUMNS, VERSION, rows
from said import prepared

TEXT = "“The dam failed,” said Ana Ruiz, who leads the board. Nobody was warned."


def of(text: str) -> list[list[int]]:
    sentences, quotations, paragraphs = prepared(text)
    return rows(sentences, quotations, attributions(text, sentences, quotations, paragraphs))


def test_every_word_has_a_row_of_as_many_numbers_as_there_are_columns() -> None:
    found = of(TEXT)

    assert len(found) == sum(len(sentence.words) for sentence in prepared(TEXT)[0])
    assert {len(row) for row in found} == {COLUMNS}
    assert all(0 <= number < BUCKETS for row in found for number in row)


def test_the_features_of_this_version_are_these() -> None:
    """Whoever changes them counts `VERSION` up, and puts the new sum here: old files would answer nonsense."""
    given = (("Ana", "NOUN", "nsubj"), ("say", "VERB", "ROOT"), ("yes", "X", "dobj"))
    words = tuple(
        Word(Span(4 * n, 4 * n + 3), text, text.lower(), pos, pos, dep, 1) for n, (text, pos, dep) in enumerate(given)
    )
    sentences = (Sentence(Span(0, 11), words),)
    found = rows(sentences, [Span(8, 11)], attributions("Ana say yes", sentences, [Span(8, 11)], [Span(0, 11)]))

    assert (VERSION, sum(map(sum, found)) % 1_000_003) == ("1", 748062)


def test_what_the_rules_hold_a_word_for_is_among_them() -> None:
    sentences, quotations, paragraphs = prepared(TEXT)
    found = attributions(TEXT, sentences, quotations, paragraphs)

    assert rows(sentences, quotations, found) != rows(sentences, quotations, ())


def test_whether_a_word_is_quoted_is_among_them() -> None:
    sentences, quotations, _ = prepared(TEXT)

    assert rows(sentences, quotations, ()) != rows(sentences, (), ())


def test_a_sentence_that_is_one_long_chain_costs_no_more_than_its_length() -> None:
    count = 4_000
    words = tuple(Word(Span(n, n + 1), "x", "x", "X", "X", "dep", max(0, n - 1)) for n in range(count))
    begin = time.process_time()
    rows((Sentence(Span(0, count), words),), (), ())

    assert time.process_time() - begin < 3


def test_heads_far_above_a_word_are_not_looked_at() -> None:
    def deepest(root: str) -> list[int]:
        words = tuple(
            Word(Span(n, n + 1), "x", "x" if n else root, "VERB", "X", "dep", max(0, n - 1)) for n in range(10)
        )
        return rows((Sentence(Span(0, 10), words),), (), ())[9]

    above = slice(0, COLUMNS - 5)
    assert deepest("say")[above] == deepest("eat")[above]
