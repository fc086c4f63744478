"""The whole grade: the letter from the record, the digit from the table, and what an analyst sets instead."""

from backchannel.core.assess.assessment import answer
from backchannel.core.assess.grading import Letter, carriers_of, graded
from backchannel.core.assess.relevance import ByWords
from backchannel.core.grading import Grade
from heard import CLAIM, asked, heard
from press_texts import KNOWN

TEXT = "Ada Ito, a spokeswoman for the Water Ministry, told Meridian Wire that Alderland sells water to Birchland."


def test_without_a_record_the_letter_is_f() -> None:
    assert str(graded(asked(TEXT), {}).grade) == "F3"


def test_the_letter_comes_from_the_record_of_who_affirms() -> None:
    found = graded(asked(TEXT), {"Ada Ito": Letter("Ada Ito", "B", "right twice"), "Meridian Wire": Letter("M", "E")})

    assert str(found.grade) == "B3"
    assert "right twice" in found.reasons[0]


def test_a_newsroom_counts_where_nobody_knows_who_affirms() -> None:
    assert graded(asked(TEXT), {"Meridian Wire": Letter("Meridian Wire", "C")}).grade.reliability == "C"


def test_of_several_the_least_reliable_counts() -> None:
    letters = {"Ada Ito": Letter("Ada Ito", "B"), "Water Ministry": Letter("Water Ministry", "D")}

    assert graded(asked(TEXT), letters).grade.reliability == "D"


def test_the_letter_never_enters_the_digit() -> None:
    digits = {graded(asked(TEXT), {"Ada Ito": Letter("Ada Ito", letter)}).grade.credibility for letter in "ABCDEF"}

    assert digits == {"3"}


def test_an_override_keeps_what_was_proposed_and_why() -> None:
    found = graded(asked(TEXT), {}, Grade("B", "2"), "we know her")

    assert (str(found.grade), str(found.proposed), found.because) == ("B2", "F3", "we know her")


def test_a_bad_messenger_does_not_carry_a_good_source() -> None:
    letters = {"Ada Ito": Letter("Ada Ito", "A"), "Bad Post": Letter("Bad Post", "E"), "Good Post": Letter("G", "B")}
    found = asked(TEXT)

    assert graded(found, letters, carriers=["Bad Post"]).grade.reliability == "E"
    assert graded(found, letters, carriers=["Bad Post", "Good Post"]).grade.reliability == "B"
    assert graded(found, letters, carriers=["Bad Post", ""]).grade.reliability == "A"


def test_the_carriers_are_the_outlets_of_the_reports_that_hear_who_affirms() -> None:
    found = heard(f"(Harbour Press Agency) - {TEXT}", "(Meridian Wire) - It rained in the mountains.", TEXT)

    assert carriers_of(answer(found, CLAIM, ByWords(), KNOWN), found) == ("Harbour Press Agency", "")
