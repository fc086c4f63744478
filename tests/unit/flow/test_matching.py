"""Two parties find out what both hold, and nothing else, in whatever order envelopes come."""

from collections.abc import Iterable

import pytest

from backchannel.core.stix import StixObject
from backchannel.core.term_fields import Matching
from backchannel.flow import matching
from backchannel.flow.ports_matching import SessionRow
from backchannel.protocol.matching import State
from exchange import Side, agreed, carry, one_process
from vetting_world import indicator, link, threat

Pair = tuple[Side, Side]
TERMS = Matching(types=("domain-name",), per_day=1_000)
COMMON = [f"both{number}.example" for number in range(5)]


def knows(side: Side, hosts: Iterable[str]) -> None:
    """Indicators on hosts, each linked to a threat of the side's own."""
    mine = threat(f"Predator of {side.key[:6]}", aliases=["Predator"])
    objects: list[StixObject] = [mine]
    for host in hosts:
        one = indicator(host)
        objects += [one, link(one, mine)]
    side.holds(objects)


@pytest.fixture
def both(pair: Pair) -> tuple[Side, Side, str]:
    """Two parties with an agreement that allows matching; each knows hosts, five of which the other knows."""
    lab, vendor = pair
    agreement = agreed(lab, vendor, matching=TERMS)
    knows(lab, [*COMMON, *(f"lab{number}.example" for number in range(12))])
    knows(vendor, [*(host.upper() for host in COMMON), *(f"vendor{number}.example" for number in range(30))])
    return lab, vendor, agreement


def begin(side: Side, other: Side, agreement: str, **how: object) -> SessionRow:
    with side.db.write() as tx:
        return matching.open_session(
            tx, side.standing, side.peers[other.key], side.row(agreement), one_process(), **how
        )


def session_of(side: Side, agreement: str) -> SessionRow:
    with side.db.read() as tx:
        return tx.matching.all(agreement)[-1]


def works(side: Side, other: Side, agreement: str, most: int = 10_000) -> int:
    """What the side can do by itself; how many steps."""
    done = 0
    while done < most:
        with side.db.write() as tx:
            session = tx.matching.all(agreement)[-1]
            if not matching.step(tx, side.standing, side.peers[other.key], session, one_process()):
                break
        done += 1
    return done


def goes_on(one: Side, other: Side, agreement: str, rounds: int = 1_000) -> None:
    """Both work and carry until nothing moves."""
    for _ in range(rounds):
        moved = works(one, other, agreement)
        carry(one, other)
        moved += works(other, one, agreement)
        carry(other, one)
        if not moved and not one.sealed(other) and not other.sealed(one):
            return


def results(side: Side, agreement: str) -> list[str]:
    with side.db.read() as tx:
        return [one.value for one in tx.matching.matches(agreement)]


def test_both_learn_what_both_hold_and_nothing_else(both: tuple[Side, Side, str]) -> None:
    lab, vendor, agreement = both
    begin(lab, vendor, agreement)
    carry(lab, vendor)
    carry(vendor, lab)
    goes_on(lab, vendor, agreement)
    assert (session_of(lab, agreement).state, session_of(vendor, agreement).state) == (State.DONE, State.DONE)
    assert results(lab, agreement) == results(vendor, agreement) == sorted(COMMON)
    assert lab.refusals() == vendor.refusals() == []
