"""Search in text: SQLite's full-text index (FTS5). The one place, beside its table, that is not portable SQL.

A search is words: each part of it between blanks is looked for as its words in a row, and all parts must be
found. What the user types never reaches the query language: `core.mention.plain_words` leaves letters and digits.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, bindparam, column, insert, select, table

from backchannel.core.mention import plain_words
from backchannel.store.bulk import insert_rows

PAGE = 1_000
"""Matches read at a time."""

LEAST_CHANGES = 2
"""A merge that changes fewer rows has found nothing to do (SQLite, FTS5, section 6.8)."""

_index = table("holding_text", column("rowid"), column("words"))
_page = (
    select(_index.c.rowid)
    .where(column("holding_text").op("MATCH")(bindparam("query")), _index.c.rowid > bindparam("after"))
    .order_by(_index.c.rowid)
    .limit(bindparam("size"))
)
_merge = insert(table("holding_text", column("holding_text"), column("rank"))).values(
    holding_text="merge", rank=bindparam("pages")
)
_remove = insert(table("holding_text", column("holding_text"), column("rowid"), column("words"))).values(
    holding_text="delete", rowid=bindparam("which"), words=bindparam("said")
)


def insert_words(connection: Connection, rows: Iterable[tuple[int, str]]) -> None:
    """Enter texts by the `seq` of their holding."""
    insert_rows(connection, _index, [(seq, text) for seq, text in rows if text])


def remove_words(connection: Connection, rows: Iterable[tuple[int, str]]) -> None:
    """Take texts out again, by `seq`: the index keeps none, so it must be told the same ones."""
    if gone := [{"which": seq, "said": text} for seq, text in rows if text]:
        connection.execute(_remove, gone)


def merge(connection: Connection, pages: int, *, begin: bool) -> bool:
    """Merge parts of the index, of so many pages; whether that is not all yet. What was taken out is in them still
    until it is merged away; `begin` takes all parts up into what is to be merged."""
    before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    connection.execute(_merge, {"pages": -pages if begin else pages})
    changed: int = connection.exec_driver_sql("SELECT total_changes()").scalar_one() - before
    return changed >= LEAST_CHANGES


def query_of(text: str) -> str | None:
    """The index's query for what a user typed; None if there is no word in it."""
    phrases = [" ".join(plain_words(part)) for part in text.split()]
    return " ".join(f'"{phrase}"' for phrase in phrases if phrase) or None


def matching(connection: Connection, query: str, after: int) -> Iterator[list[int]]:
    """The `seq` of the holdings whose text matches, from `after` on, in order and in parts."""
    while found := list(connection.execute(_page, {"query": query, "after": after, "size": PAGE}).scalars()):
        yield found
        after = found[-1]
