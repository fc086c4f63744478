"""Counterparts, agreements, what their names stand for, and the officer's standing rules."""

from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Insert, Table, Update, bindparam, delete, insert, select, update

from backchannel.flow.ports import AgreementRow, InboxRule, Party
from backchannel.store.schema import agreement as agreement_table
from backchannel.store.schema import inbox_rule
from backchannel.store.schema import party as party_table
from backchannel.store.schema import pin as pin_table
from backchannel.store.sources import name_source

_party = select(party_table).where(party_table.c.key == bindparam("key"))
_agreement = select(agreement_table).where(agreement_table.c.id == bindparam("id"))
_agreements = select(agreement_table).order_by(agreement_table.c.updated_at, agreement_table.c.id)


class SqlAgreements:
    """`flow.ports.Agreements` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_own(self, key: str, name: str) -> None:
        """Say which source is the node itself, and its name."""
        name_source(self._connection, key, name, own=True)

    def put_party(self, party: Party) -> None:
        """Enter a party, or change what is known of it."""
        put(self._connection, party_table, ("key",), party)
        name_source(self._connection, party.key, party.name, own=False)

    def parties(self) -> list[Party]:
        """All parties, in the order of their enrolment."""
        rows = self._connection.execute(select(party_table).order_by(party_table.c.added_at, party_table.c.key))
        return [Party(**row._mapping) for row in rows]

    def party(self, key: str) -> Party | None:
        """The party of that key."""
        row = self._connection.execute(_party, {"key": key}).first()
        return None if row is None else Party(**row._mapping)

    def put(self, agreement: AgreementRow) -> None:
        """Enter an agreement, or its new state."""
        put(self._connection, agreement_table, ("id",), agreement)

    def get(self, identifier: str) -> AgreementRow | None:
        """The agreement of that id."""
        row = self._connection.execute(_agreement, {"id": identifier}).first()
        return None if row is None else AgreementRow(**row._mapping)

    def all(self) -> list[AgreementRow]:
        """All agreements, the one that changed last at the end."""
        rows = self._connection.execute(_agreements)
        return [AgreementRow(**row._mapping) for row in rows]

    def pin(self, agreement: str, name: str, object_id: str) -> None:
        """Say which threat of one's own a name in an agreement stands for."""
        where = (pin_table.c.agreement == agreement, pin_table.c.name == name)
        if not self._connection.execute(update(pin_table).where(*where).values(object_id=object_id)).rowcount:
            row = {"agreement": agreement, "name": name, "object_id": object_id}
            self._connection.execute(insert(pin_table), row)

    def pins(self, agreement: str) -> dict[str, str]:
        """The names of an agreement that were pinned, and the ids they stand for."""
        chosen = select(pin_table.c.name, pin_table.c.object_id).where(pin_table.c.agreement == agreement)
        return {row.name: row.object_id for row in self._connection.execute(chosen)}

    def rules(self) -> list[InboxRule]:
        """The standing rules, by number."""
        rows = self._connection.execute(select(inbox_rule).order_by(inbox_rule.c.number))
        return [InboxRule(**row._mapping) for row in rows]

    def add_rule(self, party: str | None, type_: str | None, tlp_max: str | None) -> InboxRule:
        """Add a rule; its number is never given to another one."""
        values = {"party": party, "type": type_, "tlp_max": tlp_max}
        key = self._connection.execute(insert(inbox_rule).values(values)).inserted_primary_key
        if key is None:
            raise LookupError("the database gave the new rule no number")
        return InboxRule(int(key[0]), party, type_, tlp_max)

    def drop_rule(self, number: int) -> bool:
        """Drop a rule; False if there is none of that number."""
        dropped = self._connection.execute(delete(inbox_rule).where(inbox_rule.c.number == number))
        return dropped.rowcount > 0


def put(connection: Connection, table: Table, key: tuple[str, ...], one: msgspec.Struct) -> None:
    """Write one record over the row of the same key, or as a new row."""
    values: dict[str, Any] = msgspec.structs.asdict(one)
    over, new = _statements(table, key)
    if not connection.execute(over, values | {f"_{name}": values[name] for name in key}).rowcount:
        connection.execute(new, values)


@cache
def _statements(table: Table, key: tuple[str, ...]) -> tuple[Update, Insert]:
    """What writes over a row of that key, and what adds one: made once, since a pass of a sync puts many."""
    where = [table.c[name] == bindparam(f"_{name}") for name in key]
    return update(table).where(*where), insert(table)
