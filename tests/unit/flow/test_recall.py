"""Recalls between parties: who is told, what goes, what stays, and what is answered."""

import hashlib
import os
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from backchannel.core.recall import State
from backchannel.core.stix import StixObject, decode, format_timestamp
from backchannel.core.terms import Record, Retention
from backchannel.errors import WrongState
from backchannel.flow import publish, recall, recall_heard
from backchannel.flow.ports import NewObject
from backchannel.flow.ports_channels import PUBLISHED, Released
from backchannel.flow.ports_recalls import HeardRecall, RecallRow, Recipient
from backchannel.flow.ports_retention import Tombstone
from backchannel.protocol import message
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.ledger import Kind, decode_entry
from backchannel.protocol.signing import sign_recall
from backchannel.protocol.taxii import Query
from exchange import DAY, Side, agreed, carry, following, opened, terms_for
from exchange import settle as exchanged
from worlds import link, stix

Pair = tuple[Side, Side]
Three = tuple[Side, Side, Side]

THREAT = stix("malware", "Predator")
HOST = stix("indicator", "one")
TIE = link(HOST, THREAT, "indicates")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def random_ids(request: pytest.FixtureRequest) -> None:
    """Every recall has an id of its own."""
    name = "three" if "three" in request.fixturenames else "pair"
    if name in request.fixturenames:
        for side in request.getfixturevalue(name):
            side.us = msgspec.structs.replace(side.us, random=os.urandom)


def issue(side: Side, one: StixObject, reason: str = "It was wrong.") -> recall.Recalled:
    with side.db.write() as tx:
        return recall.recall(tx, side.standing, one.id, reason)


def speak(side: Side, to: Side) -> int:
    with side.db.write() as tx:
        return recall.speak(tx, side.standing, side.peers[to.key])


def settle(one: Side, other: Side) -> None:
    """Carry both ways until nobody has anything to say of recalls either."""
    for _ in range(6):
        exchanged(one, other)
        if not speak(one, other) + speak(other, one):
            return
    raise TimeoutError("the two never come to rest")


def lift(side: Side, row: RecallRow) -> None:
    with side.db.write() as tx:
        recall.lift(tx, side.standing, tx.recalls.get(row.id) or row)


def recipients(side: Side, row: RecallRow) -> list[Recipient]:
    with side.db.read() as tx:
        return tx.recalls.recipients(row.id)


def states(side: Side, row: RecallRow) -> list[str]:
    return [str(one.state) for one in recipients(side, row)]


def heard(side: Side) -> list[HeardRecall]:
    with side.db.read() as tx:
        return tx.recalls.all_heard()


def stones(side: Side, one: StixObject) -> list[Tombstone]:
    with side.db.read() as tx:
        return tx.retention.tombstones(one.id)


def newer(one: StixObject, **changes: object) -> StixObject:
    later = {"modified": "2026-10-01T00:00:00.000Z", **changes}
    return decode(msgspec.json.encode({**one.value, **later}))


def crossed(lab: Side, vendor: Side, *, accepted: bool = True, agreement: str = "") -> str:
    """The Lab released the threat, an indicator and the link between them, and the Vendor accepted them."""
    identifier = agreement or agreed(lab, vendor)
    lab.holds([THREAT, HOST, TIE])
    lab.release(identifier)
    exchanged(lab, vendor)
    if accepted:
        vendor.take()
    assert {HOST.id, THREAT.id} <= (vendor.ids() if accepted else vendor.waiting())
    return identifier


# --- what we release -------------------------------------------------------------------------------------------


def test_a_recalled_object_is_in_no_later_release(pair: Pair) -> None:
    lab, vendor = pair
    first = crossed(lab, vendor)
    issue(lab, HOST)
    other = agreed(lab, vendor, "Predator", "Pegasus")
    lab.now += DAY
    lab.holds([newer(HOST, description="a newer version does not lift it")])
    for agreement in (first, other):
        (decision,) = [one for one in lab.preview(agreement).decisions if one.id == HOST.id]
        assert decision.verdict("recalled").evidence == "it was recalled"
        assert decision.sent is None
        lab.release(agreement)
    settle(lab, vendor)
    assert HOST.id not in vendor.ids() | vendor.waiting()
    assert TIE.id not in vendor.waiting(), "nothing leaves that refers to what they no longer have"


