"""What a report says of a speaker: name, bodies, countries, and what sort of speaker it is."""

import pytest

from backchannel.core.assess.countries import countries_in, country_of
from backchannel.core.assess.outlets import Gazetteer
from backchannel.core.assess.press import Span
from backchannel.core.assess.profiles import Directory, Profile, Sort, last_name
from backchannel.core.assess.statements_tree import Tree
from heard import heard, speaker
from press_texts import KNOWN
from spoken import body, organisation, person


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
    for once in ("former", "retired", "ex"):
        assert bodies(f"Ada Ito, a {once} member of the Water Ministry, said the dam was unsafe.") == []


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
        ("The Lake Report said the dam was safe.", Sort.NOBODY),
        ("1984 told that the dam was safe.", Sort.NOBODY),
        ("Norwegians said the dam was safe.", Sort.UNNAMED),
        ("A Norwegian said the dam was safe.", Sort.UNNAMED),
        ("The Norwegian said the dam was safe.", Sort.BODY),
        ("The committee said the dam was safe.", Sort.BODY),
        ("The Zorblat said the dam was safe.", Sort.BODY),
        ("the white house said the dam was safe.", Sort.BODY),
        ("Paris said the dam was safe.", Sort.BODY),
        ("The editor said the dam was safe.", Sort.OUTLET),
        ("Dusk's Ada Ito said the dam was safe.", Sort.OUTLET),
        ("The Example Courier newspaper said the dam was safe.", Sort.OUTLET),
    ],
)
def test_sorts_of_speakers(text: str, sort: Sort) -> None:
    assert speaker(text).sort is sort


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mr. Ito said the dam was safe.", "Ito"),
        ("General Zorb Blat said the dam was safe.", "Zorb Blat"),
        ("Dam Authority spokesman Zorb Blat said it was safe.", "Zorb Blat"),
        ("Ada Ito-Lind said the dam was safe.", "Ada Ito-Lind"),
        ("Ada Ito's spokesman Tomas Lind said the dam was safe.", "Tomas Lind"),
        ("The spokesman, Tomas Lind, said the dam was safe.", "Tomas Lind"),
        ("The spokesman for the dam, Tomas Lind, said it was safe.", "Tomas Lind"),
        ("A spokeswoman for the Norwegian Foreign Ministry, Maria Ito, said it was safe.", "Maria Ito"),
        ("Ito's neighbour Seema said the dam was safe.", "Seema"),
        ("Ada Sandia left. Sandia said the dam was safe.", "Ada Sandia"),
        ("Ada Ito of the Water Ministry left. She said it was old.", "Ada Ito"),
        ("Ito said it was old.\n\nAda Ito of the Water Ministry left.", "Ada Ito"),
    ],
)
def test_the_name_of_a_person(text: str, name: str) -> None:
    found = speaker(text)

    assert (found.name, found.sort) == (name, Sort.PERSON)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ada Ito's lawyer said the dam was safe.", "Ada Ito's lawyer"),
        ("An official, who had been there, said the dam was safe.", "official"),
        ("An official who had been there said the dam was safe.", "official"),
        ("An official (of the dam) said it was safe.", "official"),
    ],
)
def test_who_is_not_named_is_called_by_the_phrase_without_what_is_told_of_them(text: str, name: str) -> None:
    found = speaker(text)

    assert (found.name, found.sort, found.key) == (name, Sort.UNNAMED, "")


def test_a_common_noun_is_no_outlet_though_one_is_called_so() -> None:
    known = Gazetteer({"magazine": "People\nMap\n"})
    (report,) = heard("People said the dam was safe. It was old, people said.", known=known).reports

    assert [found.sort for found in report.speakers if found is not None] == [Sort.OUTLET, Sort.UNNAMED]


def test_a_name_that_is_also_a_body_is_not_the_person_of_that_name() -> None:
    assert speaker("Ada Greenpeace left.\n\nGreenpeace said the dam was safe.").sort is Sort.BODY


def test_a_body_speaks_for_itself() -> None:
    assert bodies("The committee said the dam was safe.") == ["committee"]
    assert bodies("The white house said the dam was safe.") == ["white house"]
    assert bodies("Both Norwegian and Chilean Greens said the dam was safe.")[0] == "Greens"


def test_who_is_the_head_of_a_body_speaks_for_it_and_who_is_an_official_in_one_need_not() -> None:
    assert bodies("Ada Ito, who is the head of the Dam Authority, said it was safe.") == ["Dam Authority"]
    assert bodies("Ada Ito, an official in the Dam Authority, said the dam was safe.") == []


def test_several_speakers_are_plural() -> None:
    assert speaker("Two residents said the dam was safe.").plural
    assert not speaker("A resident said the dam was safe.").plural


def test_the_words_for_a_speaker_are_those_of_the_phrase_without_the_name() -> None:
    found = speaker("Ada Ito, a spokeswoman for the Water Ministry, said the dam was safe.")

    assert found.words >= {"spokeswoman", "water", "ministry"}
    assert not found.words & {"ada", "ito", ",", "safe"}


def test_a_person_has_all_that_is_said_of_them_and_the_fullest_name() -> None:
    one, other = person("Ito", body("Water Ministry"), words="minister", countries="Norway"), person("Ada Ito")
    official = person("Ito", body("Dam Authority"), words="official", countries="Chile")

    assert one.with_(other).name == other.with_(one).name == "Ada Ito"
    joined = one.with_(official)
    assert [body.name for body in joined.bodies] == ["Water Ministry", "Dam Authority"]
    assert joined.words == {"minister", "official"}
    assert joined.countries == {"Norway", "Chile"}


def test_a_body_keeps_its_name() -> None:
    assert organisation("Union").with_(organisation("Water Union")).name == "Union"


@pytest.mark.parametrize(
    ("credited", "sort"),
    [
        ("Lakeside Zorblat", Sort.OUTLET),
        ("The Zorblat of Lakeside", Sort.OUTLET),
        ("Zorblat", Sort.OUTLET),
        ("Lakeside", Sort.BODY),
    ],
)
def test_what_the_report_credits_as_an_outlet_is_one_by_a_long_word_of_its_name_too(
    credited: str, sort: Sort
) -> None:
    assert called_in("The Zorblat said the dam was safe.", "The Zorblat", credited).sort is sort


def test_a_short_word_of_the_name_of_an_outlet_is_none() -> None:
    assert called_in("The Foo said the dam was safe.", "The Foo", "Lakeside Foo").sort is Sort.BODY


def called_in(text: str, phrase: str, credited: str) -> Profile:
    """Whom a phrase means in a report that credits an outlet by this name."""
    (report,) = heard(text).reports
    trees = [Tree(sentence) for sentence in report.sentences]
    place = text.index(phrase)
    return Directory(trees, KNOWN, [credited]).of(trees[0], Span(place, place + len(phrase)))


def test_a_country_alone_stands_for_its_government() -> None:
    assert bodies("A Norwegian official said the dam was safe.") == ["government of Norway"]


def test_countries_by_people_capital_and_seat() -> None:
    assert {country_of(word) for word in ("Norway", "Norwegian", "Norwegians", "Oslo", "Oslo’s")} == {"Norway"}
    assert countries_in(["South", "Sudan", "and", "Sudan"]) == ("South Sudan", "Sudan")
    assert country_of("turkey") == ""


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("Ada Ito", "ito"),
        ("Ali al-Amri", "amri"),
        ("Ali el-Amri", "amri"),
        ("Ada Ito's", "ito"),
        ("Ada Ito’s", "ito"),
        ("Ada Ito Jr.", "ito"),
        ("", ""),
    ],
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
