"""Lineage on real articles: five reports on one event, and families with a gold by hand."""

import pytest

from backchannel.core.assess.edges import Kind
from backchannel.core.assess.lineage import Lineage
from backchannel.core.assess.press import Why
from families import called_copied, figures, gold, of_folder, prediction, scorer
from paths import SHARED_DATA, needs_shared_data

pytestmark = needs_shared_data

REPORTS = SHARED_DATA / "reports"
FAMILIES = SHARED_DATA / "lineage"
LEAST_F1 = 0.70
MOST_CALLED_COPIED = 0.05


@pytest.fixture(scope="module")
def five() -> Lineage:
    return of_folder(REPORTS)


def parents(found: Lineage, number: str) -> set[tuple[str, bool]]:
    return {(edge.parent, edge.parent_held) for edge in found.edges if edge.child.startswith(number)}


def named(found: Lineage, number: str, name: str) -> bool:
    return any(name in parent and not held for parent, held in parents(found, number))


def test_two_reports_are_siblings_of_a_text_that_is_not_held(five: Lineage) -> None:
    assert named(five, "000", "CNN")
    assert named(five, "001", "CNN")
    assert not any(edge.parent_held for edge in five.edges if edge.child[:3] in ("000", "001"))


def test_two_carry_an_agency_one_without_saying_so_at_its_head(five: Lineage) -> None:
    assert named(five, "003", "AFP")
    assert named(five, "004", "AFP")


def test_three_credit_the_agency_that_heard_the_speaker(five: Lineage) -> None:
    assert all(named(five, number, "Interfax") for number in ("002", "003", "004"))


def test_one_prints_itself_twice_and_counts_once(five: Lineage) -> None:
    article = next(report.article for report in five.reports if report.name.startswith("002"))
    repeated = sum(item.span.end - item.span.begin for item in article.ignored if item.why is Why.REPEATED)
    counted = sum(span.end - span.begin for span in article.sentences)
    assert repeated > 0.8 * counted


def test_none_of_the_five_is_copied_from_another(five: Lineage) -> None:
    assert {edge.kind for edge in five.edges} <= {Kind.DECLARED, Kind.SHARED_QUOTE}
    assert not any(edge.parent_held for edge in five.edges)


def test_those_that_asked_themselves_are_known(five: Lineage) -> None:
    collected = {report.name[:3] for report in five.reports if report.newsroom.collected}
    assert collected == {"002", "003"}


def test_edges_of_the_families_are_found() -> None:
    entries = gold(FAMILIES)
    found = {entry["family"]: of_folder(FAMILIES / f"{entry['family']:02d}") for entry in entries}
    score = scorer(FAMILIES).score_family
    rows = [score(entry, prediction(found[entry["family"]])) for entry in entries]
    assert figures(rows)[2] >= LEAST_F1
    pairs, wrong = map(sum, zip(*(called_copied(entry, found[entry["family"]]) for entry in entries), strict=True))
    assert wrong <= MOST_CALLED_COPIED * pairs
