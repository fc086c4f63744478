"""What comes in: put in sequence, vetted, kept once; a bad message costs its sender that message and no more."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from backchannel.core.conformance import Finding
from backchannel.core.poison import Poison
from backchannel.core.stix import StixObject
from backchannel.core.terms import Handling, Scope
from backchannel.errors import BackchannelError, BadEnvelope, DiskFull, Fork, Gap, NotAgreed, Reflection
from backchannel.flow import agree, inbound, keep
from backchannel.flow.post import item_name
from backchannel.flow.vet import Services
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.message import Decline, Receipt, Release, ReleasedObject
from backchannel.protocol.receipt import ReceiptItem
from backchannel.store.holdings import SqlHoldings
from exchange import (
    DAY,
    TYPES,
    Side,
    agreed,
    between,
    carry,
    following,
    harmless,
    one_process,
    opened,
    settle,
    terms_for,
    valid,
)
from receipts import got, signed
from two_parties import LAB, VENDOR
from worlds import TLP, link, stix

Pair = tuple[Side, Side]
Three = tuple[Side, Side, Side]

THREAT = stix("malware", "Predator")
ONE, TWO = stix("indicator", "one"), stix("indicator", "two")
STORY = [THREAT, ONE, link(ONE, THREAT, "indicates")]
OTHERS = [stix("malware", "Pegasus"), stix("indicator", "three")]


def released(pair: Pair, *objects: StixObject, tlp: str = "green") -> str:
    """The Vendor releases objects of its own to the Lab, and they arrive."""
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    vendor.holds(objects or STORY, tlp)
    vendor.release(agreement)
    settle(lab, vendor)
    return agreement


def raw_release(side: Side, agreement: str, *objects: bytes, tlp: str = "green") -> Release:
    """A release of any bytes."""
    items = tuple(ReleasedObject(msgspec.Raw(raw), tlp, False) for raw in objects)  # type: ignore[arg-type]  # any level
    return Release(side.row(agreement).version, items)


def signed_by(side: Side, sender: Side, channel: str, *items: ReceiptItem) -> Receipt:
    """The receipt of a side for envelopes of a sender."""
    return signed(channel, sender.key, side.key, side.keys.private, *items)


# --- receipts ------------------------------------------------------------------------------------------------------


def test_a_receipt_is_due_once_for_all_that_came_and_empties_the_outbox(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    for host in ("one", "two"):
        indicator = stix("indicator", host)
        vendor.holds([THREAT, indicator, link(indicator, THREAT)])
        vendor.release(agreement)
    carry(vendor, lab)
    assert lab.give_receipts(vendor) == 1
    assert lab.give_receipts(vendor) == 0
    (item,) = lab.sealed(vendor)
    (said,) = opened(item, lab, vendor)
    assert isinstance(said, Receipt)
    state = lab.channel(agreement, vendor)
    assert [one.sequence for one in said.items] == [1, 2]
    assert said.items[-1].envelope == state.received_head
    carry(lab, vendor)
    assert [one for one in vendor.outbox(lab) if one.channel == agreement] == []
    assert vendor.channel(agreement, lab).acknowledged == 2


def test_a_receipt_is_not_receipted(pair: Pair) -> None:
    released(pair)
    for one, other in (pair, pair[::-1]):
        assert one.give_receipts(other) == 0
        assert one.sealed(other) == []


def test_a_receipt_for_what_we_did_not_send_is_refused_and_forgets_nothing(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    vendor.holds(STORY)
    vendor.release(agreement)
    (sent,) = [one for one in vendor.sealed(lab) if one.channel == agreement]
    for through, head in ((1, "0" * 64), (2, sent.digest), (7, sent.digest)):
        lab.say(vendor, agreement, signed_by(lab, vendor, agreement, got(through, head)))
    carry(lab, vendor)
    assert vendor.rules_broken() == ["not-agreed"] * 3
    assert sent in vendor.outbox(lab)
    assert vendor.channel(agreement, lab).acknowledged == 0


def test_an_old_receipt_is_no_news(pair: Pair) -> None:
    lab, vendor = pair
    agreement = released(pair)
    before = vendor.channel(agreement, lab)
    lab.say(vendor, agreement, signed_by(lab, vendor, agreement, got(1, "0" * 64)))
    carry(lab, vendor)
    assert vendor.rules_broken() == []
    assert vendor.channel(agreement, lab).acknowledged == before.acknowledged


def due(side: Side, other: Side) -> list[int]:
    """What a side would offer to a carrier now."""
    channels = {one.channel for one in side.outbox(other)}
    with side.db.read() as tx:
        return [number for one in sorted(channels) for number, _ in tx.channels.outbox_due(one, side.now)]


def test_what_comes_again_changes_nothing_and_brings_our_receipt_again(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    vendor.holds(STORY)
    vendor.release(agreement)
    (item,) = vendor.sealed(lab)
    carry(vendor, lab)
    lab.give_receipts(vendor)
    for lost in lab.sealed(vendor):
        lab.carried(lost)
    assert due(lab, vendor) == []
    before = (lab.inbox(), lab.channel(agreement, vendor).received)
    assert lab.receive(vendor, agreement, item.data).duplicate
    assert (lab.inbox(), lab.channel(agreement, vendor).received) == before
    assert lab.refusals() == []
    assert due(lab, vendor) == [1]
    assert lab.give_receipts(vendor) == 0


def test_receipts_that_come_again_are_not_answered_or_two_nodes_would_never_fall_silent(pair: Pair) -> None:
    """Both were told something and gave their receipts before the other's arrived."""
    lab, vendor = pair
    channel = party_channel(lab.key, vendor.key)
    lab.propose(vendor, terms_for(lab, vendor))
    vendor.propose(lab, terms_for(vendor, lab))
    crossing = [(lab, vendor, lab.sealed(vendor)), (vendor, lab, vendor.sealed(lab))]
    for sender, receiver, items in crossing:
        for item in items:
            receiver.receive(sender, channel, item.data)
            sender.carried(item)
    for side, other in (pair, pair[::-1]):
        side.give_receipts(other)
    receipts = {side.key: side.sealed(other) for side, other in (pair, pair[::-1])}
    carry(lab, vendor)
    carry(vendor, lab)
    for side, other in (pair, pair[::-1]):
        (item,) = receipts[side.key]
        assert other.receive(side, channel, item.data).duplicate
        assert due(other, side) == []


