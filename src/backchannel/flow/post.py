"""Messages into the outbox: sealed, sequenced and durable before anything is carried."""

from collections.abc import Sequence

import msgspec

from backchannel.errors import NotAgreed
from backchannel.flow.parties import Peer, Standing, Us
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_channels import ChannelRow, OutboxItem
from backchannel.flow.record import channel_secrets, is_on_record
from backchannel.protocol.channel import Channel, Direction, send
from backchannel.protocol.handshake import introduction, party_channel
from backchannel.protocol.message import ANSWERS, AnyMessage, encode


def post(tx: Transaction, us: Us, peer: Peer, channel: str, messages: Sequence[AnyMessage]) -> OutboxItem:
    """Seal messages as the next envelope of a channel, in the caller's transaction."""
    row = tx.channels.state(channel, peer.key)
    sealed, after = send(channel_end(tx, us, peer, row), encode(messages), us.private, peer.card)
    item = OutboxItem(
        channel=channel,
        party=peer.key,
        sequence=after.sent.last,
        digest=sealed.digest,
        data=sealed.data,
        answer=all(isinstance(one, ANSWERS) for one in messages),
    )
    tx.channels.put_outbox(item)
    tx.channels.put_state(msgspec.structs.replace(row, sent=after.sent.last, sent_head=after.sent.head))
    return item


def tell(tx: Transaction, standing: Standing, peer: Peer, said: AnyMessage) -> int:
    """Say something about an agreement, in the party channel; the number of the envelope that says it."""
    return post(tx, standing.us, peer, party_channel(standing.us.key, peer.key), [said]).sequence


def has_heard(tx: Transaction, standing: Standing, peer: Peer, envelope: int) -> bool:
    """Whether the counterpart gave a receipt for an envelope of ours in the party channel."""
    return tx.channels.state(party_channel(standing.us.key, peer.key), peer.key).acknowledged >= envelope


def channel_end(tx: Transaction, us: Us, peer: Peer, row: ChannelRow) -> Channel:
    """Our end of a channel with a counterpart, as the protocol sees it.

    Raises:
        NotAgreed: it is not the party channel, and no agreement with the counterpart has opened it.
    """
    secrets, signed = introduction(us.private, peer.card.keys), True
    if row.channel != secrets.channel:
        agreement = tx.agreements.get(row.channel)
        opened = channel_secrets(agreement) if agreement and agreement.party == peer.key else None
        if agreement is None or opened is None:
            raise NotAgreed(f"no agreement with this counterpart has opened the channel {row.channel[:12]}")
        secrets, signed = opened, is_on_record(agreement)
    return Channel(
        secrets,
        us=us.key,
        them=row.party,
        signed=signed,
        sent=Direction(row.sent, row.sent_head),
        received=Direction(row.received, row.received_head),
    )


def item_name(sequence: int, digest: str) -> str:
    """The name of an envelope in a mailbox: sorts in sending order, and no other envelope can take its place."""
    return f"{sequence:016d}-{digest[:32]}"
