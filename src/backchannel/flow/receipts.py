"""Receipts: given for what came in, and taken for what we sent.

Every envelope of a counterpart that has its place in the channel is put on record as it arrives (`Arrivals`), with
what a receipt will say of it. A receipt is signed on the record, and only there. What only answers (receipts,
checkpoints, cosignatures) gets no receipt of its own, or two nodes would thank each other for ever; it is in the
next one, and once many have gathered they are reason enough for one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from backchannel.errors import NotAgreed
from backchannel.flow.keep import Delivery
from backchannel.flow.ledger import enter
from backchannel.flow.parties import Peer, Us
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_arrivals import Arrived, KeptReceipt
from backchannel.flow.post import channel_end, post
from backchannel.flow.record import terms_of
from backchannel.protocol import message
from backchannel.protocol.channel import Channel
from backchannel.protocol.envelope import OpenedEnvelope
from backchannel.protocol.ledger import Kind
from backchannel.protocol.receipt import (
    ReceiptItem,
    ReceiptStatement,
    outcome_hash,
    sign_receipt,
    verify_receipt,
)
from backchannel.protocol.succession import by_any_keys
from backchannel.protocol.versions import CURRENT

MANY_ANSWERS = 64
"""Answers without a receipt that are reason for one: the counterpart keeps each of them until then."""


def are_answers(messages: Sequence[message.AnyMessage]) -> bool:
    """Whether an envelope says nothing but what answers, and so gets no receipt of its own."""
    return bool(messages) and all(isinstance(one, message.ANSWERS) for one in messages)


class Fate(NamedTuple):
    """What became of an envelope: whether its body could be read, whether it only answers, and a letter for each
    released object (`ReceiptItem.objects`)."""

    readable: bool
    answer: bool
    objects: str


# --- what came in ----------------------------------------------------------------------------------------------


def enter_received(tx: Transaction, us: Us, end: Channel, envelope: str) -> int | None:
    """Enter in the ledger that an envelope was received; the index, or None off the record."""
    return enter(tx, us, Kind.RECEIVED, channel=end.id, envelope=envelope) if end.signed else None


def put_arrival(
    tx: Transaction, us: Us, delivery: Delivery, opened: OpenedEnvelope, fate: Fate, entry: int | None
) -> None:
    """Put on record that an envelope arrived and what became of it; `entry` is that of `enter_received`."""
    item = ReceiptItem(
        sequence=opened.header.sequence,
        header=opened.header_digest,
        envelope=opened.digest,
        outcome="received" if fate.readable else "unreadable",
        objects=fate.objects if _says_outcomes(tx, delivery.channel) else "",
        index=entry,
    )
    if entry is not None:
        enter(tx, us, Kind.OUTCOME, envelope=opened.digest, outcome=outcome_hash(item))
    tx.arrivals.add(Arrived(delivery.channel, delivery.sender.key, item, fate.answer, delivery.now))


def is_due(tx: Transaction, channel: str) -> bool:
    """Whether something came in on a channel that a receipt must be given for."""
    wanting, answers = tx.arrivals.owed(channel)
    return bool(wanting) or answers >= MANY_ANSWERS


def give_receipt(tx: Transaction, us: Us, peer: Peer, channel: str) -> bool:
    """Post a receipt for what came in on a channel, if one is due."""
    if not is_due(tx, channel):
        return False
    signed = channel_end(tx, us, peer, tx.channels.state(channel, peer.key)).signed
    while items := tuple(tx.arrivals.unsaid(channel, _most(tx, channel))):
        statement = ReceiptStatement(channel, peer.key, us.key, items)
        signatures = sign_receipt(us.private, statement) if signed else None
        posted = post(tx, us, peer, channel, [message.Receipt(items, signatures)])
        tx.arrivals.say(channel, items[-1].sequence, posted.sequence)
    return True


def _most(tx: Transaction, channel: str) -> int:
    """How many envelopes one receipt is for: fewer where each says what became of thousands of objects."""
    return 100 if _says_outcomes(tx, channel) else CURRENT.max_receipts


def _says_outcomes(tx: Transaction, channel: str) -> bool:
    row = tx.agreements.get(channel)
    return row is not None and terms_of(row).record.outcomes


# --- what we sent ----------------------------------------------------------------------------------------------


def on_receipt(tx: Transaction, us: Us, peer: Peer, delivery: Delivery, said: message.Receipt) -> None:
    """The counterpart holds our envelopes up to a number: the outbox may let go of them.

    Raises:
        NotAgreed: it is for an envelope that we did not send, or says more than a receipt may.
        BadSignature: it is not signed as it must be; or it is signed, off the record.
    """
    row = tx.channels.state(delivery.channel, peer.key)
    statement = ReceiptStatement(delivery.channel, us.key, peer.key, said.items)
    signed = channel_end(tx, us, peer, row).signed
    if signed != (said.signatures is not None):
        raise NotAgreed("a receipt is signed on the record, and only there")
    if said.signatures is not None:
        signatures = said.signatures
        # In an envelope that was signed again the receipt is as it was: by the keys of its time.
        by_any_keys(peer.card, lambda keys: verify_receipt(keys, statement, signatures))
    fresh = [item for item in said.items if item.sequence > row.acknowledged]
    if not fresh:
        return
    if len(fresh) < len(said.items):
        # What it says of others cannot be checked any more; it would only be kept, in any number and size.
        raise NotAgreed(f"a receipt for envelope {fresh[-1].sequence} repeats what one was given for before")
    for item in fresh:
        if tx.channels.outbox_digest(delivery.channel, item.sequence) != item.envelope:
            raise NotAgreed(f"a receipt for envelope {item.sequence} that is not the one we sent")
    through = fresh[-1].sequence
    if signed:
        kept = msgspec.json.encode({"statement": statement, "signatures": said.signatures})
        first = said.items[0].sequence
        tx.arrivals.keep_receipt(KeptReceipt(delivery.channel, through, peer.key, first, kept, delivery.now))
        for item in fresh:
            enter(tx, us, Kind.OUTCOME, envelope=item.envelope, outcome=outcome_hash(item))
    tx.channels.drop_outbox(delivery.channel, through)
    tx.channels.put_state(msgspec.structs.replace(row, acknowledged=through))
