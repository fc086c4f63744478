"""Contradictions on record: the same id and version from one source, with other content."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, insert, select

from backchannel.flow.ports import Conflict
from backchannel.store.schema import conflict


def record_conflicts(connection: Connection, conflicts: Iterable[Conflict], now: datetime) -> None:
    """Put them on record; one that is there already is not written twice."""
    for one in dict.fromkeys(conflicts):
        columns = (conflict.c.id, conflict.c.version, conflict.c.source, conflict.c.offered_sha256)
        facts = (one.id, one.version, one.source, one.offered_sha256)
        seen = select(conflict.c.number).where(*(a == b for a, b in zip(columns, facts, strict=True)))
        if connection.execute(seen).first() is None:
            connection.execute(
                insert(conflict).values(
                    id=one.id,
                    version=one.version,
                    source=one.source,
                    held_sha256=one.held_sha256,
                    offered_sha256=one.offered_sha256,
                    at=now,
                )
            )


def recorded_conflicts(connection: Connection, object_id: str | None, limit: int) -> list[Conflict]:
    """The latest, newest first; with `object_id` only those about that object."""
    columns = [conflict.c[name] for name in Conflict.__struct_fields__]
    wanted = select(*columns).order_by(conflict.c.number.desc()).limit(limit)
    if object_id is not None:
        wanted = wanted.where(conflict.c.id == object_id)
    return [Conflict(**row._mapping) for row in connection.execute(wanted)]
