"""Receipts as tests need them: right, or for what never was."""

from backchannel.protocol.keys import PrivateKeys
from backchannel.protocol.message import Receipt
from backchannel.protocol.receipt import ReceiptItem, ReceiptStatement, sign_receipt


def got(sequence: int, envelope: str, objects: str = "", index: int | None = 0) -> ReceiptItem:
    """What a receipt says of one envelope."""
    return ReceiptItem(sequence, "ab" * 32, envelope, "received", objects, index)


def unsigned(sequence: int = 1, envelope: str = "ab" * 32) -> Receipt:
    """A receipt for one envelope that nobody signed."""
    return Receipt((got(sequence, envelope),), None)


def signed(channel: str, sender: str, receiver: str, private: PrivateKeys, *items: ReceiptItem) -> Receipt:
    """The receiver's receipt for envelopes of the sender, both given by their party keys."""
    return Receipt(items, sign_receipt(private, ReceiptStatement(channel, sender, receiver, items)))
