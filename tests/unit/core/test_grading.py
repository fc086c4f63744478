"""Admiralty grades: read, written, and never better than they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.grading import CREDIBILITY, RELIABILITY, UNJUDGED, Grade, parse

grades = st.builds(Grade, st.sampled_from(sorted(RELIABILITY)), st.sampled_from(sorted(CREDIBILITY)))


@given(grades)
def test_a_grade_reads_back_as_written(grade: Grade) -> None:
    assert parse(str(grade)) == grade


@pytest.mark.parametrize("text", ["B2", "b2", " B2 ", "B-2", "b/2", "B 2"])
def test_a_grade_is_read_as_people_write_it(text: str) -> None:
    assert parse(text) == Grade("B", "2")


@pytest.mark.parametrize("text", ["", "B", "2B", "G1", "A0", "A7", "AA1", "B--2", "B22", "Ⅱ2", "B²", "\x1b[31m"])
def test_anything_else_is_no_grade(text: str) -> None:
    with pytest.raises(ValueError, match="is not a grade"):
        parse(text)


def test_a_message_about_a_bad_grade_is_inert() -> None:
    with pytest.raises(ValueError, match="grade") as caught:
        parse("\x1b[31mA1")
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("parts", [("G", "1"), ("A", "7"), ("", ""), ("A1", "1")])
def test_a_grade_outside_the_table_cannot_be_made(parts: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="is not a grade"):
        Grade(*parts)


def test_what_was_received_starts_unjudged() -> None:
    assert str(UNJUDGED) == "F6"
    assert not UNJUDGED.judged
    assert not Grade("A", "6").judged
    assert not Grade("F", "1").judged
    assert Grade("E", "5").judged


def test_a_grade_has_words_for_a_reader() -> None:
    assert Grade("B", "2").words == "usually reliable source, probably true"
    assert UNJUDGED.words == "source whose reliability cannot be judged, truth cannot be judged"
