"""Whether a speaker affirms, confirms, denies, or will not say."""

import pytest

from backchannel.core.assess.statements_stance import Stance
from said import said, words

STANCES = [
    ("Ana Ruiz said the dam had failed.", Stance.AFFIRMS),
    ("Ana Ruiz said the dam had not failed.", Stance.AFFIRMS),
    ("The board denied that the dam had failed.", Stance.DENIES),
    ("The board denied any contact with the builders.", Stance.DENIES),
    ("The board denied having sold the dam.", Stance.DENIES),
    ("The claim was denied by the board.", Stance.DENIES),
    ("The board rejected the report.", Stance.DENIES),
    ("The board said the report was false.", Stance.DENIES),
    ("The board said the report was not true.", Stance.DENIES),
    ("The board said there was no truth in the report.", Stance.DENIES),
    ("The board said the report was not false.", Stance.AFFIRMS),
    ("The board did not deny the report.", Stance.DECLINES),
    ("The board confirmed that the dam had failed.", Stance.CONFIRMS_SO),
    ("The board confirmed the mayor's remarks.", Stance.CONFIRMS_SAID),
    ("The board confirmed that the remarks were reported correctly.", Stance.CONFIRMS_SAID),
    ("The board did not confirm the report.", Stance.DECLINES),
    ("The board was unable to confirm the report.", Stance.DECLINES),
    ("The board is not able to confirm the report.", Stance.DECLINES),
    ("The board was able to confirm the report.", Stance.CONFIRMS_SAID),
    ("Nobody will pay until the board confirms the failure.", Stance.DECLINES),
    ("The board declined to comment.", Stance.DECLINES),
    ("The board refused to say how many had died.", Stance.DECLINES),
    ("The mayor could not be reached for comment.", Stance.DECLINES),
    ("The board did not respond to a request for comment.", Stance.DECLINES),
    ("Neither side would comment.", Stance.DECLINES),
]


@pytest.mark.parametrize(("text", "expected"), STANCES, ids=[row[0] for row in STANCES])
def test_the_stance_is_that_of_the_cue_and_its_content(text: str, expected: Stance) -> None:
    assert said(text)[0].stance is expected


def test_confirming_a_statement_in_passing_is_of_who_confirms_it() -> None:
    text = (
        "“The dam failed,” Ruiz added, in remarks reported by Reuters"
        " and confirmed to the Harbour Post by a board spokesman."
    )
    confirmed = next(one for one in said(text) if one.word == "confirm")

    assert words(text, confirmed.source) == "a board spokesman"
    assert words(text, confirmed.collector) == "the Harbour Post"
    assert confirmed.stance is Stance.CONFIRMS_SAID


def test_a_refusal_is_one_statement_and_not_a_wish() -> None:
    text = "The board declined to discuss what had been sold."
    (one,) = said(text)

    assert words(text, one.cue) == "declined to discuss"
    assert words(text, one.contents[0]) == "what had been sold"
