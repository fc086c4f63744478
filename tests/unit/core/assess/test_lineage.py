"""Lineage: who took what from whom, in which direction, and whose a report is."""

from datetime import timedelta

import pytest

from backchannel.core.assess.edges import Edge, Kind
from backchannel.core.assess.lineage import Lineage, lineage
from backchannel.core.assess.press import Article
from press_texts import FLOOD, KNOWN, NOON, article

OTHER = (
    "In the valley of the Exe the water stands so high that carts can go no further than the inn at the crossing.",
    "The families who had to leave were given bread and blankets by the people of the upper town last evening.",
)
SPEECH = "“We will not build the bridge again in this place, and nobody should ask us for it,” Mayor Ada Roe said."


def of(*articles: Article) -> Lineage:
    return lineage(articles, KNOWN)


def kinds(found: Lineage) -> set[tuple[str, str, str, bool]]:
    return {(edge.child, edge.parent, edge.kind.value, edge.directed) for edge in found.edges}


def only(found: Lineage) -> Edge:
    (edge,) = found.edges
    return edge


# --- declared ---------------------------------------------------------------------------------------------------


def test_a_credit_of_an_outlet_that_is_not_held_is_a_node_of_its_own() -> None:
    edge = only(of(article(*FLOOD, "The bridge is gone, the Example Courier reported.")))
    assert (edge.parent, edge.parent_held, edge.kind, edge.directed) == (
        "Example Courier",
        False,
        Kind.DECLARED,
        True,
    )


def test_a_credit_means_the_held_report_of_that_outlet() -> None:
    parent = article(*OTHER, name="courier.txt", outlet="Example Courier")
    edge = only(of(article(*FLOOD, "The bridge is gone, the Example Courier reported."), parent))
    assert (edge.child, edge.parent, edge.parent_held) == ("one.txt", "courier.txt", True)


def test_a_report_of_an_outlet_from_a_day_later_is_not_what_was_credited() -> None:
    parent = article(*OTHER, name="courier.txt", outlet="Example Courier", published=NOON + timedelta(days=2))
    child = article(*FLOOD, "The bridge is gone, the Example Courier reported.", published=NOON)
    assert only(of(child, parent)).parent_held is False


def test_an_abbreviated_source_is_named_in_full_too() -> None:
    assert only(of(article(*FLOOD, "The bridge is gone, MWR reported."))).parent == "Meridian Wire (MWR)"


def test_evidence_of_a_declaration_is_every_sentence_that_declares_it() -> None:
    said = ("The bridge is gone, the Example Courier reported.", "A clerk told the Example Courier about the mill.")
    child = article(*FLOOD, *said)
    assert tuple(item.span.of(child.text) for item in only(of(child)).evidence) == said


# --- reuse ------------------------------------------------------------------------------------------------------


def test_a_long_passage_outside_quotation_marks_is_reuse_and_shown_in_both() -> None:
    one, other = article(*FLOOD, name="one.txt"), article(FLOOD[0], *OTHER, name="two.txt")
    edge = only(of(one, other))
    assert (edge.kind, edge.directed) == (Kind.REUSE, False)
    assert {
        item.report: item.span.of(one.text if item.report == "one.txt" else other.text) for item in edge.evidence
    } == {
        "one.txt": FLOOD[0][:-1],
        "two.txt": FLOOD[0][:-1],
    }


def test_the_same_words_of_one_speaker_are_no_reuse() -> None:
    assert of(article(*FLOOD, SPEECH), article(*OTHER, SPEECH, name="two.txt")).edges == ()


def test_a_long_name_in_both_is_no_reuse() -> None:
    name = "the Ruritanian State Commission for Inland Waterways Bridges Fords and Ferries of the Upper Exe"
    assert (
        of(article(FLOOD[0], f"So says {name}."), article(OTHER[0], f"But {name} knows.", name="two.txt")).edges == ()
    )


def test_two_that_share_passages_and_a_parent_that_is_not_held_are_siblings() -> None:
    credit = "That is what Meridian Wire reported."
    one = article(FLOOD[0], *OTHER, credit, "The inn is full, and the road to the crossing is closed until Monday.")
    other = article(FLOOD[0], *FLOOD[1:], credit, name="two.txt")
    found = of(one, other)
    assert {edge.parent for edge in found.edges} == {"Meridian Wire"}
    assert all(edge.kind is Kind.DECLARED for edge in found.edges)


def test_a_copy_is_one_even_if_both_credit_the_same() -> None:
    credit = "That is what Meridian Wire reported."
    assert any(
        edge.kind is Kind.REUSE for edge in of(article(*FLOOD, credit), article(*FLOOD, credit, name="two.txt")).edges
    )


def test_copies_of_one_held_report_are_not_copies_of_each_other() -> None:
    original = article("EXETOWN (MWR) - " + FLOOD[0], *FLOOD[1:], name="wire.txt")
    found = of(original, article(*FLOOD, name="one.txt"), article(*FLOOD, name="two.txt"))
    assert kinds(found) == {("one.txt", "wire.txt", "reuse", True), ("two.txt", "wire.txt", "reuse", True)}


def test_direction_comes_from_a_declaration_before_the_times() -> None:
    parent = article(*FLOOD, name="courier.txt", outlet="Example Courier", published=NOON + timedelta(hours=1))
    child = article(*FLOOD, "So the Example Courier reported.", published=NOON)
    assert ("one.txt", "courier.txt", "reuse", True) in kinds(of(child, parent))


def test_direction_comes_from_the_times_where_nothing_is_declared() -> None:
    one = article(*FLOOD, name="one.txt", published=NOON)
    other = article(*FLOOD, name="two.txt", published=NOON + timedelta(minutes=5))
    assert kinds(of(one, other)) == {("two.txt", "one.txt", "reuse", True)}


