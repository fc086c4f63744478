"""Who stands behind a claim: unnamed speakers who are named later, parties, sides, one statement in wordings."""

import pytest

from backchannel.core.assess.grouping import MOST_ALIKE
from backchannel.core.assess.parties import Party, joined_leads, parties
from backchannel.core.assess.profiles import Profile
from backchannel.core.assess.voices import Attitude, Voice
from heard import asked, named
from spoken import body, organisation, person, unnamed, voice

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


SAID = "the dam holds water"


def joined(lead: Voice, *later: tuple[Voice, str]) -> list[str]:
    """Who is taken for a lead that says that the dam holds water, when others say something later."""
    contents = {(lead.report, lead.statement): SAID}
    contents |= {(one.report, one.statement): text for one, text in later}
    return [one.named for one in joined_leads([lead, *(one for one, _ in later)], contents)]


def lead(speaker: Profile, *, leads: bool = True, through: str = "", own: bool = False) -> Voice:
    """The second statement of a report, by an unnamed speaker."""
    return voice(speaker, statement=1, leads=leads, through=through, own=own)


OFFICIAL = unnamed("official")
MINISTER = person("Ada Ito", words="minister")


def later(speaker: Profile, report: str = "1.txt", statement: int = 2) -> Voice:
    return voice(speaker, report, statement)


def test_an_official_is_the_minister_who_says_the_same_later() -> None:
    assert joined(lead(OFFICIAL), (later(MINISTER), SAID)) == ["Ada Ito"]


@pytest.mark.parametrize(
    "one",
    [
        lead(OFFICIAL, leads=False),
        lead(OFFICIAL, own=True),
        lead(OFFICIAL, through="Meridian Wire"),
        lead(unnamed("official", plural=True)),
        lead(person("Karin Dahl", words="official")),
    ],
)
def test_who_does_not_lead_unnamed_as_one_person_is_nobody_who_is_named_later(one: Voice) -> None:
    assert joined(one, (later(MINISTER), SAID)) == []


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (later(MINISTER, report="2.txt"), SAID),
        (later(MINISTER, statement=0), SAID),
        (later(organisation("Water Ministry")), SAID),
        (later(MINISTER), "the dam leaks"),
    ],
)
def test_a_lead_is_nobody_of_another_report_or_named_before_no_body_and_nobody_who_says_something_else(
    other: Voice, said: str
) -> None:
    assert joined(lead(OFFICIAL), (other, said)) == []


def test_of_several_who_speak_later_the_lead_is_the_one_whose_words_are_nearest() -> None:
    first, second = later(person("Tomas Lind", words="minister")), later(MINISTER, statement=3)

    assert joined(lead(OFFICIAL), (first, "the dam water leaks"), (second, SAID)) == ["Ada Ito"]


@pytest.mark.parametrize(
    ("unknown", "known", "same"),
    [
        (unnamed("analyst"), person("Ada Ito", words="expert"), True),
        (unnamed("analyst"), person("Ada Ito"), True),
        (unnamed("analyst"), person("Ada Ito", body("Dam Works")), False),
        (unnamed("analyst"), person("Ada Ito", body("Dam Works"), words="expert"), True),
        (unnamed("resident"), person("Ada Ito", words="expert"), False),
        (unnamed("spokesman"), person("Ada Ito", words="spokesman"), True),
        (unnamed("spokesman"), person("Ada Ito", words="minister"), False),
        (unnamed("wife"), person("Ada Ito", words="wife"), True),
        (unnamed("wife"), person("Ada Ito", words="sister"), False),
        (unnamed("resident"), person("Ada Ito", words="sister"), False),
        (unnamed("official", countries="Chile"), person("Ada Ito", words="minister", countries="Norway"), False),
        (unnamed("official", countries="Chile"), person("Ada Ito", words="minister"), True),
        (unnamed("resident"), person("Ada Ito", words="minister"), False),
        (unnamed("resident"), person("Ada Ito"), True),
    ],
)
def test_a_lead_is_somebody_of_the_same_kind(unknown: Profile, known: Profile, same: bool) -> None:
    assert joined(lead(unknown), (later(known), SAID)) == (["Ada Ito"] if same else [])


def party(*voices: Voice) -> Party:
    """The one party of some voices."""
    (found,) = parties(voices, {})
    return found


def test_parties_come_by_how_many_reports_hear_them_and_named_ones_first() -> None:
    twice, once = organisation("Water Union"), organisation("Dam Authority")
    voices = [voice(unnamed("Bystander")), voice(once), voice(twice), voice(twice, "2.txt")]

    assert named(parties(voices, {})) == ["Water Union", "Dam Authority", "Bystander"]


