"""Which statements are on a claim, how surely, and which sentences tell it without a speaker."""

from collections.abc import Mapping, Sequence

import pytest

from backchannel.core.assess.voices import Attitude, OnClaim, Voice
from heard import CLAIM, asked

SAID = "Minister Ada Ito said Alderland sells water to Birchland."
TO_WIRE = "Minister Ada Ito told Meridian Wire that Alderland sells water to Birchland."
CONFIRMED = "Spokesman Tomas Lind confirmed Ito's remarks were reported correctly."
WROTE = "Alderland sells water to Birchland, newspapers wrote on Monday."


class Judge:
    """Judges texts as it is told to, and knows nothing of the others. Of texts that reach 1, those from 0.8 on are
    surely about the question, and those from 0.64 on perhaps."""

    least = 0.5
    same = 0.9

    def __init__(self, values: Mapping[str, float]) -> None:
        self._values = {SAID: 1.0, **values}

    def __call__(self, question: str, texts: Sequence[str]) -> list[float]:
        assert question
        return [self._values.get(text, 0.0) for text in texts]


def on(text: str, values: Mapping[str, float] | None = None, question: str = CLAIM) -> OnClaim:
    """What a text has on the claim. The contents and sentences of `values` are that near to it; without them, words
    decide."""
    return asked(text, question=question, ranker=None if values is None else Judge(values)).on[0]


def voice(said: str, near: float, sentence: float = 0.0, cue: str = "said", question: str = CLAIM) -> Voice | None:
    """What becomes of a statement whose content is so near to the claim, beside one that is as near as can be."""
    second = f"Governor Tomas Lind {cue} {said}."
    found = on(f"{SAID} {second}", {said: near, second: sentence}, question)
    return next((one for one in found.voices if one.speaker.key == "lind"), None)


def is_sure(found: Voice | None) -> bool:
    """Whether it is on the claim, surely."""
    assert found is not None
    return found.sure


def test_what_is_near_and_tells_something_of_it_is_surely_on_the_claim() -> None:
    assert is_sure(voice("the water is given to Birchland", 0.8)) is True
    assert is_sure(voice("the water is given to Birchland", 0.79)) is False
    assert voice("the water is given to Birchland", 0.63) is None


def test_what_names_the_same_parties_and_nothing_else_is_only_perhaps_on_the_claim() -> None:
    assert is_sure(voice("Alderland and Birchland share a border", 0.99)) is False


def test_a_claim_of_names_alone_is_told_by_names() -> None:
    assert is_sure(voice("Alderland and Birchland share a border", 0.99, question="Alderland Birchland")) is True


def test_a_word_that_reports_write_small_is_no_name() -> None:
    assert is_sure(voice("the water is cold", 0.99, question="Water flows from Alderland to Birchland")) is True


def test_a_country_is_a_name_even_where_its_word_is_written_small_too() -> None:
    question = "Turkey sells water to Birchland"

    assert is_sure(voice("the turkey of Birchland is fat", 0.99, question=question)) is False


def test_a_small_word_of_the_question_is_no_name_though_no_report_has_it_small() -> None:
    assert is_sure(voice("the Depot of Birchland is cold", 0.99, question="a depot of Birchland")) is True


def test_what_is_only_perhaps_on_the_claim_needs_some_of_its_words() -> None:
    assert voice("the lake is deep and cold", 0.7) is None
    assert voice("the lake of Alderland is cold in Birchland", 0.7) is not None


def test_the_words_of_the_whole_sentence_count() -> None:
    text = f"{SAID} Governor Tomas Lind of Alderland said in Birchland the lake was deep."

    assert "lind" in [one.speaker.key for one in on(text, {"the lake was deep": 0.7}).voices]


def test_who_denies_need_not_repeat_the_words() -> None:
    found = voice("that a contract binds both sides of the border", 0.7, cue="denied")

    assert found is not None
    assert found.outright


def test_a_denial_is_surely_on_the_claim_from_midway_between_the_lines() -> None:
    said = "that a contract binds both sides of the border"

    assert is_sure(voice(said, 0.73, cue="denied")) is True
    assert is_sure(voice(said, 0.71, cue="denied")) is False


def test_what_confirms_must_be_near_enough_and_need_not_repeat_the_words() -> None:
    said = "that a contract binds both sides of the border"

    assert is_sure(voice(said, 0.79, cue="confirmed")) is False
    assert is_sure(voice(said, 0.8, cue="confirmed")) is True


def test_likely_is_what_is_nearer_to_sure_than_to_not_at_all() -> None:
    found = [voice("the water is given to Birchland", near) for near in (0.73, 0.71)]

    assert [one.likely for one in found if one is not None] == [True, False]


def test_a_denial_is_as_near_as_its_sentence_but_less_surely() -> None:
    found = voice("that a contract binds both sides of the border", 0.6, sentence=0.8, cue="denied")

    assert found is not None
    assert found.near == pytest.approx((0.6 + 0.8) / 2 + 0.05)


