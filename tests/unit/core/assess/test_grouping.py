"""Which voices are of one party: the same person, the same body."""

import pytest

from backchannel.core.assess.bodies import Body
from backchannel.core.assess.grouping import MOST_ALIKE, grouped, same_body, same_person
from backchannel.core.assess.profiles import Profile
from spoken import body, organisation, person, unnamed, voice


def groups(*speakers: Profile | tuple[Profile, str], called: str = "") -> list[list[str]]:
    """The names of speakers that are of one party, each of a report of its own unless that is given. The first is
    called `called`."""
    voices = [
        voice(one[0], one[1]) if isinstance(one, tuple) else voice(one, f"{number}.txt")
        for number, one in enumerate(speakers)
    ]
    names = [called] + [""] * (len(voices) - 1)
    return [[one.speaker.name for one in group] for group in grouped(voices, names)]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ada Ito", "Ito", True),
        ("ada ito", "Ada Ito", True),
        ("Ali al-Badri", "Badri", True),
        ("Ali el-Badri", "Ali Badri", True),
        ("Sergei Ito", "Sergey Ito", True),
        ("Ali al-Badri", "Ali al-Bredi", True),
        ("Wilfried Strauch", "Wilfredo Strauss", True),
        ("Ada Ito", "Tomas Ito", False),
        ("Ada Ito", "Ada Lind", False),
        ("Wilfried Strauch", "Wilfried Ptrauch", False),
        ("Ada Strauch", "Ada Sandmann", False),
        ("Ada Strauchmanninger", "Oto Strauchmannunger", False),
        ("", "Ito", False),
        ("Ito", "", False),
    ],
)
def test_names_of_one_person(one: str, other: str, same: bool) -> None:
    assert same_person(one, other) is same


@pytest.mark.parametrize(
    ("one", "other", "apart", "close"),
    [
        (body("Water Ministry"), body("Water Ministry"), True, True),
        (body("Birch Union"), body("Birch Farmers Union"), True, True),
        (body("Water Ministry"), body("Dam Ministry"), False, False),
        (body("Ministry"), body("Ministry"), False, True),
        (body("Ministry", "Norway"), body("Ministry", "Norway"), True, True),
        (body("Ministry", "Norway"), body("Ministry"), False, True),
        (body("Ministry", "Norway"), body("Ministry", "Chile"), False, False),
        (body("Ministry"), body("Water Ministry"), False, True),
        (body("Defence Ministry"), body("Northern Defence Ministry"), False, True),
        (body("Government"), body("Northern Government"), False, True),
        (body(""), body("Water Ministry"), False, False),
        (body("Water Ministry"), body(""), False, False),
    ],
)
def test_names_of_one_body_in_two_reports_and_in_one(one: Body, other: Body, apart: bool, close: bool) -> None:
    assert (same_body(one, other, close=False), same_body(one, other, close=True)) == (apart, close)


def test_one_name_is_one_person_in_whatever_case_and_spelling() -> None:
    assert groups(person("Ada Ito"), person("ADA ITO"), person("Ida Ito")) == [["Ada Ito", "ADA ITO"], ["Ida Ito"]]
    assert groups(person("Ali al-Badri"), person("Ali al-Bredi")) == [["Ali al-Badri", "Ali al-Bredi"]]


def test_of_very_many_names_that_begin_alike_only_equal_ones_are_one() -> None:
    many = [person(f"Ali B{chr(97 + number // 26)}{chr(97 + number % 26)}dri") for number in range(MOST_ALIKE + 1)]

    assert len(groups(*many, many[0])) == len(many)
    assert len(groups(*many[:MOST_ALIKE])) < MOST_ALIKE


def test_a_last_name_alone_is_the_one_person_who_bears_it() -> None:
    assert groups(person("Ada Ito"), person("Ito")) == [["Ada Ito", "Ito"]]
    assert groups(person("Ada Ito"), organisation("Ito")) == [["Ada Ito", "Ito"]]


def test_a_last_name_that_two_bear_is_nobody() -> None:
    assert groups(person("Ada Ito"), person("Tomas Ito"), person("Ito")) == [["Ada Ito"], ["Tomas Ito"], ["Ito"]]


def test_a_word_for_people_is_no_name() -> None:
    assert groups(person("Ada Minister"), unnamed("minister")) == [["Ada Minister"], ["minister"]]


def test_an_unnamed_speaker_who_is_known_is_the_named_one() -> None:
    assert groups(unnamed("official"), person("Ada Ito"), called="Ada Ito") == [["official", "Ada Ito"]]
    assert groups(unnamed("official"), person("Ada Ito")) == [["official"], ["Ada Ito"]]


def test_who_speaks_for_one_body_is_one_party() -> None:
    found = groups(person("Ada Ito", body("Water Ministry")), person("Tomas Lind", body("Water Ministry")))

    assert found == [["Ada Ito", "Tomas Lind"]]


def test_who_speaks_for_two_bodies_joins_them() -> None:
    found = groups(
        organisation("Water Ministry"),
        organisation("Dam Authority"),
        person("Ada Ito", body("Water Ministry"), body("Dam Authority")),
    )

    assert found == [["Water Ministry", "Dam Authority", "Ada Ito"]]


def test_the_ministry_is_the_one_that_the_same_report_names() -> None:
    named, vague = organisation("Water Ministry"), organisation("Ministry")

    assert groups((named, "1.txt"), (vague, "1.txt")) == [["Water Ministry", "Ministry"]]
    assert groups((named, "1.txt"), (vague, "2.txt")) == [["Water Ministry"], ["Ministry"]]


def test_ministries_that_nothing_names_are_one_in_one_report_only() -> None:
    assert groups((organisation("Ministry"), "1.txt"), (organisation("Ministry"), "1.txt")) == [["Ministry"] * 2]
    assert groups((organisation("Ministry"), "1.txt"), (organisation("Ministry"), "2.txt")) == [["Ministry"]] * 2
