"""The tables of echoes: traces of what was released, and what each source told us. Neither holds content."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text

from backchannel.store.schema import Moment, metadata

# `number` is that of the first row of `released` under that agreement.
released_trace = Table(
    "released_trace",
    metadata,
    Column("trace", Text, primary_key=True),
    Column("agreement", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    sqlite_with_rowid=False,
)

telling = Table(
    "telling",
    metadata,
    Column("source", Integer, primary_key=True),
    Column("object_id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("whole", Text),
    Column("origin", Text),
    Column("second_hand", Boolean, nullable=False),
    Column("new", Boolean, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("contested", Boolean, nullable=False),
    Column("poisoned", Boolean, nullable=False),
    Column("revoked", Boolean, nullable=False),
    Column("reasons", LargeBinary),
    sqlite_with_rowid=False,
)

_says = telling.c.whole.is_not(None)
Index(
    "ix_telling_whole",
    telling.c.whole,
    telling.c.source,
    telling.c.tier,
    telling.c.at,
    sqlite_where=_says,
    postgresql_where=_says,
)
