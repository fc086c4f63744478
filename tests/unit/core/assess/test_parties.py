"""Unnamed speakers who are named later, and one statement in several wordings."""

from heard import asked

NAMED = "Ada Ito, a director at the Water Ministry, said Alderland opened channels for selling water to Birchland."


def test_an_unnamed_lead_is_the_one_who_is_named_later_and_says_the_same() -> None:
    found = asked(f"An Alderland official said Alderland sells water to Birchland.\n\n{NAMED}").joined

    assert [(one.unnamed, one.named) for one in found] == [("Alderland official", "Ada Ito")]
    assert "water" in found[0].cause


def test_an_unnamed_speaker_who_told_a_newsroom_is_not_joined() -> None:
    text = f"An Alderland official told Meridian Wire that Alderland sells water to Birchland.\n\n{NAMED}"

    assert asked(text).joined == ()


def test_an_analyst_is_not_the_official_who_is_named_later() -> None:
    assert asked(f"An analyst said Alderland sells water to Birchland.\n\n{NAMED}").joined == ()


def test_an_official_is_not_a_spokesman_who_is_named_later() -> None:
    text = (
        "An Alderland official said Alderland sells water to Birchland.\n\n"
        "Spokesman Tomas Lind said Alderland sells water to Birchland."
    )

    assert asked(text).joined == ()


def test_an_official_of_one_body_is_not_one_of_another_who_is_named_later() -> None:
    text = (
        "A Harbour Union official said Alderland sells water to Birchland.\n\n"
        "Tomas Lind, an official of the Lake Fund, said Alderland sells water to Birchland."
    )

    assert asked(text).joined == ()


def test_of_two_who_say_as_much_neither_is_the_unnamed_one() -> None:
    text = (
        "An Alderland official said Alderland sells water to Birchland.\n\n"
        "Minister Ada Ito said Alderland sells water to Birchland.\n\n"
        "Governor Karin Dahl said Alderland sells water to Birchland."
    )

    assert asked(text).joined == ()


def test_three_wordings_of_one_sentence_are_one_statement() -> None:
    found = asked(
        "Minister Ada Ito said Alderland sells water to Birchland.",
        "Minister Ada Ito said that the water which Alderland sells goes to Birchland.",
        "“To Birchland we sell the water of Alderland,” said minister Ada Ito.",
    ).utterances

    assert [(one.speaker, len(one.voices), len(one.reports)) for one in found] == [("Ada Ito", 3, 3)]


def test_what_two_people_say_is_not_one_statement() -> None:
    found = asked(
        "Minister Ada Ito said Alderland sells water to Birchland.",
        "Minister Karin Dahl said Alderland sells water to Birchland.",
    ).utterances

    assert found == ()
