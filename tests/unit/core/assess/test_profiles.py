"""What a report says of a speaker: name, bodies, countries, and what sort of speaker it is."""

import pytest

from backchannel.core.assess.countries import countries_in, country_of
from backchannel.core.assess.profiles import Sort, last_name
from heard import heard, speaker


def bodies(text: str) -> list[str]:
    return [body.name for body in speaker(text).bodies]


@pytest.mark.parametrize(
    ("text", "name", "body"),
    [
        ("Ada Ito, a spokeswoman for the Water Ministry, said the dam was safe.", "Ada Ito", "Water Ministry"),
        ("Water Ministry spokeswoman Ada Ito said the dam was safe.", "Ada Ito", "Water Ministry"),
        ("A spokeswoman for the Water Ministry, Ada Ito, said the dam was safe.", "Ada Ito", "Water Ministry"),
        ("Ada Ito of the Dam Authority said the dam was safe.", "Ada Ito", "Dam Authority"),
    ],
)
def test_a_speaker_has_a_name_and_a_body(text: str, name: str, body: str) -> None:
    found = speaker(text)

    assert (found.name, found.sort) == (name, Sort.PERSON)
    assert body in bodies(text)


def test_what_is_said_of_a_name_anywhere_belongs_to_it() -> None:
    text = (
        "Ada Ito, a spokeswoman for the Water Ministry, said the dam was safe.\n\nIt rained.\n\nIto said it was old."
    )

    assert "Water Ministry" in bodies(text)


def test_a_former_member_speaks_for_nobody() -> None:
    assert bodies("Ada Ito, a former member of the Water Ministry, said the dam was unsafe.") == []


def test_an_envoy_for_a_country_is_not_of_that_country() -> None:
    found = speaker("Ada Ito, the Norwegian special envoy for Chile, said the dam was safe.")

    assert found.countries == {"Norway"}


def test_what_somebody_visited_or_fought_is_not_what_they_speak_for() -> None:
    found = speaker("Ada Ito, who met the Dam Authority in Chile, said the dam was safe.")

    assert found.bodies == ()
    assert found.countries == frozenset()


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("A senior official said the dam was safe.", Sort.UNNAMED),
        ("Two residents said the dam was safe.", Sort.UNNAMED),
        ("The Norwegian government said the dam was safe.", Sort.BODY),
        ("Example Courier reported that the dam was safe.", Sort.OUTLET),
        ("A local newspaper reported that the dam was safe.", Sort.OUTLET),
        ("Tomas Lind, an editor at Example Courier, said the dam was safe.", Sort.OUTLET),
        ("The invoice said that the dam was safe.", Sort.NOBODY),
    ],
)
def test_sorts_of_speakers(text: str, sort: Sort) -> None:
    assert speaker(text).sort is sort


def test_a_country_alone_stands_for_its_government() -> None:
    assert bodies("A Norwegian official said the dam was safe.") == ["government of Norway"]


def test_countries_by_people_capital_and_seat() -> None:
    assert {country_of(word) for word in ("Norway", "Norwegian", "Norwegians", "Oslo", "Oslo’s")} == {"Norway"}
    assert countries_in(["South", "Sudan", "and", "Sudan"]) == ("South Sudan", "Sudan")
    assert country_of("turkey") == ""


@pytest.mark.parametrize(
    ("name", "last"), [("Ada Ito", "ito"), ("Ali al-Amri", "amri"), ("Ada Ito Jr.", "ito"), ("", "")]
)
def test_last_names(name: str, last: str) -> None:
    assert last_name(name) == last


def test_a_name_behind_a_body_ends_the_phrase() -> None:
    assert speaker("The head of the Anbar Water Council Tomas Lind said the dam was safe.").name == "Tomas Lind"


def test_a_department_of_defense_is_no_person() -> None:
    assert speaker("The Norwegian Defense Department said the dam was safe.").sort is Sort.BODY


def test_a_pronoun_that_is_not_resolved_is_nobody() -> None:
    (report,) = heard("He said the dam was safe.").reports

    assert report.speakers == (None,)
