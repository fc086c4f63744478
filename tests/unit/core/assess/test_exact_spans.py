"""A span is right only if its first and last token are."""

from backchannel.core.assess.exact_spans import Exact, as_tokens, exact
from backchannel.core.assess.press import Span

TOKENS = [Span(0, 3), Span(4, 8), Span(8, 9)]


def test_a_span_is_the_tokens_that_it_meets() -> None:
    assert as_tokens(TOKENS, [Span(0, 3), Span(3, 8), Span(5, 9)]) == {(0, 1), (1, 2), (1, 3)}


def test_right_wrong_and_missed_are_counted() -> None:
    found = exact({(0, 1), (1, 3), (4, 5)}, {(0, 1), (1, 2)})

    assert found == Exact(right=1, wrong=1, missed=2)
    assert (found.precision, found.recall, found.f1) == (50.0, 33.3, 40.0)
    assert found + found == Exact(2, 2, 4)


def test_nothing_of_nothing_is_no_division() -> None:
    assert (Exact().f1, Exact().precision, Exact().recall) == (0.0, 0.0, 0.0)