def test_what_a_recalled_object_says_leaves_by_no_other_object(pair: Pair) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor)
    value = HOST.value["pattern"].split("'")[1]
    report = stix("report", "about it", description=f"It talks to {value}.", object_refs=[THREAT.id])
    issue(lab, HOST)
    lab.holds([report])
    lab.release(agreement)
    carry(lab, vendor)
    assert not [one for one in vendor.inbox() if value.encode() in one.raw]


def test_what_is_sealed_and_has_not_left_is_taken_back_and_the_rest_leaves_with_the_next_release(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    lab.holds([THREAT, HOST, TIE])
    lab.release(agreement)
    done = issue(lab, HOST)
    assert (done.taken_back, done.recipients) == (1, [])
    lab.release(agreement)
    settle(lab, vendor)
    assert vendor.waiting() == {THREAT.id}
    assert heard(vendor) == [], "who never got it is told nothing"


def test_envelopes_without_the_object_are_not_taken_back(pair: Pair) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor)
    other = stix("indicator", "two")
    lab.holds([other, link(other, THREAT, "indicates")])
    lab.release(agreement)
    assert issue(lab, HOST).taken_back == 0
    assert [one.sequence for one in lab.sealed(vendor) if one.channel == agreement] == [2]


def test_an_object_is_not_recalled_twice(pair: Pair) -> None:
    lab, vendor = pair
    crossed(lab, vendor)
    issue(lab, HOST)
    with pytest.raises(WrongState, match="recalled already"):
        issue(lab, HOST)


def test_a_recall_takes_the_object_out_of_the_collections_that_are_read_over_taxii(pair: Pair) -> None:
    lab, _ = pair
    guest = lab.welcome("Birch Desk")
    row = lab.put_in_force(guest, terms_for(lab, guest))
    lab.holds([THREAT, HOST, TIE])

    def published() -> set[str]:
        with lab.db.write() as tx:
            if not publish.is_current(tx, lab.standing, guest, row):
                publish.publish(tx, lab.standing, guest, row)
            page = tx.taxii.published_page(row.id, Query(limit=100, versions=("all",)), with_bytes=False)
        return {one.id for one in page.entries}

    assert HOST.id in published()
    done = issue(lab, HOST)
    assert HOST.id not in published()
    assert [one.state for one in done.recipients] == [State.BY_HAND], "a guest has no node that could be told"
    lab.now += HOUR
    lift(lab, done.recall)
    lab.now += HOUR
    assert HOST.id in published()


# --- what they hold --------------------------------------------------------------------------------------------


def test_a_recalled_object_leaves_the_holdings_of_whoever_got_it(pair: Pair) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor)
    lab.now += DAY
    lab.holds([newer(HOST)])
    lab.release(agreement)
    exchanged(lab, vendor)
    vendor.take()
    assert len(vendor.held(ids=frozenset({HOST.id}))) == 2
    done = issue(lab, HOST)
    settle(lab, vendor)
    assert vendor.ids() == {THREAT.id, TIE.id}
    assert states(lab, done.recall) == ["withdrawn"]
    (one,) = heard(vendor)
    assert (one.withdrawn, one.reason, one.agreement) == (2, "It was wrong.", agreement)
    assert vendor.held(text="indicator") == [one for one in vendor.held(text="indicator") if one.id != HOST.id]


def test_a_recalled_object_leaves_the_inbox(pair: Pair) -> None:
    lab, vendor = pair
    crossed(lab, vendor, accepted=False)
    issue(lab, HOST)
    settle(lab, vendor)
    assert vendor.waiting() == {THREAT.id, TIE.id}
    (stone,) = stones(vendor, HOST)
    assert (stone.cause, stone.source) == ("recall", lab.key)


