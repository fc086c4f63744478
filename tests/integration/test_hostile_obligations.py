"""A counterpart with a valid agreement against what an agreement obliges a node to: recalls, consents, receipts,
ledgers, cards, retention. Whatever it says, it changes nothing that is not its own, stops nobody, and fills nothing.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from backchannel.core.consent import State
from backchannel.core.release import Bearer
from backchannel.core.stix import StixObject, format_timestamp
from backchannel.core.terms import Record
from backchannel.errors import BackchannelError, BadConsent, BadEnvelope, LimitExceeded
from backchannel.flow import recall, recall_heard, witness
from backchannel.flow.asked import Asked, WithAsked
from backchannel.flow.parties import Peer
from backchannel.protocol import consent, message
from backchannel.protocol.checkpoints import sign_checkpoint
from backchannel.protocol.consent import ItemName, Originator, Proof, Statement, make_consent, read_statement
from backchannel.protocol.ledger_keys import log_signers, origin
from backchannel.protocol.receipt import ReceiptItem, ReceiptStatement, sign_receipt
from backchannel.protocol.signing import sign_recall
from backchannel.protocol.tree_head import TreeHead
from backchannel.protocol.versions import CURRENT
from exchange import Side, agreed, between, carry, settle
from onward import ONE, STORY, asked_of, grant, requests, row
from standoff import Standoff, good
from two_parties import LAB, NOW, VENDOR
from worlds import stix

HOUR = timedelta(hours=1)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    sides = Side(LAB, tmp_path), Side(VENDOR, tmp_path)
    between(*sides)
    yield sides
    for side in sides:
        side.db.close()


class Nothing:
    """Holdings with nothing in them."""

    def __call__(self, _keys: set[str]) -> dict[str, list[Bearer]]:
        return {}

    def beginnings(self, _runs: set[str]) -> set[str]:
        return set()


def recalling(side: Side, agreement: str, *ids: str, number: int = 1) -> message.Recall:
    """A signed recall, as no node of ours would make it."""
    said = message.Recall(f"{number:032x}", agreement, ids, "Wrong.", format_timestamp(side.now), None)
    return msgspec.structs.replace(said, signatures=sign_recall(side.us.private, said.statement))


def giving(*objects: StixObject, agreement: str) -> message.Release:
    return message.Release(
        agreement, tuple(message.ReleasedObject(msgspec.Raw(one.raw), "green", False) for one in objects)
    )


def test_a_checkpoint_larger_than_can_be_cosigned_stops_no_sync(standoff: Standoff) -> None:
    vendor = standoff.vendor
    head = TreeHead(origin(vendor.key), 1 << 60, b"\1" * 32)
    note = sign_checkpoint(head, log_signers(vendor.keys.private, vendor.key), 1).note.decode()
    vendor.say(vendor.party, message.Checkpoint(note, ()))
    standoff.sync()
    standoff.later_good_arrives()
    assert standoff.rules() == ["bad-note"]


def test_a_recall_withdraws_no_consent_to_what_another_party_gave(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, third = made
        lab.holds(STORY)
        made.release(0)
        made.release(1)
        grant(lab, asked_of(lab)[0])
        made.carry()
        agreement = made.agreements[1]
        third.holds(STORY)
        third.say(vendor, agreement, giving(*STORY, agreement=agreement))
        third.say(vendor, agreement, recalling(third, agreement, *(one.id for one in STORY)))
        settle(third, vendor)
        states = {item.state for _, items in requests(vendor) for item in items}
        assert states == {State.GRANTED}


def test_a_recall_is_not_passed_on_for_what_crossed_before_its_sender_gave_it(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        enemy, vendor, third = made
        vendor.holds(STORY)
        made.release(1)
        assert ONE.id in third.ids()
        with vendor.db.write() as tx:
            for one in STORY:
                tx.holdings.remove_own(one.id, None)
        vendor.now += HOUR
        enemy.holds(STORY)
        made.release(0)
        vendor.take()  # no rule accepts what bears an id of ours
        assert ONE.id in vendor.ids()
        enemy.say(vendor, made.agreements[0], recalling(enemy, made.agreements[0], ONE.id))
        made.carry()
        with vendor.db.write() as tx:
            recall.speak(tx, vendor.standing, vendor.peers[third.key])
        made.carry()
        assert ONE.id not in vendor.ids()
        assert ONE.id in third.ids()


def test_refused_recalls_fill_no_outbox(pair: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recall_heard, "MOST_A_DAY", 20)
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    wrong = [recalling(vendor, vendor.key, ONE.id, number=number) for number in range(64)]
    wrong = [msgspec.structs.replace(one, agreement=agreement) for one in wrong]
    for _ in range(2):
        vendor.say(lab, agreement, *wrong)
    carry(vendor, lab)
    assert len(lab.sealed(vendor)) <= 20


def test_a_recall_that_is_told_again_is_answered_once_until_the_answer_arrived(pair: tuple[Side, Side]) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    for _ in range(3):
        vendor.say(lab, agreement, recalling(vendor, agreement, ONE.id))
        carry(vendor, lab)
        with lab.db.write() as tx:
            recall.speak(tx, lab.standing, lab.peers[vendor.key])
    assert len(lab.sealed(vendor)) == 1


def test_a_receipt_is_kept_for_nothing_but_what_it_is_the_first_for(pair: tuple[Side, Side]) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, record=Record(outcomes=True))
    for _ in range(2):
        lab.say(vendor, agreement, giving(ONE, agreement=agreement))
    first, second = (one for one in lab.outbox(vendor) if one.channel == agreement)
    one, two = (
        ReceiptItem(item.sequence, "a" * 64, item.digest, "received", "a" * 5000, 1) for item in (first, second)
    )
    said = [
        message.Receipt(
            items, sign_receipt(vendor.us.private, ReceiptStatement(agreement, lab.key, vendor.key, items))
        )
        for items in ((one,), (one, two))
    ]
    for receipt in said:
        vendor.say(lab, agreement, receipt)
    carry(vendor, lab)
    with lab.db.read() as tx:
        kept = [tx.arrivals.receipt_for(agreement, item.sequence) for item in (first, second)]
    assert [one and (one.first, one.through) for one in kept] == [(1, 1), None]


def test_recalls_name_so_many_objects_a_day(pair: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recall_heard, "MOST_IDS_A_DAY", 5)
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    lab.rule()
    vendor.holds(STORY)
    vendor.release(agreement)
    carry(vendor, lab)
    ids = [one.id for one in STORY]
    for number in range(3):
        vendor.say(lab, agreement, recalling(vendor, agreement, *ids, number=number))
    carry(vendor, lab)
    with lab.db.read() as tx:
        named = [len(tx.recalls.heard_ids(vendor.key, one.recall)) for one in tx.recalls.all_heard()]
    assert named == [3]
    assert lab.rules_broken() == ["limit", "limit"]


def test_one_who_asks_through_us_leaves_us_requests_of_our_own(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, third = made
        lab.holds(STORY)
        made.release(0)
        made.release(1)
        grant(lab, asked_of(lab)[0])
        made.carry()
        made.release(1)
        items = (ItemName.of(ONE),)
        for number in range(CURRENT.consent_requests_a_day):
            request = message.ConsentRequest(f"{number:064x}", items, "c" * 64, "", "", "")
            third.say(vendor, made.agreements[1], request)
        made.carry()
        with vendor.db.read() as tx:
            asked = tx.consents.asked_since(lab.key, vendor.now - HOUR, ours=True)
        assert asked == CURRENT.consent_requests_a_day // 2


def test_many_objects_under_one_bad_consent_cost_one_verification(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[bytes] = []

    def refusing(_signed: object, statement: bytes) -> None:
        verified.append(statement)
        raise BadConsent("wrong")

    monkeypatch.setattr(consent, "_verify", refusing)
    originator = Originator(b"s" * 32, "a" * 64)
    until = "2027-01-01T00:00:00.000Z"
    bad = make_consent(originator, [ItemName.of(ONE)], recipient="c" * 64, until=until, at=until)
    proof = Proof([bad], LAB.key, NOW)
    for _ in range(10):
        with pytest.raises(BadConsent):
            proof.opens(bad.id, ItemName.of(ONE), b"n" * 32, "d" * 64)
    assert len(verified) == 1


@pytest.mark.parametrize("items", [("a" * 64,) * 2, (), tuple(f"{one:064x}" for one in range(1_001))])
def test_a_consent_cannot_be_blown_up_by_what_packs_to_nothing(items: tuple[str, ...]) -> None:
    until = "2027-01-01T00:00:00.000Z"
    with pytest.raises(BadConsent):
        read_statement(msgspec.json.encode(Statement(until, items, "ask", "c" * 64, until)))


def test_an_item_is_asked_about_once_in_a_request() -> None:
    asked = message.ConsentRequest("a" * 64, (ItemName.of(ONE),) * 2, "c" * 64, "", "", "")
    with pytest.raises(BadEnvelope):
        asked.check(CURRENT)


def test_an_envelope_brings_one_card() -> None:
    card = message.Card(msgspec.Raw(b"{}"))
    with pytest.raises(LimitExceeded):
        message.decode(msgspec.json.encode([card, card]))


def test_the_observables_of_a_request_have_so_many_characters_together() -> None:
    asked = tuple(message.AskedObservable("url", f"https://{number}.example/{'a' * 4000}") for number in range(100))
    with pytest.raises(LimitExceeded):
        message.Request("a" * 32, "b" * 64, "Seen?", asked, None, None, "green", None).check(CURRENT)


def test_what_others_asked_makes_no_release_slow() -> None:
    asked: Asked = {f"host {number} example": [] for number in range(40_000)}
    lookup = WithAsked(Nothing(), asked)
    began = time.monotonic()
    assert lookup.beginnings({*(f"word {number}" for number in range(5_000)), "host 7"}) == {"host 7"}
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("held", [[], [ONE]])
def test_receipts_do_not_tell_what_we_hold(pair: tuple[Side, Side], held: list[StixObject]) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, record=Record(outcomes=True))
    lab.holds(held)
    vendor.say(lab, agreement, giving(*STORY, agreement=agreement))
    carry(vendor, lab)
    with lab.db.read() as tx:
        (item,) = tx.arrivals.unsaid(agreement, 10)
    assert item.objects == "hhh"
    assert set(lab.rules_broken()) == ({"echo"} if held else set()), "our officer sees what it was"


def test_a_receipt_tells_of_what_is_wrong_by_itself(pair: tuple[Side, Side]) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, record=Record(outcomes=True))
    vendor.say(lab, agreement, giving(*STORY, stix("campaign", "one"), agreement=agreement))
    carry(vendor, lab)
    with lab.db.read() as tx:
        (item,) = tx.arrivals.unsaid(agreement, 10)
    assert item.objects == "hhhr"


def test_what_cannot_be_said_to_one_counterpart_stops_no_other(
    standoff: Standoff, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsayable(_tx: object, _standing: object, peer: Peer) -> bool:
        if peer.key == standoff.vendor.key:
            raise BackchannelError("a message of ours would be refused")
        return False

    monkeypatch.setattr(witness, "give_cosignature", unsayable)
    standoff.vendor.release(standoff.agreement, good("vendor.example"))
    standoff.third.release(standoff.other, good("other.example"))
    report = standoff.sync()
    assert report.held == 4
    assert report.troubled == [standoff.vendor.key]
