"""An answer in short."""

import pytest

from backchannel.core.assess.parties import parties
from backchannel.core.assess.summary import between, counted, names, nearest, summary
from backchannel.core.assess.voices import Attitude
from heard import asked
from spoken import organisation, person, voice


@pytest.mark.parametrize(
    ("span", "said"),
    [((0, 0), "0 reports"), ((1, 1), "1 report"), ((1, 2), "1 to 2 reports"), ((1_000, 1_000), "1,000 reports")],
)
def test_a_range_has_its_noun(span: tuple[int, int], said: str) -> None:
    assert counted(span, "report") == said
    assert said.startswith(between(span))


def test_the_first_names_stand_for_many() -> None:
    many = parties([voice(organisation(f"Union {name}")) for name in "ABCD"], {})

    assert names(many[:3]) == "Union A, Union B, Union C"
    assert names(many) == "Union A, Union B, Union C and 1 more"
    assert names(many, 4) == "Union A, Union B, Union C, Union D"


def test_an_answer_in_one_sentence_counts_each_level_and_says_who_denies() -> None:
    said = "The Alderland Water Ministry told Meridian Wire that Alderland sells water to Birchland."
    counts = "1 report, 1 collector, 1 affirming organisation, 1 independent origin"

    assert summary(asked(said).independence) == f"{counts}; nobody who would know denies"
    denial = " The government of Birchland denied that Alderland sells water to Birchland."
    assert summary(asked(said + denial).independence) == f"{counts}; denied by government of Birchland"


def test_a_party_is_told_by_its_nearest_sentence_in_each_report_that_takes_the_same_part() -> None:
    ito = person("Ada Ito")
    far, near = voice(ito, "1.txt", 1, near=0.6), voice(ito, "1.txt", 2, near=0.9)
    other, third = voice(ito, "2.txt", 1, near=0.8), voice(ito, "3.txt", 1, near=0.7)
    denial = voice(ito, "4.txt", 1, Attitude.DENIES, near=0.8)
    declining = voice(ito, "5.txt", 1, Attitude.DECLINES, near=1.0)
    (party,) = parties([far, near, other, third, denial, declining], {})

    assert nearest(party, 5) == [near, other, third]
    assert nearest(party, 2) == [near, other]

    (party,) = parties([denial, declining], {})
    assert nearest(party, 5) == [denial]


def test_a_party_that_takes_no_part_is_told_by_what_it_says() -> None:
    declining = voice(person("Ada Ito"), attitude=Attitude.DECLINES)
    (party,) = parties([declining], {})

    assert nearest(party, 5) == [declining]
