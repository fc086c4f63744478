"""What matching found is kept as long as the terms let us keep what came in; counts and ids outlive it."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

import msgspec
import pytest

from backchannel.core.canonical import Observable
from backchannel.core.term_fields import Matching
from backchannel.core.terms import Retention
from backchannel.errors import BadMatching
from backchannel.flow import match_retention, matching, retention
from backchannel.flow.match_retention import Forgotten
from backchannel.flow.ports_matching import Match, SessionRow
from backchannel.flow.retention import ALWAYS
from backchannel.protocol.message_matching import MatchOffer
from exchange import DAY, Side, agreed, carry, one_process
from matching_sides import counted, draws, knows, results

Pair = tuple[Side, Side]
World = tuple[Side, Side, str]
TERMS = Matching(types=("domain-name",), per_day=1_000, epoch_days=365)
COMMON = [f"both{number}.example" for number in range(5)]
HOST = Observable("domain-name", COMMON[0])
NOWHERE = Observable("domain-name", "nowhere.example")


@pytest.fixture
def pair(pair: Pair) -> Pair:
    """The two, each of which draws something else every time."""
    for side in pair:
        draws(side)
    return pair


def begin(side: Side, other: Side, agreement: str, look_up: Sequence[Observable] = ()) -> str:
    """A session in which only who opens it learns: a few envelopes."""
    with side.db.write() as tx:
        peer, row = side.peers[other.key], side.row(agreement)
        how = {"look_up": look_up} if look_up else {"learns": "opener"}
        return matching.open_session(tx, side.standing, peer, row, one_process(), **how).id


def goes_on(one: Side, other: Side) -> None:
    """Both work and carry until nothing moves."""
    moved = True
    while moved:
        moved = False
        for side, to in ((one, other), (other, one)):
            with side.db.write() as tx:
                for session in tx.matching.open():
                    while matching.step(
                        tx, side.standing, side.peers[to.key], tx.matching.get(session.id), one_process()
                    ):
                        moved = True
            moved = bool(side.sealed(to)) or moved
            carry(side, to)


def played(side: Side, other: Side, agreement: str, look_up: Sequence[Observable] = ()) -> SessionRow:
    """A session from its offer to its end, as the side that opened it has it."""
    identifier = begin(side, other, agreement, look_up)
    goes_on(side, other)
    return session_of(side, identifier)


def session_of(side: Side, identifier: str) -> SessionRow:
    with side.db.read() as tx:
        found = tx.matching.get(identifier)
        assert found is not None
        return found


def sweep(side: Side) -> int:
    """Passes over all agreements, to their end; how many values went."""
    gone = 0
    for row in side.rows():
        while True:
            with side.db.write() as tx:
                step = retention.sweep(tx, row.id, side.now, 100)
            gone += step.values
            if not step.more:
                break
    return gone


def forget(side: Side, agreement: str, before: datetime, limit: int = 100) -> list[Forgotten]:
    """Steps until there is nothing more."""
    steps = []
    while not steps or steps[-1].more:
        with side.db.write() as tx:
            steps.append(match_retention.forget(tx, agreement, before, limit))
    return steps


def looked_up(side: Side, agreement: str) -> list[list[Observable]]:
    with side.db.read() as tx:
        return [one.look_ups for one in tx.matching.all(agreement) if one.asked]


@pytest.fixture
def kept_a_month(pair: Pair) -> World:
    """Both have matched, and the lab looked a host up, under terms that let results be kept for thirty days."""
    lab, vendor = pair
    agreement = agreed(lab, vendor, matching=TERMS, retention=Retention(destroy_after_days=30, on_end="keep"))
    knows(lab, COMMON)
    knows(vendor, COMMON)
    played(lab, vendor, agreement)
    played(lab, vendor, agreement, look_up=[NOWHERE, HOST])
    return lab, vendor, agreement


def test_what_matching_found_is_kept_no_longer_than_the_terms_allow(kept_a_month: World) -> None:
    lab, _, agreement = kept_a_month
    lab.now += 30 * DAY
    assert sweep(lab) == 0
    assert (results(lab, agreement), looked_up(lab, agreement)) == (COMMON, [[NOWHERE, HOST]])
    lab.now += DAY / 24
    assert sweep(lab) == len(COMMON) + 2
    assert (results(lab, agreement), looked_up(lab, agreement)) == ([], [[]])
    with lab.db.read() as tx:
        assert set(tx.matching.own(agreement, 1, "domain-name")) == set(COMMON), "those are ours"


@pytest.mark.parametrize(("on_end", "left"), [("destroy", []), ("keep", COMMON)])
def test_with_its_agreement_goes_what_was_found_if_the_terms_say_destroy(
    pair: Pair, on_end: str, left: list[str]
) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, matching=TERMS, retention=Retention(destroy_after_days=30, on_end=on_end))
    other = agreed(lab, vendor, "Pegasus", matching=TERMS)
    knows(lab, COMMON)
    knows(vendor, COMMON)
    played(lab, vendor, agreement)
    with lab.db.write() as tx:
        tx.matching.add_matches([Match(other, *HOST, lab.now, lab.now, "2" * 32)])
    lab.end(agreement)
    sweep(lab)
    assert results(lab, agreement) == left
    assert results(lab, other) == [HOST.value], "another agreement's is not touched"


def test_forgetting_resets_no_budget_and_blinds_no_watch(kept_a_month: World) -> None:
    lab, vendor, agreement = kept_a_month
    evaluated = counted(vendor, agreement)
    assert evaluated > 16
    lab.now = vendor.now = lab.now + 31 * DAY
    assert sweep(lab) > 0
    sweep(vendor)
    assert counted(vendor, agreement) == evaluated
    with lab.db.read() as tx:
        assert tx.matching.history(agreement) == (len(COMMON), len(COMMON)), (
            "a look-up that is forgotten still is one"
        )
        assert [one.state for one in tx.matching.all(agreement)] == ["done", "done"]


def test_a_session_that_is_forgotten_is_not_accepted_again(kept_a_month: World) -> None:
    """Its offer again, word for word: it would be evaluated, and paid for, anew."""
    lab, vendor, agreement = kept_a_month
    with vendor.db.read() as tx:
        first = tx.matching.all(agreement)[0]
    lab.now += 31 * DAY
    vendor.now = lab.now
    sweep(vendor)
    with lab.db.write() as tx:
        offer = msgspec.json.decode(first.offer, type=MatchOffer)
        again = SessionRow(first.id, agreement, True, "offered", 1, first.offer, lab.now, lab.now)
        matching.say(tx, lab.standing, lab.peers[vendor.key], again, offer)
    before = counted(vendor, agreement)
    with suppress(BadMatching):
        carry(lab, vendor)
    with vendor.db.read() as tx:
        kept = tx.matching.get(first.id)
    assert kept is not None
    assert (kept.state, kept.opened_at, counted(vendor, agreement)) == (first.state, first.opened_at, before)


def test_what_a_younger_look_up_names_stays_as_long_as_that_one(kept_a_month: World) -> None:
    """Else it would say that the counterpart does not hold the value."""
    lab, vendor, agreement = kept_a_month
    lab.now = vendor.now = lab.now + 20 * DAY
    played(lab, vendor, agreement, look_up=[HOST])
    lab.now += 11 * DAY
    sweep(lab)
    assert (results(lab, agreement), looked_up(lab, agreement)) == ([HOST.value], [[], [HOST]])
    lab.now += 20 * DAY
    sweep(lab)
    assert (results(lab, agreement), looked_up(lab, agreement)) == ([], [[], []])


def test_a_session_that_is_not_over_is_not_touched(kept_a_month: World) -> None:
    lab, vendor, agreement = kept_a_month
    begin(lab, vendor, agreement, look_up=[NOWHERE])
    forget(lab, agreement, ALWAYS)
    assert sorted(looked_up(lab, agreement)) == [[], [NOWHERE]]
    with lab.db.read() as tx:
        assert NOWHERE.value in tx.matching.own(agreement, 1, "domain-name"), "it is still asked for"


def test_a_value_that_was_forgotten_can_be_looked_up_again(kept_a_month: World) -> None:
    lab, vendor, agreement = kept_a_month
    forget(lab, agreement, ALWAYS)
    again = played(lab, vendor, agreement, look_up=[NOWHERE, HOST])
    assert (again.state, again.inputs, again.hits) == ("done", 2, 1), "both are evaluated again"
    assert results(lab, agreement) == [HOST.value]


def test_what_was_forgotten_is_not_found_again_by_itself(kept_a_month: World) -> None:
    """Their tags stay for the epoch: without our own it does not follow from them, whatever new ones come."""
    lab, vendor, agreement = kept_a_month
    forget(lab, agreement, ALWAYS)
    with lab.db.read() as tx:
        assert tx.matching.tag_count(agreement, 1, "domain-name") >= len(COMMON)
        assert tx.matching.both(agreement, 1, "domain-name") == []
    assert played(lab, vendor, agreement).hits == len(COMMON), "until it is asked for"
    assert results(lab, agreement) == COMMON


def test_it_goes_in_bounded_steps_look_ups_first(kept_a_month: World) -> None:
    lab, _, agreement = kept_a_month
    assert forget(lab, agreement, ALWAYS, limit=1)[:3] == [(1, True), (1, True), (1, True)]
    assert (results(lab, agreement), looked_up(lab, agreement)) == ([], [[]])
    assert forget(lab, agreement, ALWAYS) == [(0, False)]


def test_what_went_is_folded_out_of_the_log(kept_a_month: World) -> None:
    lab, _, _ = kept_a_month
    lab.now += 31 * DAY
    with lab.db.read() as tx:
        assert not tx.retention.is_unclean()
    sweep(lab)
    with lab.db.read() as tx:
        assert tx.retention.is_unclean()
    with lab.db.write() as tx:
        assert not tx.retention.clean(8), "no word of it is in the full-text index"
        tx.retention.folded()
        assert not tx.retention.is_unclean()
