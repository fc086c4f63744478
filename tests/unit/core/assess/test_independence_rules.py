"""The rules by which origins are counted, one by one, on voices as values."""

from collections.abc import Iterable

import pytest

from backchannel.core.assess.chains import Chains
from backchannel.core.assess.edges import Edge, Kind, Read
from backchannel.core.assess.independence import Independence, independence, would_know
from backchannel.core.assess.newsroom import Newsroom
from backchannel.core.assess.outlets import Outlet
from backchannel.core.assess.parties import Party, parties
from backchannel.core.assess.press import Report
from backchannel.core.assess.profiles import Profile
from backchannel.core.assess.reading import read
from backchannel.core.assess.voices import Attitude, OnClaim, Voice
from heard import CLAIM, named
from press_texts import KNOWN
from spoken import HERE, body, organisation, person, unnamed, voice

UNION = organisation("Water Union")
FARMERS = organisation("Farmers League")
STATE = {"countries": "Norway"}


def counted(
    *voices: Voice, told: Iterable[str] = (), edges: Iterable[Edge] = (), question: str = CLAIM
) -> Independence:
    """What stands behind a claim by these voices, and by reports that tell it; each report has a paper of its own."""
    names = dict.fromkeys([*(one.report for one in voices), *told])
    reports = [Read(read(Report(name, "It rained.")), (), Newsroom(Outlet(f"Paper {name}"), True)) for name in names]
    on = [
        OnClaim(name, tuple(one for one in voices if one.report == name), (HERE,) if name in told else ())
        for name in names
    ]
    return independence(question, on, parties(voices, {}), Chains(reports, list(edges), KNOWN), {})


def test_who_may_affirm_adds_an_origin_at_most_and_each_side_one() -> None:
    doubtful = [voice(organisation(f"{name} Union"), sure=False) for name in ("Dam", "Lake")]

    assert counted(voice(UNION), *doubtful).origins == (1, 3)
    assert counted(*doubtful, told=["1.txt"]).origins == (1, 2)
    assert counted(*doubtful).origins == (0, 0)
    assert named(counted(voice(UNION), *doubtful).possible) == ["Dam Union", "Lake Union"]


def test_who_may_affirm_on_a_side_that_surely_does_adds_none() -> None:
    minister = person("Ada Ito", body("Water Ministry", "Norway"), **STATE)
    police = person("Tomas Lind", body("Harbour Police", "Norway"), **STATE)

    found = counted(voice(minister), voice(police, sure=False))
    assert (found.sides, found.origins) == ((1, 1), (1, 1))
    assert found.organisations == (1, 2)
    assert found.speakers == (1, 2)


def test_persons_without_a_body_are_one_origin_and_no_organisation() -> None:
    found = counted(voice(person("Ada Ito")), voice(person("Tomas Lind")))

    assert found.origins == (1, 1)
    assert found.organisations == (0, 0)
    assert found.speakers == (2, 2)


def test_a_body_and_a_person_are_two_origins() -> None:
    assert counted(voice(UNION), voice(person("Tomas Lind"))).origins == (2, 2)


def test_a_named_one_who_only_may_affirm_is_no_more_than_an_unnamed_one_who_surely_does() -> None:
    found = counted(voice(UNION, sure=False), voice(unnamed("resident")))

    assert (named(found.affirming), named(found.possible), named(found.unnamed)) == (
        [],
        ["Water Union"],
        ["resident"],
    )
    assert found.origins == (1, 1)


def test_an_unnamed_one_who_only_may_affirm_counts_where_no_named_one_does() -> None:
    doubtful = voice(unnamed("resident"), sure=False)

    assert named(counted(doubtful).unnamed) == ["resident"]
    assert counted(voice(UNION), doubtful).unnamed == ()


def test_unnamed_ones_are_as_many_origins_at_most_as_newsrooms_that_heard_them_themselves() -> None:
    def heard(*owns: bool) -> tuple[int, int]:
        return counted(
            *(voice(unnamed(f"resident {n}"), f"{n}.txt", own=own) for n, own in enumerate(owns)),
            edges=[edge(f"{n}.txt", "Meridian Wire") for n in range(len(owns))],
        ).origins

    assert heard(False, False, False) == (1, 1)
    assert heard(True, True, True) == (1, 3)
    assert heard(True, True, False) == (1, 2)


def edge(child: str, parent: str) -> Edge:
    return Edge(child, parent, False, Kind.DECLARED, True, ())


