"""Two parties show each other their ledgers: what is cosigned was stored, and a second history is proof."""

import msgspec
import pytest

from backchannel.flow import ledger, witness
from backchannel.flow.ports_ledger import Witnessing
from backchannel.protocol.checkpoints import open_checkpoint, sign_checkpoint
from backchannel.protocol.evidence import check_accusation_file, write_accusation
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.ledger import Kind
from backchannel.protocol.ledger_keys import log_keys, log_signers, origin
from backchannel.protocol.message import AnyMessage, Checkpoint, Cosignature, Receipt
from backchannel.protocol.tree_head import TreeHead
from exchange import Side, carry, opened

Pair = tuple[Side, Side]


def enter(side: Side, count: int = 1) -> None:
    with side.db.write() as tx:
        for _ in range(count):
            ledger.enter(tx, side.us, Kind.CARD, party=side.key, card=bytes(32))


def show(side: Side, to: Side) -> bool:
    with side.db.write() as tx:
        witness.has_news(tx, to.key)
        return witness.show(tx, side.standing, side.peers[to.key])


def cosign(side: Side, of: Side) -> bool:
    with side.db.write() as tx:
        return witness.give_cosignature(tx, side.standing, side.peers[of.key])


def known(side: Side, of: Side) -> Witnessing:
    with side.db.read() as tx:
        return tx.ledger.witnessing(of.key)


def say(sender: Side, receiver: Side, *messages: AnyMessage) -> None:
    sender.say(receiver, party_channel(sender.key, receiver.key), *messages)
    carry(sender, receiver)


def forged(side: Side, size: int, root: bytes = b"\1" * 32) -> Checkpoint:
    """A checkpoint that a party signs although its ledger is another."""
    head = TreeHead(origin(side.key), size, root)
    return Checkpoint(sign_checkpoint(head, log_signers(side.us.private, side.key), 1).note.decode(), ())


@pytest.fixture
def shown(pair: Pair) -> Pair:
    """The Lab's ledger has three entries, and the Vendor holds its checkpoint."""
    lab, vendor = pair
    enter(lab, 3)
    assert show(lab, vendor)
    carry(lab, vendor)
    return pair


def test_a_checkpoint_is_held_then_cosigned_and_the_owner_keeps_that(shown: Pair) -> None:
    lab, vendor = shown
    assert (known(vendor, lab).held, known(vendor, lab).due) == (3, True)
    assert cosign(vendor, lab)
    assert not cosign(vendor, lab)
    carry(vendor, lab)
    row = known(lab, vendor)
    assert row.cosigned == 3
    assert f"backchannel/witness/{vendor.key}".encode() in row.cosigned_note
    assert vendor.rules_broken() == lab.rules_broken() == []


def test_growth_is_shown_with_a_proof_that_it_goes_on(shown: Pair) -> None:
    lab, vendor = shown
    enter(lab, 300)
    assert show(lab, vendor)
    carry(lab, vendor)
    assert known(vendor, lab).held == 303
    assert vendor.rules_broken() == []


def test_a_ledger_that_has_not_grown_is_not_shown_again(shown: Pair) -> None:
    assert not show(*shown)


def test_growth_that_is_no_news_to_a_counterpart_is_not_shown_to_it(shown: Pair) -> None:
    lab, vendor = shown
    enter(lab)
    with lab.db.write() as tx:
        assert not witness.show(tx, lab.standing, lab.peers[vendor.key])


def test_a_witness_sees_no_entry(shown: Pair) -> None:
    lab, vendor = shown
    (item,) = lab.outbox(vendor)
    (said,) = opened(item, lab, vendor)
    assert isinstance(said, Checkpoint)
    with lab.db.read() as tx:
        entries = list(tx.ledger.entries())
    assert not any(entry[2:34] in said.note.encode() or entry[34:66] in said.note.encode() for entry in entries)


