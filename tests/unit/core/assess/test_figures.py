"""Figures on one claim: which are compared, and which contradict."""

import pytest

from backchannel.core.assess.figures import conflicts, figures
from backchannel.core.assess.statements_tree import Tree
from heard import heard


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
        ("It happened on 3 May.", "It happened on 4 May."),
    ],
)
def test_what_is_no_contradiction(one: str, other: str) -> None:
    assert clash(one, other) == []


def test_figures_of_one_report_are_its_own_affair() -> None:
    assert clash("The flood killed 31 villagers. Later the flood killed 5 villagers.") == []
