"""The tables of the ledger: entries, tiles, checkpoints, and what is known of witnesses.

`ledger_entry.subject` are the first 8 bytes, as a signed number, of the hash that an entry is looked for by. Entries
and full tiles are written once. `ledger_record` keeps what a hash in an entry stands for, where nothing else does.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text

from backchannel.store.schema import Moment, metadata

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("subject", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("ix_ledger_entry_subject", "subject"),
)

ledger_tile = Table(
    "ledger_tile",
    metadata,
    Column("level", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("ix_ledger_tile", "level", "number", unique=True),
)

ledger_checkpoint = Table(
    "ledger_checkpoint",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
)

ledger_witnessing = Table(
    "ledger_witnessing",
    metadata,
    Column("party", Text, primary_key=True),
    Column("news", Boolean, nullable=False),
    Column("shown", BigInteger, nullable=False),
    Column("cosigned", BigInteger, nullable=False),
    Column("cosigned_note", LargeBinary, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("held_note", LargeBinary, nullable=False),
    Column("held_at", Moment),
    Column("due", Boolean, nullable=False),
    Column("problem", Text, nullable=False),
)

ledger_accusation = Table(
    "ledger_accusation",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("party", Text, nullable=False),
    Column("document", LargeBinary, nullable=False, unique=True),
    Column("at", Moment, nullable=False),
)

ledger_record = Table(
    "ledger_record",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

arrival = Table(
    "arrival",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("party", Text, nullable=False),
    Column("header", Text, nullable=False),
    Column("envelope", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("objects", Text, nullable=False),
    Column("entry", BigInteger),
    Column("answer", Boolean, nullable=False),
    Column("said", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_arrival_said", "channel", "said", "sequence"),
)

receipt = Table(
    "receipt",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("through", BigInteger, primary_key=True),
    Column("party", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("statement", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
)
