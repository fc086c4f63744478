"""The tiers of an echo, their reasons, and what speaks against one."""

from datetime import UTC, datetime, timedelta

import pytest

from backchannel.core.assess.echo import NO_ECHO, Came, Crossing, Echo, Known, Reason, judge
from backchannel.core.assess.echo_words import sentence, sentences
from backchannel.core.canonical import Observable

BETA, GAMMA, DELTA = "b" * 64, "c" * 64, "d" * 64
DAY = timedelta(days=1)
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
X, Y = Observable("domain-name", "x.example"), Observable("domain-name", "y.example")
NAME = Observable("file-name", "svchost.exe")
OURS = "indicator--00000001-0000-4000-8000-000000000001"
TO_BETA = (Crossing(OURS, BETA, RELEASED),)
TO_GAMMA = (Crossing(OURS, GAMMA, RELEASED),)
FROM_BETA = Came(BETA, parts=1)


def rules(echo: Echo) -> list[str]:
    return [one.rule for one in echo.reasons]


def against(echo: Echo) -> list[str]:
    return [one.rule for one in echo.against]


# --- certain -------------------------------------------------------------------------------------------------------


def test_our_own_id_is_certain_whoever_brings_it() -> None:
    for sender in (BETA, DELTA):
        echo = judge(Came(sender), Known(id=TO_BETA))
        assert (echo.tier, rules(echo)) == ("certain", ["own-id"])


def test_our_own_origin_tag_is_certain() -> None:
    assert judge(Came(DELTA, own_tag=True), Known()).tier == "certain"
    assert judge(Came(DELTA), Known()) == NO_ECHO


def test_what_is_derived_from_ours_is_certain() -> None:
    echo = judge(Came(DELTA, derived_from=("indicator--1", OURS)), Known(derived={OURS: TO_BETA}))
    assert (echo.tier, echo.reasons[0].object) == ("certain", OURS)
    passed_on = {OURS: (Crossing(OURS, BETA, RELEASED, ours=False),)}
    assert judge(Came(DELTA, derived_from=(OURS,)), Known(derived=passed_on)).tier == "none"


def test_an_object_that_we_only_passed_on_is_not_ours_for_its_id() -> None:
    passed_on = (Crossing(OURS, BETA, RELEASED, ours=False),)
    assert judge(Came(BETA), Known(id=passed_on)).tier == "strong"
    assert judge(Came(DELTA), Known(id=passed_on)).tier == "possible"


def test_a_forged_earlier_date_does_not_make_a_certain_echo_less() -> None:
    echo = judge(Came(BETA, seen=RELEASED - 30 * DAY), Known(id=TO_BETA))
    assert (echo.tier, against(echo)) == ("certain", ["earlier-sighting"])


# --- strong --------------------------------------------------------------------------------------------------------


def test_the_same_pattern_of_several_parts_is_strong_whoever_brings_it() -> None:
    known = Known(whole=TO_GAMMA, values={X: TO_GAMMA, Y: TO_GAMMA})
    echo = judge(Came(DELTA, parts=2), known)
    assert (echo.tier, rules(echo)) == ("strong", ["same-pattern"])
    assert judge(Came(DELTA, parts=1), known).tier == "possible"


def test_what_went_to_them_and_comes_back_later_is_strong() -> None:
    echo = judge(FROM_BETA, Known(whole=TO_BETA, values={X: TO_BETA}))
    assert (echo.tier, rules(echo), echo.went) == ("strong", ["went-to-them"], ("x.example",))


def test_a_pattern_cut_in_pieces_is_as_strong() -> None:
    """What went as one list of values comes back as one object for each."""
    assert judge(FROM_BETA, Known(values={X: TO_BETA})).tier == "strong"


def test_pieces_put_together_are_as_strong() -> None:
    other = (Crossing("indicator--2", BETA, RELEASED),)
    assert judge(Came(BETA, parts=2), Known(values={X: TO_BETA, Y: other})).tier == "strong"


def test_a_common_value_added_does_not_make_it_less() -> None:
    known = Known(values={X: TO_BETA, NAME: ()}, common=frozenset({NAME}))
    assert judge(FROM_BETA, known).tier == "strong"


# --- possible, and none --------------------------------------------------------------------------------------------


def test_one_shared_value_is_possible() -> None:
    echo = judge(Came(BETA, parts=2), Known(values={X: TO_BETA, Y: ()}))
    assert echo.tier == "possible"
    assert echo.reasons == (Reason("shared-value", OURS, BETA, RELEASED, 1, 2),)
    assert judge(Came(DELTA, parts=1), Known(whole=TO_BETA, values={X: TO_BETA})).tier == "possible"