def test_the_tombstone_stays_and_holds_no_content(pair: Pair) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor)
    (before,) = vendor.held(ids=frozenset({HOST.id}))
    received = vendor.now
    done = issue(lab, HOST)
    vendor.now += HOUR
    settle(lab, vendor)
    (stone,) = stones(vendor, HOST)
    assert stone.sha256 == hashlib.sha256(HOST.raw).hexdigest()
    assert (stone.version, stone.source, stone.agreement) == (HOST.version, lab.key, agreement)
    assert (stone.envelope, stone.received_at) == (before.envelope, received)
    assert (stone.gone_at, stone.recall) == (vendor.now, done.recall.id)
    assert HOST.value["pattern"] not in repr(stone)


def test_the_reduced_copy_that_left_is_recalled_under_its_own_id(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    lab.amend(agreement, following(lab.row(agreement), exclude_properties=("x_*",)))
    exchanged(lab, vendor)
    secret = stix("indicator", "three", x_case="4711")
    lab.holds([THREAT, secret, link(secret, THREAT, "indicates")])
    lab.release(agreement)
    exchanged(lab, vendor)
    vendor.take()
    (copy,) = vendor.held(type="indicator")
    assert copy.id != secret.id
    done = issue(lab, secret)
    assert [one.ids for one in done.recipients] == [(copy.id,)]
    settle(lab, vendor)
    assert copy.id not in vendor.ids()


def test_nobody_can_recall_what_another_party_gave(three: Three) -> None:
    """Mallory gave the Vendor another object, and names the Lab's."""
    lab, vendor, mallory = three
    crossed(lab, vendor)
    agreement = agreed(mallory, vendor)
    forged = message.Recall("a" * 32, agreement, (HOST.id,), "no", "2026-11-22T20:31:00.000Z", None)
    signed = msgspec.structs.replace(forged, signatures=sign_recall(mallory.us.private, forged.statement))
    mallory.say(vendor, agreement, signed)
    carry(mallory, vendor)
    assert HOST.id in vendor.ids()
    assert [one.subject for one in vendor.refusals() if one.rule == "recall"] == [HOST.id]


def test_a_recall_cannot_name_the_agreement_of_another_party(three: Three) -> None:
    lab, vendor, mallory = three
    agreement = crossed(lab, vendor)
    forged = message.Recall("a" * 32, agreement, (HOST.id,), "no", "2026-11-22T20:31:00.000Z", None)
    signed = msgspec.structs.replace(forged, signatures=sign_recall(mallory.us.private, forged.statement))
    mallory.say(vendor, party_channel(mallory.key, vendor.key), signed)
    carry(mallory, vendor)
    assert HOST.id in vendor.ids()
    assert vendor.rules_broken() == ["not-agreed"]


def test_a_recall_cannot_remove_our_own_objects(pair: Pair) -> None:
    lab, vendor = pair
    crossed(lab, vendor)
    vendor.holds([HOST])
    mine = stix("indicator", "only the vendor's")
    vendor.holds([mine])
    issue(lab, HOST)
    settle(lab, vendor)
    assert [(one.id, one.own) for one in vendor.held(ids=frozenset({HOST.id, mine.id}))] == [
        (HOST.id, True),
        (mine.id, True),
    ]


def test_what_two_sources_gave_stays_from_the_other(three: Three) -> None:
    lab, vendor, mallory = three
    crossed(lab, vendor)
    with vendor.db.write() as tx:
        tx.holdings.add([NewObject.of(HOST)], source=mallory.key, now=vendor.now)
    issue(lab, HOST)
    settle(lab, vendor)
    (left,) = vendor.held(ids=frozenset({HOST.id}))
    assert left.source == mallory.key
    assert left.raw == HOST.raw


@pytest.mark.parametrize("wrong", ["none", "another's", "another reason"])
def test_a_recall_that_is_not_signed_as_it_stands_withdraws_nothing_and_is_answered_as_refused(
    pair: Pair, wrong: str
) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor)
    done = issue(lab, HOST)
    said = message.Recall(done.recall.id, agreement, (HOST.id,), "why", "2026-11-22T20:31:00.000Z", None)
    signatures = {
        "none": None,
        "another's": sign_recall(vendor.us.private, said.statement),
        "another reason": sign_recall(lab.us.private, msgspec.structs.replace(said, reason="not").statement),
    }[wrong]
    lab.say(vendor, agreement, msgspec.structs.replace(said, signatures=signatures))
    exchanged(lab, vendor)
    assert HOST.id in vendor.ids()
    assert vendor.rules_broken() == ["bad-signature"]
    assert states(lab, done.recall) == ["refused"]
    settle(lab, vendor)
    assert HOST.id not in vendor.ids()
    assert states(lab, done.recall) == ["withdrawn"]


