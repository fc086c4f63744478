"""Which mailboxes belong to a counterpart: one a channel, direction and epoch, named by secrets of both ends.

The party channel's secrets come from the long-term keys of both. When either replaces them, we read for a while what
the keys before lead to as well, and write by the new ones as soon as the counterpart is known to have them.
"""

import time
from datetime import timedelta

from backchannel.carriers.folder import FolderCarrier
from backchannel.flow import introductions
from backchannel.flow.parties import Peer
from backchannel.flow.ports_carriers import Mailbox
from backchannel.flow.record import channel_secrets
from backchannel.node.node import MAILBOXES, Node
from backchannel.node.parties import all_peers
from backchannel.protocol.handshake import ChannelSecrets, party_channel

OLDER_MAILBOXES = 3
"""Of so many epochs of a counterpart before its present one the mailboxes that we host are emptied."""


def own_mailboxes(node: Node) -> FolderCarrier:
    """The mailboxes that this node hosts for its counterparts."""
    return FolderCarrier(node.home / MAILBOXES)


def channels_with(node: Node, peer: Peer) -> list[ChannelSecrets]:
    """The secrets of every channel with a counterpart, as we write by: the party channel, then each agreement's."""
    with node.db.read() as tx:
        rows = [row for row in tx.agreements.all() if row.party == peer.key]
        first = introductions.writing(tx, node.us, peer)
    agreed = [secrets for row in rows if (secrets := channel_secrets(row)) is not None]
    return [first, *agreed]


def receiving(node: Node, peer: Peer, channel: ChannelSecrets) -> list[Mailbox]:
    """The mailboxes we read for a channel: one for each epoch we can still open, the newest last, and for each pair
    of keys that lead to the party channel."""
    epochs = [seed.epoch for seed in node.us.private.sealing]
    generations = _generations(node, peer, channel)
    return [Mailbox.of(secrets.receive.token(epoch)) for secrets in generations for epoch in epochs]


def late(node: Node, peer: Peer, channel: ChannelSecrets) -> list[Mailbox]:
    """The mailboxes of the epoch that was destroyed last, for as long again as its key was kept after its successor
    came: what still comes there cannot be opened, and is said to be late."""
    oldest = node.us.private.sealing[0]
    window = timedelta(days=node.settings.sealing_window_days)
    if oldest.epoch == 1 or oldest.issued is None or node.clock() >= oldest.issued + 2 * window:
        return []
    return [Mailbox.of(one.receive.token(oldest.epoch - 1)) for one in _generations(node, peer, channel)]


def sending(peer: Peer, channel: ChannelSecrets, epoch: int | None = None) -> Mailbox:
    """The mailbox we write to for a channel: that of the counterpart's present epoch, or of another."""
    return Mailbox.of(channel.send.token(peer.card.sealing.epoch if epoch is None else epoch))


def fetched_from_us(node: Node, peer: Peer, channel: ChannelSecrets) -> list[Mailbox]:
    """The mailboxes we host that a counterpart fetches from: for the party channel, by every pair of keys."""
    return [sending(peer, one) for one in _generations(node, peer, channel)]


def forget_mailboxes(node: Node) -> None:
    """Empty the mailboxes we host that nobody looks into any more: of destroyed epochs of ours, once nothing late is
    looked for there, and of older epochs of counterparts. What was in the latter was sealed again."""
    own = own_mailboxes(node)
    kept = set(own.mailboxes())
    if not kept:
        return
    for peer in all_peers(node):
        newest = peer.card.sealing.epoch
        for channel in channels_with(node, peer):
            for epoch in range(max(1, newest - OLDER_MAILBOXES), newest):
                _forget(own, kept, sending(peer, channel, epoch))
            if not late(node, peer, channel):
                oldest = node.us.private.sealing[0].epoch
                for secrets in _generations(node, peer, channel):
                    for epoch in range(max(1, oldest - OLDER_MAILBOXES), oldest):
                        _forget(own, kept, Mailbox.of(secrets.receive.token(epoch)))


def _forget(own: FolderCarrier, kept: set[str], mailbox: Mailbox) -> None:
    if mailbox.name in kept:
        own.expire(mailbox, time.time() + 1)


def _generations(node: Node, peer: Peer, channel: ChannelSecrets) -> list[ChannelSecrets]:
    """The secrets of a channel by every pair of keys that the counterpart may write by: of its own, those it had
    before for a while after it replaced them."""
    if channel.channel != party_channel(node.us.key, peer.key):
        return [channel]
    return introductions.reading(node.us, peer, former=_rekeyed_lately(node, peer))


def _rekeyed_lately(node: Node, peer: Peer) -> bool:
    if not peer.card.former:
        return False
    with node.db.read() as tx:
        rekeyed = tx.cards.rekeyed(peer.key)
    window = timedelta(days=node.settings.sealing_window_days)
    return rekeyed is None or node.clock() < rekeyed.at + window or rekeyed.heard < rekeyed.generation