def test_an_affirmation_is_as_near_as_its_content_whatever_its_sentence() -> None:
    assert voice("the water is given to Birchland", 0.6, sentence=1.0) is None


@pytest.mark.parametrize(
    "denial",
    ["denied it", "denied a sale", "denied the claims, reports, rumours, allegations and accusations"],
)
def test_a_denial_of_little_is_about_the_sentence_before(denial: str) -> None:
    found = on(f"{WROTE}\n\nMinister Ada Ito {denial}.")

    assert [(one.attitude, one.near, one.sure) for one in found.voices] == [(Attitude.DENIES, 1.0, True)]


def test_a_longer_denial_is_not_about_the_sentence_before() -> None:
    assert on(f"{WROTE}\n\nMinister Ada Ito denied the talk of traders and bakers in the capital city.").voices == ()


def test_little_that_is_affirmed_is_not_about_the_sentence_before() -> None:
    assert on(f"{WROTE}\n\nMinister Ada Ito said it rained.").voices == ()


def test_an_outlet_hands_on_and_who_speaks_within_it_counts() -> None:
    found = on(f"Meridian Wire reported that the Example Courier wrote that {SAID}")

    assert [(one.speaker.name, one.through) for one in found.voices] == [("Ada Ito", "Example Courier")]


def test_what_a_speaker_says_that_another_said_is_neithers() -> None:
    found = on("Minister Ada Ito said that governor Tomas Lind said Alderland sells water to Birchland.")

    assert found.voices == ()


def test_a_statement_of_nobody_is_no_voice() -> None:
    assert on("The invoice stated that Alderland sells water to Birchland.").voices == ()


def test_who_confirms_what_a_speaker_on_the_claim_said_is_on_it_as_surely() -> None:
    said = "the water is given to Birchland"
    text = f"Minister Ada Ito said {said}.\n\n{CONFIRMED}"

    for near, sure in ((0.9, True), (0.7, False)):
        found = on(f"Governor Tomas Lind said all of it.\n\n{text}", {said: near, "all of it": 1.0}).voices
        confirming = [one for one in found if one.attitude is Attitude.CONFIRMS_SAID]
        assert [(one.speaker.name, one.near, one.sure) for one in confirming] == [("Tomas Lind", near, sure)]


@pytest.mark.parametrize(
    "text",
    [
        f"Minister Ada Ito denied that Alderland sells water to Birchland.\n\n{CONFIRMED}",
        f"{SAID}\n\nSpokesman Tomas Lind confirmed Quill's remarks were reported correctly.",
        f"{SAID}\n\nSpokesman Tomas Lind repeated Ito's remarks.",
        f"{SAID}\n\nThe Example Courier confirmed that Ito's remarks were reported correctly.",
        f"{SAID}\n\nGovernor Tomas Lind denied that Karin Dahl confirmed Ito's remarks.",
    ],
)
def test_who_confirms_something_else_is_not_on_the_claim(text: str) -> None:
    assert not any(one.speaker.name == "Tomas Lind" for one in on(text).voices)
    assert not any(one.attitude is Attitude.CONFIRMS_SAID for one in on(text).voices)


def test_a_statement_is_one_voice_though_it_confirms_by_name_too() -> None:
    found = on(f"{SAID}\n\nTomas Lind confirmed Ito's remarks that Alderland sells water to Birchland.")

    assert [one.speaker.name for one in found.voices] == ["Ada Ito", "Tomas Lind"]


def test_a_sentence_in_which_nobody_speaks_tells_the_claim() -> None:
    assert len(on("Alderland sells water to Birchland. It rained.").told) == 1


@pytest.mark.parametrize(
    "text",
    [
        SAID,
        WROTE,
        "Minister Ada Ito rejected that Alderland sells water to Birchland.",
        "Minister Ada Ito rejected claims that Alderland sells water to Birchland.",
    ],
)
def test_a_sentence_in_which_somebody_speaks_on_it_does_not_tell_it_too(text: str) -> None:
    assert on(text).told == ()


def test_what_somebody_is_said_to_think_is_told_by_the_report() -> None:
    assert len(on("Critics believe that Alderland sells water to Birchland.").told) == 1


def test_who_is_called_by_kinship_alone_is_unnamed() -> None:
    found = on("Her husband said Alderland sells water to Birchland.")

    assert [one.anonymous for one in found.voices] == [True]


def test_a_denial_by_its_cue_is_outright_and_one_by_its_content_is_not() -> None:
    by_cue = on("Minister Ada Ito denied that Alderland sells water to Birchland.").voices
    by_content = on("Minister Ada Ito said Alderland does not sell water to Birchland.").voices

    assert [one.outright for one in (*by_cue, *by_content)] == [True, False]


def test_the_first_five_sentences_lead() -> None:
    rain = "It rained. " * 4
    found = on(f"{rain}{SAID} Governor Tomas Lind said Alderland sells water to Birchland.").voices

    assert [(one.speaker.name, one.leads) for one in found] == [("Ada Ito", True), ("Tomas Lind", False)]
