"""Envelopes that arrived, and receipts for those that we sent.

Rules: an arrival is kept for good, so that what was said of it can be said again; `said` is the number of the
envelope of ours that holds its receipt, 0 while there is none.
"""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or_update

from backchannel.flow.ports_arrivals import Arrived, KeptReceipt
from backchannel.protocol.receipt import ReceiptItem
from backchannel.store.schema_ledger import arrival, receipt

_ITEM = ("sequence", "header", "envelope", "outcome", "objects")


class SqlArrivals:
    """`flow.ports_arrivals.Arrivals` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, one: Arrived) -> None:
        """Put on record that an envelope arrived."""
        item = msgspec.structs.asdict(one.item)
        values = {name: item[name] for name in _ITEM} | {"entry": item["index"], "said": 0}
        beside = {"channel": one.channel, "party": one.party, "answer": one.answer, "at": one.at}
        self._connection.execute(insert(arrival).values(values | beside))

    def unsaid(self, channel: str, limit: int) -> list[ReceiptItem]:
        """The first arrivals that no receipt of ours speaks of, in order."""
        columns = [arrival.c[name] for name in _ITEM] + [arrival.c.entry]
        where = (arrival.c.channel == channel, arrival.c.said == 0)
        rows = self._connection.execute(select(*columns).where(*where).order_by(arrival.c.sequence).limit(limit))
        return [ReceiptItem(*row) for row in rows]

    def owed(self, channel: str) -> tuple[int, int]:
        """How many arrivals no receipt of ours speaks of: those that want one, and answers."""
        where = (arrival.c.channel == channel, arrival.c.said == 0)
        counted = select(arrival.c.answer, func.count()).where(*where).group_by(arrival.c.answer)
        counts = {bool(answer): number for answer, number in self._connection.execute(counted)}
        return counts.get(False, 0), counts.get(True, 0)

    def say(self, channel: str, through: int, said: int) -> None:
        """Note which envelope of ours holds the receipt for all up to a number that had none."""
        where = (arrival.c.channel == channel, arrival.c.said == 0, arrival.c.sequence <= through)
        self._connection.execute(update(arrival).where(*where).values(said=said))

    def unsay(self, channel: str, after: int) -> None:
        """Forget the receipts in our envelopes after a number: they were taken back."""
        where = (arrival.c.channel == channel, arrival.c.said > after)
        self._connection.execute(update(arrival).where(*where).values(said=0))

    def last_at(self, channel: str) -> datetime | None:
        """When the last envelope of a channel arrived."""
        newest = select(arrival.c.at).where(arrival.c.channel == channel).order_by(arrival.c.sequence.desc())
        return self._connection.execute(newest.limit(1)).scalar()

    def keep_receipt(self, one: KeptReceipt) -> None:
        """Keep a signed receipt for envelopes of ours; the same again is one."""
        self._connection.execute(insert_or_update(receipt).values(one._asdict()).on_conflict_do_nothing())

    def receipt_for(self, channel: str, sequence: int) -> KeptReceipt | None:
        """The receipt that speaks of an envelope of ours."""
        where = (receipt.c.channel == channel, receipt.c.through >= sequence, receipt.c.first <= sequence)
        row = self._connection.execute(select(receipt).where(*where).order_by(receipt.c.through).limit(1)).first()
        return None if row is None else KeptReceipt(**row._mapping)
