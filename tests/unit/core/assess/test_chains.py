"""Which newsrooms heard it for themselves."""

from collections.abc import Iterable

import pytest

import spoken
from backchannel.core.assess.chains import Chains, Collectors, collectors
from backchannel.core.assess.edges import Edge, Kind, Read
from backchannel.core.assess.newsroom import Newsroom
from backchannel.core.assess.outlets import Outlet
from backchannel.core.assess.press import Report
from backchannel.core.assess.reading import read
from backchannel.core.assess.voices import Attitude, OnClaim, Voice
from press_texts import KNOWN
from spoken import HERE, person


def report(name: str, outlet: str = "", collected: bool = False) -> Read:
    """A report of an outlet whose newsroom collected something itself, or did not."""
    room = Newsroom(Outlet(outlet) if outlet else None, True, (HERE,) if collected else ())
    return Read(read(Report(name, "It rained.")), (), room)


def edge(child: str, parent: str, held: bool = True, directed: bool = True) -> Edge:
    return Edge(child, parent, held, Kind.DECLARED, directed, ())


def chains(reports: Iterable[Read], *edges: Edge) -> Chains:
    return Chains(list(reports), edges, KNOWN)


def voice(name: str, through: str = "", own: bool = False, attitude: Attitude = Attitude.AFFIRMS) -> Voice:
    """What Ada Ito says in a report."""
    return spoken.voice(person("Ada Ito"), name, attitude=attitude, through=through, own=own)


def heard(found: Chains, *voices: Voice, told: Iterable[str] = ()) -> Collectors:
    """Who heard the claim affirmed by these voices, or told by these reports."""
    on = [OnClaim(one.report, (one,), ()) for one in voices] + [OnClaim(name, (), (HERE,)) for name in told]
    return collectors(found, on, [one for one in voices if one.attitude.affirming])


def test_a_report_has_its_story_from_whom_it_took_it_though_its_newsroom_collected_something() -> None:
    found = chains([report("1.txt", "Example Courier", collected=True)], edge("1.txt", "Meridian Wire", held=False))

    assert found.sources("1.txt") == {"Meridian Wire"}


def test_a_report_that_took_nothing_has_its_story_from_its_own_newsroom_if_that_collected_anything() -> None:
    found = chains([report("1.txt", "Example Courier", collected=True), report("2.txt", "Eveningtide Post")])

    assert found.sources("1.txt") == {"Example Courier"}
    assert found.sources("2.txt") == frozenset()


def test_what_is_taken_from_a_held_report_was_taken_by_whoever_took_it_there() -> None:
    reports = [report("1.txt", "Example Courier"), report("2.txt", "Eveningtide Post"), report("3.txt")]
    found = chains(reports, edge("1.txt", "2.txt"), edge("2.txt", "3.txt"), edge("3.txt", "MWR", held=False))

    assert found.sources("1.txt") == {"Meridian Wire"}


def test_a_held_report_of_which_nothing_more_is_known_was_collected_by_its_newsroom() -> None:
    found = chains([report("1.txt"), report("2.txt", "Eveningtide Post")], edge("1.txt", "2.txt"))

    assert found.sources("1.txt") == {"Eveningtide Post"}


def test_reports_that_took_it_from_each_other_have_it_from_one_of_them() -> None:
    reports = [
        report("1.txt", "Example Courier"),
        report("2.txt", "Eveningtide Post"),
        report("3.txt"),
        report("4.txt"),
    ]
    circle = (edge("1.txt", "2.txt"), edge("2.txt", "1.txt"))
    found = chains(reports, *circle, edge("3.txt", "1.txt"), edge("4.txt", "3.txt"))

    assert found.sources("1.txt") == {"Eveningtide Post"}
    assert found.sources("2.txt") == {"Example Courier"}
    assert found.sources("4.txt") == {"Example Courier", "Eveningtide Post"}


def test_what_leads_out_of_a_circle_of_reports_is_where_they_have_it_from() -> None:
    reports = [report("1.txt", "Example Courier"), report("2.txt", "Eveningtide Post"), report("3.txt")]
    circle = (edge("1.txt", "2.txt"), edge("2.txt", "1.txt"), edge("3.txt", "1.txt"))
    outside = chains(reports, *circle, edge("2.txt", "MWR", held=False))
    inside = chains([*reports, report("4.txt", "al-Mithal")], *circle, edge("2.txt", "4.txt"))

    assert [outside.sources(name) for name in ("1.txt", "3.txt")] == [{"Meridian Wire"}] * 2
    assert [inside.sources(name) for name in ("1.txt", "3.txt")] == [{"al-Mithal"}] * 2


@pytest.mark.timeout(30)
def test_reports_that_all_credit_each_other_take_no_time() -> None:
    names = [f"{number}.txt" for number in range(60)]
    found = chains(map(report, names), *(edge(one, other) for one in names for other in names if one != other))

    assert found.sources("0.txt") == {f"newsroom of {name}" for name in names[1:]}


def test_an_edge_without_direction_makes_no_source() -> None:
    reports = [report("1.txt", "Example Courier", collected=True), report("2.txt", "Eveningtide Post")]

    assert chains(reports, edge("1.txt", "2.txt", directed=False)).sources("1.txt") == {"Example Courier"}


def test_all_spellings_of_an_outlet_have_one_name() -> None:
    found = chains([])

    assert found.called("MWR") == found.called("Meridian Wire") == "Meridian Wire"
    assert found.called("The Upper Herald") == found.called("the upper herald") == "The Upper Herald"


