"""Messages that answer, and are not answered: receipts, checkpoints of ledgers, and their cosignatures.

Receipts travel in the channel that they are about, the others in the party channel.
"""

from backchannel.core.stix_json import MAX_INTEGER
from backchannel.errors import BadEnvelope
from backchannel.protocol.crypto import Signatures
from backchannel.protocol.merkle_proof import MAX_HASHES
from backchannel.protocol.message_base import Message, at_most
from backchannel.protocol.notes import MAX_NOTE
from backchannel.protocol.receipt import ReceiptItem, check_items
from backchannel.protocol.spelling import HASH
from backchannel.protocol.versions import Features


class Receipt(Message, frozen=True, tag="receipt"):
    """We hold these envelopes of this channel, and with the last of them all before it. Signed (`receipt`) on the
    record, and only there."""

    items: tuple[ReceiptItem, ...]
    signatures: Signatures | None

    def check(self, limits: Features) -> None:
        """Not too many items, and these in order."""
        at_most("envelopes in a receipt", len(self.items), limits.max_receipts)
        check_items(self.items)
        for item in self.items:
            at_most("objects in a receipt's item", len(item.objects), limits.max_objects)


class Checkpoint(Message, frozen=True, tag="checkpoint"):
    """A checkpoint of our ledger (a signed note), and the proof that it goes on from the one shown before."""

    note: str
    proof: tuple[bytes, ...]

    def check(self, limits: Features) -> None:  # noqa: ARG002 - the base class's
        """A note and hashes, of sizes that they can have. What they say is for `checkpoints.witness`."""
        at_most("bytes of a checkpoint", len(self.note), MAX_NOTE)
        at_most("hashes in a proof", len(self.proof), MAX_HASHES)
        if any(len(one) != HASH for one in self.proof):
            raise BadEnvelope(f"a hash of a proof has {HASH} bytes")


class Cosignature(Message, frozen=True, tag="cosignature"):
    """Our signatures, as lines of a note, over your checkpoint of that size."""

    size: int
    lines: str

    def check(self, limits: Features) -> None:  # noqa: ARG002 - the base class's
        """A size and lines, of a length that they can have."""
        at_most("bytes of a cosignature", len(self.lines), MAX_NOTE)
        if not 0 <= self.size <= MAX_INTEGER:
            raise BadEnvelope(f"a cosignature over a ledger of the size {self.size}")
