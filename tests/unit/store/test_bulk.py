"""Many rows at once, as tuples where the driver takes them and by name where it does not."""

from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import ProgrammingError

from backchannel.store.bulk import insert_rows

thing = Table("thing", MetaData(), Column("b", Integer), Column("a", Text))


class Recorder:
    """A connection to a database whose driver takes parameters by name; it only notes what it is told."""

    dialect = postgresql.dialect()

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def exec_driver_sql(self, statement: str, rows: Any) -> None:
        self.told.append((statement, rows))


def test_rows_are_inserted_in_the_order_of_the_columns() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        thing.create(connection)
        insert_rows(connection, thing, [(1, "x'); --"), (2, None)])
        insert_rows(connection, thing, [])
        assert [tuple(row) for row in connection.execute(select(thing))] == [(1, "x'); --"), (2, None)]
    engine.dispose()


def test_rows_go_by_name_to_a_driver_that_wants_names() -> None:
    recorder = Recorder()
    connection: Any = recorder
    insert_rows(connection, thing, [(1, "x")])
    ((statement, rows),) = recorder.told
    assert "%(b)s" in statement
    assert rows == [{"b": 1, "a": "x"}]


def test_nothing_is_asked_for_no_rows() -> None:
    recorder = Recorder()
    connection: Any = recorder
    insert_rows(connection, thing, [])
    assert recorder.told == []


def test_a_row_of_another_length_is_an_error() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        thing.create(connection)
        with pytest.raises(ProgrammingError, match="bindings"):
            insert_rows(connection, thing, [(1,)])
    engine.dispose()
