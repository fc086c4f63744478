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
from backchannel.errors import Fork, Gap, Reflection
from backchannel.protocol.envelope import (
    Header,
    OpenedEnvelope,
    Place,
    Route,
    SealedEnvelope,
    check_addressed,
    open_envelope,
    parse,
    seal,
)
from backchannel.protocol.handshake import ChannelSecrets
from backchannel.protocol.keys import PrivateKeys


class Direction(msgspec.Struct, frozen=True):
    """One direction of a channel: the last sequence number (0 before the first) and that envelope's hash."""

    last: int = 0
    head: str = ""


class Channel(msgspec.Struct, frozen=True):
    """One end of a channel: its secrets, the party keys of both ends, whether it is on the record, and both
    directions."""

    secrets: ChannelSecrets
    us: str
    them: str
    signed: bool = True
    sent: Direction = Direction()
    received: Direction = Direction()

    @property
    def id(self) -> str:
        """The id of the channel."""
        return self.secrets.channel

    @property
    def outward(self) -> Route:
        """The direction that we send in."""
        return Route(self.id, self.us, self.them, self.secrets.send.mac, self.signed)

    @property
    def inward(self) -> Route:
        """The direction that we receive in."""
        return Route(self.id, self.them, self.us, self.secrets.receive.mac, self.signed)


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
    place = Place(channel.sent.last + 1, channel.sent.head)
    signer = private if channel.signed else None
    sealed = seal(body, channel.outward, place, recipient.sealing, signer)
    return sealed, advance_sent(channel, sealed)


def advance_sent(channel: Channel, sealed: SealedEnvelope) -> Channel:
    """The channel after we sealed this envelope for it."""
    return msgspec.structs.replace(channel, sent=Direction(sealed.header.sequence, sealed.digest))


def receive(channel: Channel, data: bytes, private: PrivateKeys, sender: KeyCard) -> Accepted | Duplicate:
    """Parse, open and place what a carrier gave us.

    Raises:
        Reflection, NotForUs, BadEnvelope: see `check_ours`, `envelope.parse`, `envelope.open_envelope`.
        UnknownVersion, LimitExceeded, BadSignature: see the same.
        Gap, Fork: see `check_received`.
    """
    sealed = parse(data)
    check_ours(channel, sealed.header)
    if sealed.digest == channel.received.head:
        return Duplicate(sealed.header.sequence)
    return check_received(channel, open_envelope(sealed, channel.inward, private, sender.keys))


def check_ours(channel: Channel, header: Header) -> None:
    """Is this header for our end of this channel? Cheap, and proves nothing.

    Raises:
        Reflection: it is one of ours, handed back.
        NotForUs, BadEnvelope: see `envelope.check_addressed`.
    """
    if header.sender == channel.us:
        raise Reflection(f"envelope {header.sequence} of channel {channel.id[:16]}… is one that we sent")
    check_addressed(header, channel.inward)


def check_received(channel: Channel, envelope: OpenedEnvelope) -> Accepted | Duplicate:
    """Place an opened envelope: the table of this module.

    Raises:
        Gap: envelopes before it are missing.
        Fork: it contradicts one that we hold.
        Reflection, NotForUs, BadEnvelope: see `check_ours`.
    """
    header, held = envelope.header, channel.received
    check_ours(channel, header)
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
