"""Made-up parties whose keys are the same in every run: `LAB` and `VENDOR`, and `MALLORY`, who is neither."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from backchannel.core.identity import KeyCard, party_key
from backchannel.protocol.card import make_card, read_card
from backchannel.protocol.envelope import Route
from backchannel.protocol.handshake import ChannelSecrets, DirectionSecrets
from backchannel.protocol.keys import PrivateKeys, SealingSeed

NOW = datetime(2026, 11, 22, 20, 31, tzinfo=UTC)
PIN = hashlib.sha256(b"certificate").hexdigest()


class Node(NamedTuple):
    """A party as its own node knows it."""

    private: PrivateKeys
    card_bytes: bytes
    card: KeyCard
    key: str


def seeds(name: str) -> Callable[[int], bytes]:
    """A source of bytes that depends on the name alone."""
    drawn = 0

    def draw(size: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(f"{name} {drawn}".encode()).digest(size)

    return draw


def node(name: str) -> Node:
    """A party of that name."""
    private = PrivateKeys.generate(seeds(name))
    card_bytes = make_card(private, name, (f"https://{name.split()[0].lower()}.example:8443",), PIN, NOW)
    card = read_card(card_bytes)
    return Node(private, card_bytes, card, party_key(card.keys))


def route(sender: Node, recipient: Node, channel: str, *, signed: bool = True) -> Route:
    """One direction of a channel between two of these parties."""
    return Route(channel, sender.key, recipient.key, _direction(sender, recipient, channel).mac, signed)


def secrets_at(us: Node, them: Node, channel: str) -> ChannelSecrets:
    """The secrets of a channel between two of these parties, as the first of them has them."""
    return ChannelSecrets(channel, send=_direction(us, them, channel), receive=_direction(them, us, channel))


def _direction(sender: Node, recipient: Node, channel: str) -> DirectionSecrets:
    def key(purpose: str) -> bytes:
        return hashlib.sha256(f"{purpose} {channel} {sender.key} {recipient.key}".encode()).digest()

    return DirectionSecrets(mailbox=key("mailbox"), mac=key("mac"))


def with_next_epoch(private: PrivateKeys, seed_source: Callable[[int], bytes]) -> PrivateKeys:
    """The keys and a sealing key of the next epoch, as a node that rotates would have them; ours does not rotate."""
    fresh = SealingSeed(private.newest_sealing.epoch + 1, seed_source(32))
    return msgspec.structs.replace(private, sealing=(*private.sealing, fresh))


def with_newest_epoch_only(private: PrivateKeys) -> PrivateKeys:
    """The keys after their owner destroyed the sealing keys of earlier epochs."""
    return msgspec.structs.replace(private, sealing=(private.newest_sealing,))


LAB = node("Lab of Human Rights")
VENDOR = node("Vendor Research")
MALLORY = node("Mallory")
