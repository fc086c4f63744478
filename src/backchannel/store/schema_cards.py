"""The tables of key cards: our own ones, who was told of them, and whose keys changed."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Table, Text

from backchannel.store.schema import Moment, metadata

own_card = Table(
    "own_card",
    metadata,
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("generation", Integer, nullable=False),
    Column("card", LargeBinary, nullable=False),
    Column("issued_at", Moment, nullable=False),
)

told = Table(
    "card_told",
    metadata,
    Column("party", Text, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("keys_sequence", BigInteger, nullable=False),
    Column("known", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)

rekeyed = Table(
    "rekeyed",
    metadata,
    Column("party", Text, primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("heard", Integer, nullable=False),
    Column("compared", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
)

former_card = Table(
    "former_card",
    metadata,
    Column("party", Text, primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("card", LargeBinary, nullable=False),
)

contested = Table(
    "contested_card",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("party", Text, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("card", LargeBinary, nullable=False),
)

# What is sealed in an envelope of the outbox: with it the envelope can be sealed again. It goes when that goes.
outbox_inner = Table(
    "outbox_inner",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("inner", LargeBinary, nullable=False),
)
