"""Messages into the outbox: sealed, sequenced and durable before anything is carried."""

from collections.abc import Sequence

import msgspec

from backchannel.errors import NotAgreed, WrongState
from backchannel.flow import introductions
from backchannel.flow.parties import Peer, Standing, Us
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_channels import ChannelRow, OutboxItem
from backchannel.flow.record import channel_secrets, is_on_record
from backchannel.protocol.card import read_card
from backchannel.protocol.channel import Channel, Direction, send
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.message import ANSWERS, AnyMessage, encode


def post(tx: Transaction, us: Us, peer: Peer, channel: str, messages: Sequence[AnyMessage]) -> OutboxItem:
    """Seal messages as the next envelope of a channel, in the caller's transaction.

    Raises:
        WrongState: our keys were replaced since the caller read them.
    """
    _check_own_keys(tx, us)
    peer = current(tx, peer)
    row = tx.channels.state(channel, peer.key)
    sealed, after = send(channel_end(tx, us, peer, row), encode(messages), us.private, peer.card)
    item = OutboxItem(
        channel=channel,
        party=peer.key,
        sequence=after.sent.last,
        digest=sealed.digest,
        data=sealed.data,
        answer=all(isinstance(one, ANSWERS) for one in messages),
        inner=sealed.inner,
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


def current(tx: Transaction, peer: Peer) -> Peer:
    """The counterpart with the card that it has by now: a new one may have come since the caller looked."""
    party = tx.agreements.party(peer.key)
    if party is None:
        return peer
    return Peer(party, peer.card if party.card == peer.party.card else read_card(party.card))


def _check_own_keys(tx: Transaction, us: Us) -> None:
    """What the old keys signed would be refused, and the channel would stop there."""
    own = tx.cards.own()
    if own is not None and own.generation != us.private.generation:
        raise WrongState("our keys were replaced while this ran; run it again")


def channel_end(tx: Transaction, us: Us, peer: Peer, row: ChannelRow) -> Channel:
    """Our end of a channel with a counterpart, as the protocol sees it.

    Raises:
        NotAgreed: it is not the party channel, and no agreement with the counterpart has opened it.
    """
    signed = True
    if row.channel == party_channel(us.key, peer.key):
        secrets = introductions.writing(tx, us, peer)
    else:
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
