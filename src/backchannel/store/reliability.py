"""Judgements of sources, each a row that is never changed nor taken away."""

import msgspec
from sqlalchemy import Connection, insert, select

from backchannel.flow.ports_reports import Judgement
from backchannel.store.schema_reports import judgement

_all = select(*(judgement.c[name] for name in Judgement.__struct_fields__)).order_by(judgement.c.number)


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
