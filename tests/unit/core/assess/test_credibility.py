"""The digit of the Admiralty grade, by the table; why, and what would change it."""

import pytest

from backchannel.core.assess.chains import Collectors
from backchannel.core.assess.credibility import RULES, Credibility, credibility
from backchannel.core.assess.independence import Independence
from backchannel.core.assess.parties import Party, parties
from paths import ROOT
from spoken import organisation, person, unnamed, voice

ITO = parties([voice(person("Ada Ito"))], {})
UNION = parties([voice(organisation("Water Union"))], {})
SOMEBODY = parties([voice(unnamed("official"))], {})


def found(
    affirming: tuple[Party, ...] = (),
    origins: tuple[int, int] = (0, 0),
    heard: int = 1,
    *,
    denied_by: tuple[Party, ...] = (),
    possible: tuple[Party, ...] = (),
    unnamed_: tuple[Party, ...] = (),
) -> Independence:
    """What stands behind a claim that so many newsrooms heard."""
    newsrooms = tuple(f"Paper {number}" for number in range(heard))
    return Independence(
        reports=("1.txt",),
        collectors=Collectors(newsrooms, (), ()),
        speakers=origins,
        organisations=origins,
        sides=origins,
        origins=origins,
        affirming=affirming,
        possible=possible,
        unnamed=unnamed_,
        experts=(),
        denied_by=denied_by,
        disputed_by=(),
        declined_by=(),
    )


ONE = found(ITO, (1, 1))
TWO = found(ITO + UNION, (2, 2))
ONE_DENIED = found(ITO, (1, 1), denied_by=UNION)


@pytest.mark.parametrize(
    ("stands", "observed", "digit"),
    [
        (TWO, False, "1"),
        (found(), True, "1"),
        (found(ITO, (1, 2), heard=2), False, "2"),
        (found(ITO, (1, 1), heard=2), False, "3"),
        (found(ITO, (1, 2), heard=1), False, "3"),
        (ONE, False, "3"),
        (found(ITO + UNION, (2, 2), denied_by=UNION), False, "3"),
        (found(ITO, (1, 1), heard=2, denied_by=UNION), False, "3"),
        (found(denied_by=UNION), True, "3"),
        (ONE_DENIED, False, "4"),
        (found(origins=(1, 2), heard=2, unnamed_=SOMEBODY), False, "4"),
        (found(origins=(1, 2), heard=2, unnamed_=SOMEBODY, denied_by=UNION), False, "4"),
        (found(origins=(1, 1), possible=ITO), False, "4"),
        (found(origins=(1, 1), denied_by=UNION), False, "5"),
        (found(origins=(1, 2), heard=2, denied_by=UNION), False, "5"),
        (found(origins=(1, 2), heard=2), False, "6"),
        (found(), False, "6"),
    ],
)
def test_the_digit_goes_by_the_table(stands: Independence, observed: bool, digit: str) -> None:
    assert credibility(stands, observed).digit == digit


def test_the_rule_of_a_digit_is_its_line_of_the_table() -> None:
    assert credibility(ONE).rule == RULES["3"]


def test_the_page_on_assessment_has_the_table() -> None:
    page = (ROOT / "docs/how-to/assess-reports.md").read_text(encoding="utf-8")

    for digit, rule in RULES.items():
        assert f"| {digit} | {rule} |" in page


def reasons(stands: Independence, observed: bool = False) -> tuple[str, ...]:
    return credibility(stands, observed).reasons


def test_reasons_say_who_affirms_who_heard_it_and_who_denies() -> None:
    assert reasons(ONE) == (
        "affirmed by Ada Ito",
        "heard by 1 newsroom itself",
        "no party that would know denies",
    )
    assert reasons(found(ITO, (1, 1), heard=2, denied_by=UNION), observed=True) == (
        "we observed it ourselves",
        "affirmed by Ada Ito",
        "heard by 2 newsrooms for themselves",
        "denied by Water Union",
    )


def test_reasons_tell_who_only_may_affirm_who_is_unnamed_and_that_nobody_does() -> None:
    assert reasons(found(possible=ITO))[0] == "perhaps affirmed by Ada Ito"
    assert reasons(found(unnamed_=SOMEBODY))[0] == "affirmed by sources that nobody names"
    assert reasons(found())[0] == "no report says who affirms it"


def test_who_may_affirm_and_who_is_unnamed_are_no_reason_beside_a_named_one() -> None:
    assert reasons(found(ITO, (1, 1), possible=UNION, unnamed_=SOMEBODY)) == reasons(ONE)


def test_a_reason_names_four_parties_at_most() -> None:
    many = tuple(parties([voice(organisation(f"Union {name}")) for name in "ABCDEF"], {}))

    assert reasons(found(many, (6, 6)))[0] == "affirmed by Union A, Union B, Union C, Union D and 2 more"


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        (
            credibility(ONE),
            (
                "better: a second origin on another side, or our own observation",
                "worse: a denial by a party that would know",
                "better: a second newsroom that hears it for itself",
            ),
        ),
        (
            credibility(found(ITO, (1, 1), heard=2, denied_by=UNION)),
            (
                "better: a second origin on another side, or our own observation",
                "better: if Water Union takes the denial back",
            ),
        ),
        (
            credibility(found(unnamed_=SOMEBODY)),
            (
                "better: a named origin that would know, or our own observation",
                "worse: a denial by a party that would know",
            ),
        ),
        (credibility(TWO), ("worse: a denial by a party that would know",)),
        (credibility(found(), observed=True), ("worse: a denial by a party that would know",)),
    ],
)
def test_what_would_change_it(given: Credibility, changes: tuple[str, ...]) -> None:
    assert given.changes == changes
