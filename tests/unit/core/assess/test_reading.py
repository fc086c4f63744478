"""Reading a report: paragraphs, sentences, and what is set aside with its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.assess.press import Article, Report, Span, Why
from backchannel.core.assess.reading import LARGEST, read
from backchannel.core.assess.sentences import LONGEST, sentences
from backchannel.core.assess.set_aside import is_caption
from backchannel.errors import ReportTooLong
from press_texts import FLOOD, article


def set_aside(read_: Article) -> list[tuple[Why, str]]:
    return [(item.why, item.span.of(read_.text)) for item in read_.ignored]


def of(read_: Article, spans: tuple[Span, ...]) -> list[str]:
    return [span.of(read_.text) for span in spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. J. Doe of the U.S. army came. He left at 5 p.m. The door was shut.", 3),
        ("“We came,” he said. “We saw.”", 2),
        ("He asked: “Why?” Nobody knew. Prices rose by 3.5 percent.", 3),
        ("Gen. Roe met Sen. Moe in St. Exe. They spoke.", 2),
        ("The music went on.Many people left the hall.", 2),
        ("Read all at one.example or two.example today.", 1),
        ("And then … nothing came of it! So what?", 2),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: int) -> None:
    listed = list(sentences(text, Span(0, len(text))))
    assert len(listed) == expected


def test_a_text_without_an_end_of_sentence_is_cut_at_a_space() -> None:
    text = "word " * 3 * LONGEST
    listed = list(sentences(text, Span(0, len(text) - 1)))
    assert max(span.end - span.begin for span in listed) <= LONGEST
    assert all(span.of(text).split() == ["word"] * len(span.of(text).split()) for span in listed)


def test_a_first_line_that_is_no_sentence_is_the_headline() -> None:
    report = article("River takes old bridge in Exetown", *FLOOD)
    assert report.headline is not None
    assert report.headline.of(report.text) == "River takes old bridge in Exetown"
    assert report.sentences[0] == report.headline


def test_what_stands_before_and_behind_the_story_is_its_edge() -> None:
    report = article("Home / News / Local", "2 min read", *FLOOD, "Follow us on the network", "© Example Courier")
    assert {why for why, _ in set_aside(report)} == {Why.EDGE}
    assert of(report, report.paragraphs) == list(FLOOD)


@pytest.mark.parametrize(
    "line",
    ["Read more: Bridges of the county", "RELATED: Bridges of the county", "[Bridges of the county, in pictures]"],
)
def test_a_line_that_leads_to_another_story_is_a_teaser(line: str) -> None:
    assert set_aside(article(FLOOD[0], line, *FLOOD[1:])) == [(Why.TEASER, line)]


def test_all_behind_check_also_near_the_end_is_about_other_stories() -> None:
    other = "A minister has met another minister in the capital and talked with him about fish."
    report = article(*FLOOD, "Check Also", "Ministers Meet", other)
    assert [why for why, _ in set_aside(report)] == [Why.TEASER] * 3
    assert of(report, report.paragraphs) == list(FLOOD)


def test_a_caption_is_no_reporting() -> None:
    line = "Lost: The old bridge, pictured in spring, before the river rose and took it away"
    assert set_aside(article(FLOOD[0], line, *FLOOD[1:])) == [(Why.CAPTION, line)]


def test_a_sentence_that_ends_with_an_agency_is_no_caption() -> None:
    line = "“The bridge is gone and will not be built again,” the mayor told Meridian Wire, according to AFP."
    assert set_aside(article(FLOOD[0], line, *FLOOD[1:])) == []


def test_a_line_that_says_from_whom_it_is_needs_no_stop_to_be_none() -> None:
    assert not is_caption("The bridge is gone and will not be built again, the mayor told AFP")
    assert is_caption("The bridge on Monday, and behind it the mill. Jane Roe/AFP")


def test_a_text_printed_twice_counts_once() -> None:
    report = article(*FLOOD, *FLOOD)
    assert of(report, report.paragraphs) == list(FLOOD)
    assert set_aside(report) == [(Why.REPEATED, paragraph) for paragraph in FLOOD]


def test_a_sentence_said_again_within_another_paragraph_is_set_aside_alone() -> None:
    report = article(*FLOOD, f"It is known now. {FLOOD[0]} The road stays shut.")
    assert set_aside(report) == [(Why.REPEATED, FLOOD[0])]
    assert of(report, report.paragraphs)[-2:] == ["It is known now.", "The road stays shut."]


def test_a_wrapped_line_belongs_to_the_one_before() -> None:
    report = read(Report("one.txt", "The river rose by two metres in the night and took\nthe old bridge with it.\n"))
    assert len(report.paragraphs) == len(report.sentences) == 1


LINES = st.lists(st.text("abAB .,!?:;“”\"'\n-–/[]()é字", max_size=80), max_size=12)


@given(LINES)
def test_every_span_is_in_the_raw_text_and_all_of_it_is_accounted_for(lines: list[str]) -> None:
    text = "\n".join(lines)
    report = read(Report("one.txt", text))
    counted = [*report.sentences, *(item.span for item in report.ignored)]
    covered = {place for span in counted for place in range(span.begin, span.end)}
    assert all(text[place].isspace() for place in range(len(text)) if place not in covered)
    assert all(any(paragraph.covers(sentence) for paragraph in report.paragraphs) for sentence in report.sentences)
    assert all(not item.span.meets(sentence) for item in report.ignored for sentence in report.sentences)
    assert all(0 <= span.begin < span.end <= len(text) for span in counted)


def test_a_report_that_is_too_long_is_refused() -> None:
    with pytest.raises(ReportTooLong, match="may have 1,000,000"):
        read(Report("one.txt", "a" * (LARGEST + 1)))


@pytest.mark.parametrize("text", ["", " \n\t\n", "\u2028"])
def test_nothing_is_read_in_nothing(text: str) -> None:
    report = read(Report("one.txt", text))
    assert (report.paragraphs, report.sentences, report.ignored, report.headline) == ((), (), (), None)
