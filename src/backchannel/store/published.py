"""What the TAXII collection of an agreement holds: a copy of what it releases, kept in step by `flow.publish`.

Rules: an entry never changes. What leaves otherwise than before is another entry, under a new number and date, so
that who reads on from a position gets it; what no longer leaves is gone. Numbers are never given out twice.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, Connection, delete, func, insert, select, type_coerce

from backchannel.flow.ports_taxii import Published
from backchannel.store import sequences
from backchannel.store.bulk import insert_rows
from backchannel.store.labels import make_numbers, number_of
from backchannel.store.lists import among, as_list
from backchannel.store.schema import microseconds, published, published_state


def publish(connection: Connection, agreement: str, wanted: Iterable[Published], now: datetime) -> list[Published]:
    """Make a collection hold just this; what is new in it."""
    label = make_numbers(connection, (agreement,))[agreement]
    here = published.c.agreement == label
    columns = (published.c.number, published.c.id, published.c.version, published.c.seq, published.c.raw)
    rows = connection.execute(select(*columns).where(here))
    held = {(identifier, version, seq, raw): number for number, identifier, version, seq, raw in rows}
    fresh = [one for one in wanted if held.pop((one.id, one.version, one.seq, one.raw), None) is None]
    if held:
        gone = among(published.c.number, "numbers")
        connection.execute(delete(published).where(here, gone), {"numbers": as_list(held.values())})
    if fresh:
        first = sequences.take(connection, sequences.PUBLISHED, len(fresh))
        last = connection.execute(
            select(func.max(type_coerce(published.c.added_at, BigInteger))).where(here)
        ).scalar()
        added = max(microseconds(now), (last or 0) + 1)  # of other collections nothing shows, also not in dates
        entries = [
            (first + i, label, one.id, one.type, one.version, added + i, one.seq, one.raw)
            for i, one in enumerate(fresh)
        ]
        insert_rows(connection, published, entries)
    return fresh


def state_of(connection: Connection, agreement: str) -> tuple[str, datetime] | None:
    """What the collection was last made from, and until when that holds at most."""
    number = number_of(connection, agreement)
    where = published_state.c.agreement == number
    row = connection.execute(select(published_state.c.state, published_state.c.due).where(where)).first()
    return None if row is None else (row.state, row.due)


def put_state(connection: Connection, agreement: str, state: str, due: datetime) -> None:
    """Keep what the collection was made from."""
    number = make_numbers(connection, (agreement,))[agreement]
    connection.execute(delete(published_state).where(published_state.c.agreement == number))
    connection.execute(insert(published_state).values(agreement=number, state=state, due=due))
