"""Organisations in a noun phrase, and which of their names can mean one."""

import pytest

from backchannel.core.assess.bodies import Body
from heard import speaker


def of(words: str, countries: str = "") -> Body:
    """A body by the words that tell it from others."""
    return Body(words, frozenset(words.split()), frozenset(countries.split()))


def bodies(phrase: str) -> list[tuple[str, set[str], set[str]]]:
    """The bodies that a person who is called so speaks for: name, words, countries."""
    return [(body.name, set(body.words), set(body.countries)) for body in speaker(f"{phrase} said it rained.").bodies]


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        (of("water ministry"), of("water ministry"), True),
        (of("ministry"), of("water ministry"), True),
        (of("water ministry"), of("ministry"), True),
        (of("water ministry"), of("dam ministry"), False),
        (of("ministry", "Norway"), of("ministry", "Chile"), False),
        (of("ministry", "Norway"), of("ministry", "Chile Norway"), True),
        (of("ministry", "Norway"), of("water ministry"), True),
    ],
)
def test_names_that_can_mean_one_body(one: Body, other: Body, may: bool) -> None:
    assert one.may_be(other) is may


@pytest.mark.parametrize(
    ("phrase", "name", "words", "countries"),
    [
        ("Ada Ito of Greenpeace", "Greenpeace", {"greenpeace"}, set()),
        ("Ada Ito of the Ministry of Water", "Ministry of Water", {"ministry", "water"}, set()),
        ("Ada Ito of the Ministry of the Interior", "Ministry of the Interior", {"ministry", "interior"}, set()),
        (
            "Ada Ito of the Department of Water Resources",
            "Department of Water Resources",
            {"department", "water", "resources"},
            set(),
        ),
        ("Ada Ito, an official of the local council,", "local council", {"local", "council"}, set()),
        (
            "Ada Ito of Birch Water Company, Ltd.",
            "Birch Water Company Ltd.",
            {"birch", "water", "company", "ltd"},
            set(),
        ),
        ("Ada Ito of Al-Nahar Bank", "Al-Nahar Bank", {"al-nahar", "bank"}, set()),
        ("Ada Ito of the Norwegian police", "Norwegian police", {"police"}, {"Norway"}),
        ("Ada Ito of Norway's Water Ministry", "Norway's Water Ministry", {"water", "ministry"}, {"Norway"}),
        (
            "Ada Ito of the South Sudan Ministry of Water",
            "South Sudan Ministry of Water",
            {"ministry", "water"},
            {"South Sudan"},
        ),
        ("Ada Ito, of The Harbour Union,", "Harbour Union", {"harbour", "union"}, set()),
        ("Ada Ito, an official of the defence ministry,", "defence ministry", {"defence", "ministry"}, set()),
        ("Ada Ito, an official of the old Birch union,", "Birch union", {"birch", "union"}, set()),
        ("Ada Ito, an official of Norway's bank,", "Norway's bank", {"bank"}, {"Norway"}),
        ("The Water Ministry's spokeswoman", "Water Ministry", {"water", "ministry"}, set()),
        ("A Norwegian official", "government of Norway", {"government"}, {"Norway"}),
        ("Ada Ito, a Norwegian official of the Water Ministry,", "Water Ministry", {"water", "ministry"}, set()),
        ("An official of the department", "department", {"department"}, set()),
    ],
)
def test_a_body_is_a_name_with_the_words_that_tell_it_from_others(
    phrase: str, name: str, words: set[str], countries: set[str]
) -> None:
    assert bodies(phrase) == [(name, words, countries)]


def test_a_country_by_itself_is_its_government() -> None:
    assert bodies("Norway")[0] == ("Norway", {"government"}, {"Norway"})


def test_who_speaks_for_two_bodies_speaks_for_both() -> None:
    found = bodies("Ada Ito of the Water Ministry and the Dam Authority")

    assert [name for name, _, _ in found] == ["Water Ministry", "Dam Authority"]


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("Ada Ito, an official of the committee of Greenpeace,", "committee of Greenpeace"),
        ("Ada Ito, an official of the court of Upper Birch town,", "court of Upper Birch town"),
        ("Ada Ito, an official of the Greenpeace of the Senate,", "Greenpeace of the Senate"),
    ],
)
def test_what_stands_behind_of_belongs_to_the_name(phrase: str, name: str) -> None:
    assert name in [found for found, _, _ in bodies(phrase)]


def test_a_body_that_nothing_names_is_none_beside_one_that_is_named() -> None:
    assert [name for name, _, _ in bodies("An official of a department and of the Water Ministry")] == [
        "Water Ministry"
    ]


def test_of_bodies_that_nothing_names_the_first_counts() -> None:
    assert [name for name, _, _ in bodies("An official of the department and of the commission")] == ["department"]


def test_a_body_that_only_its_country_names_is_one() -> None:
    found = bodies("An official of the Norwegian commission and of the Water Ministry")

    assert [name for name, _, _ in found] == ["Water Ministry", "Norwegian commission"]
