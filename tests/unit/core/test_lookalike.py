"""Names that a reader could take for one another."""

import pytest

from backchannel.core.lookalike import look_alike, mixed_word


@pytest.mark.parametrize(
    "other",
    [
        "VENDOR RESEARCH",
        "\uff36\uff25\uff2e\uff24\uff2f\uff32 research",
        "Vend\u043er Research",
        "Vendor Re\u0455earch",
        "Vend0r Research",
        "\U0001d415endor Research",
    ],
)
def test_the_same_shape_looks_alike(other: str) -> None:
    assert look_alike("Vendor Research", other)
    assert look_alike(other, "Vendor Research")


@pytest.mark.parametrize(
    ("one", "other"),
    [("Al Lab", "AI Lab"), ("Team 1", "Team l"), ("modern", "modem"), ("\u0421\u041e\u0420", "COP")],
)
def test_what_is_hard_to_tell_apart_looks_alike(one: str, other: str) -> None:
    assert look_alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Birch Telecom", "Birch Telekom"),
        ("Lab 1", "Lab 2"),
        ("IBM", "LBN"),
        ("Müller", "Muller"),
        ("Vendor", "Vendors"),
    ],
)
def test_names_that_differ_to_the_eye_do_not(one: str, other: str) -> None:
    assert not look_alike(one, other)


@pytest.mark.parametrize("word", ["Vend\u043er", "\u0391cme", "\u0420redator", "\u0430\u03b1"])
def test_a_word_of_several_scripts_is_found(word: str) -> None:
    assert mixed_word(f"The {word} 2") == word


@pytest.mark.parametrize(
    "text", ["", "Привет Predator", "國家資安中心 Lab", "Żółw", "Δ-Lab", "カタカナ", "µ", "APT-Ω"]
)
def test_words_of_one_script_beside_each_other_are_fine(text: str) -> None:
    assert mixed_word(text) is None
