"""The gazetteer, and names of outlets found with it."""

import pytest

from backchannel.core.assess.outlet_names import NAMES
from backchannel.core.assess.outlets import gazetteer, meant, mentions
from press_texts import KNOWN


def named(text: str) -> list[str]:
    return [mention.outlet.name for mention in mentions(text, 0, len(text), gazetteer())]


def test_no_name_stands_for_two_outlets() -> None:
    owners: dict[str, set[str]] = {}
    for lines in NAMES.values():
        for line in lines.strip().splitlines():
            for alias in line.split("|"):
                owners.setdefault(alias.removeprefix("=").casefold(), set()).add(line)
    assert [alias for alias, listed in owners.items() if len(listed) > 1] == []


def test_several_hundred_outlets_of_all_kinds_are_known() -> None:
    assert sum(len(lines.strip().splitlines()) for lines in NAMES.values()) > 1_000
    assert {"agency", "newspaper", "broadcaster", "site", "social"} <= NAMES.keys()


def test_the_longest_name_wins() -> None:
    assert named("She told Fox News Latino, not Fox News.") == ["Fox News Latino", "Fox News"]


def test_case_and_punctuation_do_not_matter_but_a_name_begins_with_a_capital() -> None:
    assert named("FOX NEWS and Al Jazeera, al-Jazeera and Re/code") == [
        "Fox News",
        "Al Jazeera",
        "Al Jazeera",
        "Re/code",
    ]
    assert named("a sky news in the independent guardian") == []


def test_a_name_of_few_letters_is_one_only_in_capitals() -> None:
    assert named("AP and Ap") == ["Associated Press"]


def test_a_name_does_not_go_over_the_end_of_a_sentence() -> None:
    text = "He liked CBS. News came at noon."
    assert [item.span.of(text) for item in mentions(text, 0, len(text), gazetteer())] == ["CBS"]


def test_local_stations_are_known_by_their_form() -> None:
    assert named("FOX 13, Fox13 and WXYZ-TV") == ["FOX 13", "FOX 13", "WXYZ-TV"]


def test_an_article_of_a_name_may_be_small() -> None:
    text = "He told al-Mithal so."
    assert [item.outlet.name for item in KNOWN.mentions(text)] == ["al-Mithal"]


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("Example Courier", "Example Courier"),
        ("the Meridian Wire news agency", "Meridian Wire"),
        ("Norway's Meridian Wire", "Meridian Wire"),
        ("Norwegian agency Meridian Wire on Monday", "Meridian Wire"),
        ("the Example Courier's Ada Ito", "Example Courier"),
        ("Example Courier Watch", None),
        ("Free Meridian Wire", None),
        ("Friends of Meridian Wire", None),
    ],
)
def test_a_longer_name_does_not_steal_that_of_an_outlet_within_it(phrase: str, name: str | None) -> None:
    found = meant(phrase, KNOWN)

    assert (found.name if found is not None else None) == name
