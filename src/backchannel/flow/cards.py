"""New cards: told to the counterparts in the party channel, and taken over when a counterpart tells of its own.

An envelope in the outbox that was sealed to an older key of the counterpart is sealed again as soon as its newer card
is here; it stays the same envelope (`protocol.envelope`), so that it does not matter which of the two arrives. Our
own long-term keys are replaced in this order in the party channel: what the old ones signed, the card, what the new
ones signed. In the channels of agreements there is no such order: what waits there is signed again, and leaves when
the counterpart is known to have the card.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec

from backchannel.errors import (
    BadCard,
    BadSignature,
    CounterpartError,
    NotAgreed,
    ReplacedKeys,
    StaleCard,
    SuccessionFork,
)
from backchannel.flow import introductions
from backchannel.flow.hearing import Arrival, Hearing
from backchannel.flow.introductions import generation_known
from backchannel.flow.ledger import enter_card
from backchannel.flow.parties import Peer, Standing, Us
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_cards import Contested, OwnCard, Rekeyed, Told
from backchannel.flow.ports_channels import ChannelRow
from backchannel.flow.post import channel_end, current, post
from backchannel.protocol import message
from backchannel.protocol.card import read_card
from backchannel.protocol.channel import Channel
from backchannel.protocol.envelope import (
    Header,
    OpenedEnvelope,
    Route,
    is_authentic,
    open_envelope,
    parse,
    seal_again,
    sign_again,
    unpack,
)
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.succession import check_follows

# --- our own card ----------------------------------------------------------------------------------------------


def issue(tx: Transaction, us: Us, peers: Iterable[Peer], card: OwnCard) -> None:
    """Issue a card of ours, and tell every counterpart. `us` is who we are until then: its keys sign the message."""
    before = tx.cards.own()
    new_keys = card.generation > (before.generation if before else 0)
    for peer in peers:
        tell_of(tx, us, peer, card, new_keys=new_keys)
    tx.cards.put_own(card)
    enter_card(tx, us.random, us.key, card.card)


def tell_of(tx: Transaction, us: Us, peer: Peer, card: OwnCard, *, new_keys: bool = False) -> None:
    """Tell one counterpart of a card of ours."""
    known = generation_known(tx, us, peer)
    said = message.Card(msgspec.Raw(card.card.strip()))
    sequence = post(tx, us, peer, party_channel(us.key, peer.key), [said]).sequence
    before = tx.cards.told(peer.key)
    keys_sequence = sequence if new_keys else before.keys_sequence if before else 0
    tx.cards.put_told(Told(peer.key, card.epoch, sequence, keys_sequence, known, card.issued_at))


def sign_outbox_again(tx: Transaction, us: Us, peer: Peer) -> None:
    """Sign with our new keys what waits for a counterpart in the channels of agreements."""
    peer = current(tx, peer)
    for channel, sequence, inner in _waiting(tx, us, peer, agreements_only=True):
        header, route = _header(tx, channel, sequence), _route(tx, us, peer, channel)
        inner = sign_again(header, inner, route, us.private)
        tx.channels.put_data(channel, sequence, seal_again(header, inner, route, peer.card.sealing).data, inner)


# --- a counterpart's -------------------------------------------------------------------------------------------


def on_card(hearing: Hearing, said: message.Card) -> Arrival:
    """A counterpart has a new card: it takes the place of the one that is held.

    Raises:
        BadCard: not a card, or of another name; that is for the officers to settle.
        NotAgreed: it is the card of another party.
        StaleCard: it is older than the one held, or another of the same epoch.
        SuccessionFork: it contradicts what is known of the party's keys. Only the evidence is kept.
    """
    tx, standing, peer = hearing.tx, hearing.standing, hearing.peer
    document = bytes(said.card)
    card, party = read_card(document), tx.agreements.party(peer.key) or peer.party
    held = Peer(party, read_card(party.card))  # not as it speaks: it may still speak with former keys
    if card.key != peer.key:
        raise NotAgreed(f"the card is that of party {card.key[:16]}…, not the sender's")
    if card.name != held.name:
        raise BadCard(f"the card has the name {card.name!r}; a new name is taken over by hand, with `party add`")
    try:
        check_follows(held.card, card, same=document == held.party.card.strip())
    except SuccessionFork:
        tx.cards.contest(Contested(peer.key, standing.now, document))
        raise
    except StaleCard:
        if not _hears_of_keys(tx, peer, card.generation):
            raise
        return Arrival()
    replace(tx, standing, Peer(msgspec.structs.replace(held.party, card=document), card), before=held)
    _hears_of_keys(tx, peer, card.generation)
    return Arrival()


def replace(tx: Transaction, standing: Standing, after: Peer, *, before: Peer) -> None:
    """Put a card that was checked in the place of the one before, and seal again what waits for its owner."""
    tx.agreements.put_party(after.party)
    if after.party.card != before.party.card:
        enter_card(tx, standing.us.random, after.key, after.party.card)
    if after.card.generation > before.card.generation:
        tx.cards.put_former(after.key, before.card.generation, before.party.card)
        known = tx.cards.rekeyed(after.key)
        heard = known.heard if known else 0
        tx.cards.put_rekeyed(Rekeyed(after.key, after.card.generation, heard, compared=False, at=standing.now))
    if after.card.sealing != before.card.sealing:
        _seal_outbox_again(tx, standing.us, after)


def _hears_of_keys(tx: Transaction, peer: Peer, generation: int) -> bool:
    """Note that the party channel came to a generation of keys that the officer enrolled by hand before; whether it
    is one."""
    known = tx.cards.rekeyed(peer.key)
    if known is None or not known.heard < generation <= known.generation:
        return False
    tx.cards.put_rekeyed(msgspec.structs.replace(known, heard=generation))
    return True


def _seal_outbox_again(tx: Transaction, us: Us, peer: Peer) -> None:
    for channel, sequence, inner in _waiting(tx, us, peer):
        header = _header(tx, channel, sequence)
        if header.epoch < peer.card.sealing.epoch:
            again = seal_again(header, inner, _route(tx, us, peer, channel), peer.card.sealing)
            tx.channels.put_data(channel, sequence, again.data, inner)


def _header(tx: Transaction, channel: str, sequence: int) -> Header:
    return parse(tx.channels.outbox_item(channel, sequence).data).header


def _route(tx: Transaction, us: Us, peer: Peer, channel: str) -> Route:
    return channel_end(tx, us, peer, tx.channels.state(channel, peer.key)).outward


def _waiting(
    tx: Transaction, us: Us, peer: Peer, *, agreements_only: bool = False
) -> Iterator[tuple[str, int, bytes]]:
    """What waits for a counterpart: channel, number, and what is sealed."""
    of_party = party_channel(us.key, peer.key)
    for channel, sequence in tx.channels.outbox_places(peer.key):
        inner = tx.channels.outbox_inner(channel, sequence)
        if inner and not (agreements_only and channel == of_party):
            yield channel, sequence, inner


# --- who signs -------------------------------------------------------------------------------------------------


def speaking(tx: Transaction, us: Us, peer: Peer, channel: str) -> Peer:
    """The counterpart with the keys that its next envelope of a channel is signed with.

    If the officer enrolled a card with new keys by hand, what was on its way in the party channel, up to the message
    with that card, is signed with the old ones.
    """
    peer = current(tx, peer)
    known = tx.cards.rekeyed(peer.key)
    if known is None or channel != party_channel(us.key, peer.key):
        return peer
    card = peer.card
    while card.generation > known.heard:
        card = card.before()
    if card.generation < peer.card.generation:
        # Its ledger was signed with other keys then too, and a checkpoint that is not held breaks off the witnessing:
        # every later one goes on from it.
        kept = [one for one in map(read_card, tx.cards.former(peer.key)) if one.keys == card.keys]
        card = msgspec.structs.replace(card, ledger=kept[0].ledger) if kept else card
    return Peer(peer.party, card)


def receiving_end(tx: Transaction, us: Us, peer: Peer, row: ChannelRow, data: bytes) -> Channel:
    """Our end of a channel for an envelope that came. In the party channel, by those secrets whose HMAC it has:
    either party may not have heard of the other's new keys.

    Raises:
        NotAgreed, BadEnvelope, UnknownVersion, LimitExceeded: see `post.channel_end`, `envelope.parse`.
    """
    end = channel_end(tx, us, peer, row)
    if row.channel == party_channel(us.key, peer.key) and not is_authentic(parse(data).data, end.inward):
        for secrets in introductions.reading(us, current(tx, peer)):
            other = msgspec.structs.replace(end, secrets=secrets)
            if is_authentic(data, other.inward):
                return other
    return end


def former_speaker(end: Channel, us: Us, peer: Peer, data: bytes) -> Peer | None:
    """The counterpart with those of the keys it replaced that signed an envelope; None if none of them did."""
    card = peer.card
    while card.former:
        card = card.before()
        with suppress(CounterpartError):
            open_envelope(parse(data), end.inward, us.private, card.keys)
            return Peer(peer.party, card)
    return None


def judge_late(peer: Peer, former: Peer, opened: OpenedEnvelope) -> BadSignature | SuccessionFork:
    """The error for an envelope that is next in its channel, but signed with keys that the counterpart replaced.

    It may have been on its way. If it tells of other successors of the keys, two parties have them.
    """
    signed = f"envelope {opened.header.sequence} is signed with keys number {former.card.generation}"
    return _fork_in(peer, opened) or ReplacedKeys(f"{signed}, which were replaced")


def _fork_in(peer: Peer, opened: OpenedEnvelope) -> SuccessionFork | None:
    try:
        for said in message.decode(unpack(opened)):
            if isinstance(said, message.Card):
                check_follows(peer.card, read_card(bytes(said.card)), same=False)
    except SuccessionFork as fork:
        return fork
    except CounterpartError:
        return None
    return None
