"""Whether a speaker asserts the claim: forged and hidden denials, and what is only said to have been said."""

import pytest

from backchannel.core.assess.voices import Attitude
from heard import CLAIM, asked, named

BIRCHLAND = "The government of Birchland"
UNION = "Ada Ito of the Harbour Union"


def attitude(text: str, question: str = CLAIM) -> Attitude | None:
    """What the one voice of a text does to the claim; None if nobody takes part."""
    voices = [voice for one in asked(text, question=question).on for voice in one.voices]
    assert len(voices) <= 1
    return voices[0].attitude if voices else None


@pytest.mark.parametrize(
    "text",
    [
        f"{BIRCHLAND} denied that it had denied that {CLAIM}.",
        f"{BIRCHLAND} denied that the Harbour Union denied that {CLAIM}.",
        f"{BIRCHLAND} denied that it is untrue that {CLAIM}.",
        f"{BIRCHLAND} refuted the denial that {CLAIM}.",
        f"{BIRCHLAND} retracted its denial that {CLAIM}.",
        f"{BIRCHLAND} said that reports denying that {CLAIM} are false.",
        f"{BIRCHLAND} said it would be wrong to deny that {CLAIM}.",
        f"{BIRCHLAND} said: “We do not deny that {CLAIM}.”",
    ],
)
def test_a_denial_of_a_denial_denies_nothing(text: str) -> None:
    assert attitude(text) is None


@pytest.mark.parametrize("what", ["knowing", "any knowledge", "having said", "saying", "that anybody had said"])
def test_to_deny_that_one_knows_or_said_it_does_not_deny_it(what: str) -> None:
    assert attitude(f"{BIRCHLAND} denied {what} that {CLAIM}.") is None


@pytest.mark.parametrize(
    "text",
    [
        f"{BIRCHLAND} has neither confirmed nor denied that {CLAIM}.",
        f"{UNION} confirmed neither that {CLAIM} nor that it rains.",
        f"{BIRCHLAND} no longer denies that {CLAIM}.",
        f"{BIRCHLAND} stopped denying that {CLAIM}.",
        f"{BIRCHLAND} refused to deny that {CLAIM}.",
        f"{BIRCHLAND} could not deny that {CLAIM}.",
    ],
)
def test_who_will_neither_confirm_nor_deny_declines(text: str) -> None:
    assert attitude(text) is Attitude.DECLINES


@pytest.mark.parametrize(
    "text",
    [
        f"{BIRCHLAND} will deny that {CLAIM}.",
        f"{BIRCHLAND} might deny that {CLAIM}.",
        f"{BIRCHLAND} threatened to deny that {CLAIM}.",
        f"{BIRCHLAND} should deny that {CLAIM}, {UNION} said.",
        f"Has the government of Birchland denied that {CLAIM}?",
        f"Nobody believes that the government of Birchland denied that {CLAIM}.",
        f"Rumours said that the government of Birchland denied that {CLAIM}.",
        f"An anonymous user claimed that the government of Birchland denied that {CLAIM}.",
        f"{UNION} said that the government of Birchland denied that {CLAIM}.",
    ],
)
def test_a_denial_that_did_not_happen_or_that_others_tell_of_is_none(text: str) -> None:
    found = asked(text)

    assert found.independence.denied_by == ()
    assert found.independence.affirming == ()


@pytest.mark.parametrize(
    "text",
    [
        f"{BIRCHLAND} said: “Does Alderland not sell water to Birchland?”",
        f"{BIRCHLAND} said: “Who says that {CLAIM}?”",
        f"Did {UNION} say that {CLAIM}?",
    ],
)
def test_a_question_neither_affirms_nor_denies(text: str) -> None:
    assert attitude(text) is None


@pytest.mark.parametrize(
    "text",
    [
        f"{UNION} never said that {CLAIM}.",
        f"{UNION} did not say that {CLAIM}.",
        f"{UNION} would not say that {CLAIM}.",
        f"{UNION} might confirm that {CLAIM}.",
        f"{UNION} has yet to confirm that {CLAIM}.",
        f"{UNION} falsely claimed that {CLAIM}.",
        f"{UNION} joked that {CLAIM}.",
        f"{UNION} lied that {CLAIM}.",
        f"No official said that {CLAIM}.",
        f"{UNION} said that Tomas Lind said that {CLAIM}.",
        f"{UNION} said that critics say that {CLAIM}.",
        f"{UNION} said she had read in the newspaper that {CLAIM}.",
        f"{UNION} said she doubts that {CLAIM}.",
        f"{UNION} confirmed that she was asked whether {CLAIM}.",
        f"{UNION} confirmed that she is investigating whether {CLAIM}.",
    ],
)
def test_what_is_not_said_or_not_meant_or_said_by_others_affirms_nothing(text: str) -> None:
    assert attitude(text) is None


@pytest.mark.parametrize(
    "text",
    [
        f"{UNION} confirmed the quote “{CLAIM}”.",
        f"{UNION} confirmed that the interview in which Lind said that {CLAIM} was accurate.",
        f"{UNION} confirmed that Tomas Lind said that {CLAIM}.",
    ],
)
def test_to_confirm_a_quotation_confirms_that_it_was_said(text: str) -> None:
    assert attitude(text) is Attitude.CONFIRMS_SAID


def test_to_confirm_that_this_was_what_somebody_said_makes_no_second_origin() -> None:
    text = f"Tomas Lind of the Lake Fund said that {CLAIM}. {UNION} confirmed that this was what he said."

    assert named(asked(text).independence.affirming) == ["Lake Fund"]


def test_who_has_no_doubt_affirms_and_does_not_deny() -> None:
    assert attitude(f"{BIRCHLAND} said there was no doubt that {CLAIM}.") is Attitude.AFFIRMS
    assert attitude(f"{UNION} said she did not doubt that {CLAIM}.") is Attitude.AFFIRMS


def test_a_denial_in_the_speakers_own_words_is_one() -> None:
    assert attitude(f"{BIRCHLAND} said: “We deny that {CLAIM}.”") is Attitude.DENIES
    assert attitude(f"{BIRCHLAND} said the story that {CLAIM} was invented.") is Attitude.DENIES


def test_what_a_speaker_told_others_earlier_is_still_the_speakers_word() -> None:
    assert attitude(f"{UNION} said she had told the police that {CLAIM}.") is Attitude.AFFIRMS
