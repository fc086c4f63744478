"""Quotations: which characters stand between quotation marks, whatever the marks."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.assess.press import Span
from backchannel.core.assess.quotation import Quotation, quotations


def found(*paragraphs: str) -> list[str]:
    text, spans = joined(paragraphs)
    return [quotation.span.of(text) for quotation in quotations(text, spans)]


def joined(paragraphs: tuple[str, ...] | list[str]) -> tuple[str, list[Span]]:
    spans: list[Span] = []
    begin = 0
    for paragraph in paragraphs:
        spans.append(Span(begin, begin + len(paragraph)))
        begin += len(paragraph) + 1
    return "\n".join(paragraphs), spans


@pytest.mark.parametrize(
    "text",
    [
        'The mayor said: "We are ready," and left.',
        "The mayor said: “We are ready,” and left.",
        "The mayor said: «We are ready,» and left.",
        "The mayor said: „We are ready,“ and left.",
        "The mayor said: ``We are ready,'' and left.",
        "The mayor said: ‘We are ready,’ and left.",
        "The mayor said: 'We are ready,' and left.",
        'The mayor said: “We are ready," and left.',
    ],
)
def test_all_marks_quote(text: str) -> None:
    assert found(text) == ["We are ready,"]


@pytest.mark.parametrize(
    "text",
    [
        "It isn't the mayor's fault, nor the boys' or the town’s.",
        "Rock 'n' roll of the '90s was 'til now not his.",
        "He is 6'2\" tall and the board is 5'10\" long.",
    ],
)
def test_apostrophes_and_measures_are_no_quotes(text: str) -> None:
    assert found(text) == []


def test_a_quotation_in_single_marks_goes_over_apostrophes() -> None:
    assert found("'We don't know the boys' names,' she said.") == ["We don't know the boys' names,"]


def test_a_quotation_within_one_is_part_of_the_outer() -> None:
    assert found("“He told us ‘go away’ and we went,” she said.") == ["He told us ‘go away’ and we went,"]


def test_a_quotation_without_end_ends_with_its_paragraph_in_doubt() -> None:
    text, spans = joined(["She said: “We are ready", "The next day came."])
    assert list(quotations(text, spans)) == [Quotation(Span(11, 23), doubtful=True)]


def test_a_quotation_that_the_next_paragraph_opens_anew_goes_on_without_doubt() -> None:
    text, spans = joined(["“We are ready.", "“We have been for long,” she said."])
    listed = list(quotations(text, spans))
    assert [item.span.of(text) for item in listed] == ["We are ready.", "We have been for long,"]
    assert not any(item.doubtful for item in listed)


def test_a_mark_that_opens_while_another_is_open_ends_that_in_doubt() -> None:
    text, spans = joined(['It is "a matter of the "fourth" kind.'])
    first, second = quotations(text, spans)
    assert (first.doubtful, second.doubtful) == (True, False)
    assert second.span.of(text) == "fourth"


@given(st.lists(st.text("ab .,'\"“”‘’«»„`", max_size=40), max_size=5))
def test_quotations_of_any_text_lie_in_order_within_its_paragraphs(paragraphs: list[str]) -> None:
    text, spans = joined(paragraphs)
    listed = [item.span for item in quotations(text, spans)]
    assert listed == sorted(listed)
    assert all(one.end <= two.begin for one, two in pairwise(listed))
    assert all(any(paragraph.covers(span) for paragraph in spans) and span.begin < span.end for span in listed)
