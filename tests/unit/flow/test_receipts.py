"""Receipts: what they say of each envelope, and what both ledgers say of them."""

import msgspec
import pytest

from backchannel.core.terms import Record
from backchannel.flow.ledger import ending_hash
from backchannel.protocol.crypto import Signatures
from backchannel.protocol.ledger import Kind, decode_entry
from backchannel.protocol.message import Receipt, Release, ReleasedObject
from backchannel.protocol.receipt import ReceiptStatement, outcome_hash, verify_receipt
from exchange import Side, agreed, carry, opened, settle
from receipts import got, signed
from worlds import link, stix

Pair = tuple[Side, Side]

THREAT = stix("malware", "Predator")
ONE, BAD = stix("indicator", "one"), stix("tool", "not agreed")
STORY = [THREAT, ONE, link(ONE, THREAT, "indicates")]


class Kept(msgspec.Struct):
    """A receipt as it is kept."""

    statement: ReceiptStatement
    signatures: Signatures


def entries(side: Side, kind: Kind) -> list[dict[str, str]]:
    with side.db.read() as tx:
        found = [decode_entry(one) for one in tx.ledger.entries()]
    return [{name: value.hex() for name, value in one.named.items()} for one in found if one.kind is kind]


def receipt_of(lab: Side, vendor: Side) -> Receipt:
    """What the Lab's next receipt says to the Vendor."""
    assert lab.give_receipts(vendor) == 1
    (item,) = lab.sealed(vendor)
    (said,) = opened(item, lab, vendor)
    assert isinstance(said, Receipt)
    return said


@pytest.mark.parametrize(("outcomes", "letters"), [(True, "hhh"), (False, "")])
def test_what_became_of_objects_is_said_only_if_the_terms_say_so(pair: Pair, outcomes: bool, letters: str) -> None:
    lab, vendor = pair
    agreement = agreed(*pair, record=Record(outcomes=outcomes))
    vendor.holds(STORY)
    vendor.release(agreement)
    carry(vendor, lab)
    (item,) = receipt_of(lab, vendor).items
    assert (item.outcome, item.objects) == ("received", letters)


def test_each_objects_letter_stands_in_its_place(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair, record=Record(outcomes=True))
    lab.rule(kind="malware")
    raws = [THREAT.raw, b'{"type":"no object"}', b'{"type": 7}', ONE.raw, STORY[2].raw]
    items = tuple(ReleasedObject(msgspec.Raw(raw), "green", False) for raw in raws)
    vendor.say(lab, agreement, Release(vendor.row(agreement).version, items))
    carry(vendor, lab)
    (item,) = receipt_of(lab, vendor).items
    assert item.objects == "arrhh"


def test_a_body_that_cannot_be_read_is_receipted_as_such(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    lab, vendor = pair
    agreement = agreed(*pair)
    monkeypatch.setattr("backchannel.flow.post.encode", lambda _: b"[nothing]")
    vendor.say(lab, agreement)
    monkeypatch.undo()
    carry(vendor, lab)
    (item,) = receipt_of(lab, vendor).items
    assert item.outcome == "unreadable"


def test_a_signed_receipt_is_kept_and_anybody_can_verify_it(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair)
    vendor.holds(STORY)
    vendor.release(agreement)
    settle(lab, vendor)
    with vendor.db.read() as tx:
        kept = tx.arrivals.receipt_for(agreement, 1)
    assert kept is not None
    said = msgspec.json.decode(kept.statement, type=Kept)
    verify_receipt(lab.keys.card.keys, said.statement, said.signatures)
    assert (said.statement.sender, said.statement.receiver) == (vendor.key, lab.key)


def test_both_ledgers_say_the_same_of_an_envelope_and_its_outcome(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair)
    vendor.holds(STORY)
    vendor.release(agreement)
    (sent,) = vendor.sealed(lab)
    carry(vendor, lab)
    (item,) = receipt_of(lab, vendor).items
    carry(lab, vendor)
    outcome = {"envelope": sent.digest, "outcome": outcome_hash(item)}
    assert {"channel": agreement, "envelope": sent.digest} in entries(lab, Kind.RECEIVED)
    assert outcome in entries(lab, Kind.OUTCOME)
    assert outcome in entries(vendor, Kind.OUTCOME)
    with lab.db.read() as tx:
        entry = decode_entry(tx.ledger.entry(item.index or 0) or b"")
    assert (entry.kind, entry.subject.hex()) == (Kind.RECEIVED, sent.digest)


def test_a_release_is_entered_with_the_list_of_what_left(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair)
    vendor.holds(STORY)
    vendor.holds([BAD, link(BAD, THREAT)], tlp="red")
    vendor.release(agreement)
    settle(lab, vendor)
    (release,) = entries(vendor, Kind.RELEASE)
    with vendor.db.read() as tx:
        record = msgspec.json.decode(tx.ledger.record(bytes.fromhex(release["decisions"])) or b"")
    assert {one[0] for one in record["objects"]} == {one.id for one in STORY}
    assert (record["agreement"], record["sequence"], record["withheld"]) == (agreement, 1, 2)
    assert {tuple(one[4:]) for one in record["objects"]} == {("green", "release")}


def test_versions_and_the_end_of_an_agreement_are_in_both_ledgers(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair)
    lab.end(agreement)
    settle(lab, vendor)
    for side in pair:
        first, last = entries(side, Kind.AGREEMENT)
        assert first == {"agreement": agreement, "version": agreement}
        assert last["agreement"] == agreement
    assert entries(lab, Kind.AGREEMENT) == entries(vendor, Kind.AGREEMENT)
    assert ending_hash(agreement, "x").hex() != entries(lab, Kind.AGREEMENT)[1]["version"]


def test_a_receipt_for_an_envelope_that_is_not_ours_frees_nothing_even_beside_a_right_one(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair)
    vendor.holds(STORY)
    vendor.release(agreement)
    vendor.holds([two := stix("indicator", "two"), link(two, THREAT)])
    vendor.release(agreement)
    one, other = vendor.sealed(lab)
    wrong = signed(agreement, vendor.key, lab.key, lab.keys.private, got(1, one.digest), got(2, one.digest))
    lab.say(vendor, agreement, wrong)
    carry(lab, vendor)
    assert vendor.rules_broken() == ["not-agreed"]
    assert [each.digest for each in vendor.sealed(lab)] == [one.digest, other.digest]


def test_a_receipt_signed_for_another_channel_or_sender_is_refused(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair)
    vendor.holds(STORY)
    vendor.release(agreement)
    (sent,) = vendor.sealed(lab)
    for channel, sender in (("c0" * 32, vendor.key), (agreement, lab.key)):
        lab.say(vendor, agreement, signed(channel, sender, lab.key, lab.keys.private, got(1, sent.digest)))
    carry(lab, vendor)
    assert vendor.rules_broken() == ["bad-signature"] * 2
    assert vendor.channel(agreement, lab).acknowledged == 0


def test_many_receipts_are_given_in_pieces_that_the_counterpart_takes(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, vendor = pair
    agreement = agreed(*pair)
    monkeypatch.setattr("backchannel.flow.receipts._most", lambda *_: 2)
    for _ in range(5):
        vendor.say(lab, agreement)
    carry(vendor, lab)
    assert lab.give_receipts(vendor) == 1
    assert len([one for one in lab.sealed(vendor) if one.channel == agreement]) == 3
    carry(lab, vendor)
    assert vendor.channel(agreement, lab).acknowledged == 5
