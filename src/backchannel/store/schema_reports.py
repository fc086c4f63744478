"""The tables for the assessment of reports: judgements of sources, grades of claims, and who handed reports on."""

from sqlalchemy import Boolean, Column, Integer, Table, Text

from backchannel.store.schema import Moment, metadata

judgement = Table(
    "judgement",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("party", Boolean, nullable=False),
    Column("letter", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

regrade = Table(
    "regrade",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("question", Text, nullable=False),
    Column("reports", Text, nullable=False),
    Column("proposed", Text, nullable=False),
    Column("grade", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

report_giver = Table(
    "report_giver",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    sqlite_with_rowid=False,
)
