"""Recalling what left: who got it is found, what has not left is taken back, and everybody is told until it answers.

Rules: what has to be said lies in the rows of the recipients; `speak` seals it, and whatever took an envelope back
(`flow.retract`) has it said again. A recall travels in the channel of the agreement that the object crossed under,
behind the object. Once that agreement is over it travels in the party channel, whose envelopes are signed: under an
agreement off the record it is then for the officer to tell. So it is with guests, who have no node.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from backchannel.core.agreement import State as AgreementState
from backchannel.core.recall import State
from backchannel.core.stix import format_timestamp
from backchannel.errors import WrongState
from backchannel.flow import consenting
from backchannel.flow.ledger import enter_recall
from backchannel.flow.parties import Peer, Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_channels import Released
from backchannel.flow.ports_recalls import HeardRecall, RecallRow, Recipient
from backchannel.flow.post import post
from backchannel.flow.record import find, is_on_record, state_now
from backchannel.flow.retract import take_back
from backchannel.protocol import message
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.signing import sign_lift, sign_recall
from backchannel.protocol.versions import CURRENT


class Recalled(NamedTuple):
    """A recall of ours: whom it goes to, and how many envelopes were taken back before they left."""

    recall: RecallRow
    recipients: list[Recipient]
    taken_back: int


def recall(
    tx: Transaction, standing: Standing, object_id: str, reason: str, cause: HeardRecall | None = None
) -> Recalled:
    """Recall an object that we released: on record, with everybody who got it. `cause` is the recall it passes on.

    Raises:
        WrongState: it is recalled already.
    """
    before = standing_recall(tx, object_id)
    if before is not None:
        raise WrongState(f"{object_id} is recalled already, by {before.id[:12]}")
    taken_back = _take_back(tx, object_id)
    row = RecallRow(
        id=standing.us.random(16).hex(),
        object_id=object_id,
        reason=reason,
        at=standing.now,
        cause_party=cause.party if cause else None,
        cause_recall=cause.recall if cause else None,
    )
    tx.recalls.put(row)
    consenting.withdraw(tx, {object_id, *(one.sent_id for one in tx.recalls.crossings([object_id]))}, standing.now)
    recipients = list(_recipients(tx, standing, row))
    for one in recipients:
        tx.recalls.put_recipient(one)
        _enter(tx, standing, row, one)
    return Recalled(row, recipients, taken_back)


def lift(tx: Transaction, standing: Standing, row: RecallRow) -> RecallRow:
    """A recall holds no more: whoever was told of it is told that, and the object may be released again.

    Raises:
        WrongState: it was lifted before.
    """
    if row.lifted_at is not None:
        raise WrongState(f"the recall {row.id[:12]} was lifted before")
    row = msgspec.structs.replace(row, lifted_at=standing.now)
    tx.recalls.put(row)
    for one in tx.recalls.recipients(row.id):
        tx.recalls.put_recipient(msgspec.structs.replace(one, channel="", sequence=0))
        _enter(tx, standing, row, one)
    return row


def speak(tx: Transaction, standing: Standing, peer: Peer) -> int:
    """Seal what is to be said to a counterpart of recalls: ours, and answers to its own. How many messages."""
    said = 0
    for recipient in tx.recalls.recipients_of(peer.key):
        row = find(tx, recipient.agreement)
        known = tx.recalls.get(recipient.recall)
        if row is None or known is None or _is_said(tx, standing, recipient, row):
            continue
        channel = channel_for(standing, peer, row)
        if channel is None:
            by_hand = msgspec.structs.replace(recipient, state=State.BY_HAND, since=standing.now)
            tx.recalls.put_recipient(by_hand)
            continue
        sealed = post(tx, standing.us, peer, channel, [_message(standing, known, recipient, row)])
        told = msgspec.structs.replace(recipient, channel=channel, sequence=sealed.sequence)
        first = recipient.sequence == 0 and recipient.state is State.WAITING
        tx.recalls.put_recipient(msgspec.structs.replace(told, since=standing.now) if first else told)
        said += 1
    return said + _answer(tx, standing, peer)


def waits_to_speak(tx: Transaction, standing: Standing, peer: Peer) -> bool:
    """Whether anything is to be said to a counterpart of recalls."""
    said: tuple[Recipient | HeardRecall, ...] = (
        *tx.recalls.recipients_of(peer.key),
        *tx.recalls.unanswered(peer.key),
    )
    rows = ((one, find(tx, one.agreement)) for one in said)
    return any(
        row is not None
        and not _is_said(tx, standing, one, row)
        and (isinstance(one, Recipient) or channel_for(standing, peer, row) is not None)
        for one, row in rows
    )


def channel_for(standing: Standing, peer: Peer, row: AgreementRow) -> str | None:
    """Where something is said about what crossed under an agreement; None if nowhere without a signature."""
    if state_now(row, standing.now) is AgreementState.IN_FORCE:
        return row.id
    return party_channel(standing.us.key, peer.key) if is_on_record(row) else None


def still_crossed(tx: Transaction, crossed: Mapping[str, Released]) -> dict[str, Released]:
    """What crossed, by our id, without what was recalled since: the counterpart has it no more."""
    recalls = tx.recalls.standing()
    return {one: row for one, row in crossed.items() if one not in recalls or _after(row, recalls[one])}


def standing_recall(tx: Transaction, object_id: str) -> RecallRow | None:
    """The recall of ours that an object stands under."""
    return next((one for one in tx.recalls.all() if one.object_id == object_id and one.lifted_at is None), None)


# --- the pieces ------------------------------------------------------------------------------------------------


def _after(row: Released, lifted: datetime | None) -> bool:
    return lifted is not None and row.at >= lifted


def _take_back(tx: Transaction, object_id: str) -> int:
    """Take back the envelopes that have not left, wherever the object is in one of them."""
    agreements = {one.agreement for one in tx.recalls.crossings([object_id])}
    rows = [row for agreement in sorted(agreements) if (row := find(tx, agreement)) is not None]
    return sum(take_back(tx, row.id, row.party) for row in rows if tx.recalls.unsent_since(row.id, [object_id]))


def _recipients(tx: Transaction, standing: Standing, recall: RecallRow) -> list[Recipient]:
    """Everybody who got the object, in whatever version and under whatever id."""
    guests = {party.key for party in tx.agreements.parties() if party.is_guest}
    ids: dict[str, list[str]] = {}
    for one in tx.recalls.crossings([recall.object_id]):
        ids.setdefault(one.agreement, []).append(one.sent_id)
    found = []
    for agreement, sent in ids.items():
        row = find(tx, agreement)
        if row is None:
            continue
        state = State.BY_HAND if row.party in guests else State.WAITING
        named = tuple(sent[-CURRENT.max_recalled :])
        found.append(Recipient(recall.id, agreement, row.party, named, state, standing.now))
    return found


def _is_said(tx: Transaction, standing: Standing, said: Recipient | HeardRecall, row: AgreementRow) -> bool:
    """Whether the last word is there, or on its way in a channel that is still carried."""
    if said.sequence == 0:
        return False
    if said.channel != row.id or state_now(row, standing.now) is AgreementState.IN_FORCE:
        return True
    return tx.channels.state(row.id, row.party).acknowledged >= said.sequence


def _enter(tx: Transaction, standing: Standing, known: RecallRow, recipient: Recipient) -> None:
    """Put what a recipient is to be told into the ledger, if anything under its agreement is."""
    row = find(tx, recipient.agreement)
    if row is not None:
        enter_recall(tx, standing.us, row, _unsigned(known, recipient).statement)


def _message(standing: Standing, known: RecallRow, recipient: Recipient, row: AgreementRow) -> message.AnyMessage:
    """What a recipient is to be told, signed if that is on the record."""
    said = _unsigned(known, recipient)
    if not is_on_record(row):
        return said
    sign = sign_recall if isinstance(said, message.Recall) else sign_lift
    return msgspec.structs.replace(said, signatures=sign(standing.us.private, said.statement))


def _unsigned(known: RecallRow, recipient: Recipient) -> message.Recall | message.RecallLift:
    """Of a recall that was lifted nothing is said but that."""
    if known.lifted_at is not None:
        return message.RecallLift(known.id, recipient.agreement, format_timestamp(known.lifted_at), None)
    at = format_timestamp(known.at)
    return message.Recall(known.id, recipient.agreement, recipient.ids, known.reason, at, None)


def _answer(tx: Transaction, standing: Standing, peer: Peer) -> int:
    said = 0
    for heard in tx.recalls.unanswered(peer.key):
        row = find(tx, heard.agreement)
        if row is None or _is_said(tx, standing, heard, row):
            continue
        channel = channel_for(standing, peer, row)
        if channel is None:
            continue
        answer = message.RecallAnswer(heard.recall, heard.agreement, heard.state)
        sealed = post(tx, standing.us, peer, channel, [answer])
        tx.recalls.put_heard(msgspec.structs.replace(heard, channel=channel, sequence=sealed.sequence))
        said += 1
    return said
