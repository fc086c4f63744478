"""Who handed reports on: our own knowledge, kept beside the reports and never in them."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete, insert, select

from backchannel.store.labels import parts
from backchannel.store.lists import among, as_list
from backchannel.store.schema_reports import report_giver

_names = select(report_giver.c.id, report_giver.c.name).where(among(report_giver.c.id, "ids"))
_forget = delete(report_giver).where(report_giver.c.id == bindparam("which"))


class SqlGivers:
    """`flow.ports_reports.Givers` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, ids: Collection[str], name: str) -> None:
        """Keep who handed these reports on; what was said before is replaced."""
        for identifier in sorted(set(ids)):
            forget_giver(self._connection, identifier)
            self._connection.execute(insert(report_giver).values(id=identifier, name=name))

    def of(self, ids: Collection[str]) -> dict[str, str]:
        """Who handed on those of these reports of which that is known."""
        found: dict[str, str] = {}
        for part in parts(ids):
            rows = self._connection.execute(_names, {"ids": as_list(part)})
            found.update((identifier, name) for identifier, name in rows)
        return found


def forget_giver(connection: Connection, identifier: str) -> None:
    """Forget who handed a report on."""
    connection.execute(_forget, {"which": identifier})
