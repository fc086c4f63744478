"""Retention: content goes when the terms say so, and nothing else goes with it."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import pytest

from backchannel.core.stix import StixObject
from backchannel.core.terms import Retention
from backchannel.flow import retention
from backchannel.flow.ports import NewObject
from backchannel.flow.ports_retention import Cause, Swept, Tombstone
from exchange import DAY, Side, agreed, following, settle, terms_for
from worlds import link, stix

Pair = tuple[Side, Side]
Three = tuple[Side, Side, Side]

THREAT = stix("malware", "Predator")
HOST = stix("indicator", "one")
TIE = link(HOST, THREAT, "indicates")
STORY = {one.id for one in (THREAT, HOST, TIE)}
KEEP = Retention(destroy_after_days=30, on_end="keep")
DESTROY = Retention(destroy_after_days=30, on_end="destroy")


def crossed(
    lab: Side,
    vendor: Side,
    agreement: str,
    objects: Iterable[StixObject] = (THREAT, HOST, TIE),
    *,
    accepted: bool = True,
) -> str:
    lab.holds(objects)
    lab.release(agreement)
    settle(lab, vendor)
    if accepted:
        vendor.take()
    return agreement


def sweep(side: Side, limit: int = 100) -> dict[str, Swept]:
    """A pass over all agreements, to its end."""
    found = {}
    for row in side.rows():
        gone = moved = 0
        while True:
            with side.db.write() as tx:
                step = retention.sweep(tx, row.id, side.now, limit)
            gone, moved = gone + step.gone, moved + step.moved
            if not step.more:
                break
        found[row.id] = Swept(gone, moved, False)
    return found


def due(side: Side, agreement: str) -> int:
    with side.db.read() as tx:
        found = retention.obligation(tx, side.row(agreement), side.now)
        return tx.retention.count_due(found.due) if found else 0


def stones(side: Side) -> list[Tombstone]:
    with side.db.read() as tx:
        return tx.retention.tombstones()


def at(side: Side, days: float) -> None:
    side.now += days * DAY


def test_what_is_older_than_agreed_is_destroyed_and_what_is_not_stays(pair: Pair) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor, agreed(lab, vendor, retention=KEEP))
    at(vendor, 20), at(lab, 20)
    young = stix("indicator", "young")
    crossed(lab, vendor, agreement, [young, link(young, THREAT, "indicates")])
    at(vendor, 10)
    assert due(vendor, agreement) == 0
    assert sweep(vendor)[agreement].gone == 0
    vendor.now += timedelta(seconds=1)
    assert due(vendor, agreement) == 3
    assert sweep(vendor)[agreement].gone == 3
    assert STORY.isdisjoint(vendor.ids())
    assert young.id in vendor.ids()
    assert {(one.object_id, one.cause, one.gone_at) for one in stones(vendor)} == {
        (one, Cause.AGE, vendor.now) for one in STORY
    }


def test_retention_destroys_content_and_nothing_else(pair: Pair) -> None:
    """Our own objects, what others gave, the record of what crossed, the agreement: all as before."""
    lab, vendor = pair
    agreement = crossed(lab, vendor, agreed(lab, vendor, retention=KEEP))
    mine, other = stix("indicator", "mine"), stix("indicator", "another's")
    vendor.holds([mine])
    with vendor.db.write() as tx:
        tx.holdings.add([NewObject.of(other)], source="c" * 64, now=vendor.now)
    lab.now += 31 * DAY
    at(vendor, 31)
    with vendor.db.read() as tx:
        before = tx.channels.received_ids(agreement), vendor.channel(agreement, lab), vendor.row(agreement)
    sweep(vendor)
    assert vendor.ids() == {mine.id, other.id}
    assert lab.ids() == STORY
    with vendor.db.read() as tx:
        after = tx.channels.received_ids(agreement), vendor.channel(agreement, lab), vendor.row(agreement)
    assert after == before
    assert before[0] == STORY


@pytest.mark.parametrize("end", ["ended by us", "ended by them", "expired"])
@pytest.mark.parametrize("terms", [KEEP, DESTROY], ids=["keep", "destroy"])
def test_what_came_under_an_agreement_that_is_over_goes_if_its_terms_say_destroy(
    pair: Pair, end: str, terms: Retention
) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor, agreed(lab, vendor, retention=terms))
    if end == "expired":
        lab.now = vendor.now = vendor.terms(agreement).valid_until - DAY
        late = stix("indicator", "late")
        crossed(lab, vendor, agreement, [late, link(late, THREAT, "indicates")])
        at(vendor, 1)
    else:
        (vendor if end == "ended by us" else lab).end(agreement)
        settle(lab, vendor)
    held = vendor.ids()
    sweep(vendor)
    if terms is DESTROY:
        assert vendor.ids() == set()
        assert {one.cause for one in stones(vendor)} == {Cause.END}
    elif end != "expired":
        assert vendor.ids() == held
        at(vendor, 31)
        sweep(vendor)
        assert vendor.ids() == set(), "what is kept after the end is kept for the agreed days"
    else:
        assert vendor.ids() == held - STORY


def test_what_waits_in_the_inbox_goes_too(pair: Pair) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor, agreed(lab, vendor, retention=KEEP), accepted=False)
    at(vendor, 31)
    assert due(vendor, agreement) == 3
    sweep(vendor)
    assert vendor.waiting() == set()
    assert {one.object_id for one in stones(vendor)} == STORY


def test_the_days_count_from_the_receipt_and_not_from_when_the_officer_accepted(pair: Pair) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor, agreed(lab, vendor, retention=KEEP), accepted=False)
    received = vendor.now
    at(vendor, 29)
    vendor.take()
    at(vendor, 2)
    assert due(vendor, agreement) == 3
    sweep(vendor)
    assert vendor.ids() == set()
    assert {one.received_at for one in stones(vendor)} == {received}


def test_narrowed_terms_hold_at_once(pair: Pair) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor, agreed(lab, vendor, retention=KEEP))
    at(vendor, 10), at(lab, 10)
    lab.amend(agreement, following(lab.row(agreement), destroy_after_days=5))
    settle(lab, vendor)
    sweep(vendor)
    assert vendor.ids() == set()


def test_what_two_sources_gave_stays_from_the_other(three: Three) -> None:
    lab, vendor, mallory = three
    short = crossed(lab, vendor, agreed(lab, vendor, retention=KEEP))
    crossed(mallory, vendor, agreed(mallory, vendor))
    assert len(vendor.held()) == 6
    at(vendor, 31)
    assert sweep(vendor)[short].gone == 3
    assert {one.source for one in vendor.held()} == {mallory.key}
    assert vendor.ids() == STORY


def test_what_also_came_under_a_longer_agreement_stays_under_that_one(pair: Pair) -> None:
    lab, vendor = pair
    short = crossed(lab, vendor, agreed(lab, vendor, retention=KEEP))
    long = agreed(lab, vendor, "Predator", "Pegasus", retention=Retention(destroy_after_days=60))
    at(lab, 10), at(vendor, 10)
    lab.release(long)
    settle(lab, vendor)
    assert set(vendor.rules_broken()) == {"duplicate"}
    at(vendor, 21)
    assert due(vendor, short) == 0
    assert sweep(vendor)[short] == Swept(0, 3, False)
    assert {one.agreement for one in vendor.held()} == {long}
    at(vendor, 38)
    assert due(vendor, long) == 0, "the days of the longer one count from when it came under that one"
    sweep(vendor)
    assert vendor.ids() == STORY
    at(vendor, 2)
    sweep(vendor)
    assert vendor.ids() == set()


def test_a_longer_agreement_counts_only_for_what_really_came_under_it(pair: Pair) -> None:
    lab, vendor = pair
    short = crossed(lab, vendor, agreed(lab, vendor, retention=KEEP))
    agreed(lab, vendor, "Predator", "Pegasus")
    at(vendor, 31)
    assert sweep(vendor)[short].gone == 3
    assert vendor.ids() == set()


def test_what_waits_and_came_again_under_a_longer_agreement_waits_under_that_one(pair: Pair) -> None:
    lab, vendor = pair
    short = crossed(lab, vendor, agreed(lab, vendor, retention=KEEP), accepted=False)
    long = agreed(lab, vendor, "Predator", "Pegasus")
    lab.release(long)
    settle(lab, vendor)
    at(vendor, 31)
    assert sweep(vendor)[short] == Swept(0, 3, False)
    assert {item.agreement for item in vendor.inbox()} == {long}


def test_an_agreement_that_is_over_does_not_lengthen_another(pair: Pair) -> None:
    lab, vendor = pair
    short = crossed(lab, vendor, agreed(lab, vendor, retention=KEEP))
    long = agreed(lab, vendor, "Predator", "Pegasus")
    lab.release(long)
    settle(lab, vendor)
    lab.end(long)
    settle(lab, vendor)
    at(vendor, 31)
    assert sweep(vendor)[short].gone == 3


def test_steps_are_bounded_and_lead_to_the_end(pair: Pair) -> None:
    lab, vendor = pair
    hosts = [stix("indicator", f"h{number}") for number in range(7)]
    every = [THREAT, *hosts, *(link(one, THREAT, "indicates") for one in hosts)]
    agreement = crossed(lab, vendor, agreed(lab, vendor, retention=KEEP), every)
    at(vendor, 31)
    steps = []
    for _ in range(8):
        with vendor.db.write() as tx:
            steps.append(retention.sweep(tx, agreement, vendor.now, 4))
        if not steps[-1].more:
            break
    assert [one.gone for one in steps] == [4, 4, 4, 3]
    assert vendor.ids() == set()


def test_what_came_before_goes_before_the_newest_version(pair: Pair) -> None:
    """The newest version is the current one before and after; if it goes, the one before is."""
    lab, vendor = pair
    agreed_on = agreed(lab, vendor, retention=KEEP)
    crossed(lab, vendor, agreed_on)
    at(lab, 20), at(vendor, 20)
    later = stix("indicator", "one", modified="2026-12-01T00:00:00.000Z", description="newer")
    crossed(lab, vendor, agreed_on, [later])
    at(vendor, 11)
    sweep(vendor)
    (left,) = vendor.held(ids=frozenset({HOST.id}), latest=True)
    assert left.raw == later.raw


CLOCKS: dict[str, tuple[timedelta, timedelta | None]] = {
    "a pass yesterday": (1 * DAY, None),
    "a pass on the last day that is allowed": (30 * DAY, None),
    "a clock that jumped": (31 * DAY, 31 * DAY),
    "a clock that was set back": (-400 * DAY, None),
}


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_clock_that_jumped_ahead_is_noticed_and_one_that_was_set_back_is_not_believed(
    pair: Pair, clock: str
) -> None:
    _, vendor = pair
    since, jump = CLOCKS[clock]
    with vendor.db.write() as tx:
        tx.retention.put_last_pass(vendor.now)
        tx.retention.put_last_pass(vendor.now - 100 * DAY)
        assert tx.retention.last_pass() == vendor.now, "it never goes back"
        assert retention.clock_jump(tx, vendor.now + since, 30 * DAY) == jump


def test_the_first_pass_goes_by_when_something_came_last(pair: Pair) -> None:
    lab, vendor = pair
    with vendor.db.read() as tx:
        assert retention.clock_jump(tx, datetime.max.replace(tzinfo=vendor.now.tzinfo), 30 * DAY) is None
    crossed(lab, vendor, agreed(lab, vendor))
    with vendor.db.read() as tx:
        assert retention.clock_jump(tx, vendor.now + 31 * DAY, 30 * DAY) == 31 * DAY


NOT_YET: dict[str, Callable[[Side, Side], str]] = {
    "proposed": lambda lab, vendor: lab.propose(vendor, terms_for(lab, vendor)).id,
    "declined": lambda lab, vendor: _declined(lab, vendor),
}


def _declined(lab: Side, vendor: Side) -> str:
    identifier = lab.propose(vendor, terms_for(lab, vendor)).id
    settle(lab, vendor)
    vendor.decline(identifier)
    settle(lab, vendor)
    return identifier


@pytest.mark.parametrize("state", NOT_YET)
def test_an_agreement_that_never_was_in_force_obliges_to_nothing(pair: Pair, state: str) -> None:
    lab, vendor = pair
    identifier = NOT_YET[state](lab, vendor)
    with lab.db.read() as tx:
        assert retention.obligation(tx, lab.row(identifier), lab.now) is None
