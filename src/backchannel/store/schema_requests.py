"""The tables of requests for information and their answers, beside those of `schema`."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from backchannel.store.schema import Moment, metadata

request = Table(
    "request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agreement", Text, ForeignKey("agreement.id"), nullable=False),
    Column("ours", Boolean, nullable=False),
    Column("question", Text, nullable=False),
    Column("observables", LargeBinary, nullable=False),
    Column("threat", Text),
    Column("wanted_by", Moment),
    Column("tlp", Text, nullable=False),
    Column("pap", Text),
    Column("state", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("envelope", Text),
    Column("said", BigInteger, nullable=False),
    Column("ended_by", BigInteger, nullable=False),
    Column("although", Text, nullable=False),
    Column("taken_back", Boolean, nullable=False),
    Column("forgotten", Boolean, nullable=False),
    Index("ix_request_asked", "agreement", "ours", "asked_at"),
)

request_answer = Table(
    "request_answer",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("request", Text, ForeignKey("request.id"), nullable=False),
    Column("ours", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("tlp", Text, nullable=False),
    Column("objects", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    Column("envelope", Text),
    Column("said", BigInteger, nullable=False),
    Column("although", Text, nullable=False),
    Column("forgotten", Boolean, nullable=False),
    Index("ix_request_answer_request", "request", "number"),
    sqlite_autoincrement=True,
)