def test_a_lead_that_was_joined_is_a_voice_of_the_party_by_its_name() -> None:
    voices = [lead(OFFICIAL), voice(MINISTER, statement=2)]
    (found,) = parties(voices, {("1.txt", 1): SAID, ("1.txt", 2): SAID})

    assert (found.name, found.named, len(found.voices)) == ("Ada Ito", True, 2)


def test_a_lead_that_was_joined_names_its_party_though_the_named_voice_does_not_count() -> None:
    doubtful = voice(MINISTER, statement=2, sure=False, attitude=Attitude.DENIES)
    (found,) = parties([lead(OFFICIAL), doubtful], {("1.txt", 1): SAID, ("1.txt", 2): SAID})

    assert (found.speakers, found.named) == (("Ada Ito",), True)


def test_a_party_is_called_by_the_body_that_most_voices_name_and_of_these_by_the_longest() -> None:
    def spoken(*names: str) -> str:
        return party(*(voice(person("Ada Ito", body(name))) for name in names)).name

    assert spoken("Birch Union", "Birch Union", "Birch Farmers Union") == "Birch Union"
    assert spoken("Birch Union", "Birch Farmers Union") == "Birch Farmers Union"


def test_a_party_is_named_if_somebody_or_a_body_is() -> None:
    assert party(voice(organisation("Water Union"))).named
    assert party(voice(person("Ada Ito"))).named
    assert not party(voice(unnamed("official", body("Water Union")))).named


def test_a_party_is_surely_on_the_claim_if_one_of_its_voices_is() -> None:
    ito = person("Ada Ito")

    assert party(voice(ito, sure=False), voice(ito)).sure
    assert not party(voice(ito, sure=False)).sure


def test_what_a_party_may_have_said_does_not_count_beside_what_it_surely_said() -> None:
    ito = person("Ada Ito")
    sure, doubtful = voice(ito), voice(ito, attitude=Attitude.DENIES, sure=False)
    perhaps = voice(ito, sure=False)
    denial, declining = voice(ito, attitude=Attitude.DENIES), voice(ito, attitude=Attitude.DECLINES, sure=False)

    assert party(sure, doubtful, declining).voices == (sure, declining)
    assert party(sure, denial, perhaps).voices == (sure, denial, perhaps)
    assert party(doubtful, declining).voices == (doubtful, declining)


@pytest.mark.parametrize(
    ("profile", "expert"),
    [
        (person("Ada Ito", words="analyst"), True),
        (person("Ada Ito", body("Oak University")), True),
        (person("Ada Ito", body("Oak University"), words="minister"), False),
        (person("Ada Ito", words="analyst minister"), False),
        (person("Ada Ito", words="former minister"), True),
        (person("Ada Ito", words="retired general"), True),
        (person("Ada Ito", words="former nurse"), False),
        (person("Ada Ito", words="nurse"), False),
    ],
)
def test_experts_judge_what_others_do(profile: Profile, expert: bool) -> None:
    assert party(voice(profile)).expert is expert


def test_one_person_in_several_spellings_is_one_speaker_by_the_fullest_name() -> None:
    bodies = body("Water Union")
    found = party(*(voice(person(name, bodies)) for name in ("Ito", "Tomas Lind", "Ada Ito", "Ada Maria Ito")))

    assert found.speakers == ("Ada Maria Ito", "Tomas Lind")


def test_very_many_names_of_one_body_are_left_as_they_are() -> None:
    many = [person(f"Speaker{number} Ito", body("Water Union")) for number in range(MOST_ALIKE)]
    found = party(*map(voice, (*many, person("Ito", body("Water Union")))))

    assert len(found.speakers) == MOST_ALIKE + 1


@pytest.mark.parametrize(
    ("profile", "side"),
    [
        (organisation("Water Union"), "Water Union"),
        (person("Ada Ito", body("Water Union")), "Water Union"),
        (person("Ada Ito", body("Water Ministry", "Norway"), countries="Norway"), "state of Norway"),
        (person("Ada Ito", words="minister", countries="Norway"), "state of Norway"),
        (person("Ada Ito", words="minister"), "state"),
        (person("Ada Ito", words="minister wife"), "persons who may belong together"),
        (person("Ada Ito", body("Water Union"), words="wife"), "persons who may belong together"),
        (person("Ada Ito"), "persons who may belong together"),
    ],
)
def test_parties_that_may_be_one_voice_are_one_side(profile: Profile, side: str) -> None:
    assert party(voice(profile)).side == side
