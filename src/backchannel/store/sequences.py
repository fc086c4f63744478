"""Counters that survive: numbers given out in the order of commits.

The row of a counter is updated first, so a second writer waits for the first to commit: numbers appear in
order on any database, and who reads by them never passes one that is still to come.
"""

from sqlalchemy import Connection, bindparam, insert, select, update

from backchannel.store.schema import sequence

HOLDINGS = "holdings"
"""The counter of `holding.seq`."""

ORIGINALS = "originals"
"""The counter of `original.number`."""

PUBLISHED = "published"
"""The counter of `published.number`."""

REFUSALS = "refusals:"
"""Prefix of the names under which the refusals of each counterpart's day are counted."""

_value = select(sequence.c.value).where(sequence.c.name == bindparam("which"))
_move = update(sequence).where(sequence.c.name == bindparam("which")).values(value=bindparam("to"))


def last(connection: Connection, name: str) -> int:
    """The last number given out; 0 if there was none."""
    return int(connection.execute(_value, {"which": name}).scalar() or 0)


def keep(connection: Connection, name: str, value: int) -> None:
    """Set a counter."""
    if not connection.execute(_move, {"which": name, "to": value}).rowcount:
        connection.execute(insert(sequence), {"name": name, "value": value})


def take(connection: Connection, name: str, count: int) -> int:
    """The first of `count` new numbers."""
    moved = connection.execute(
        update(sequence).where(sequence.c.name == name).values(value=sequence.c.value + count)
    ).rowcount
    if not moved:
        connection.execute(insert(sequence), {"name": name, "value": count})
    return last(connection, name) - count + 1