def test_what_is_cosigned_was_durable_before(shown: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cosignature is made of what another transaction stored: nothing held in memory alone can be cosigned."""
    lab, vendor = shown
    seen: list[int] = []
    monkeypatch.setattr(witness, "cosign", lambda stored, *_: seen.append(stored.checkpoint.head.size) or ())
    with vendor.db.write() as tx:
        witness.give_cosignature(tx, vendor.standing, vendor.peers[lab.key])
    assert seen == [3]


def test_two_roots_of_one_size_become_an_accusation_that_anybody_can_check(shown: Pair) -> None:
    lab, vendor = shown
    say(lab, vendor, forged(lab, 3))
    assert vendor.rules_broken() == ["equivocation"]
    with vendor.db.read() as tx:
        (kept,) = tx.ledger.accusations()
    card, found = check_accusation_file(write_accusation(kept.document, lab.keys.card_bytes))
    assert (card.key, found.one.size) == (lab.key, 3)
    assert known(vendor, lab).held == 3
    assert "signed two roots" in known(vendor, lab).problem


def test_a_history_rewritten_is_neither_held_nor_cosigned(shown: Pair) -> None:
    lab, vendor = shown
    assert cosign(vendor, lab)
    carry(vendor, lab)
    before = known(vendor, lab)
    say(lab, vendor, forged(lab, 9))
    assert vendor.rules_broken() == ["bad-proof"]
    after = known(vendor, lab)
    assert (after.held, after.held_note, after.due) == (before.held, before.held_note, False)
    assert after.problem


def test_a_smaller_ledger_than_before_is_stale(shown: Pair) -> None:
    lab, vendor = shown
    say(lab, vendor, forged(lab, 2))
    assert vendor.rules_broken() == ["stale-checkpoint"]
    assert known(vendor, lab).held == 3


def test_a_checkpoint_in_anothers_name_is_refused(shown: Pair) -> None:
    lab, vendor = shown
    say(vendor, lab, forged(lab, 7))
    assert lab.rules_broken() == ["bad-note"]
    assert known(lab, vendor).held == 0


def test_a_cosignature_over_what_was_not_shown_is_refused(shown: Pair) -> None:
    lab, vendor = shown
    cosign(vendor, lab)
    (item,) = vendor.sealed(lab)
    (said,) = opened(item, vendor, lab)
    assert isinstance(said, Cosignature)
    carry(vendor, lab)
    say(vendor, lab, msgspec.structs.replace(said, size=2))
    assert lab.rules_broken() == ["bad-proof"]


def test_a_cosignature_by_somebody_else_counts_for_nothing(shown: Pair) -> None:
    lab, vendor = shown
    note = forged(vendor, 3).note
    say(vendor, lab, Cosignature(3, note[note.rindex("\n\n") + 2 :]))
    assert lab.rules_broken() == ["bad-note"]
    assert known(lab, vendor).cosigned == 0


def test_a_cosigner_cannot_put_another_signature_in_the_place_of_ours(shown: Pair) -> None:
    lab, vendor = shown
    with lab.db.read() as tx:
        own = tx.ledger.checkpoint(3)
    assert own is not None
    lines = own.note.decode().rpartition("\n\n")[2]
    spoiled = "".join(line[:-8] + "AAAAAAA=" + "\n" for line in lines.splitlines())
    cosign(vendor, lab)
    (item,) = vendor.sealed(lab)
    (said,) = opened(item, vendor, lab)
    assert isinstance(said, Cosignature)
    say(vendor, lab, msgspec.structs.replace(said, lines=spoiled + said.lines))
    kept = known(lab, vendor)
    assert kept.cosigned == 3
    assert open_checkpoint(kept.cosigned_note, origin(lab.key), log_keys(lab.keys.card)).head.size == 3
    assert lines in kept.cosigned_note.decode()


def test_a_counterpart_that_accuses_itself_without_end_does_not_fill_the_disk(shown: Pair) -> None:
    lab, vendor = shown
    say(lab, vendor, *(forged(lab, 3, bytes([number]) * 32) for number in range(40)))
    with vendor.db.read() as tx:
        assert len(tx.ledger.accusations()) == witness.MOST_ACCUSATIONS


def test_no_two_checkpoints_of_one_size_are_signed(pair: Pair) -> None:
    lab, _ = pair
    enter(lab, 2)
    with lab.db.write() as tx:
        one = witness.checkpoint_now(tx, lab.us, lab.now)
    lab.now = lab.now.replace(year=2027)
    with lab.db.write() as tx:
        assert witness.checkpoint_now(tx, lab.us, lab.now) == one
        assert len(list(tx.ledger.checkpoints())) == 1


def test_checkpoints_and_cosignatures_get_no_receipt_of_their_own(shown: Pair) -> None:
    lab, vendor = shown
    cosign(vendor, lab)
    carry(vendor, lab)
    assert lab.give_receipts(vendor) == vendor.give_receipts(lab) == 0
    assert not [one for one in vendor.outbox(lab) if isinstance(opened(one, vendor, lab)[0], Receipt)]


def test_answers_that_gather_are_reason_for_a_receipt_in_the_end(pair: Pair) -> None:
    """Or the outbox of whoever only answers would grow for ever."""
    lab, vendor = pair
    for _ in range(64):
        enter(lab)
        show(lab, vendor)
    carry(lab, vendor)
    assert len(lab.outbox(vendor)) == 64
    assert vendor.give_receipts(lab) == 1
    carry(vendor, lab)
    assert lab.outbox(vendor) == []
    assert lab.give_receipts(vendor) == 0