def test_the_answer_to_a_recall_tells_nothing_of_what_vetting_did(pair: Pair) -> None:
    """Neither that an object was refused, nor that the officer refused it, nor that it never came."""
    lab, vendor = pair
    agreement = crossed(lab, vendor, accepted=False)
    with vendor.db.write() as tx:
        tx.inbox.take([item.number for item in tx.inbox.items() if item.object_id == THREAT.id])
    answers = []
    for number, one in enumerate((HOST, THREAT, stix("indicator", "never sent"))):
        said = message.Recall(f"{number:032x}", agreement, (one.id,), "why", "2026-11-22T20:31:00.000Z", None)
        signed = msgspec.structs.replace(said, signatures=sign_recall(lab.us.private, said.statement))
        lab.say(vendor, agreement, signed)
        carry(lab, vendor)
        speak(vendor, lab)
        item = [one for one in vendor.sealed(lab) if one.channel == agreement][-1]
        (answer,) = opened(item, vendor, lab)
        assert isinstance(answer, message.RecallAnswer)
        answers.append(answer.state)
        vendor.carried(item)
    assert set(answers) == {"withdrawn"}


def test_a_counterpart_recalls_so_much_a_day(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor)
    monkeypatch.setattr(recall_heard, "MOST_A_DAY", 1)
    for number, one in enumerate((THREAT, HOST)):
        said = message.Recall(f"{number:032x}", agreement, (one.id,), "why", "2026-11-22T20:31:00.000Z", None)
        lab.say(
            vendor, agreement, msgspec.structs.replace(said, signatures=sign_recall(lab.us.private, said.statement))
        )
    exchanged(lab, vendor)
    assert vendor.rules_broken() == ["limit"]
    assert HOST.id in vendor.ids()
    assert THREAT.id not in vendor.ids()


# --- again, and lifted -----------------------------------------------------------------------------------------


def test_what_its_source_recalled_is_refused_when_it_comes_again(pair: Pair) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor)
    issue(lab, HOST)
    settle(lab, vendor)
    for one in (HOST, newer(HOST)):
        item = message.ReleasedObject(msgspec.Raw(one.raw), "green", False)
        lab.say(vendor, agreement, message.Release(agreement, (item,)))
    exchanged(lab, vendor)
    assert [(one.rule, one.subject) for one in vendor.refusals()] == [("recalled", HOST.id)] * 2


def test_a_lifted_recall_lets_the_object_go_again_and_come_again(pair: Pair) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor)
    done = issue(lab, HOST)
    settle(lab, vendor)
    lab.now += HOUR
    lift(lab, done.recall)
    settle(lab, vendor)
    lab.now += HOUR
    assert lab.release(agreement).objects == 1
    exchanged(lab, vendor)
    assert vendor.waiting() == {HOST.id}
    assert vendor.refusals() == []
    with pytest.raises(WrongState, match="lifted before"):
        lift(lab, done.recall)
    lab.now += HOUR
    assert lab.release(agreement).objects == 0, "it crossed, once"


def test_a_recall_that_arrives_after_it_was_lifted_does_nothing(pair: Pair) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor)
    done = issue(lab, HOST)
    speak(lab, vendor)
    (late,) = [one for one in lab.sealed(vendor) if one.channel == agreement]
    lift(lab, done.recall)
    with lab.db.write() as tx:
        tx.channels.carried(agreement, late.sequence, lab.now)
    (told,) = opened(late, lab, vendor)
    row = lab.row(agreement)
    end_and_speak(lab, vendor, agreement)
    carry(lab, vendor)
    assert [one.lifted_at is not None for one in heard(vendor)] == [True]
    vendor.receive(lab, row.id, late.data)
    assert isinstance(told, message.Recall)
    assert HOST.id in vendor.ids()


