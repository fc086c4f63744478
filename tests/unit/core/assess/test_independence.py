"""How many origins stand behind a claim, who heard it, who denies it, and the digit that follows."""

import pytest

from backchannel.core.assess.assessment import answer, hear
from backchannel.core.assess.credibility import RULES
from backchannel.core.assess.grouping import same_person
from backchannel.core.assess.press import Report
from backchannel.core.assess.reading import read
from backchannel.core.assess.relevance import ByWords
from heard import CLAIM, asked, named, trees
from press_texts import KNOWN

MINISTRY = "Ada Ito, a spokeswoman for the Alderland Water Ministry, said Alderland sells water to Birchland."
SAME_BODY = "Tomas Lind of the Alderland Water Ministry said Alderland sells water to Birchland."
OTHER_SIDE = "Karin Dahl, the mayor of Lower Birch, said Alderland sells water to Birchland."
OFFICIAL = "A senior official told Meridian Wire that Alderland sells water to Birchland."
OTHER_OFFICIAL = "An official told Example Courier that Alderland sells water to Birchland."
ANALYST = "Oskar Berg, a water analyst, said Alderland sells water to Birchland."
DENIAL = "The government of Birchland denied that Alderland sells water to Birchland."


def test_five_reports_of_one_speaker_are_one_origin() -> None:
    found = asked(*(f"{MINISTRY} It rained for {number} days." for number in range(2, 7))).independence

    assert len(found.reports) == 5
    assert found.origins == (1, 1)
    assert found.organisations == (1, 1)


def test_two_speakers_of_one_body_are_one_organisation() -> None:
    found = asked(MINISTRY, SAME_BODY).independence

    assert found.speakers == (2, 2)
    assert found.organisations == (1, 1)
    assert found.origins == (1, 1)


def test_two_sides_are_two_origins() -> None:
    found = asked(MINISTRY, "Karin Dahl of the Birch Farmers Union said Alderland sells water to Birchland.")

    assert found.independence.origins == (2, 2)
    assert found.credibility.digit == "1"


def test_parties_of_one_state_may_be_one_voice() -> None:
    found = asked(
        "A spokesman for the Norwegian foreign ministry, Ada Ito, said Alderland sells water to Birchland.",
        "Tomas Lind of the Norwegian police said Alderland sells water to Birchland.",
    ).independence

    assert found.origins == (1, 2)


def test_a_family_is_one_voice() -> None:
    found = asked(
        "Ada Ito said Alderland sells water to Birchland. Her husband, Tomas Ito, said Alderland sells water "
        "to Birchland."
    ).independence

    assert found.origins == (1, 1)


def test_an_unnamed_source_never_adds_an_origin_to_a_named_one() -> None:
    alone, beside = asked(MINISTRY).independence, asked(MINISTRY, OFFICIAL, OTHER_OFFICIAL).independence

    assert beside.origins == alone.origins
    assert len(beside.reports) == 3


def test_unnamed_sources_alone_are_one_origin_at_least_and_no_more_is_established() -> None:
    found = asked(OFFICIAL, OTHER_OFFICIAL)

    assert found.independence.origins == (1, 2)
    assert found.credibility.digit == "4"


def test_an_expert_is_heard_and_is_no_origin() -> None:
    found = asked(MINISTRY, ANALYST).independence

    assert named(found.experts) == ["Oskar Berg"]
    assert found.origins == (1, 1)


def test_a_party_to_the_claim_denies_and_a_stranger_disputes() -> None:
    stranger = "Karin Dahl, the head of the Harbour Union, denied that Alderland sells water to Birchland."
    found = asked(MINISTRY, DENIAL, stranger).independence

    assert any("Birchland" in name for name in named(found.denied_by))
    assert "Harbour Union" in named(found.disputed_by)


def test_an_expert_who_denies_is_no_party_that_would_know() -> None:
    found = asked("Birchland analyst Oskar Berg denied that Alderland sells water to Birchland.").independence

    assert found.denied_by == ()


