"""How far each collection of a TAXII server was read, and which sources are such collections."""

from sqlalchemy import Connection, select

from backchannel.flow.ports_taxii import PULLED, PullRow
from backchannel.store.agreements import put
from backchannel.store.schema import source as source_table
from backchannel.store.schema import taxii_pull
from backchannel.store.sources import name_source


class SqlPulls:
    """`flow.ports_taxii.Pulls` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def name(self, source: str, name: str) -> None:
        """Give a collection the name that its objects are shown under."""
        name_source(self._connection, source, name, own=False)

    def sources(self) -> dict[str, str]:
        """The names of all collections that objects were pulled from, by the keys of the sources."""
        pulled = source_table.c.key.startswith(PULLED, autoescape=True)
        rows = self._connection.execute(select(source_table.c.key, source_table.c.name).where(pulled))
        return {row.key: row.name for row in rows}

    def position(self, collection: str) -> PullRow | None:
        """How far a collection was read; None if it never was."""
        row = self._connection.execute(select(taxii_pull).where(taxii_pull.c.collection == collection)).first()
        return None if row is None else PullRow(**row._mapping)

    def put_position(self, row: PullRow) -> None:
        """Say how far a collection was read."""
        put(self._connection, taxii_pull, ("collection",), row)
