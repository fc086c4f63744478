"""How many parties cannot be one voice: names, states and copies that make one look like two."""

from heard import CLAIM, asked

UNION = f"Tomas Lind of the Harbour Union said {CLAIM}."
LONG = (
    f"{CLAIM} and that the pipes were laid in the spring along the old border road by forty workers from the coast."
)


def origins(*texts: str) -> tuple[int, int]:
    """How many independent origins the claim has."""
    return asked(*texts).independence.origins


def test_an_initial_or_a_last_name_alone_makes_no_second_origin() -> None:
    assert origins(
        f"A. Ito of the Harbour Union said {CLAIM}.",
        f"Ada Ito said {CLAIM}.",
        f"Ada M. Ito said {CLAIM}.",
        f"Ms Ito said {CLAIM}.",
    ) == (1, 1)


def test_a_last_name_that_two_bear_may_be_either() -> None:
    found = origins(
        f"Erik Dahl of the Harbour Union said {CLAIM}.",
        f"Nora Dahl of the Lake Fund said {CLAIM}.",
        f"Dahl said {CLAIM}.",
    )

    assert found[0] == 2


def test_officials_of_no_named_state_may_be_of_any() -> None:
    low, high = origins(
        f"Ada Ito of the Norwegian foreign ministry said {CLAIM}.", f"Minister Tomas Lind said {CLAIM}."
    )

    assert (low, high) == (1, 2)


def test_who_speaks_for_two_states_is_no_third() -> None:
    found = origins(
        f"Ada Ito of the Norwegian foreign ministry said {CLAIM}.",
        f"Tomas Lind of the Danish foreign ministry said {CLAIM}.",
        f"Karin Holm of the Danish and Norwegian customs authority said {CLAIM}.",
    )

    assert found[0] == 2


def test_the_ministry_of_another_report_may_be_the_one_that_is_named() -> None:
    assert origins(f"Ada Ito of the Norwegian foreign ministry said {CLAIM}.", f"The ministry said {CLAIM}.")[0] == 1


def test_a_last_name_is_not_that_of_somebody_of_another_country() -> None:
    found = origins(
        f"Erik Kim, a spokesman for the Norwegian police, said {CLAIM}.",
        f"Minister Kim of the Danish government said {CLAIM}.",
    )

    assert found == (1, 2)


def test_names_spelled_alike_of_two_countries_are_two_persons() -> None:
    found = origins(
        f"Ali Hassan, the Iraqi minister, said {CLAIM}.", f"Alia Hassani, the Syrian minister, said {CLAIM}."
    )

    assert found == (2, 2)


def test_one_text_in_the_mouth_of_two_is_at_least_one_origin_and_not_two() -> None:
    found = asked(f"Tomas Lind of the Harbour Union said {LONG}", f"Ada Ito of the Lake Fund said {LONG}")

    assert found.independence.origins == (1, 2)
    assert found.credibility.digit != "1"


def test_two_who_say_the_same_in_few_words_are_two() -> None:
    assert origins(UNION, f"Ada Ito of the Lake Fund said {CLAIM}.") == (2, 2)


def test_a_bare_name_that_is_taken_for_a_body_may_be_a_person() -> None:
    assert origins(f"Tomas Lind said {CLAIM}.", f"Karin Dahl said {CLAIM}.") == (1, 2)
    assert origins(f"Tomas Lind said {CLAIM}.", f"The Lake Fund said {CLAIM}.") == (2, 2)
