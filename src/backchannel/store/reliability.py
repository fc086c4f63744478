"""Judgements of sources and grades of claims, each a row that is never changed nor taken away."""

import msgspec
from sqlalchemy import Connection, insert, select

from backchannel.flow.ports_reports import Judgement, Regrade
from backchannel.store.schema_reports import judgement, regrade

_all = select(*(judgement.c[name] for name in Judgement.__struct_fields__)).order_by(judgement.c.number)
_regrades = select(*(regrade.c[name] for name in Regrade.__struct_fields__)).order_by(regrade.c.number)


class SqlReliability:
    """`flow.ports_reports.Reliability` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, judgement_: Judgement) -> None:
        """Keep a judgement; from now on it is the one that counts for its source."""
        self._connection.execute(insert(judgement).values(**msgspec.structs.asdict(judgement_)))

    def all(self) -> list[Judgement]:
        """All judgements, in the order in which they were given."""
        return [Judgement(**row._asdict()) for row in self._connection.execute(_all)]


class SqlRegrades:
    """`flow.ports_reports.Regrades` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, regrade_: Regrade) -> None:
        """Keep a grade that was set."""
        self._connection.execute(insert(regrade).values(**msgspec.structs.asdict(regrade_)))

    def all(self) -> list[Regrade]:
        """All of them, in the order in which they were set."""
        return [Regrade(**row._asdict()) for row in self._connection.execute(_regrades)]