def end_and_speak(lab: Side, vendor: Side, agreement: str) -> None:
    lab.end(agreement)
    speak(lab, vendor)


# --- channels --------------------------------------------------------------------------------------------------


def test_once_the_agreement_is_over_a_recall_reaches_those_who_hold_the_object_in_the_party_channel(
    pair: Pair,
) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, retention=Retention(on_end="keep"))
    crossed(lab, vendor, agreement=agreement)
    lab.end(agreement)
    exchanged(lab, vendor)
    done = issue(lab, HOST)
    speak(lab, vendor)
    assert [one.channel for one in lab.sealed(vendor)] == [party_channel(lab.key, vendor.key)]
    settle(lab, vendor)
    assert HOST.id not in vendor.ids()
    assert states(lab, done.recall) == ["withdrawn"]


def test_a_recall_that_was_not_received_when_the_agreement_ended_is_told_again(pair: Pair) -> None:
    """It was offered to a carrier and got lost, and nothing is carried in that channel any more."""
    lab, vendor = pair
    agreement = agreed(lab, vendor, retention=Retention(on_end="keep"))
    crossed(lab, vendor, agreement=agreement)
    done = issue(lab, HOST)
    speak(lab, vendor)
    (lost,) = [one for one in lab.sealed(vendor) if one.channel == agreement]
    lab.carried(lost)
    lab.now += 365 * DAY
    vendor.now = lab.now
    assert speak(lab, vendor) == 1
    settle(lab, vendor)
    assert HOST.id not in vendor.ids()
    assert states(lab, done.recall) == ["withdrawn"]
    assert speak(lab, vendor) == 0


def test_a_recall_that_is_taken_back_with_other_envelopes_is_told_again(pair: Pair) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor)
    done = issue(lab, HOST)
    speak(lab, vendor)
    lab.amend(agreement, following(lab.row(agreement), objects_per_day=7))
    assert [one.sequence for one in recipients(lab, done.recall)] == [0]
    settle(lab, vendor)
    assert states(lab, done.recall) == ["withdrawn"]


def test_an_answer_that_is_taken_back_with_other_envelopes_is_given_again(pair: Pair) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor)
    done = issue(lab, HOST)
    speak(lab, vendor)
    carry(lab, vendor)
    speak(vendor, lab)
    vendor.amend(agreement, following(vendor.row(agreement), objects_per_day=7))
    settle(lab, vendor)
    assert states(lab, done.recall) == ["withdrawn"]


def test_a_recall_that_is_told_twice_is_carried_out_once_and_answered_twice(pair: Pair) -> None:
    lab, vendor = pair
    crossed(lab, vendor)
    done = issue(lab, HOST)
    settle(lab, vendor)
    (told,) = recipients(lab, done.recall)
    with lab.db.write() as tx:
        tx.recalls.put_recipient(msgspec.structs.replace(told, channel="", sequence=0, state=State.WAITING))
    settle(lab, vendor)
    assert states(lab, done.recall) == ["withdrawn"]
    assert len(heard(vendor)) == len(stones(vendor, HOST)) == 1


