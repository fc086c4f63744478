"""The message that carries a party's new key card, in the party channel."""

import msgspec

from backchannel.errors import BadEnvelope
from backchannel.protocol.message_base import Message, at_most
from backchannel.protocol.versions import Features


class Card(Message, frozen=True, tag="card"):
    """Our card from now on: seal to its key. It is carried byte for byte, and read by `card.read_card`."""

    card: msgspec.Raw

    def check(self, limits: Features) -> None:
        """A JSON object that is not too large."""
        view = memoryview(self.card)
        at_most("bytes in a card", len(view), limits.max_card)
        if view[0] != ord("{"):
            raise BadEnvelope("a card is a JSON object")