def test_a_value_that_many_things_share_says_nothing() -> None:
    common = Known(values={NAME: TO_GAMMA, Y: ()}, common=frozenset({NAME}))
    assert judge(Came(DELTA, parts=1), common) == NO_ECHO
    alone = Known(whole=TO_GAMMA, values={NAME: TO_GAMMA}, common=frozenset({NAME}))
    assert judge(Came(DELTA), alone) == NO_ECHO


def test_a_common_value_by_itself_is_only_possible_from_whom_it_went_to() -> None:
    alone = Known(whole=TO_BETA, values={NAME: TO_BETA}, common=frozenset({NAME}))
    assert judge(Came(BETA), alone).tier == "possible"


def test_what_shares_nothing_is_no_echo() -> None:
    assert judge(Came(BETA, parts=3, seen=RELEASED), Known(values={X: (), Y: ()})) == NO_ECHO


# --- against it ----------------------------------------------------------------------------------------------------


def test_who_told_us_before_we_released_it_gives_no_echo() -> None:
    known = Known(whole=TO_BETA, values={X: TO_BETA}, told_whole=RELEASED - DAY)
    echo = judge(FROM_BETA, known)
    assert (echo.tier, against(echo), echo.went) == ("none", ["they-first"], ())


def test_who_told_us_after_we_released_it_gives_one_again() -> None:
    known = Known(whole=TO_BETA, values={X: TO_BETA}, told_whole=RELEASED + DAY)
    assert judge(FROM_BETA, known).tier == "strong"


def test_that_they_told_another_object_under_that_id_excuses_no_value() -> None:
    """Else an old id would be filled with what was released since."""
    known = Known(whole=TO_BETA, values={X: TO_BETA}, told_id=RELEASED - DAY)
    assert judge(FROM_BETA, known).tier == "strong"


def test_what_others_told_before_we_released_it_is_only_possible() -> None:
    known = Known(whole=TO_BETA, values={X: TO_BETA}, others=RELEASED - DAY)
    echo = judge(FROM_BETA, known)
    assert (echo.tier, against(echo)) == ("possible", ["others-first"])
    assert judge(FROM_BETA, Known(whole=TO_BETA, values={X: TO_BETA}, others=RELEASED + DAY)).tier == "strong"


def test_their_earlier_sighting_is_counter_evidence_and_lowers_no_tier() -> None:
    known = Known(whole=TO_BETA, values={X: TO_BETA}, seen=RELEASED - 5 * DAY)
    early, late = (judge(Came(BETA, seen=RELEASED - days * DAY), known) for days in (9, 2))
    assert (early.tier, against(early)) == ("strong", ["earlier-sighting"])
    assert (late.tier, against(late)) == ("strong", [])


def test_an_earlier_date_of_theirs_is_counter_evidence() -> None:
    known = Known(whole=TO_BETA, values={X: TO_BETA}, made=RELEASED - 5 * DAY)
    assert against(judge(Came(BETA, made=RELEASED - 9 * DAY), known)) == ["earlier-date"]
    assert against(judge(Came(BETA, made=RELEASED - 2 * DAY), known)) == []


# --- in words ------------------------------------------------------------------------------------------------------


def test_each_reason_is_a_sentence() -> None:
    names = {BETA: "Beta {at}"}
    assert sentence(Reason("own-id", OURS, BETA, RELEASED), names) == (
        f"it is our own id: {OURS} went to Beta {{at}} on 2026-11-01"
    )
    assert sentence(Reason("own-id", OURS), names) == f"it is our own id: {OURS} was never released"
    assert "3 parts" in sentence(Reason("same-pattern", OURS, GAMMA, RELEASED, 3), names)
    assert sentence(Reason("shared-value", OURS, GAMMA, RELEASED, 1, 2), {}).startswith("1 of 2 values")


@pytest.mark.parametrize("rule", ["own-tag", "derived", "passed-on", "went-to-them", "same-whole", "they-first"])
def test_every_rule_has_words(rule: str) -> None:
    assert sentence(Reason(rule, OURS, BETA, RELEASED, before=RELEASED), {})


def test_the_tier_stands_before_the_first_reason_and_what_speaks_against_comes_last() -> None:
    echo = judge(Came(BETA, parts=2, seen=RELEASED - DAY), Known(whole=TO_BETA, values={X: TO_BETA, Y: TO_BETA}))
    lines = [*sentences(echo, {BETA: "Beta"})]
    assert [line[:8] for line in lines] == ["strong -", "all that", "but they"]
    assert [*sentences(NO_ECHO, {})] == []
    first = Echo(against=(Reason("they-first", at=RELEASED, before=RELEASED),))
    assert [line[:11] for line in sentences(first, {})] == ["none - they"]
