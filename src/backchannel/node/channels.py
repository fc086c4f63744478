"""Which mailboxes belong to a counterpart: one a channel, direction and epoch, named by secrets of both ends."""

from backchannel.carriers.folder import FolderCarrier
from backchannel.flow.parties import Peer
from backchannel.flow.ports_carriers import Mailbox
from backchannel.flow.record import channel_secrets
from backchannel.node.node import MAILBOXES, Node
from backchannel.protocol.handshake import ChannelSecrets, introduction


def own_mailboxes(node: Node) -> FolderCarrier:
    """The mailboxes that this node hosts for its counterparts."""
    return FolderCarrier(node.home / MAILBOXES)


def channels_with(node: Node, peer: Peer) -> list[ChannelSecrets]:
    """The secrets of every channel with a counterpart: the party channel, then each agreement's."""
    with node.db.read() as tx:
        rows = [row for row in tx.agreements.all() if row.party == peer.key]
    agreed = [secrets for row in rows if (secrets := channel_secrets(row)) is not None]
    return [introduction(node.us.private, peer.card.keys), *agreed]


def receiving(node: Node, channel: ChannelSecrets) -> list[Mailbox]:
    """The mailboxes we read for a channel: one for each epoch we can still open, the newest last."""
    return [Mailbox.of(channel.receive.token(seed.epoch)) for seed in node.us.private.sealing]


def sending(peer: Peer, channel: ChannelSecrets) -> Mailbox:
    """The mailbox we write to for a channel."""
    return Mailbox.of(channel.send.token(peer.card.sealing.epoch))
