"""Figures on one claim: which are compared, and which contradict."""

import pytest

from backchannel.core.assess.figures import Figure, conflicts, figures
from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_tree import Tree
from heard import heard


def of(text: str) -> list[Figure]:
    """The figures of a text."""
    (report,) = heard(text).reports
    return list(figures(report.name, report.text, [Tree(sentence) for sentence in report.sentences]))


def clash(*texts: str) -> list[tuple[str, str]]:
    """Pairs of figures that contradict each other over some reports."""
    found = [
        figure
        for report in heard(*texts).reports
        for figure in figures(report.name, report.text, [Tree(sentence) for sentence in report.sentences])
    ]
    return [(one.one.shown, one.other.shown) for one in conflicts(found)]


def test_two_numbers_of_one_thing_contradict() -> None:
    assert clash("The flood killed 31 villagers.", "The flood killed 5 villagers.") == [
        ("31 villagers", "5 villagers")
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The flood killed 31 villagers.", "The flood killed 31 villagers."),
        ("The flood killed more than 31 villagers.", "The flood killed 40 villagers."),
        ("The flood killed up to 31 villagers.", "The flood killed 20 villagers."),
        ("The flood killed about 300 villagers.", "The flood killed 310 villagers."),
        ("The flood killed 31 villagers.", "The flood injured 5 villagers."),
        ("The flood killed 31 villagers.", "The flood killed 5 soldiers."),
        ("The flood killed 31 villagers.", "The flood killed 31 out of 400 villagers."),
        ("The crater is 12 meters wide.", "The crater is 5 meters deep."),
        ("The flood killed three hundred villagers.", "The flood killed 300 villagers."),
        ("The flood killed twenty-one villagers.", "The flood killed 21 villagers."),
        ("It happened on 3 May.", "It happened on 4 May."),
    ],
)
def test_what_is_no_contradiction(one: str, other: str) -> None:
    assert clash(one, other) == []


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("31", 31),
        ("2,300", 2_300),
        ("1.5 million", 1_500_000),
        ("2 thousand", 2_000),
        ("a hundred", 100),
        ("three hundred thousand", 300_000),
        ("one hundred twenty-one", 121),
        ("twenty-one", 21),
        ("a dozen", 12),
        ("two dozen", 24),
        ("two million three hundred thousand", 2_300_000),
    ],
)
def test_numbers_in_digits_and_words(number: str, value: float) -> None:
    (found,) = of(f"The flood killed {number} villagers.")

    assert (found.value, found.thing, found.verb) == (value, "villager", "kill")


def test_a_figure_is_shown_with_what_it_counts() -> None:
    text = "The flood killed three hundred young villagers."
    (found,) = of(text)

    assert found.shown == "three hundred young villagers"
    assert found.span.of(text) == "three hundred"


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ("31", 31, 31),
        ("90", 90, 90),
        ("300", 270, 330),
        ("about 47", 42.3, 51.7),
        ("more than 31", 31, 62),
        ("up to 30", 15, 30),
        ("30 to 40", 30, 40),
        ("3-4", 3, 4),
        ("between 30 and 40", 30, 40),
        ("30 or 40", 30, 40),
    ],
)
def test_bounds_between_which_a_figure_may_lie(said: str, low: float, high: float) -> None:
    (found,) = of(f"The flood killed {said} villagers.")

    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize(
    "text",
    [
        "It happened on 3 May.",
        "It lasted 3 days.",
        "Gill Ito, 31, left.",
        "Women vote in 2015 elections.",
        "Chapter 31 tells it.",
        "31 out of 400 villagers drowned.",
        "The flood killed 30 out of 400 soldiers they led to Upper Birch.",
        "The flood killed 40 more.",
        "The flood killed 31 of 400 villagers.",
        "A group of 400 villagers drowned.",
        "They paid 5 pounds.",
        "They walked 12 miles away.",
        "The flood killed 12345678901234567890 villagers.",
        "The confusion was said to be one of the reasons.",
    ],
)
def test_what_counts_nothing_on_the_claim(text: str) -> None:
    assert of(text) == []


def test_words_of_the_paragraph_before_leave_no_room() -> None:
    (found,) = of("Nothing more than\n\n31 villagers drowned.")

    assert found.high == 31


def test_a_number_before_another_is_no_part_of_it() -> None:
    assert [(one.value, one.verb) for one in of("On page 25 31 villagers drowned.")] == [(31, "drown")]


def test_a_figure_belongs_to_the_verb_above_it() -> None:
    assert [one.verb for one in of("It rained in 31 villages.")] == ["rain"]


def test_each_pair_of_values_contradicts_once() -> None:
    one, other = "The flood killed 31 villagers.", "The flood killed 5 villagers."

    assert clash(one, other, one, other) == [("31 villagers", "5 villagers")]


@pytest.mark.parametrize(
    ("report", "thing", "verb", "value", "both_wrong"),
    [
        ("2.txt", "villager", "kill", 5, True),
        ("1.txt", "villager", "kill", 5, False),
        ("2.txt", "soldier", "kill", 5, False),
        ("2.txt", "villager", "injure", 5, False),
        ("2.txt", "villager", "kill", 31, False),
    ],
)
def test_figures_contradict_that_count_one_thing_under_one_verb_in_two_reports(
    report: str, thing: str, verb: str, value: float, both_wrong: bool
) -> None:
    one = Figure("1.txt", Span(0, 1), Span(0, 2), "31 villagers", 31, 31, 31, "villager", "kill")
    other = Figure(report, Span(0, 1), Span(0, 2), "some", value, value, value, thing, verb)

    assert one.contradicts(other) is other.contradicts(one) is both_wrong


def test_figures_of_one_report_are_its_own_affair() -> None:
    assert clash("The flood killed 31 villagers. Later the flood killed 5 villagers.") == []
