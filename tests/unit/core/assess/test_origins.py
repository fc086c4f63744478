"""How many origins stand behind a value: nobody who repeats another counts."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.assess.origins import Telling, origins_of
from backchannel.core.assess.publishers import PLATFORMS, Publisher, is_called, publisher_of

ALDER, BIRCH, CEDAR = "Alder International", "Birch Trails", "Cedar Watch"
TAG, OTHER = "aa" * 32, "bb" * 32


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
    assert counted(Telling(ALDER, tags=(TAG,)), Telling(ALDER, tags=(OTHER,))) == (1, 2)


def test_a_tag_is_one_origin_along_every_route() -> None:
    tag = ("aa" * 32,)
    found = origins_of([Telling(ALDER, tags=tag), Telling(BIRCH, tags=tag), Telling(CEDAR, tags=tag)])
    assert (found.low, found.high) == (1, 1)
    assert found.origins[0].tellers == (ALDER, BIRCH, CEDAR)


def own(teller: str, tag: str, *references: str) -> Telling:
    """A teller that hands on what it put in itself, with its own tag."""
    return Telling(teller, references, (tag,), own_tag=tag)


def test_who_hands_on_a_tellers_tag_has_it_from_that_one() -> None:
    assert counted(own(ALDER, TAG), Telling(BIRCH, tags=(TAG,), passed=True)) == (1, 1)
    cited = own(ALDER, TAG, "https://other.example/x")
    found = origins_of([Telling(BIRCH, tags=(TAG,)), cited])
    assert [(one.name, one.tellers) for one in found.origins] == [("other.example", (ALDER, BIRCH))]


def test_two_tags_by_two_tellers_are_two_origins() -> None:
    assert counted(own(ALDER, TAG), own(BIRCH, OTHER)) == (2, 2)
    assert counted(Telling(ALDER, tags=(TAG,)), Telling(BIRCH, tags=(OTHER,))) == (2, 2)


def test_a_teller_that_makes_up_tags_adds_to_the_upper_end_alone() -> None:
    tags = tuple(f"{number:064x}" for number in range(50))
    assert counted(Telling(ALDER, tags=tags)) == (1, 50)
    assert counted(own(BIRCH, TAG), Telling(ALDER, tags=tags)) == (2, 51)
    assert counted(own(BIRCH, TAG), *(Telling(ALDER, tags=(one,)) for one in tags)) == (2, 51)


def test_a_tag_of_several_counts_once_somebody_else_vouches_for_it() -> None:
    assert counted(Telling(ALDER, tags=(TAG, OTHER)), Telling(BIRCH, tags=(TAG,))) == (2, 2)
    assert counted(Telling(ALDER, tags=(TAG, OTHER)), Telling(BIRCH, tags=(TAG,)), Telling(CEDAR, tags=(TAG,))) == (
        2,
        2,
    )


def test_who_takes_anothers_tag_hides_nobody_but_itself() -> None:
    honest = [own(ALDER, TAG), own(CEDAR, OTHER)]
    assert counted(Telling(BIRCH, tags=(TAG,)), *honest) == (2, 2)
    for liar in (own(BIRCH, TAG), own(BIRCH, TAG, "https://cedar.example/x"), Telling(BIRCH, (), (TAG,), True)):
        assert counted(liar, *honest)[0] >= 2


def test_a_tag_that_came_beside_a_named_source_is_not_established() -> None:
    cut = Telling(BIRCH, tags=(TAG,))  # its references were cut on the way
    whole = Telling(ALDER, ("https://other.example/x",), (TAG,))
    assert counted(whole, cut) == (1, 2)
    assert counted(whole) == (1, 1)


def test_who_tells_without_a_tag_may_be_the_one_whose_tag_comes_by_another_route() -> None:
    assert counted(Telling(ALDER), Telling(BIRCH, tags=(TAG,), passed=True)) == (1, 2)


def test_who_hands_it_on_for_somebody_whom_it_does_not_name_is_no_origin() -> None:
    found = origins_of([own(ALDER, TAG), Telling(BIRCH, passed=True)])
    assert (found.low, found.high) == (1, 2)
    assert BIRCH not in {one.name for one in found.origins}


def test_who_made_what_a_teller_hands_on_is_its_source() -> None:
    found = origins_of([Telling(BIRCH, creators=(ALDER,)), Telling(CEDAR, ("https://alder.example/x",))])
    assert [(one.name, one.tellers) for one in found.origins] == [(ALDER, (BIRCH, CEDAR))]
    assert counted(Telling(ALDER), Telling(BIRCH, creators=(ALDER,))) == (1, 1)
    assert counted(Telling(BIRCH, creators=(BIRCH,))) == (1, 1)


def test_what_a_named_teller_names_is_where_it_is_from() -> None:
    chain = [Telling(ALDER, ("https://other.example/x",)), Telling(BIRCH, ("https://alder.example/x",))]
    found = origins_of([*chain, Telling(CEDAR, creators=(BIRCH,))])
    assert [(one.name, one.tellers) for one in found.origins] == [("other.example", (ALDER, BIRCH, CEDAR))]


def test_those_that_name_each_other_are_one_origin() -> None:
    circle = [Telling(ALDER, creators=(BIRCH,)), Telling(BIRCH, creators=(ALDER,))]
    found = origins_of([*circle, Telling(CEDAR, creators=(BIRCH,))])
    assert [(one.name, one.tellers) for one in found.origins] == [(ALDER, (ALDER, BIRCH, CEDAR))]


def test_sites_that_are_named_together_may_be_one_that_is_named_alone() -> None:
    both = Telling(ALDER, ("https://x.example/", "https://y.example/"))
    assert counted(both, Telling(BIRCH, ("https://y.example/",))) == (1, 2)
    assert counted(both, Telling(BIRCH, ("https://z.example/",))) == (2, 2)


def test_the_sentence_says_both_ends() -> None:
    tags = tuple(f"{number:064x}" for number in range(3))
    assert origins_of([own(BIRCH, TAG), Telling(ALDER, tags=tags)]).sentence == "2 to 4 independent origins"
    assert origins_of([Telling(ALDER, tags=tags)]).sentence == "origin not established, at most three"


def test_what_was_seen_is_an_origin_whoever_else_is_named() -> None:
    assert counted(Telling(ALDER), Telling(BIRCH, ("https://alder.example/x",), own=True)) == (2, 2)


def test_nobody_makes_a_source_of_itself_into_another() -> None:
    assert counted(
        Telling(ALDER, ("https://alder.example/a",)), Telling(ALDER, ("https://github.com/AlderTech/b",))
    ) == (1, 1)


def test_of_nothing_there_is_no_origin() -> None:
    assert counted() == (0, 0)


NAMES = st.sampled_from([ALDER, BIRCH, CEDAR])
URLS = st.sampled_from(["https://alder.example/", "https://x.example/", "https://t.me/q"])
TAGS = st.sampled_from([TAG, OTHER])
TELLINGS = st.builds(
    Telling,
    NAMES,
    st.lists(URLS, max_size=2).map(tuple),
    st.lists(TAGS, max_size=2, unique=True).map(tuple),
    st.booleans(),
    st.lists(NAMES, max_size=1).map(tuple),
    TAGS | st.just(""),
    st.booleans(),
)


@given(st.lists(TELLINGS, max_size=6), st.lists(TELLINGS, max_size=4))
def test_one_more_teller_establishes_one_more_origin_at_most(some: list[Telling], more: list[Telling]) -> None:
    """Whatever it says, and however often."""
    liar = [msgspec.structs.replace(one, teller="Dogwood Desk") for one in more]
    assert counted(*some, *liar)[0] <= counted(*some)[0] + 1


@given(st.lists(TELLINGS, max_size=4), st.lists(TELLINGS, max_size=4))
def test_no_liar_takes_away_who_gives_its_own_tag(before: list[Telling], after: list[Telling]) -> None:
    """Whoever lies, and whenever: of two honest tellers each is an origin still."""
    first, last = ([msgspec.structs.replace(one, teller="Dogwood Desk") for one in some] for some in (before, after))
    found = origins_of([*first, own(ALDER, TAG), own(CEDAR, OTHER), *last])
    assert {ALDER, CEDAR} <= {one.name for one in found.origins if one.sure}


@given(st.lists(TELLINGS, max_size=6))
def test_every_teller_has_it_from_somewhere(some: list[Telling]) -> None:
    found = origins_of(some)
    assert {name for one in found.origins for name in one.tellers} == {one.teller for one in some}


@given(st.lists(TELLINGS, max_size=6), TELLINGS)
def test_hearing_it_again_from_the_same_teller_adds_nothing(some: list[Telling], one: Telling) -> None:
    assert counted(*some, one, one) == counted(*some, one)
    low, high = counted(*some, one)
    assert 1 <= low <= high
