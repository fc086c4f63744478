"""What was sealed and has not left stays when less may leave than before; what may have left keeps its place."""

from collections.abc import Callable

import pytest

from backchannel.flow.ports_channels import OFFERED
from backchannel.protocol.handshake import party_channel
from exchange import Side, agreed, carry, following, opened, settle
from worlds import link, stix

Pair = tuple[Side, Side]

THREAT = stix("malware", "Predator")


def sealed(pair: Pair, *hosts: str, agreement: str = "") -> str:
    """An agreement under which the Lab released one envelope for each host and carried none of them."""
    lab, vendor = pair
    identifier = agreement or agreed(lab, vendor)
    lab.holds([THREAT])
    for host in hosts:
        one = stix("indicator", host)
        lab.holds([one, link(one, THREAT, "indicates")])
        lab.release(identifier)
    return identifier


def waiting(side: Side, other: Side, channel: str) -> list[int]:
    return [one.sequence for one in side.sealed(other) if one.channel == channel]


def offer(side: Side, other: Side, channel: str, count: int) -> None:
    """A carrier was given the first envelopes, and its answer is not known."""
    for item in [one for one in side.sealed(other) if one.channel == channel][:count]:
        with side.db.write() as tx:
            tx.channels.carried(item.channel, item.sequence, OFFERED)


def narrow(side: Side, agreement: str) -> None:
    side.amend(agreement, following(side.row(agreement), objects_per_day=7))


def theirs(step: Callable[[Side, str], object]) -> Callable[[Side, Side, str], None]:
    def by_them(_lab: Side, vendor: Side, agreement: str) -> None:
        step(vendor, agreement)
        carry(vendor, _lab)

    return by_them


WAYS: dict[str, Callable[[Side, Side, str], object]] = {
    "we end": lambda lab, _vendor, agreement: lab.end(agreement),
    "they end": theirs(Side.end),
    "we narrow": lambda lab, _vendor, agreement: narrow(lab, agreement),
    "they narrow": theirs(narrow),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_was_not_offered_to_a_carrier_does_not_leave_any_more(pair: Pair, way: str) -> None:
    lab, vendor = pair
    agreement = sealed(pair, "one", "two")
    assert waiting(lab, vendor, agreement) == [1, 2]
    WAYS[way](lab, vendor, agreement)
    assert waiting(lab, vendor, agreement) == []
    assert lab.channel(agreement, vendor).sent == 0
    assert lab.channel(agreement, vendor).sent_head == ""
    with lab.db.read() as tx:
        assert tx.channels.released_ids(agreement) == {}
        assert tx.channels.released_since(agreement, lab.now) == 0
    settle(lab, vendor)
    assert vendor.waiting() == set()


def test_what_may_have_left_keeps_its_place_in_the_channel(pair: Pair) -> None:
    lab, vendor = pair
    agreement = sealed(pair, "one", "two", "three")
    first, second, _ = [one for one in lab.sealed(vendor) if one.channel == agreement]
    offer(lab, vendor, agreement, 2)
    narrow(lab, agreement)
    assert [one.sequence for one in lab.outbox(vendor) if one.channel == agreement] == [1, 2]
    state = lab.channel(agreement, vendor)
    assert (state.sent, state.sent_head) == (2, second.digest)
    with lab.db.read() as tx:
        crossed = tx.channels.released_ids(agreement)
    assert THREAT.id in crossed
    assert stix("indicator", "two").id in crossed
    assert stix("indicator", "three").id not in crossed
    assert first.digest != second.digest


def test_the_channel_goes_on_after_a_narrowing_and_the_objects_can_be_released_again(pair: Pair) -> None:
    lab, vendor = pair
    agreement = sealed(pair, "one")
    settle(lab, vendor)
    sealed(pair, "two", agreement=agreement)
    narrow(lab, agreement)
    assert lab.release(agreement).objects == 2
    settle(lab, vendor)
    assert stix("indicator", "two").id in vendor.waiting()
    assert vendor.refusals() == []
    assert [one for one in lab.outbox(vendor) if not one.answer] == []


def test_narrowing_takes_back_what_it_forbids(pair: Pair) -> None:
    """The officer notices before the next sync."""
    lab, vendor = pair
    agreement = sealed(pair, "one")
    lab.amend(agreement, following(lab.row(agreement), types=("malware",)))
    assert lab.release(agreement).objects == 1
    carry(lab, vendor)
    assert vendor.waiting() == {THREAT.id}


def test_the_quota_is_given_back_with_what_did_not_leave(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    lab.amend(agreement, following(lab.row(agreement), objects_per_day=3))
    settle(lab, vendor)
    sealed(pair, "one", agreement=agreement)
    assert lab.release(agreement).objects == 0
    lab.amend(agreement, following(lab.row(agreement), depth=1))
    assert lab.release(agreement).objects == 3


def test_a_receipt_among_what_is_taken_back_is_given_again(pair: Pair) -> None:
    lab, vendor = pair
    agreement = sealed(pair, "one")
    carry(lab, vendor)
    vendor.give_receipts(lab)
    assert waiting(vendor, lab, agreement) == [1]
    narrow(vendor, agreement)
    assert waiting(vendor, lab, agreement) == []
    assert vendor.give_receipts(lab) == 1
    settle(lab, vendor)
    assert lab.channel(agreement, vendor).acknowledged == 1


def test_a_widening_that_only_waits_takes_nothing_back(pair: Pair) -> None:
    lab, vendor = pair
    agreement = sealed(pair, "one")
    lab.amend(agreement, following(lab.row(agreement), depth=4))
    vendor.amend(agreement, following(vendor.row(agreement), depth=3))
    carry(vendor, lab)
    assert waiting(lab, vendor, agreement) == [1]


def test_other_channels_keep_what_waits_in_them(pair: Pair) -> None:
    lab, vendor = pair
    other = agreed(lab, vendor, "Predator", "Pegasus")
    agreement = sealed(pair, "one")
    sealed(pair, "two", agreement=other)
    narrow(lab, agreement)
    assert waiting(lab, vendor, other) == [1]
    control = [one for one in lab.sealed(vendor) if one.channel == party_channel(lab.key, vendor.key)]
    assert len(control) == 1
    assert opened(control[0], lab, vendor)