def test_who_heard_it_is_counted_once_for_each_newsroom() -> None:
    told = "Minister Ada Ito told {} that Alderland sells water to Birchland. It rained for {} days."
    found = asked(told.format("Meridian Wire", 2), told.format("Meridian Wire", 3), told.format("Example Courier", 4))

    assert found.independence.collectors.sure == ("Example Courier", "Meridian Wire")
    assert found.independence.collectors.span == (2, 2)


def test_whose_report_was_confirmed_to_others_need_not_count_beside_them() -> None:
    found = asked(
        "Minister Ada Ito told Meridian Wire that Alderland sells water to Birchland.\n\n"
        "Spokesman Tomas Lind confirmed to Harbour Press Agency that Ito's remarks were reported correctly."
    ).independence.collectors

    assert found.sure == ("Harbour Press Agency",)
    assert found.possible == ("Meridian Wire",)


def test_what_nobody_says_has_no_basis() -> None:
    found = asked("The weather was fine in the mountains, and the trains ran on time.")

    assert found.independence.origins == (0, 0)
    assert found.credibility.digit == "6"


@pytest.mark.parametrize(
    ("texts", "observed", "digit"),
    [
        ((MINISTRY,), False, "3"),
        ((MINISTRY,), True, "1"),
        ((MINISTRY, DENIAL), False, "4"),
        ((MINISTRY, DENIAL), True, "3"),
        ((DENIAL,), False, "5"),
        ((OFFICIAL,), False, "4"),
    ],
)
def test_the_digit_goes_by_the_table(texts: tuple[str, ...], observed: bool, digit: str) -> None:
    found = asked(*texts, observed=observed).credibility

    assert found.digit == digit
    assert found.rule == RULES[digit]
    assert found.reasons
    assert found.changes


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ada Ito", "Ito", True),
        ("Ali al-Badri", "Ali al-Bredi", True),
        ("Wilfried Strauch", "Wilfredo Strauss", True),
        ("Ada Ito", "Tomas Ito", False),
        ("Ada Ito", "Ada Lind", False),
        ("", "Ito", False),
    ],
)
def test_names_of_one_person(one: str, other: str, same: bool) -> None:
    assert same_person(one, other) is same


@pytest.mark.parametrize(
    "text",
    [
        "WaterLeaks.com said Alderland sells water to Birchland.",
        "The Telegram channel Lakes said Alderland sells water to Birchland.",
        "Olga Berg of the Lakes Think Tank said Alderland sells water to Birchland.",
    ],
)
def test_who_hands_on_or_only_judges_is_no_origin(text: str) -> None:
    assert asked(MINISTRY, text).independence.origins == (1, 1)


def test_an_outlet_whose_report_is_read_is_no_body_that_speaks() -> None:
    def counted(outlet: str) -> tuple[int, int]:
        reports = [
            Report(
                "1.txt", "Tomas Lind of the Harbour Union said Alderland sells water to Birchland.", outlet=outlet
            ),
            Report("2.txt", "The Lakeside Bugle said Alderland sells water to Birchland."),
        ]
        found = hear([read(report) for report in reports], trees, KNOWN)
        return answer(found, CLAIM, ByWords(), KNOWN).independence.origins

    assert counted("Lakeside Bugle") == (1, 1)
    assert counted("Another Bugle") == (2, 2)


def test_who_is_only_a_letter_is_not_named() -> None:
    found = asked(
        "Mr X said Alderland sells water to Birchland.", "Witness B said Alderland sells water to Birchland."
    )

    assert found.independence.affirming == ()
    assert found.credibility.digit == "4"


def test_names_of_one_state_are_one_side() -> None:
    said = "{} said Alderland sells water to Birchland."
    found = asked(said.format("Iran"), said.format("The Islamic Republic"), said.format("The Revolutionary Guards"))

    assert found.independence.origins[0] == 1


def test_the_seat_of_a_government_speaks_and_its_official_is_unnamed() -> None:
    assert named(asked("The Kremlin said Alderland sells water to Birchland.").independence.affirming) == ["Kremlin"]
    assert asked("A Kremlin official said Alderland sells water to Birchland.").independence.affirming == ()
