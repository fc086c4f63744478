"""Receipts: the receiver's statement of what it got, signed so that the sender can show it to anybody.

On the record a receipt is signed by itself, outside of any envelope's signature: whoever has the statement and the
receiver's card can check it, without seeing the envelope that brought it. What is signed is the canonical JSON
(RFC 8785) of channel, sender, receiver and items, under a domain of its own. Off the record nothing is signed, and
the HMAC of the envelope that brings it is all there is.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Literal

import msgspec
import rfc8785

from backchannel.core.identity import PublicKeys
from backchannel.core.stix_json import MAX_INTEGER
from backchannel.errors import BadEnvelope
from backchannel.protocol.crypto import Signatures, sign, verify
from backchannel.protocol.keys import PrivateKeys
from backchannel.protocol.message_base import check_hash

_DOMAIN = "receipt"
_CODES = re.compile(r"[ahr]*")

Taken = Literal["received", "unreadable"]
"""What became of an envelope as a whole: received, or received with a body that cannot be read."""


class ReceiptItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one envelope: its number, the SHA-256 of its header and of the whole, and the outcome.

    `objects` has one letter for each released object, in their order: `a` accepted, `r` refused for what is wrong
    with it by itself, `h` everything else: that an object is refused because of what the receiver holds is not told.
    It is empty where the agreement does not ask for that. `index` is where the receiver's ledger says that it
    received the envelope; None off the record.
    """

    sequence: int
    header: str
    envelope: str
    outcome: Taken
    objects: str
    index: int | None

    def check(self) -> None:
        """Check the values.

        Raises:
            BadEnvelope: one of them is impossible.
        """
        check_hash("header", self.header)
        check_hash("envelope", self.envelope)
        if not 1 <= self.sequence <= MAX_INTEGER or not 0 <= (self.index or 0) <= MAX_INTEGER:
            raise BadEnvelope(f"a receipt for sequence {self.sequence} with the ledger index {self.index}")
        if not _CODES.fullmatch(self.objects):
            raise BadEnvelope("a receipt says of an object something else than a, h or r")


class ReceiptStatement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed: a receiver got these envelopes of a sender in a channel."""

    channel: str
    sender: str
    receiver: str
    items: tuple[ReceiptItem, ...]


def outcome_hash(item: ReceiptItem) -> str:
    """SHA-256, in hex, of an item's canonical JSON: what both ledgers enter of an outcome."""
    return hashlib.sha256(_canonical(item)).hexdigest()


def sign_receipt(private: PrivateKeys, statement: ReceiptStatement) -> Signatures:
    """Sign what we received."""
    return sign(private, _DOMAIN, _canonical(statement))


def verify_receipt(keys: PublicKeys, statement: ReceiptStatement, signatures: Signatures) -> None:
    """Verify a receiver's signatures.

    Raises:
        BadSignature: one of the two is missing or wrong, or they are over another statement.
    """
    verify(keys, _DOMAIN, _canonical(statement), signatures)


def check_items(items: Sequence[ReceiptItem]) -> None:
    """Check that the items of one receipt are there, and in the order of their numbers, without a gap.

    Raises:
        BadEnvelope: they are not, or a value is impossible.
    """
    if not items:
        raise BadEnvelope("a receipt for nothing")
    for number, item in enumerate(items, items[0].sequence):
        item.check()
        if item.sequence != number:
            raise BadEnvelope("a receipt for envelopes that do not follow each other")


def _canonical(value: msgspec.Struct) -> bytes:
    return rfc8785.dumps(msgspec.to_builtins(value))
