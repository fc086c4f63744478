"""Messages into the outbox: sealed, sequenced and durable before anything is carried."""

from collections.abc import Sequence

import msgspec

from backchannel.flow.parties import Peer, Us
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_channels import ChannelRow, OutboxItem
from backchannel.protocol.channel import Channel, Direction, send
from backchannel.protocol.message import AnyMessage, Receipt, encode


def post(tx: Transaction, us: Us, peer: Peer, channel: str, messages: Sequence[AnyMessage]) -> OutboxItem:
    """Seal messages as the next envelope of a channel, in the caller's transaction."""
    row = tx.channels.state(channel, peer.key)
    sealed, after = send(channel_end(row, us), encode(messages), us.private, peer.card)
    item = OutboxItem(
        channel=channel,
        party=peer.key,
        sequence=after.sent.last,
        digest=sealed.digest,
        data=sealed.data,
        answer=all(isinstance(one, Receipt) for one in messages),
    )
    tx.channels.put_outbox(item)
    tx.channels.put_state(msgspec.structs.replace(row, sent=after.sent.last, sent_head=after.sent.head))
    return item


def channel_end(row: ChannelRow, us: Us) -> Channel:
    """Our end of a channel as the protocol sees it."""
    return Channel(
        id=row.channel,
        us=us.key,
        them=row.party,
        sent=Direction(row.sent, row.sent_head),
        received=Direction(row.received, row.received_head),
    )


def item_name(sequence: int, digest: str) -> str:
    """The name of an envelope in a mailbox: sorts in sending order, and no other envelope can take its place."""
    return f"{sequence:016d}-{digest[:32]}"