# --- the sequence --------------------------------------------------------------------------------------------------


def test_what_comes_too_early_waits_and_nothing_changes(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    for host in ("one", "two"):
        indicator = stix("indicator", host)
        vendor.holds([THREAT, indicator, link(indicator, THREAT)])
        vendor.release(agreement)
    first, second = vendor.sealed(lab)
    before = lab.channel(agreement, vendor)
    with pytest.raises(Gap, match="envelope 2 arrived; envelope 1 is missing"):
        lab.receive(vendor, agreement, second.data)
    assert lab.channel(agreement, vendor) == before
    lab.receive(vendor, agreement, first.data)
    lab.receive(vendor, agreement, second.data)
    assert len(lab.inbox()) == 5


def forked(pair: Pair, agreement: str) -> bytes:
    """The Vendor seals another envelope with the number of the last."""
    lab, vendor = pair
    with vendor.db.write() as tx:
        tx.channels.put_state(msgspec.structs.replace(vendor.channel(agreement, lab), sent=0, sent_head=""))
        tx.channels.drop_outbox(agreement, 1)
    vendor.say(lab, agreement, raw_release(vendor, agreement, ONE.raw))
    return next(one.data for one in vendor.sealed(lab) if one.channel == agreement)


def reflected(pair: Pair, agreement: str) -> bytes:
    """One of the Lab's own."""
    lab, vendor = pair
    lab.say(vendor, agreement, raw_release(lab, agreement, ONE.raw))
    return next(one.data for one in lab.sealed(vendor) if one.channel == agreement)


def misplaced(pair: Pair, agreement: str) -> bytes:
    """One of another channel."""
    lab, vendor = pair
    vendor.say(lab, party_channel(lab.key, vendor.key), Decline(agreement, agreement))
    return next(one.data for one in vendor.sealed(lab) if one.channel != agreement)


FOREIGN: list[tuple[type[BackchannelError], Callable[[Pair, str], bytes]]] = [
    (Fork, forked),
    (Reflection, reflected),
    (BadEnvelope, misplaced),
    (BadEnvelope, lambda _pair, _agreement: b"nonsense"),
]


@pytest.mark.parametrize(("error", "made"), FOREIGN)
def test_what_is_not_the_counterparts_next_envelope_raises_and_changes_nothing(
    pair: Pair, error: type[BackchannelError], made: Callable[[Pair, str], bytes]
) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    vendor.holds(STORY)
    vendor.release(agreement)
    carry(vendor, lab)
    data = made(pair, agreement)
    before = lab.channel(agreement, vendor)
    with pytest.raises(error):
        lab.receive(vendor, agreement, data)
    assert lab.channel(agreement, vendor) == before
    assert len(lab.inbox()) == 3


def test_an_unreadable_body_is_refused_and_the_channel_goes_on(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    with monkeypatch.context() as broken:
        broken.setattr("backchannel.flow.post.encode", lambda _messages: b'[{"message":"poem"}]')
        vendor.say(lab, agreement)
    vendor.holds(STORY)
    vendor.release(agreement)
    arrival = carry(vendor, lab)
    assert (arrival.refused, arrival.held) == (1, 3)
    (refusal,) = lab.refusals()
    assert (refusal.rule, refusal.channel, refusal.party) == ("bad-envelope", agreement, vendor.key)
    assert lab.channel(agreement, vendor).received == 2
    assert lab.give_receipts(vendor) == 1


# --- how much ----------------------------------------------------------------------------------------------------


def test_what_the_inbox_has_no_room_for_is_refused_and_leaves_no_other_trace(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    room = sum(len(one.raw) for one in STORY) + 10
    monkeypatch.setattr(keep, "MOST_WAITING", room)
    for objects in (STORY, [TWO, link(TWO, THREAT, "indicates")]):
        vendor.say(lab, agreement, raw_release(vendor, agreement, *(one.raw for one in objects)))
        arrival = carry(vendor, lab)
    assert (arrival.held, arrival.refused) == (0, 2)
    assert lab.waiting() == {one.id for one in STORY}
    assert lab.rules_broken() == ["inbox-full"] * 2
    with lab.db.read() as tx:
        assert tx.channels.received_ids(agreement) == {one.id for one in STORY}
        assert tx.inbox.size(vendor.key) <= room
    lab.take()
    vendor.say(lab, agreement, raw_release(vendor, agreement, TWO.raw, link(TWO, THREAT, "indicates").raw))
    assert carry(vendor, lab).held == 2


def test_what_vetting_notices_takes_up_room_in_the_inbox_too(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    missing = [stix("indicator", f"missing {number}").id for number in range(50)]
    report = stix("report", "all", object_refs=[THREAT.id, *missing])
    monkeypatch.setattr(keep, "MOST_WAITING", len(THREAT.raw) + len(report.raw) + 100)
    vendor.say(lab, agreement, raw_release(vendor, agreement, THREAT.raw, report.raw))
    carry(vendor, lab)
    assert lab.waiting() == {THREAT.id}
    assert lab.rules_broken() == ["inbox-full"]


def test_the_room_of_one_counterpart_in_the_inbox_is_not_another_ones(
    three: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, vendor, mallory = three
    monkeypatch.setattr(keep, "MOST_WAITING", 2 * sum(len(one.raw) for one in STORY) - 1)
    for sender in (mallory, vendor):
        agreement = agreed(lab, sender)
        story = STORY if sender is vendor else [THREAT, TWO, link(TWO, THREAT, "indicates")]
        sender.say(lab, agreement, raw_release(sender, agreement, *(one.raw for one in story)))
        assert carry(sender, lab).held == 3


def test_of_one_object_so_many_versions_wait_and_no_more(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    monkeypatch.setattr(keep, "MOST_VERSIONS", 3)
    versions = [
        stix("malware", "Predator", name="Predator", is_family=True, modified=f"2026-07-01T00:00:0{second}.000Z")
        for second in range(5)
    ]
    for part in (versions[:2], versions[2:]):
        vendor.say(lab, agreement, raw_release(vendor, agreement, *(one.raw for one in part)))
        arrival = carry(vendor, lab)
    assert (arrival.held, arrival.refused) == (1, 2)
    assert [one.version for one in lab.inbox()] == [one.version for one in versions[:3]]
    assert lab.rules_broken() == ["inbox-full"] * 2
    lab.take()
    vendor.say(lab, agreement, raw_release(vendor, agreement, versions[3].raw))
    assert carry(vendor, lab).held == 1


def test_what_comes_after_too_many_refusals_of_the_day_is_refused_unread(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    monkeypatch.setattr(inbound, "MOST_REFUSED", 4)
    foreign = raw_release(vendor, agreement, *(one.raw for one in OTHERS))
    for _ in range(2):
        vendor.say(lab, agreement, foreign)
    assert carry(vendor, lab).refused == 4
    monkeypatch.setattr(inbound.vet, "decode_items", None)
    vendor.say(lab, agreement, raw_release(vendor, agreement, *(one.raw for one in STORY)))
    arrival = carry(vendor, lab)
    assert (arrival.held, arrival.refused) == (0, 1)
    assert lab.refusals()[-1].message == "3 objects were not looked at: 4 were refused today before them"
    monkeypatch.undo()
    lab.now += DAY
    vendor.say(lab, agreement, raw_release(vendor, agreement, *(one.raw for one in STORY)))
    assert carry(vendor, lab).held == 3


# --- what belongs where --------------------------------------------------------------------------------------------


def test_a_release_in_the_party_channel_is_refused(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    vendor.say(lab, party_channel(lab.key, vendor.key), raw_release(vendor, agreement, *(one.raw for one in STORY)))
    carry(vendor, lab)
    assert (lab.inbox(), lab.held()) == ([], [])
    assert lab.rules_broken() == ["not-agreed"]


def test_what_concerns_agreements_is_refused_in_an_agreements_channel(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    vendor.say(lab, agreement, Decline(agreement, agreement))
    carry(vendor, lab)
    assert lab.state(agreement) == "in force"
    assert lab.rules_broken() == ["not-agreed"]


def test_a_release_under_another_partys_agreement_is_refused(three: Three) -> None:
    lab, vendor, mallory = three
    agreement = agreed(lab, vendor)
    said = raw_release(vendor, agreement, *(one.raw for one in STORY))
    with pytest.raises(NotAgreed, match="no agreement with this counterpart"):
        mallory.say(lab, agreement, said)
    vendor.say(lab, agreement, said)
    (item,) = vendor.sealed(lab)
    with pytest.raises(NotAgreed, match="no agreement with this counterpart"):
        lab.receive(mallory, agreement, item.data)
    assert (lab.inbox(), lab.held()) == ([], [])


@pytest.mark.parametrize("when", ["ended", "expired", "not begun"])
def test_what_comes_when_the_agreement_does_not_hold_is_refused(pair: Pair, when: str) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    vendor.holds(STORY)
    vendor.release(agreement)
    if when == "ended":
        lab.end(agreement)
    else:
        lab.now += 365 * DAY if when == "expired" else -10 * DAY
    carry(vendor, lab)
    assert (lab.inbox(), lab.held()) == ([], [])
    (refusal,) = lab.refusals()
    assert refusal.rule == "not-agreed"
    state = "in force" if when == "not begun" else when
    assert f"3 objects under agreement {agreement[:12]}, which is {state}, valid 2026-11-21" in refusal.message


def test_the_narrower_terms_of_the_receiver_hold_for_what_comes(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    lab.amend(agreement, following(lab.row(agreement), types=("malware",)))
    vendor.holds(STORY)
    vendor.release(agreement)
    carry(vendor, lab)
    assert lab.waiting() == {THREAT.id}
    assert lab.rules_broken() == ["type", "type"]


# --- accept, hold, refuse ------------------------------------------------------------------------------------------


def test_without_a_rule_everything_waits_and_is_no_holding(pair: Pair) -> None:
    lab = pair[0]
    released(pair)
    assert lab.waiting() == {one.id for one in STORY}
    assert lab.held() == []


RULES: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {one.id for one in STORY}),
    ({"party": VENDOR.key}, {one.id for one in STORY}),
    ({"party": LAB.key}, set()),
    ({"kind": "malware"}, {THREAT.id}),
    ({"tlp_max": "green"}, {one.id for one in STORY}),
    ({"tlp_max": "clear"}, set()),
]


@pytest.mark.parametrize(("rule", "accepted"), RULES)
def test_a_standing_rule_accepts_what_it_names(pair: Pair, rule: dict[str, Any], accepted: set[str]) -> None:
    lab = pair[0]
    lab.rule(**rule)
    released(pair)
    assert lab.ids() == accepted
    assert lab.waiting() == {one.id for one in STORY} - accepted


def test_what_needs_an_officer_waits_whatever_the_rules_say(pair: Pair) -> None:
    lab = pair[0]
    lab.rule()
    lab.services = Services(
        validate=valid, poison=lambda _kind, _value: Poison("popular", "on a list"), engine=one_process
    )
    released(pair)
    (item,) = lab.inbox()
    assert item.object_id == ONE.id
    assert item.flags == (("popular", "on a list"),)
    assert lab.ids() == {THREAT.id, STORY[2].id}


def test_what_is_refused_is_on_record_with_its_reason_and_its_neighbours_are_kept(pair: Pair) -> None:
    lab, vendor = pair
    lab.services = Services(validate=lambda value: _wrong(value), poison=harmless, engine=one_process)
    agreement = released(pair, *STORY, TWO, link(TWO, THREAT))
    assert TWO.id not in lab.waiting()
    assert {one.id for one in STORY} <= lab.waiting()
    refusal = next(one for one in lab.refusals() if one.subject == TWO.id)
    assert (refusal.rule, refusal.message) == ("stix", "no-twos: this is two")
    assert (refusal.channel, refusal.party, refusal.at) == (agreement, vendor.key, lab.now)
    assert refusal.envelope is not None


def _wrong(value: Any) -> list[Any]:
    return [Finding(rule="no-twos", message="this is two")] if value["id"] == TWO.id else []


def test_an_object_that_cannot_be_read_is_on_record_by_its_place(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    twice = b'{"type":"malware","type":"tool","id":"malware--1"}'
    untyped = b'{"id":"malware--0"}'
    vendor.say(lab, agreement, raw_release(vendor, agreement, THREAT.raw, twice, untyped))
    carry(vendor, lab)
    assert lab.waiting() == {THREAT.id}
    assert [one.subject for one in lab.refusals()] == ["object 1", "object 2"]


def test_control_characters_in_an_id_do_not_reach_the_record(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    lab.services = Services(
        validate=lambda _value: [Finding(rule="id", message="bad")], poison=harmless, engine=one_process
    )
    raw = THREAT.raw.replace(THREAT.id.encode(), b"malware--\\u001b[2J\\u202e")
    vendor.say(lab, agreement, raw_release(vendor, agreement, raw))
    carry(vendor, lab)
    (refusal,) = lab.refusals()
    assert refusal.subject.isprintable()


def test_the_quota_counts_what_came_in_the_last_day(pair: Pair) -> None:
    lab, vendor = pair
    agreement = released(pair)
    lab.amend(agreement, following(lab.row(agreement), objects_per_day=4))
    more = [stix("indicator", host) for host in ("four", "five")]
    said = raw_release(vendor, agreement, *(one.raw for host in more for one in (host, link(host, THREAT))))
    vendor.say(lab, agreement, said)
    carry(vendor, lab)
    assert lab.rules_broken().count("quota") == 3
    lab.now += DAY + timedelta(seconds=1)
    vendor.say(lab, agreement, said)
    carry(vendor, lab)
    assert {one.id for one in more} <= lab.waiting()


def test_a_mark_and_who_made_it_come_along_whatever_the_agreement_is_about(pair: Pair) -> None:
    lab, vendor = pair
    maker = stix("identity", "Maker", created="2001-01-01T00:00:00.000Z", modified="2001-01-01T00:00:00.000Z")
    statement = stix("marking-definition", "Maker", created_by_ref=maker.id, created="2001-01-01T00:00:00.000Z")
    threat = stix("malware", "Predator", object_marking_refs=[TLP["green"], statement.id])
    scope = Scope(threats=("Predator",), types=("malware",), depth=0, since=datetime(2020, 1, 1, tzinfo=UTC))
    agreement = agreed(lab, vendor, scope=scope, handling=Handling(tlp_max="green"))
    vendor.holds([statement, threat], tlp="amber")
    vendor.holds([maker], tlp="green")
    assert vendor.release(agreement).objects == 3
    lab.rule()
    settle(lab, vendor)
    assert lab.rules_broken() == []
    assert lab.ids() == {threat.id, statement.id, maker.id}


def test_a_mark_is_judged_by_its_definition_that_came_before(pair: Pair) -> None:
    """What is under a mark whose definition is not known counts as TLP:RED, and would be refused."""
    lab, vendor = pair
    statement = stix("marking-definition", "Maker")
    agreement = released(pair, stix("malware", "Predator", object_marking_refs=[statement.id]), statement)
    lab.take()
    assert statement.id in lab.ids()
    later = stix("indicator", "later", object_marking_refs=[statement.id])
    vendor.say(lab, agreement, raw_release(vendor, agreement, later.raw, link(later, THREAT).raw))
    carry(vendor, lab)
    assert lab.rules_broken() == []
    assert {item.object_id: item.tlp for item in lab.inbox()}[later.id] == "green"


# --- the inbox -----------------------------------------------------------------------------------------------------


def test_accepted_by_the_officer_or_by_a_rule_the_same_is_kept(tmp_path: Any) -> None:
    kept = []
    for way in ("rule", "officer"):
        folder = tmp_path / way
        folder.mkdir()
        lab, vendor = Side(LAB, folder), Side(VENDOR, folder)
        between(lab, vendor)
        if way == "rule":
            lab.rule()
        secret = stix("indicator", "x", created_by_ref=stix("identity", "maker").id)
        agreement = agreed(lab, vendor, scope=_excluding("created_by_ref"))
        vendor.holds([*STORY, secret, link(secret, THREAT)])
        vendor.release(agreement)
        envelope = next(one.digest for one in vendor.sealed(lab) if one.channel == agreement)
        settle(lab, vendor)
        if way == "officer":
            assert lab.take() == 5
        assert lab.inbox() == []
        held = lab.held()
        for one in held:
            assert (one.source, one.source_name, one.own) == (vendor.key, VENDOR.card.name, False)
            assert (one.agreement, one.envelope, one.tlp, one.grade) == (agreement, envelope, "green", "F6")
        kept.append({(one.type, one.name, one.tlp) for one in held})
        assert {one.raw for one in held} >= {one.raw for one in STORY}
        lab.db.close()
        vendor.db.close()
    assert kept[0] == kept[1]


def _excluding(name: str) -> Scope:
    return Scope(threats=("Predator",), types=TYPES, exclude_properties=(name,))


def test_the_level_is_the_strictest_of_declared_and_marked(pair: Pair) -> None:
    lab = pair[0]
    marked = stix("indicator", "marked", object_marking_refs=[TLP["amber"]])
    released(pair, *STORY, marked, link(marked, THREAT), tlp="green")
    levels = {item.object_id: item.tlp for item in lab.inbox()}
    assert (levels[marked.id], levels[ONE.id]) == ("amber", "green")
    lab.take()
    assert {one.id: one.tlp for one in lab.held()} == levels


def test_accepting_twice_adds_nothing(pair: Pair) -> None:
    lab = pair[0]
    released(pair)
    items = lab.inbox()
    assert lab.take() == 3
    assert lab.take() == 0
    with lab.db.write() as tx:
        assert inbound.merge(tx, items, now=lab.now) == 0
    assert len(lab.held()) == 3


# --- durability ----------------------------------------------------------------------------------------------------


def test_what_fails_half_way_leaves_the_envelope_as_if_it_never_came(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    vendor.holds(STORY)
    vendor.release(agreement)
    (item,) = vendor.sealed(lab)
    before = lab.channel(agreement, vendor)

    def on_a_full_disk() -> None:
        with lab.db.write() as tx:
            peer = lab.peers[vendor.key]
            assert inbound.receive(tx, lab.standing, lab.services, peer, agreement, item.data).held == 3
            raise DiskFull("at the commit")

    with pytest.raises(DiskFull):
        on_a_full_disk()
    assert lab.channel(agreement, vendor) == before
    assert lab.inbox() == []
    assert lab.receive(vendor, agreement, item.data).held == 3


def test_the_steps_are_announced_in_order(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    vendor.reached.clear()
    lab.reached.clear()
    vendor.holds(STORY)
    vendor.release(agreement)
    carry(vendor, lab)
    assert (vendor.reached, lab.reached) == (["release.sealed"], ["receive.opened"])


def test_a_failure_in_judging_costs_the_message_and_not_the_node(pair: Pair) -> None:
    lab, vendor = pair

    def falls_over(_value: Any) -> Any:
        raise RuntimeError("a fault of ours")

    lab.services = Services(validate=falls_over, poison=harmless, engine=one_process)
    agreement = released(pair)
    assert lab.inbox() == []
    assert lab.channel(agreement, vendor).received == 1
    (refusal,) = lab.refusals()
    assert refusal.message == "3 objects could not be judged: RuntimeError"


def test_a_fault_of_the_store_while_vetting_costs_the_counterpart_nothing(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    vendor.holds(STORY)
    vendor.release(agreement)
    (item,) = [one for one in vendor.sealed(lab) if one.channel == agreement]

    def breaks(*_: Any, **__: Any) -> Any:
        raise OSError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(SqlHoldings, "known", breaks)
        with pytest.raises(OSError, match="disk I/O error"):
            lab.receive(vendor, agreement, item.data)
    assert lab.channel(agreement, vendor).received == 0
    assert lab.refusals() == []
    assert lab.receive(vendor, agreement, item.data).held == 3


def test_no_counterpart_fills_the_list_of_proposals(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    lab, vendor = pair
    monkeypatch.setattr(agree, "MOST_PROPOSALS", 3)
    ids = [vendor.propose(lab, terms_for(vendor, lab, f"Threat {number}")).id for number in range(4)]
    carry(vendor, lab)
    assert {row.id for row in lab.rows()} == set(ids[:3])
    assert lab.rules_broken() == ["not-agreed"]
    lab.decline(ids[0])
    vendor.propose(lab, terms_for(vendor, lab, "At once again"))
    carry(vendor, lab)
    assert len(lab.rows()) == 3
    lab.now += 31 * DAY
    vendor.propose(lab, terms_for(vendor, lab, "A month later"))
    carry(vendor, lab)
    assert len(lab.rows()) == 4


def test_the_name_of_an_item_sorts_in_sending_order() -> None:
    digest = hashlib.sha256(b"").hexdigest()
    names = [item_name(number, digest) for number in (1, 2, 10, 999, 2**40, 2**53 - 1)]
    assert names == sorted(names)
    assert len({item_name(1, hashlib.sha256(bytes([n])).hexdigest()) for n in range(9)}) == 9


def test_a_message_is_refused_with_a_note_that_names_the_party(pair: Pair) -> None:
    lab, vendor = pair
    vendor.say(lab, party_channel(lab.key, vendor.key), Decline("0" * 64, "0" * 64))
    arrival = carry(vendor, lab)
    assert arrival.notes == (
        "Vendor Research: a message was refused: there is no agreement 000000000000 with this counterpart",
    )
