"""Messages about a channel itself: what of it arrived."""

from backchannel.core.stix_json import MAX_INTEGER
from backchannel.errors import BadEnvelope
from backchannel.protocol.message_base import Message, check_hash
from backchannel.protocol.versions import Features


class Receipt(Message, frozen=True, tag="receipt"):
    """We hold your envelopes of this channel up to sequence `through`, whose hash is `head`."""

    through: int
    head: str

    def check(self, limits: Features) -> None:  # noqa: ARG002 - the base class's
        """A sequence number and a hash."""
        check_hash("head", self.head)
        if not 1 <= self.through <= MAX_INTEGER:
            raise BadEnvelope(f"a receipt through sequence {self.through}")
