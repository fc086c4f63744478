"""How many origins stand behind a value: nobody who repeats another counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.assess.origins import Telling, origins_of
from backchannel.core.assess.publishers import PLATFORMS, Publisher, is_called, publisher_of

ALDER, BIRCH, CEDAR = "Alder International", "Birch Trails", "Cedar Watch"


def counted(*tellings: Telling) -> tuple[int, int]:
    found = origins_of(tellings)
    assert len(found.origins) == found.high
    return found.low, found.high


# --- publishers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "label", "account"),
    [
        ("https://www.alder.example/en/research/2021/07/report/", "alder", False),
        ("https://blog.alder.example/report", "alder", False),
        ("http://research.alder.org.uk/x", "alder", False),
        ("https://github.com/AlderTech/investigations/blob/master/x.csv", "aldertech", True),
        ("https://twitter.com/AlderTech/status/1", "aldertech", True),
        ("https://www.linkedin.com/company/alder-lab/", "alderlab", True),
        ("https://alder.blogspot.com/2021/", "alder", True),
        ("https://otx.alienvault.com/pulse/0123", "pulse", True),
    ],
)
def test_a_reference_tells_its_publisher(url: str, label: str, account: bool) -> None:
    found = publisher_of(url)
    assert found is not None
    assert (found.label, found.account) == (label, account)


@pytest.mark.parametrize(
    "text", ["", "a book", "https://github.com/", "ftp://alder.example/x", "http://[::1", "https://localhost/"]
)
def test_what_tells_no_publisher_tells_none(text: str) -> None:
    assert publisher_of(text) is None


@given(st.text(max_size=60) | st.text(max_size=60).map("https://".__add__))
def test_a_reference_is_hostile_text(text: str) -> None:
    found = publisher_of(text)
    assert found is None or found.label == found.label.lower()
    if found is not None:
        is_called(found, text)


@pytest.mark.parametrize(
    ("label", "name", "same"),
    [
        ("alder", "Alder International", True),
        ("aldertech", "Alder International", True),
        ("alderlab", "The Alder Lab", True),
        ("aldertrees", "Alder International", False),
        ("unit7", "Unit 7", True),
        ("cert", "CERT", False),
        ("oak", "Oak", True),
        ("oaklab", "Oak", False),
        ("threatresearch", "Threat Research", False),
        ("alder", "Birch Trails", False),
    ],
)
def test_an_organisation_is_known_by_the_words_that_tell_it_from_others(label: str, name: str, same: bool) -> None:
    assert is_called(Publisher(label, label), name) is same


def test_platforms_are_hosts() -> None:
    assert all(one == one.lower() and "." in one for one in PLATFORMS)


# --- origins -------------------------------------------------------------------------------------------------------


def test_who_names_another_teller_adds_no_origin() -> None:
    named = Telling(BIRCH, ("https://www.alder.example/report", "https://github.com/somebody/lists"))
    assert counted(Telling(ALDER), named) == (1, 1)
    assert origins_of([Telling(ALDER), named]).sentence == "1 independent origin"
    by_account = Telling(BIRCH, ("https://github.com/AlderTech/data",))
    assert counted(by_account, Telling(ALDER)) == (1, 1)


def test_a_site_that_is_named_beside_another_teller_may_be_an_origin_too() -> None:
    both = Telling(BIRCH, ("https://www.alder.example/report", "https://other.example/x"))
    assert counted(Telling(ALDER), both) == (1, 2)
    assert counted(both) == (1, 1), "without the other, all that it names is one"


def test_who_names_only_others_has_it_from_them() -> None:
    found = origins_of([Telling(ALDER), Telling(BIRCH, ("https://other.example/x",))])
    assert (found.low, found.high, found.sentence) == (2, 2, "2 independent origins")
    assert [one.name for one in found.origins] == [ALDER, "other.example"]


def test_a_repost_establishes_no_origin() -> None:
    found = origins_of([Telling(ALDER), Telling(BIRCH, ("https://github.com/somebody/lists/blob/master/ioc.csv",))])
    assert (found.low, found.high) == (1, 2)
    assert found.sentence == "origin not established, at most two"
    assert counted(Telling(BIRCH, ("https://github.com/somebody/lists",))) == (1, 1)


def test_of_those_who_name_no_source_only_the_first_is_certain() -> None:
    assert counted(Telling(ALDER), Telling(BIRCH), Telling(CEDAR)) == (1, 3)
    assert origins_of([Telling(BIRCH), Telling(ALDER)]).origins[0].name == BIRCH


def test_a_party_is_one_origin_at_most_unless_the_tags_say_otherwise() -> None:
    assert counted(Telling(ALDER), Telling(ALDER)) == (1, 1)
    assert counted(Telling(ALDER, tags=("aa" * 32,)), Telling(ALDER, tags=("bb" * 32,))) == (2, 2)


def test_a_tag_is_one_origin_along_every_route() -> None:
    tag = ("aa" * 32,)
    found = origins_of([Telling(ALDER, tags=tag), Telling(BIRCH, tags=tag), Telling(CEDAR, tags=tag)])
    assert (found.low, found.high) == (1, 1)
    assert found.origins[0].tellers == (ALDER, BIRCH, CEDAR)


def test_what_was_seen_is_an_origin_whoever_else_is_named() -> None:
    assert counted(Telling(ALDER), Telling(BIRCH, ("https://alder.example/x",), own=True)) == (2, 2)


def test_nobody_makes_a_source_of_itself_into_another() -> None:
    assert counted(
        Telling(ALDER, ("https://alder.example/a",)), Telling(ALDER, ("https://github.com/AlderTech/b",))
    ) == (1, 1)


def test_of_nothing_there_is_no_origin() -> None:
    assert counted() == (0, 0)


TELLINGS = st.builds(
    Telling,
    st.sampled_from([ALDER, BIRCH, CEDAR]),
    st.lists(st.sampled_from(["https://alder.example/", "https://x.example/", "https://t.me/q"]), max_size=2).map(
        tuple
    ),
    st.lists(st.sampled_from(["aa", "bb"]), max_size=1).map(tuple),
)


@given(st.lists(TELLINGS, max_size=6), TELLINGS)
def test_hearing_it_again_from_the_same_teller_adds_nothing(some: list[Telling], one: Telling) -> None:
    assert counted(*some, one, one) == counted(*some, one)
    low, high = counted(*some, one)
    assert 1 <= low <= high
