"""Who holdings came from: each party once, by its key, with the name it is shown under."""

from sqlalchemy import Connection, insert, select, update

from backchannel.store.schema import source

SHOWN_OF_KEY = 12
"""A source whose name is not known yet is shown by so many characters of its key."""


def source_number(connection: Connection, key: str) -> int:
    """The number of a source, entering it if it is new."""
    number = connection.execute(select(source.c.number).where(source.c.key == key)).scalar()
    if number is None:
        connection.execute(insert(source).values(key=key, name=key[:SHOWN_OF_KEY], own=False))
        return source_number(connection, key)
    return int(number)


def name_source(connection: Connection, key: str, name: str, *, own: bool) -> None:
    """Give a source its name, entering it if it is new."""
    number = source_number(connection, key)
    connection.execute(update(source).where(source.c.number == number).values(name=name, own=own))
