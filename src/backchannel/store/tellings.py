"""Which holdings tell a value, and what is held about those: for counting origins."""

from collections.abc import Collection
from itertools import starmap

from sqlalchemy import Connection, and_, select

from backchannel.flow.ports_origins import About, Told
from backchannel.store.labels import parts
from backchannel.store.lists import among, as_list
from backchannel.store.schema import body, edge, holding, label, source, told

# Of versions that are not the newest only that they were there is told: a flood of them is read in no time.
_told = (
    select(
        told.c.key,
        told.c.seq,
        holding.c.id,
        holding.c.version,
        source.c.key,
        source.c.name,
        source.c.own,
        label.c.text,
        body.c.raw,
    )
    .select_from(told)
    .join(holding, holding.c.seq == told.c.seq)
    .join(source, source.c.number == holding.c.source)
    .outerjoin(label, label.c.number == holding.c.agreement)
    .outerjoin(body, and_(body.c.seq == holding.c.seq, holding.c.current))
    .where(among(told.c.key, "keys"))
)
_about = (
    select(edge.c.target, edge.c.seq, source.c.key, source.c.name, source.c.own, body.c.raw)
    .select_from(edge)
    .join(holding, holding.c.seq == edge.c.seq)
    .join(source, source.c.number == holding.c.source)
    .join(body, body.c.seq == holding.c.seq)
    .where(among(edge.c.target, "ids"), among(holding.c.type, "types"), holding.c.current)
)


class SqlTellings:
    """`flow.ports_origins.Tellings` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, keys: Collection[str]) -> list[Told]:
        """Every version that tells one of these, in the order they came."""
        found: list[Told] = []
        for part in parts(keys):
            found += starmap(Told, self._connection.execute(_told, {"keys": as_list(part)}).all())
        return sorted(found, key=lambda one: one.seq)

    def about(self, ids: Collection[str], types: Collection[str]) -> list[About]:
        """The objects of these types that refer to these ids, in the order they came."""
        found: list[About] = []
        for part in parts(ids):
            asked = {"ids": as_list(part), "types": as_list(types)}
            found += starmap(About, self._connection.execute(_about, asked).all())
        return sorted(found, key=lambda one: one.seq)
