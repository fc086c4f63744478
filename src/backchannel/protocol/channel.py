"""Channels: each sequence number once, in order, in each direction.

State and answers, as a table (an envelope of the counterpart has number n and names p as the one before; we
hold everything up to `last`, whose hash is `head`):

    n < last                  Duplicate    an old one again (or a rewritten one: too late to matter)
    n = last, same hash       Duplicate    the last one again
    n = last, other hash      Fork         two envelopes with one number
    n = last + 1, p = head    Accepted     and the state that follows
    n = last + 1, p != head   Fork         it continues a history that we were not sent
    n > last + 1              Gap          something is missing before it

An answer counts only for an envelope that was opened: a header alone could be anybody's. `receive` therefore
asks what is cheap first (is it ours, reflected, of this channel?), opens, and only then applies the table.
The state is a value: the caller keeps the new one together with what it made of the envelope, in one
transaction, or not at all.
"""

import msgspec

from backchannel.core.identity import KeyCard
from backchannel.errors import BadEnvelope, Fork, Gap, NotForUs, Reflection
from backchannel.protocol.envelope import (
    Header,
    OpenedEnvelope,
    Place,
    SealedEnvelope,
    open_envelope,
    parse,
    seal,
)
from backchannel.protocol.keys import PrivateKeys


class Direction(msgspec.Struct, frozen=True):
    """One direction of a channel: the last sequence number (0 before the first) and that envelope's hash."""

    last: int = 0
    head: str = ""


class Channel(msgspec.Struct, frozen=True):
    """One end of a channel: its id, the party keys of both ends, and both directions."""

    id: str
    us: str
    them: str
    sent: Direction = Direction()
    received: Direction = Direction()


class Accepted(msgspec.Struct, frozen=True):
    """The next envelope of the counterpart, opened, and the channel after it."""

    envelope: OpenedEnvelope
    channel: Channel


class Duplicate(msgspec.Struct, frozen=True):
    """An envelope that was received before: nothing is to be done but to repeat the receipt."""

    sequence: int


def send(channel: Channel, body: bytes, private: PrivateKeys, recipient: KeyCard) -> tuple[SealedEnvelope, Channel]:
    """Seal the next envelope of our direction, and the channel after it. Save both, then send.

    Raises:
        BackchannelError: see `envelope.seal`.
    """
    place = Place(channel.id, channel.sent.last + 1, channel.sent.head)
    sealed = seal(body, place, private, recipient)
    return sealed, advance_sent(channel, sealed)


def advance_sent(channel: Channel, sealed: SealedEnvelope) -> Channel:
    """The channel after we sealed this envelope for it."""
    return msgspec.structs.replace(channel, sent=Direction(sealed.header.sequence, sealed.digest))


def receive(channel: Channel, data: bytes, private: PrivateKeys, sender: KeyCard) -> Accepted | Duplicate:
    """Parse, open and place what a carrier gave us.

    Raises:
        Reflection, NotForUs, BadEnvelope: see `check_addressed`, `envelope.parse`, `envelope.open_envelope`.
        UnknownVersion, LimitExceeded, BadSignature: see the same.
        Gap, Fork: see `check_received`.
    """
    sealed = parse(data)
    check_addressed(channel, sealed.header)
    if sealed.digest == channel.received.head:
        return Duplicate(sealed.header.sequence)
    return check_received(channel, open_envelope(sealed, private, sender))


def check_addressed(channel: Channel, header: Header) -> None:
    """Is this header for our end of this channel? Cheap, and proves nothing.

    Raises:
        Reflection: it is one of ours, handed back.
        NotForUs: it is addressed to another party.
        BadEnvelope: it belongs to another channel or says to come from another party.
    """
    if header.sender == channel.us:
        raise Reflection(f"envelope {header.sequence} of channel {channel.id[:16]}… is one that we sent")
    if header.recipient != channel.us:
        raise NotForUs(f"it is addressed to party {header.recipient[:16]}…; ours is {channel.us[:16]}…")
    if header.channel != channel.id:
        raise BadEnvelope(f"it belongs to channel {header.channel[:16]}…, not to {channel.id[:16]}…")
    if header.sender != channel.them:
        raise BadEnvelope(f"it says to come from party {header.sender[:16]}…, not from {channel.them[:16]}…")


def check_received(channel: Channel, envelope: OpenedEnvelope) -> Accepted | Duplicate:
    """Place an opened envelope: the table of this module.

    Raises:
        Gap: envelopes before it are missing.
        Fork: it contradicts one that we hold.
        Reflection, NotForUs, BadEnvelope: see `check_addressed`.
    """
    header, held = envelope.header, channel.received
    check_addressed(channel, header)
    if header.sequence < held.last:
        return Duplicate(header.sequence)
    if header.sequence == held.last:
        if envelope.digest == held.head:
            return Duplicate(header.sequence)
        raise Fork(f"two different envelopes with sequence {held.last}: {held.head} and {envelope.digest}")
    if header.sequence > held.last + 1:
        raise Gap(f"envelope {header.sequence} arrived; envelope {held.last + 1} is missing")
    if header.previous != held.head:
        raise Fork(
            f"envelope {header.sequence} continues {header.previous or 'nothing'}, "
            f"but we hold {held.head or 'nothing'}"
        )
    received = Direction(header.sequence, envelope.digest)
    return Accepted(envelope, msgspec.structs.replace(channel, received=received))
