"""Who "he", "the official" and "Lind" are, and where there is no cause to say."""

from backchannel.core.assess.statements_speaker import Cause
from said import only, said, words


def speaker(text: str) -> str:
    """The speaker of the last statement of a text."""
    return words(text, said(text)[-1].speaker)


def test_a_surname_is_the_only_full_name_that_ends_so() -> None:
    text = "Tomas Lind, a miller, said the dam had failed. Lind said it was old."

    assert speaker(text) == "Tomas Lind, a miller,"
    assert said(text)[-1].cause is Cause.SURNAME


def test_a_surname_of_two_people_is_nobody_in_particular() -> None:
    text = "Tomas Lind said the dam had failed. Karin Lind said it had not. Lind said it was old."

    assert speaker(text) == "Lind"


def test_a_pronoun_is_the_last_speaker() -> None:
    text = "Tomas Lind said the dam had failed.\nHe said it was old."

    assert speaker(text) == "Tomas Lind"
    assert said(text)[-1].cause is Cause.PRONOUN


def test_she_is_not_a_spokesman() -> None:
    text = (
        "Spokeswoman Karin Dahl said the dam had failed. Spokesman Tomas Lind said it had not. She said it was old."
    )

    assert speaker(text) == "Spokeswoman Karin Dahl"


def test_who_was_once_he_is_never_she() -> None:
    text = "Tomas Lind said the dam had failed. He said it was old. She said it was new."

    assert said(text)[-1].speaker is None


def test_a_pronoun_is_not_somebody_of_three_paragraphs_ago() -> None:
    text = "Tomas Lind said the dam had failed.\nIt rained.\nIt snowed.\nHe said it was old."

    assert said(text)[-1].speaker is None
    assert said(text)[-1].cause is Cause.UNKNOWN


def test_a_pronoun_is_not_somebody_whom_a_speaker_only_mentions() -> None:
    text = "Tomas Lind said Oskar Berg had seen the dam fail. He said it was old."

    assert speaker(text) == "Tomas Lind"


def test_a_pronoun_is_not_somebody_whom_a_speaker_quotes() -> None:
    text = "Tomas Lind said Oskar Berg believed the dam had failed. He said it was old."

    assert speaker(text) == "Tomas Lind"


def test_it_is_not_a_person() -> None:
    text = "The Water Board said the dam had failed. Tomas Lind said it had not. It said the dam was old."

    assert speaker(text) == "The Water Board"


def test_the_official_is_the_last_one_who_was_called_so() -> None:
    text = "A senior official said the dam had failed. Tomas Lind said it had not. The official said it was old."

    assert speaker(text) == "A senior official"
    assert said(text)[-1].cause is Cause.DESCRIPTION


def test_who_is_the_noun_before_it() -> None:
    text = "The plan was drawn by Tomas Lind, who said the dam had failed."
    (one,) = (one for one in said(text) if words(text, one.source) == "who")

    assert words(text, one.speaker) == "Tomas Lind"
    assert one.cause is Cause.RELATIVE


def test_an_official_without_a_name_is_anonymous() -> None:
    for text in (
        "A senior official said the dam had failed.",
        "The dam had failed, sources said.",
        "A Harbour Board official said the dam had failed.",
        "An official at the ministry said the dam had failed.",
    ):
        assert only(text).anonymous, text


def test_who_has_a_name_is_not_anonymous() -> None:
    for text in (
        "Official Tomas Lind said the dam had failed.",
        "A spokesman for the board, Tomas Lind, said the dam had failed.",
        "The president said the dam had failed.",
        "The Water Board said the dam had failed.",
    ):
        assert not only(text).anonymous, text


def test_a_pronoun_may_be_somebody_whom_an_outlet_quotes() -> None:
    text = "Tomas Lind said the dam had failed, Example Courier reported. He added that it was old."

    assert speaker(text) == "Tomas Lind"


def test_who_was_asked_did_not_ask() -> None:
    asked = [one for one in said("Asked for comment, Tomas Lind said the dam was old.") if one.word == "ask"]

    assert [one.source for one in asked] in ([], [None])


def test_what_is_only_called_something_says_nothing() -> None:
    assert [one.word for one in said("Lind starred in a film called “The Dam” in May.")] == []


def test_you_is_nobody_in_particular() -> None:
    text = "Tomas Lind said the dam had failed. You said that it was old."

    assert said(text)[-1].speaker is None