def test_off_the_record_a_recall_and_its_lifting_bear_no_signature_and_travel_in_their_channel_only(
    pair: Pair,
) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, record=Record(mode="off"), retention=Retention(on_end="keep"))
    crossed(lab, vendor, agreement=agreement)
    done = issue(lab, HOST)
    speak(lab, vendor)
    (item,) = [one for one in lab.sealed(vendor) if one.channel == agreement]
    (said,) = opened(item, lab, vendor)
    assert isinstance(said, message.Recall)
    assert said.signatures is None
    settle(lab, vendor)
    assert states(lab, done.recall) == ["withdrawn"]
    lift(lab, done.recall)
    speak(lab, vendor)
    (lifting,) = opened([one for one in lab.sealed(vendor) if one.channel == agreement][-1], lab, vendor)
    assert isinstance(lifting, message.RecallLift)
    assert lifting.signatures is None
    settle(lab, vendor)
    signed = msgspec.structs.replace(said, recall="b" * 32)
    signed = msgspec.structs.replace(signed, signatures=sign_recall(lab.us.private, signed.statement))
    lab.say(vendor, agreement, signed)
    lab.say(vendor, party_channel(lab.key, vendor.key), msgspec.structs.replace(said, recall="c" * 32))
    exchanged(lab, vendor)
    assert sorted(vendor.rules_broken()) == ["bad-signature", "not-agreed"]


def test_off_the_record_what_is_over_is_for_the_officer_to_tell(pair: Pair) -> None:
    """The party channel's envelopes are signed; and the agreement's own is closed."""
    lab, vendor = pair
    agreement = agreed(lab, vendor, record=Record(mode="off"), retention=Retention(on_end="keep"))
    crossed(lab, vendor, agreement=agreement)
    lab.end(agreement)
    exchanged(lab, vendor)
    done = issue(lab, HOST)
    settle(lab, vendor)
    assert states(lab, done.recall) == ["by-hand"]
    assert heard(vendor) == []


# --- down the chain --------------------------------------------------------------------------------------------


def passed(vendor: Side, mallory: Side, one: StixObject) -> str:
    """The Vendor released what it got from the Lab to Mallory; by what consent is not asked here."""
    agreement = agreed(vendor, mallory)
    item = message.ReleasedObject(msgspec.Raw(one.raw), "green", False)
    vendor.say(mallory, agreement, message.Release(agreement, (item,)))
    with vendor.db.write() as tx:
        sequence = tx.channels.state(agreement, mallory.key).sent
        tx.channels.add_released(agreement, [Released(one.id, one.id, one.version, sequence, vendor.now)])
    exchanged(vendor, mallory)
    mallory.take()
    return agreement


def follow_up(side: Side, hours: int = 72) -> int:
    with side.db.write() as tx:
        return recall_heard.follow_up(tx, side.standing, hours * HOUR)


def test_a_recall_is_passed_on_and_answered_again_when_those_have_answered(three: Three) -> None:
    lab, vendor, mallory = three
    crossed(lab, vendor)
    passed(vendor, mallory, THREAT)
    assert THREAT.id in mallory.ids()
    done = issue(lab, THREAT, "The source lied.")
    settle(lab, vendor)
    assert states(lab, done.recall) == ["passed-on"]
    assert follow_up(vendor) == 0
    settle(vendor, mallory)
    assert THREAT.id not in mallory.ids()
    (theirs,) = heard(mallory)
    assert theirs.reason == "recalled by its originator", "who recalled it, and why, is not told on"
    assert theirs.recall != done.recall.id
    assert follow_up(vendor) == 1
    settle(lab, vendor)
    assert states(lab, done.recall) == ["withdrawn"]
    assert follow_up(vendor) == 0


def test_whoever_does_not_answer_in_time_makes_the_answer_incomplete_and_may_still_complete_it(three: Three) -> None:
    lab, vendor, mallory = three
    crossed(lab, vendor)
    passed(vendor, mallory, THREAT)
    done = issue(lab, THREAT)
    settle(lab, vendor)
    speak(vendor, mallory)
    vendor.now += 73 * HOUR
    assert follow_up(vendor) == 1
    settle(lab, vendor)
    assert states(lab, done.recall) == ["incomplete"]
    settle(vendor, mallory)
    assert follow_up(vendor) == 1
    settle(lab, vendor)
    assert states(lab, done.recall) == ["withdrawn"]


