"""What matching found stands beside every held object that names the value, and claims no more than is known."""

from datetime import datetime, timedelta

import pytest

from backchannel.core.stix import StixObject
from backchannel.flow.ports import Held, NewObject
from backchannel.flow.ports_matching import Match
from backchannel.node import holdings, matched
from backchannel.node.matched import SeenByBoth
from backchannel.node.node import Node
from store_samples import AGREEMENT, agreement, party
from two_parties import NOW
from vetting_world import indicator, threat

DAY = timedelta(days=1)
HOST = indicator("evil.example")
KIND = "domain-name"


@pytest.fixture
def node(lab: Node) -> Node:
    """A node with a counterpart, Birch Telecom, and an agreement with it."""
    with lab.db.write() as tx:
        tx.agreements.put_party(party(name="Birch Telecom"))
        tx.agreements.put(agreement())
    return lab


def holds(node: Node, *objects: StixObject, source: str = "", at: datetime = NOW) -> None:
    with node.db.write() as tx:
        tx.holdings.add((NewObject.of(one) for one in objects), source=source or node.us.key, now=at)


def found(node: Node, value: str, ours: datetime | None, at: datetime, under: str = AGREEMENT) -> None:
    with node.db.write() as tx:
        tx.matching.add_matches([Match(under, KIND, value, ours, at, "5" * 32)])


def beside(node: Node, one: StixObject) -> list[list[SeenByBoth]]:
    held = holdings.find(node, one.id)
    seen = matched.beside(node, held)
    assert set(seen) == {version.seq for version in held}
    return [seen[version.seq] for version in held]


def held_of(node: Node, one: StixObject) -> Held:
    (held,) = holdings.find(node, one.id)
    return held


def test_a_value_that_both_hold_is_said_to_be_with_whom_and_under_what(node: Node) -> None:
    holds(node, HOST)
    since = held_of(node, HOST).added_at
    found(node, "evil.example", since, NOW + DAY)
    found(node, "other.example", since, NOW + DAY)
    assert beside(node, HOST) == [
        [SeenByBoth(KIND, "evil.example", "Birch Telecom", AGREEMENT, since, NOW + DAY, NOW + DAY)]
    ]


def test_the_later_of_the_two_days_is_the_one_that_is_certain(node: Node) -> None:
    """They had it when it was found; we came to hold it later."""
    holds(node, HOST, at=NOW + DAY)
    since = held_of(node, HOST).added_at
    found(node, "evil.example", None, NOW)
    ((one,),) = beside(node, HOST)
    assert (one.ours_since, one.matched_at, one.both_since) == (since, NOW, since)
    assert since > NOW


def test_what_was_only_looked_up_counts_once_it_is_held_from_whomever(node: Node) -> None:
    holds(node, HOST, source="c" * 64)
    found(node, "evil.example", None, NOW + 2 * DAY)
    ((one,),) = beside(node, HOST)
    assert (one.with_, one.both_since) == ("Birch Telecom", NOW + 2 * DAY)


def test_who_held_it_before_it_was_matched_as_ours_has_seen_it_since_then(node: Node) -> None:
    holds(node, HOST, source="c" * 64)
    found(node, "evil.example", NOW + 5 * DAY, NOW + 5 * DAY)
    ((one,),) = beside(node, HOST)
    assert one.ours_since == held_of(node, HOST).added_at < NOW + DAY


def test_what_was_found_under_two_agreements_is_said_twice_and_an_unknown_one_too(node: Node) -> None:
    holds(node, HOST)
    for under in (AGREEMENT, "f" * 64):
        found(node, "evil.example", NOW, NOW, under)
    assert [[(one.agreement, one.with_) for one in seen] for seen in beside(node, HOST)] == [
        [(AGREEMENT, "Birch Telecom"), ("f" * 64, "")]
    ]


def test_an_object_without_values_and_values_without_a_match_have_nothing_beside(node: Node) -> None:
    holds(node, HOST, threat())
    found(node, "other.example", NOW, NOW)
    assert beside(node, HOST) == beside(node, threat()) == [[]]
