"""Key cards over time: our own ones, who was told of them, whose keys changed, and what contradicts itself."""

from sqlalchemy import Connection, bindparam, func, insert, select

from backchannel.flow.ports_cards import Contested, OwnCard, Rekeyed, Told
from backchannel.store.agreements import put
from backchannel.store.schema_cards import contested as contested_table
from backchannel.store.schema_cards import former_card, own_card
from backchannel.store.schema_cards import rekeyed as rekeyed_table
from backchannel.store.schema_cards import told as told_table

MOST_CONTESTED = 16
"""Contradicting cards kept of one party: one proves it, and thousands would fill the store."""

_own = select(own_card).order_by(own_card.c.epoch.desc()).limit(1)
_told = select(told_table).where(told_table.c.party == bindparam("party"))


class SqlCards:
    """`flow.ports_cards.Cards` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def own(self) -> OwnCard | None:
        """Our newest card; None if we never issued another than the first."""
        row = self._connection.execute(_own).first()
        return None if row is None else OwnCard(**row._mapping)

    def put_own(self, card: OwnCard) -> None:
        """Issue a card. The ones before stay: what was signed with their keys is verified with them."""
        put(self._connection, own_card, ("epoch",), card)

    def owned(self) -> list[OwnCard]:
        """Every card of ours that is kept, the newest first."""
        rows = self._connection.execute(select(own_card).order_by(own_card.c.epoch.desc()))
        return [OwnCard(**row._mapping) for row in rows]

    def former(self, party: str) -> list[bytes]:
        """The last card of each generation of keys that a party replaced, the newest first."""
        rows = select(former_card.c.card).where(former_card.c.party == party)
        return list(self._connection.execute(rows.order_by(former_card.c.generation.desc())).scalars())

    def put_former(self, party: str, generation: int, card: bytes) -> None:
        """Keep a card whose keys were replaced: what they signed is verified with them."""
        values = {"party": party, "generation": generation, "card": card}
        self._connection.execute(insert(former_card).values(values))

    def told(self, party: str) -> Told | None:
        """What a party was told of last."""
        row = self._connection.execute(_told, {"party": party}).first()
        return None if row is None else Told(**row._mapping)

    def put_told(self, told: Told) -> None:
        """Note what a party is told of."""
        put(self._connection, told_table, ("party",), told)

    def rekeyed(self, party: str) -> Rekeyed | None:
        """Since when a party has other keys than its first; None if it has not."""
        row = self._connection.execute(select(rekeyed_table).where(rekeyed_table.c.party == party)).first()
        return None if row is None else Rekeyed(**row._mapping)

    def put_rekeyed(self, rekeyed: Rekeyed) -> None:
        """Note that a party has other keys."""
        put(self._connection, rekeyed_table, ("party",), rekeyed)

    def contested(self, party: str) -> list[Contested]:
        """The cards of a party that contradict those that are known, oldest first."""
        columns = (contested_table.c.party, contested_table.c.at, contested_table.c.card)
        rows = select(*columns).where(contested_table.c.party == party).order_by(contested_table.c.number)
        return [Contested(**row._mapping) for row in self._connection.execute(rows)]

    def contest(self, contested: Contested) -> None:
        """Keep a card as evidence, unless there is enough of it."""
        kept = select(func.count()).where(contested_table.c.party == contested.party)
        if int(self._connection.execute(kept).scalar_one()) < MOST_CONTESTED:
            values = {"party": contested.party, "at": contested.at, "card": contested.card}
            self._connection.execute(insert(contested_table), values)
