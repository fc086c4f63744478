"""Keys that are replaced: sealing keys on schedule and on demand, long-term keys on demand, old ones destroyed.

Rules: a key is on the disk before anybody is told of it. The store decides which card and which long-term keys hold;
the key ring goes before it (a key that no card shows yet) or after it (keys that the store has taken up already), and
each pass completes what was cut short. The card file is a copy of what the store has.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from backchannel.errors import WrongState
from backchannel.flow import cards
from backchannel.flow.parties import Peer
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_cards import OwnCard
from backchannel.node.channels import forget_mailboxes
from backchannel.node.keyring import KeyRing, Prepared, open_keyring, replace_keyring
from backchannel.node.node import CARD_FILE, Node, own_keys
from backchannel.node.parties import peer_of
from backchannel.node.turns import alone
from backchannel.protocol.card import make_card
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.keys import PrivateKeys
from backchannel.protocol.succession import History, succeed

_BY_HAND = (
    "what each seals may be for a key that the other destroyed; if the way between you is open, exchange the cards "
    "by hand (`card export`, `party add`)"
)

_COMPARE = (
    "it has new keys, signed by the old ones; whoever had those could have signed, so compare the words `now` that "
    "`party show` prints"
)


def rotate(node: Node) -> Node:
    """A sealing key of the next epoch, and a card with it, told to every counterpart. The node as it is then."""
    with alone(node.home):
        return _rotated(refreshed(node))


def rekey(node: Node) -> Node:
    """New long-term keys in the place of all that there are. The party stays the same. The node as it is then.

    Raises:
        WrongState: a card has no room for one more succession.
    """
    with alone(node.home):
        return _rekeyed(refreshed(node))


def upkeep(node: Node) -> Node:
    """What is due, as part of a pass: complete what was cut short, rotate on schedule, destroy what is old enough.

    The caller holds the turn (`turns.alone`).
    """
    node = refreshed(node)
    _settle_keyring(node)
    if _rotation_due(node):
        node = _rotated(node)
    node = _without_old_keys(node)
    _copy_card(node)
    forget_mailboxes(node)
    return node


def refreshed(node: Node) -> Node:
    """The node with the keys and the card that it has by now: another process may have replaced them."""
    ring, card_bytes, card = own_keys(node.home, node.db)
    if ring.private == node.us.private and card_bytes == node.card_bytes:
        return node
    us = msgspec.structs.replace(node.us, private=ring.private, card=card)
    return replace(node, us=us, card_bytes=card_bytes)


def card_news(node: Node, since: datetime) -> list[tuple[Peer, str]]:
    """What an officer should hear about cards: counterparts that took up new keys since a moment, and those that gave
    no receipt for our newest card within the window; each with what to do about it."""
    found: list[tuple[Peer, str]] = []
    with node.db.read() as tx:
        for peer in _peers(tx):
            rekeyed = tx.cards.rekeyed(peer.key)
            if rekeyed is not None and rekeyed.at >= since and not rekeyed.compared:
                found.append((peer, _COMPARE))
            told = tx.cards.told(peer.key)
            channel = tx.channels.state(party_channel(node.us.key, peer.key), peer.key)
            window = timedelta(days=node.settings.sealing_window_days)
            if told and channel.acknowledged < told.sequence and node.clock() >= told.at + window:
                late = f"no receipt for our card of epoch {told.epoch} since {told.at:%Y-%m-%d}"
                found.append((peer, f"{late}: {_BY_HAND}"))
    return found


# --- sealing keys ----------------------------------------------------------------------------------------------


def _rotation_due(node: Node) -> bool:
    newest = node.us.private.newest_sealing
    if newest.epoch != node.us.card.sealing.epoch:
        return True  # a rotation was cut short
    issued = newest.issued or node.us.card.created
    return node.clock() >= issued + timedelta(days=node.settings.sealing_rotation_days)


def _rotated(node: Node) -> Node:
    ring = _ring(node)
    private = ring.private
    if private.newest_sealing.epoch != node.us.card.sealing.epoch:  # cut short: nobody was told of this one
        private = msgspec.structs.replace(private, sealing=private.sealing[:-1])
    private = private.rotated(node.us.random, _now(node))
    replace_keyring(node.home, msgspec.structs.replace(ring, private=private))
    node.us.reached("rotate.kept")
    with node.db.write() as tx:
        _keep_first(tx, node)
        cards.issue(tx, node.us, _peers(tx), _card(node, private, ring.history))
        node.us.reached("rotate.told")
    node.us.reached("rotate.committed")
    return _shown(node)


# --- long-term keys --------------------------------------------------------------------------------------------


def _rekeyed(node: Node) -> Node:
    ring, now = _ring(node), _now(node)
    following = ring.private.succeeded(node.us.key, node.us.random, now)
    try:
        history = succeed(ring.private, following, ring.history, now)
    except ValueError as error:
        raise WrongState(str(error)) from None
    replace_keyring(node.home, msgspec.structs.replace(ring, prepared=Prepared(following, history)))
    node.us.reached("rekey.kept")
    with node.db.write() as tx:
        card = _card(node, following, history)
        _keep_first(tx, node)
        cards.issue(tx, node.us, _peers(tx), card)
        us = msgspec.structs.replace(node.us, private=following)
        for peer in _peers(tx):
            cards.sign_outbox_again(tx, us, peer)
        node.us.reached("rekey.told")
    node.us.reached("rekey.committed")
    node = refreshed(node)
    _settle_keyring(node)
    return _shown(node)


def _settle_keyring(node: Node) -> None:
    """Take up what was prepared and holds by now, and destroy what was prepared and does not."""
    ring = open_keyring(node.home)
    if ring.prepared is not None:
        replace_keyring(node.home, ring.holding(node.us.private.generation))
        node.us.reached("rekey.settled")


# --- both ------------------------------------------------------------------------------------------------------


def _without_old_keys(node: Node) -> Node:
    """Destroy what was replaced longer ago than the window."""
    ring = _ring(node)
    private = ring.private.without_old(node.clock() - timedelta(days=node.settings.sealing_window_days))
    if private == ring.private:
        return node
    replace_keyring(node.home, msgspec.structs.replace(ring, private=private))
    node.us.reached("destroy.kept")
    return refreshed(node)


def _shown(node: Node) -> Node:
    node = refreshed(node)
    _copy_card(node)
    node.us.reached("card.shown")
    return node


def _copy_card(node: Node) -> None:
    path = node.home / CARD_FILE
    if path.read_bytes() != node.card_bytes:
        new = path.with_suffix(".new")
        new.write_bytes(node.card_bytes)
        new.replace(path)


def _card(node: Node, private: PrivateKeys, history: History | None) -> OwnCard:
    held = node.us.card
    data = make_card(private, held.name, held.endpoints, held.tls_pin, held.created, history)
    return OwnCard(private.newest_sealing.epoch, private.generation, data, node.clock())


def _ring(node: Node) -> KeyRing:
    return open_keyring(node.home).holding(node.us.private.generation)


def _keep_first(tx: Transaction, node: Node) -> None:
    """The card of before the first change lies in a file only: what its keys signed is verified with it."""
    if tx.cards.own() is None:
        card = node.us.card
        tx.cards.put_own(OwnCard(card.sealing.epoch, card.generation, node.card_bytes, card.created))


def _peers(tx: Transaction) -> list[Peer]:
    return [peer_of(party) for party in tx.agreements.parties() if not party.is_guest]


def _now(node: Node) -> datetime:
    """To the millisecond, as cards have it."""
    now = node.clock()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
