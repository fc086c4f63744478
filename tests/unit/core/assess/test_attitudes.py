"""For or against: what a statement does to a claim."""

import pytest

from backchannel.core.assess.attitudes import is_negative_text
from backchannel.core.assess.voices import Attitude
from heard import asked


def attitude(text: str, question: str = "Alderland sells water to Birchland") -> Attitude | None:
    """What the one speaker of a text does to the claim; None if nobody takes part."""
    found = [voice for one in asked(text, question=question).on for voice in one.voices]
    return found[0].attitude if found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Minister Ada Ito said Alderland sells water to Birchland.", Attitude.AFFIRMS),
        ("Minister Ada Ito confirmed that Alderland sells water to Birchland.", Attitude.CONFIRMS_SO),
        ("Minister Ada Ito denied that Alderland sells water to Birchland.", Attitude.DENIES),
        ("Minister Ada Ito said Alderland does not sell water to Birchland.", Attitude.DENIES),
        ("Minister Ada Ito said Alderland sells no water to Birchland.", Attitude.DENIES),
        ("Minister Ada Ito denied that Alderland does not sell water to Birchland.", Attitude.AFFIRMS),
        ("Minister Ada Ito declined to say whether Alderland sells water to Birchland.", Attitude.DECLINES),
        ("Minister Ada Ito could not confirm that Alderland sells water to Birchland.", Attitude.DECLINES),
        ("Minister Ada Ito rejected that Alderland sells water to Birchland.", Attitude.DENIES),
        ("Minister Ada Ito said nobody sells water of Alderland to Birchland.", Attitude.DENIES),
        ("Minister Ada Ito said Alderland owns lakes and does not sell water to Birchland.", Attitude.DENIES),
        ("Minister Ada Ito said it is false that Alderland sells water to Birchland.", Attitude.DENIES),
        ("Minister Ada Ito said it is not true that Alderland sells water to Birchland.", Attitude.DENIES),
        ("Minister Ada Ito confirmed reports that Alderland sells water to Birchland.", Attitude.CONFIRMS_SAID),
        ("Minister Ada Ito said Alderland sells water to Birchland and that is the story.", Attitude.AFFIRMS),
    ],
)
def test_for_or_against(text: str, expected: Attitude) -> None:
    assert attitude(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "Minister Ada Ito said Alderland might sell water to Birchland.",
        "Minister Ada Ito asked whether Alderland sells water to Birchland.",
        "Minister Ada Ito said it was unclear whether Alderland sells water to Birchland.",
        "Minister Ada Ito said she was aware of reports that Alderland sells water to Birchland.",
        "Minister Ada Ito said many people allege that Alderland sells water to Birchland.",
        "Minister Ada Ito believes that Alderland sells water to Birchland.",
        "Minister Ada Ito wants Alderland to sell water to Birchland.",
        "Minister Ada Ito praised the sale of water by Alderland to Birchland.",
        "Minister Ada Ito asked about the water that Alderland sells to Birchland.",
        "Minister Ada Ito discussed whether Alderland sells water to Birchland.",
        "Minister Ada Ito said it would be good if Alderland sold water to Birchland.",
        "Minister Ada Ito said there was a story about Alderland selling water to Birchland.",
        "Minister Ada Ito said Alderland sells water to Birchland as in reports.",
        "Alderland sells water to Birchland, newspapers wrote.\n\n"
        "Minister Ada Ito of Alderland commented on this in Birchland.",
        "Minister Ada Ito said Alderland is suspected of selling water to Birchland.",
        "Minister Ada Ito said Alderland is rumoured to sell water to Birchland.",
    ],
)
def test_what_leaves_it_open_or_only_reports_affirms_nothing(text: str) -> None:
    found = attitude(text)

    assert found is None or not found.affirming


@pytest.mark.parametrize(
    "text",
    [
        "Minister Ada Ito said Alderland does not sell water to Birchland.",
        "Minister Ada Ito said it is false that Alderland sells water to Birchland.",
    ],
)
def test_a_question_in_the_negative_turns_it_round(text: str) -> None:
    assert attitude(text, "Alderland does not sell water to Birchland") is Attitude.AFFIRMS


@pytest.mark.parametrize(
    ("question", "negative"),
    [
        ("Alderland sells water", False),
        ("Northern Alderland knows notes", False),
        ("Alderland does not sell water", True),
        ("Alderland doesn't sell water", True),
        ("Alderland doesn’t sell water", True),
        ("Alderland never sells water", True),
        ("Alderland sells no water", True),
        ("No water is sold", True),
    ],
)
def test_questions_in_the_negative(question: str, negative: bool) -> None:
    assert is_negative_text(question) is negative


def test_what_is_denied_of_something_else_is_no_denial_of_the_claim() -> None:
    text = (
        "Minister Ada Ito said Alderland sells water to Birchland. "
        "Governor Tomas Lind denied that the mill in Upper Birch was closed."
    )

    assert [voice.speaker.name for voice in asked(text).on[0].voices] == ["Ada Ito"]


def test_a_denial_of_the_reports_is_about_what_was_reported() -> None:
    text = (
        "Alderland sells water to Birchland, newspapers wrote on Monday.\n\n"
        "Alderland's minister Ada Ito denied the reports on Tuesday."
    )

    assert attitude(text) is Attitude.DENIES


def test_to_confirm_that_it_was_said_does_not_affirm_it() -> None:
    text = (
        "Minister Ada Ito told Meridian Wire that Alderland sells water to Birchland.\n\n"
        "Contacted by Harbour Press Agency, spokesman Tomas Lind confirmed Ito's remarks were reported correctly."
    )
    voices = asked(text).on[0].voices

    assert [voice.attitude for voice in voices] == [Attitude.AFFIRMS, Attitude.CONFIRMS_SAID]
    assert not Attitude.CONFIRMS_SAID.takes_part
