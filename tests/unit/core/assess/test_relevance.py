"""How near texts are to a question, by words."""

import pytest

from backchannel.core.assess.relevance import ByWords, bounds
from heard import asked


def test_a_text_with_all_words_of_the_question_is_nearest() -> None:
    near = ByWords()("Alderland sells water", ["Water is sold by Alderland", "Water is wet", "It rained"])

    assert near[0] > near[1] > near[2] == 0.0


def test_a_question_without_words_of_meaning_is_near_to_nothing() -> None:
    assert ByWords()("is it?", ["it is", ""]) == [0.0, 0.0]


@pytest.mark.parametrize("judged", [[], [0.0], [0.3, 0.2]])
def test_what_is_far_is_not_near_for_being_the_nearest(judged: list[float]) -> None:
    assert bounds(ByWords(), judged).sure == ByWords.least


def test_the_line_lies_below_the_nearest() -> None:
    line = bounds(ByWords(), [1.0, 0.5])

    assert 1.0 > line.sure > line.doubtful > 0.5


def test_what_only_names_the_parties_is_not_surely_on_the_claim() -> None:
    found = asked(
        "Minister Ada Ito said Alderland sells water to Birchland.",
        "Tomas Lind of the Harbour Union said Alderland and Birchland are old friends.",
    ).independence

    assert all("Harbour" not in party.name for party in found.affirming)