@pytest.mark.parametrize(("hour", "directed"), [(12, False), (36, True), (-12, True)])
def test_a_day_without_a_time_has_no_order_within_the_day(hour: int, directed: bool) -> None:
    day = article(*FLOOD, name="one.txt", published=NOON.replace(hour=0))
    other = article(*FLOOD, name="two.txt", published=NOON.replace(hour=0) + timedelta(hours=hour))
    ((*_, found),) = kinds(of(day, other))
    assert found is directed


def test_a_text_that_breaks_off_within_the_other_is_the_child() -> None:
    cut = article(FLOOD[0] + " " + FLOOD[1][:60], name="cut.txt")
    assert kinds(of(article(*FLOOD, *OTHER), cut)) == {("cut.txt", "one.txt", "reuse", True)}


# --- quotes -----------------------------------------------------------------------------------------------------


def test_a_quote_without_a_collector_comes_from_the_collector_that_another_report_names() -> None:
    told = SPEECH.replace("Mayor Ada Roe said", "Mayor Ada Roe told Meridian Wire")
    found = of(article(*FLOOD, SPEECH), article(*OTHER, told, name="two.txt"))
    assert ("one.txt", "Meridian Wire", "shared-quote", True) in kinds(found)


def test_a_reworded_quote_of_one_speaker_comes_from_the_collector_too() -> None:
    told = (
        "“Nobody should ask us: in this place the bridge, we say, will not be built again,” Mayor Ada Roe told MWR."
    )
    found = of(article(*FLOOD, SPEECH, FLOOD[0]), article(*OTHER, told, FLOOD[0], name="two.txt"))
    assert ("one.txt", "Meridian Wire (MWR)", "reworded-quote", True) in kinds(found)


def test_a_quote_that_nobody_says_was_collected_gives_no_parent() -> None:
    assert of(article(*FLOOD, SPEECH), article(*OTHER, SPEECH, name="two.txt")).edges == ()


def test_a_newsroom_that_heard_it_itself_has_no_parent_for_a_quote() -> None:
    told = SPEECH.replace("Mayor Ada Roe said", "Mayor Ada Roe told Meridian Wire")
    ours = SPEECH.replace("Mayor Ada Roe said", "Mayor Ada Roe told this newspaper")
    found = of(article(*FLOOD, ours), article(*OTHER, told, name="two.txt"))
    assert {edge.child for edge in found.edges} == {"two.txt"}


# --- newsrooms --------------------------------------------------------------------------------------------------


def newsroom(*paragraphs: str, outlet: str = "") -> tuple[str, bool, bool]:
    (report,) = of(article(*paragraphs, outlet=outlet)).reports
    found = report.newsroom
    return (found.outlet.name if found.outlet else "", found.sure, found.collected)


@pytest.mark.parametrize(
    ("paragraphs", "expected"),
    [
        (FLOOD, ("", False, False)),
        ((*FLOOD, "The mayor told the Example Courier that the mill is lost."), ("Example Courier", False, True)),
        ((*FLOOD, "The mayor told the local daily Example Courier that the mill is lost."), ("", False, False)),
        ((*FLOOD, "The mayor told Meridian Wire that the mill is lost."), ("", False, False)),
        ((*FLOOD, "The Example Courier has learned that the mill is lost."), ("Example Courier", True, True)),
        ((*FLOOD, "The mayor told this newspaper that the mill is lost."), ("", False, True)),
        ((*FLOOD, "“The mill is lost,” the mayor said by telephone."), ("", False, True)),
        ((*FLOOD, "River takes old bridge - Example Courier"), ("Example Courier", True, False)),
        (("EXETOWN (MWR) - " + FLOOD[0], *FLOOD[1:]), ("Meridian Wire", True, False)),
        (
            ("EXETOWN (MWR) - " + FLOOD[0], "The mill is lost, a spokesman said on Monday."),
            ("Meridian Wire", True, True),
        ),
    ],
)
def test_whose_a_report_is_and_whether_it_heard_something_itself(
    paragraphs: tuple[str, ...], expected: tuple[str, bool, bool]
) -> None:
    assert newsroom(*paragraphs) == expected


def test_told_its_own_newsroom_is_no_credit() -> None:
    found = of(article(*FLOOD, "The mayor told the Example Courier that the mill is lost.", outlet="Example Courier"))
    assert found.edges == ()
    assert found.reports[0].newsroom.collected


def test_an_outlet_that_is_cited_as_having_reported_is_not_the_reports_own() -> None:
    found = of(article("The Example Courier reports:", *FLOOD, "The Example Courier visited the mill on Monday."))
    assert only(found).parent == "Example Courier"
    assert found.reports[0].newsroom.outlet is None


# --- hostile ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unit",
    [
        "word ",
        "a",
        "A. ",
        '"a" ',
        "“a ",
        " 'a",
        "слово 词 كلمة ",
        "Ab-",
        "Ab Cd ",
        "a\n",
        "...",
        "((((",
        ", Xx reported",
        "the daily Xyz News ",
        "“‘'”",
        "He told Meridian Wire. ",
        "MWR, ",
    ],
)
def test_a_hostile_text_is_read_without_harm(unit: str) -> None:
    """Time is bounded: this is a hundred times the length of a report, and a quadratic step would take minutes."""
    text = (unit * 200_000)[:200_000]
    one, other = article(text, *FLOOD), article(text[:100_000], *FLOOD, name="two.txt")
    found = of(one, other)
    assert all(
        0 <= item.span.begin < item.span.end <= len(one.text) for edge in found.edges for item in edge.evidence
    )
