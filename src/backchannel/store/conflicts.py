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


def recorded_conflicts(connection: Connection, limit: int) -> list[Conflict]:
    """The latest, newest first."""
    columns = (conflict.c.id, conflict.c.version, conflict.c.source)
    digests = (conflict.c.held_sha256, conflict.c.offered_sha256)
    rows = connection.execute(select(*columns, *digests).order_by(conflict.c.number.desc()).limit(limit))
    return [Conflict(*row) for row in rows]