def test_a_newsroom_without_a_name_is_called_by_its_report() -> None:
    assert chains([report("1.txt")]).newsroom("1.txt") == "newsroom of 1.txt"


@pytest.mark.parametrize(
    ("one", "taken"),
    [
        (voice("1.txt"), {"Harbour Press Agency"}),
        (voice("1.txt", through="MWR"), {"Meridian Wire"}),
        (voice("1.txt", through="MWR", own=True), {"Example Courier"}),
    ],
)
def test_a_voice_is_taken_by_whom_its_sentence_names_and_else_by_whoever_has_the_story(
    one: Voice, taken: set[str]
) -> None:
    found = chains([report("1.txt", "Example Courier")], edge("1.txt", "HPA", held=False))

    assert found.taken_by(one) == taken


def test_a_report_that_only_tells_the_claim_has_a_collector_too() -> None:
    found = chains([report("1.txt")], edge("1.txt", "MWR", held=False))

    assert heard(found, told=["1.txt"]) == Collectors(("Meridian Wire",), (), ())


def test_what_a_report_tells_beside_a_voice_adds_no_collector() -> None:
    found = chains([report("1.txt")], edge("1.txt", "MWR", held=False))
    one = voice("1.txt", through="Example Courier")

    assert collectors(found, [OnClaim("1.txt", (one,), (HERE,))], [one]) == Collectors(("Example Courier",), (), ())


def test_of_several_sources_each_may_be_the_one() -> None:
    two = chains([report("1.txt")], edge("1.txt", "MWR", held=False), edge("1.txt", "HPA", held=False))
    found = heard(two, voice("1.txt"))

    assert found == Collectors((), ("Harbour Press Agency", "Meridian Wire"), ())
    assert found.span == (1, 2)


def test_of_several_sources_of_which_one_surely_heard_it_no_other_need_have() -> None:
    two = chains(
        [report("1.txt"), report("2.txt")], edge("1.txt", "MWR", held=False), edge("1.txt", "HPA", held=False)
    )
    found = heard(two, voice("1.txt"), voice("2.txt", through="Meridian Wire"))

    assert found == Collectors(("Meridian Wire",), (), ())


def test_what_is_open_of_one_report_opens_nothing_of_another() -> None:
    reports = [report(f"{number}.txt") for number in (1, 2, 3)]
    edges = [edge("1.txt", "MWR", held=False), edge("1.txt", "HPA", held=False)]
    edges += [edge("3.txt", "Eveningtide Post", held=False), edge("3.txt", "al-Mithal", held=False)]
    found = heard(chains(reports, *edges), voice("1.txt"), voice("2.txt", through="MWR"), voice("3.txt"))

    assert found == Collectors(("Meridian Wire",), ("Eveningtide Post", "al-Mithal"), ())


def test_a_report_that_has_it_from_nobody_knows_whom_is_one_more_at_most() -> None:
    reports = chains([report("1.txt"), report("2.txt", "Example Courier", collected=True)])
    found = heard(reports, voice("1.txt"), voice("2.txt"))

    assert found == Collectors(("Example Courier",), (), ("1.txt",))
    assert found.span == (1, 2)
    assert heard(reports, voice("1.txt")).span == (1, 1)


def confirmed(*others: Voice) -> Collectors:
    """Ito told Meridian Wire, and confirmed it to Harbour Press Agency."""
    voices = [voice("1.txt", through="MWR"), voice("1.txt", through="HPA", attitude=Attitude.CONFIRMS_SAID), *others]
    on = [OnClaim("1.txt", tuple(voices), ())]
    return collectors(chains([report("1.txt", "Example Courier")]), on, voices)


def test_whose_report_was_confirmed_to_others_may_be_counted_and_need_not() -> None:
    assert confirmed() == Collectors(("Harbour Press Agency",), ("Meridian Wire",), ())


def test_who_asked_for_confirmation_of_its_own_report_counts_still() -> None:
    found = confirmed(voice("1.txt", through="MWR", attitude=Attitude.CONFIRMS_SAID))

    assert found == Collectors(("Harbour Press Agency", "Meridian Wire"), (), ())


def test_what_a_newsroom_heard_itself_needs_no_confirmation_to_others() -> None:
    found = confirmed(voice("1.txt", through="Example Courier", own=True))

    assert "Example Courier" in found.sure


def test_an_outlet_that_only_heard_it_denied_is_not_the_one_that_was_confirmed() -> None:
    found = confirmed(voice("1.txt", through="Eveningtide Post", attitude=Attitude.DENIES))

    assert "Eveningtide Post" in found.sure


def test_a_confirmation_counts_for_nobody_where_nobody_else_heard_it() -> None:
    affirming = voice("1.txt", through="MWR")
    on = [OnClaim("1.txt", (affirming, voice("1.txt", through="HPA", attitude=Attitude.CONFIRMS_SAID)), ())]

    assert collectors(chains([report("1.txt")]), on, [affirming]) == Collectors(("Meridian Wire",), (), ())


def test_one_of_several_sources_whose_report_was_confirmed_stays_possible() -> None:
    edges = [edge("2.txt", "MWR", held=False), edge("2.txt", "HPA", held=False)]
    told, asked = voice("1.txt", through="MWR"), voice("1.txt", through="HPA", attitude=Attitude.CONFIRMS_SAID)
    voices = [told, asked, voice("2.txt")]
    on = [OnClaim("1.txt", (told, asked), ()), OnClaim("2.txt", (voices[2],), ())]
    found = collectors(chains([report("1.txt"), report("2.txt")], *edges), on, voices)

    assert found == Collectors(("Harbour Press Agency",), ("Meridian Wire",), ())
