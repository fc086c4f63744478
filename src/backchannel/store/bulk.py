"""Many rows at once: the insert is compiled by SQLAlchemy, the rows go to the driver as they are.

SQLAlchemy would look at every value of every row on its way, which costs more than SQLite itself does. So
the values here must be what the driver takes: integers, text, bytes, None (a time is
`schema.microseconds`).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Insert, TableClause, insert


def insert_rows(
    connection: Connection, table: TableClause, rows: Sequence[tuple[Any, ...]], how: Insert | None = None
) -> None:
    """Insert rows that give every column of the table, in its order; `how` is an insert that says what becomes of
    rows that are there."""
    if not rows:
        return
    columns = [column.name for column in table.columns]
    statement = insert(table) if how is None else how
    compiled = statement.compile(dialect=connection.dialect, column_keys=columns)
    if compiled.positional:
        connection.exec_driver_sql(str(compiled), list(rows))
    else:
        connection.exec_driver_sql(str(compiled), [dict(zip(columns, row, strict=True)) for row in rows])
