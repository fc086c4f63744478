"""The tables of what was recalled, and of what is gone: recalls of ours and who was told, recalls that came in, the
tombstones of what was withdrawn or destroyed, and when a version came where its holding does not say that.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from backchannel.store.schema import Moment, metadata

recall = Table(
    "recall",
    metadata,
    Column("id", Text, primary_key=True),
    Column("object_id", Text, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("lifted_at", Moment),
    Column("cause_party", Text),
    Column("cause_recall", Text),
)

recall_recipient = Table(
    "recall_recipient",
    metadata,
    Column("recall", Text, primary_key=True),
    Column("agreement", Text, primary_key=True),
    Column("party", Text, nullable=False),
    Column("ids", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("channel", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Index("ix_recall_recipient_party", "party", "state"),
)

recall_heard = Table(
    "recall_heard",
    metadata,
    Column("party", Text, primary_key=True),
    Column("recall", Text, primary_key=True),
    Column("agreement", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("heard_at", Moment, nullable=False),
    Column("lifted_at", Moment),
    Column("withdrawn", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Index("ix_recall_heard_at", "party", "heard_at"),
)

recall_heard_id = Table(
    "recall_heard_id",
    metadata,
    Column("object_id", Text, primary_key=True),
    Column("party", Text, primary_key=True),
    Column("recall", Text, primary_key=True),
    Index("ix_recall_heard_id_recall", "party", "recall"),
    sqlite_with_rowid=False,
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("object_id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("source", Integer, nullable=False),
    Column("agreement", Integer),
    Column("envelope", Integer),
    Column("received_at", Moment, nullable=False),
    Column("gone_at", Moment, nullable=False),
    Column("cause", Text, nullable=False),
    Column("recall", Text),
    Index("ix_tombstone_object", "object_id"),
)

came = Table(
    "came",
    metadata,
    Column("object_id", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("source", Integer, primary_key=True),
    Column("agreement", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Index("ix_came_at", "agreement", "at"),
    sqlite_with_rowid=False,
)