def test_a_guest_that_read_it_is_for_the_officer_to_tell(three: Three) -> None:
    lab, vendor, _ = three
    crossed(lab, vendor)
    guest = vendor.welcome("Birch Desk")
    row = vendor.put_in_force(guest, terms_for(vendor, guest))
    with vendor.db.write() as tx:
        tx.channels.add_released(row.id, [Released(THREAT.id, THREAT.id, THREAT.version, PUBLISHED, vendor.now)])
    done = issue(lab, THREAT)
    settle(lab, vendor)
    assert states(lab, done.recall) == ["passed-on"]
    with vendor.db.read() as tx:
        (onward,) = tx.recalls.all()
        assert [one.state for one in tx.recalls.recipients(onward.id)] == [State.BY_HAND]


def test_a_lift_is_passed_on_too(three: Three) -> None:
    lab, vendor, mallory = three
    crossed(lab, vendor)
    passed(vendor, mallory, THREAT)
    done = issue(lab, THREAT)
    settle(lab, vendor)
    settle(vendor, mallory)
    lift(lab, done.recall)
    settle(lab, vendor)
    settle(vendor, mallory)
    with mallory.db.read() as tx:
        assert tx.recalls.recalled_by(vendor.key, [THREAT.id]) == set()
    with vendor.db.read() as tx:
        assert tx.recalls.recalled_by(lab.key, [THREAT.id]) == set()


def test_what_is_here_from_elsewhere_too_is_not_recalled_from_others(three: Three) -> None:
    lab, vendor, mallory = three
    crossed(lab, vendor)
    vendor.holds([THREAT])
    passed(vendor, mallory, THREAT)
    done = issue(lab, THREAT)
    settle(lab, vendor)
    settle(vendor, mallory)
    assert THREAT.id in mallory.ids()
    assert states(lab, done.recall) == ["withdrawn"]


def test_one_object_under_two_agreements_is_recalled_once_and_answered_under_both(pair: Pair) -> None:
    lab, vendor = pair
    crossed(lab, vendor)
    other = agreed(lab, vendor, "Predator", "Pegasus")
    lab.release(other)
    exchanged(lab, vendor)
    done = issue(lab, HOST)
    assert len(done.recipients) == 2
    settle(lab, vendor)
    assert states(lab, done.recall) == ["withdrawn", "withdrawn"]
    assert HOST.id not in vendor.ids()


FORGED: dict[str, Callable[[str, RecallRow], message.AnyMessage]] = {
    "of no recall": lambda agreement, _row: message.RecallAnswer("f" * 32, agreement, "withdrawn"),  # type: ignore[arg-type]
    "a second thought": lambda agreement, row: message.RecallAnswer(row.id, agreement, "refused"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("which", FORGED)
def test_an_answer_that_makes_no_sense_changes_nothing(pair: Pair, which: str) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor)
    done = issue(lab, HOST)
    settle(lab, vendor)
    vendor.say(lab, agreement, FORGED[which](agreement, done.recall))
    exchanged(lab, vendor)
    assert states(lab, done.recall) == ["withdrawn"]
    assert len(lab.refusals()) == 1


def entries(side: Side) -> list[str]:
    """The recalls in a party's ledger."""
    with side.db.read() as tx:
        found = [decode_entry(one) for one in tx.ledger.entries()]
    return [one.subject.hex() for one in found if one.kind is Kind.RECALL]


@pytest.mark.parametrize("mode", ["on", "off"])
def test_both_ledgers_have_a_recall_and_its_lifting_unless_they_are_off_the_record(pair: Pair, mode: str) -> None:
    lab, vendor = pair
    agreement = crossed(lab, vendor, agreement=agreed(lab, vendor, record=Record(mode=mode)))
    done = issue(lab, HOST)
    settle(lab, vendor)
    lab.now += HOUR
    lift(lab, done.recall)
    settle(lab, vendor)
    assert entries(lab) == entries(vendor)
    if mode == "off":
        assert entries(lab) == []
        return
    at = format_timestamp(done.recall.at)
    said = message.Recall(done.recall.id, agreement, (HOST.id,), "It was wrong.", at, None)
    lifted = message.RecallLift(done.recall.id, agreement, format_timestamp(lab.now), None)
    assert entries(lab) == [hashlib.sha256(one.statement).hexdigest() for one in (said, lifted)]
