"""Spans as labels and back, and the best row of labels."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.assess.parsed import Word
from backchannel.core.assess.press import Span
from backchannel.core.assess.tagger_labels import LABELS, ROLES, best, goes_on, labels_of, spans_of

COUNT = len(LABELS)
WORDS = [Word(Span(2 * n, 2 * n + 1), "w", "w", "X", "X", "dep", 0) for n in range(9)]
NONE = [[0.0] * COUNT for _ in range(COUNT)]


def numbers(*names: str) -> list[int]:
    return [LABELS.index(name) for name in names]


def test_spans_become_labels_and_labels_spans() -> None:
    spans = {"source": [Span(0, 3)], "cue": [Span(4, 5)], "content": [Span(6, 9), Span(10, 11)]}
    labels = labels_of(WORDS, spans)

    assert [LABELS[label] for label in labels[:6]] == [
        "B-source",
        "I-source",
        "B-cue",
        "B-content",
        "I-content",
        "B-content",
    ]
    assert spans_of(WORDS, labels) == spans


def test_a_cue_within_a_content_has_its_word() -> None:
    labels = labels_of(WORDS, {"source": [], "cue": [Span(2, 3)], "content": [Span(0, 5)]})

    assert labels[:3] == numbers("B-content", "B-cue", "I-content")
    assert spans_of(WORDS, labels)["content"] == [Span(0, 1), Span(4, 5)]


@given(st.lists(st.integers(0, COUNT - 1), max_size=9))
def test_any_labels_make_spans_that_do_not_meet(labels: list[int]) -> None:
    spans = sorted(span for role in ROLES for span in spans_of(WORDS[: len(labels)], labels)[role])

    assert all(one.end <= other.begin for one, other in pairwise(spans))
    assert sum((span.end - span.begin + 1) // 2 for span in spans) == sum(label != 0 for label in labels)


ROWS = st.lists(st.floats(-9, 9), min_size=COUNT, max_size=COUNT)


@given(st.lists(ROWS, min_size=1, max_size=3), st.lists(ROWS, min_size=COUNT, max_size=COUNT))
def test_the_best_row_is_the_best_of_all_that_make_spans(
    scores: list[list[float]], transitions: list[list[float]]
) -> None:
    def worth(row: tuple[int, ...]) -> float:
        steps = pairwise(row)
        return sum(scores[n][label] for n, label in enumerate(row)) + sum(transitions[a][b] for a, b in steps)

    def sound(row: tuple[int, ...]) -> bool:
        return all(not goes_on(b) or a in {b, b - 1} for a, b in zip((0, *row), row, strict=False))

    found = tuple(best(scores, transitions))

    assert sound(found)
    every = (row for row in product(range(COUNT), repeat=len(scores)) if sound(row))
    assert worth(found) == pytest.approx(max(map(worth, every)))


def test_a_span_never_goes_on_from_another_role_however_high_it_scores() -> None:
    scores = [[0.0] * COUNT for _ in range(2)]
    scores[0][LABELS.index("B-source")] = 50
    scores[1][LABELS.index("I-cue")] = 9

    assert best(scores, NONE) == numbers("B-source", "O")


def test_no_words_have_no_labels() -> None:
    assert best([], NONE) == []