def test_what_reports_only_tell_has_one_origin_or_perhaps_two_where_they_have_it_from_others() -> None:
    names = ["1.txt", "2.txt", "3.txt"]

    assert counted(told=names).origins == (1, 2)
    assert counted(told=names[:1]).origins == (1, 1)
    assert counted(told=names, edges=[edge(name, "Meridian Wire") for name in names]).origins == (1, 1)


def test_reports_that_say_nothing_on_the_claim_are_not_counted() -> None:
    found = counted(voice(UNION), voice(FARMERS, "2.txt", sure=False))

    assert found.reports == ("1.txt",)


def test_voices_that_only_may_affirm_name_no_collector_beside_sure_ones() -> None:
    sure, doubtful = (
        voice(UNION, through="Meridian Wire"),
        voice(UNION, "2.txt", sure=False, through="Example Courier"),
    )

    assert counted(sure, doubtful).collectors.sure == ("Meridian Wire",)


def test_voices_that_only_may_affirm_name_the_collectors_where_no_named_one_surely_affirms() -> None:
    doubtful = voice(unnamed("resident"), sure=False, through="Meridian Wire")

    assert counted(doubtful).collectors.sure == ("Meridian Wire",)


def test_an_unnamed_voice_names_its_collector_beside_a_named_one() -> None:
    found = counted(
        voice(UNION, through="Meridian Wire"), voice(unnamed("resident"), "2.txt", through="Example Courier")
    )

    assert found.collectors.sure == ("Example Courier", "Meridian Wire")


def test_who_heard_it_confirmed_that_it_was_said_heard_it_however_near_the_words_are() -> None:
    confirmed = voice(
        UNION, "2.txt", attitude=Attitude.CONFIRMS_SAID, sure=False, through="Example Courier", outright=True
    )

    assert counted(voice(UNION, through="Meridian Wire"), confirmed).collectors.sure == (
        "Example Courier",
        "Meridian Wire",
    )


def test_who_does_both_does_what_is_nearer_to_the_claim() -> None:
    yes, no = voice(FARMERS, near=0.9), voice(FARMERS, attitude=Attitude.DENIES, near=0.8, outright=True)
    nearer_no = voice(FARMERS, attitude=Attitude.DENIES, near=0.95, outright=True)

    assert (named(counted(yes, no).affirming), counted(yes, no).disputed_by) == (["Farmers League"], ())
    assert (counted(yes, nearer_no).affirming, named(counted(yes, nearer_no).disputed_by)) == ((), ["Farmers League"])


@pytest.mark.parametrize(
    ("likely", "outright", "denies"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_a_denial_is_likely_or_outright(likely: bool, outright: bool, denies: bool) -> None:
    found = counted(voice(FARMERS, attitude=Attitude.DENIES, likely=likely, outright=outright))

    assert named(found.disputed_by) == (["Farmers League"] if denies else [])


def test_who_declines_and_does_nothing_else_declines() -> None:
    declining = voice(FARMERS, attitude=Attitude.DECLINES)

    assert named(counted(declining).declined_by) == ["Farmers League"]
    assert counted(declining, voice(FARMERS)).declined_by == ()


def party(profile: Profile) -> Party:
    (found,) = parties([voice(profile)], {})
    return found


@pytest.mark.parametrize(
    ("profile", "knows"),
    [
        (organisation("Birchland Water Union"), True),
        (person("Ada Birchland"), True),
        (person("Ada Ito", body("Birchland Union")), True),
        (person("Ada Ito", words="witness"), True),
        (person("Ada Ito", words="sister"), True),
        (person("Ada Ito"), False),
        (organisation("Lake Union"), False),
        (person("Ada Birchland", words="analyst"), False),
    ],
)
def test_a_party_that_would_know_is_named_by_the_claim_kin_or_was_there(profile: Profile, knows: bool) -> None:
    assert would_know(party(profile), CLAIM) is knows


@pytest.mark.parametrize(
    ("profile", "knows"),
    [
        (person("Ada Ito", words="minister", countries="Chile"), True),
        (person("Ada Ito", body("Lake Union"), countries="Chile"), True),
        (person("Ada Ito", countries="Chile"), False),
        (person("Ada Ito", words="minister", countries="Norway"), False),
    ],
)
def test_of_a_country_that_the_claim_names_those_would_know_who_speak_for_it(profile: Profile, knows: bool) -> None:
    assert would_know(party(profile), "Peru buys water from Chile.") is knows


def test_a_word_for_any_state_does_not_name_a_party() -> None:
    assert not would_know(party(organisation("Government of Lakes")), "The government sells water")
