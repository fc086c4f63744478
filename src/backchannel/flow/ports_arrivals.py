"""What the flow needs to know of envelopes that arrived here, and of receipts for those that we sent."""

from datetime import datetime
from typing import NamedTuple, Protocol

from backchannel.protocol.receipt import ReceiptItem


class Arrived(NamedTuple):
    """An envelope that arrived: where, from whom, what a receipt says of it, and whether it is an answer, which no
    receipt is given for by itself."""

    channel: str
    party: str
    item: ReceiptItem
    answer: bool
    at: datetime


class KeptReceipt(NamedTuple):
    """A counterpart's signed receipt for envelopes of ours from number `first` to `through`: statement and signatures
    as one JSON document."""

    channel: str
    through: int
    party: str
    first: int
    statement: bytes
    at: datetime


class Arrivals(Protocol):
    """What arrived, and who was told; what we have receipts for."""

    def add(self, one: Arrived) -> None: ...
    def unsaid(self, channel: str, limit: int) -> list[ReceiptItem]: ...
    def owed(self, channel: str) -> tuple[int, int]: ...
    def say(self, channel: str, through: int, said: int) -> None: ...
    def unsay(self, channel: str, after: int) -> None: ...
    def last_at(self, channel: str) -> datetime | None: ...
    def keep_receipt(self, one: KeptReceipt) -> None: ...
    def receipt_for(self, channel: str, sequence: int) -> KeptReceipt | None: ...
