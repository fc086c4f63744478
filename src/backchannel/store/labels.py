"""Names that many rows bear, agreements and envelopes, once: rows hold their numbers."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, func, select

from backchannel.store.bulk import insert_rows
from backchannel.store.lists import among, as_list
from backchannel.store.schema import label

LIST_LIMIT = 5_000
"""Longest list in one statement; longer ones are asked in parts, to bound memory."""

Item = TypeVar("Item")

_known = select(label.c.text, label.c.number).where(among(label.c.text, "texts"))


def parts(items: Iterable[Item], size: int = LIST_LIMIT) -> Iterator[list[Item]]:
    """The items in lists of at most `size`."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def numbers_of(connection: Connection, texts: Collection[str]) -> dict[str, int]:
    """The numbers of those names that the store knows."""
    found: dict[str, int] = {}
    for part in parts(texts):
        found.update((text, number) for text, number in connection.execute(_known, {"texts": as_list(part)}))
    return found


def number_of(connection: Connection, text: str) -> int | None:
    """The number of one name; None if the store does not know it."""
    return connection.execute(select(label.c.number).where(label.c.text == text)).scalar()


def make_numbers(connection: Connection, texts: Collection[str]) -> dict[str, int]:
    """The numbers of all these names, giving new ones where needed. Only within a writing transaction."""
    numbers = numbers_of(connection, texts)
    missing: Sequence[str] = sorted(set(texts) - numbers.keys())
    if missing:
        first = (connection.execute(select(func.max(label.c.number))).scalar() or 0) + 1
        fresh = {text: first + i for i, text in enumerate(missing)}
        insert_rows(connection, label, [(number, text) for text, number in fresh.items()])
        numbers.update(fresh)
    return numbers
