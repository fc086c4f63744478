"""The table of canaries.

They are no holdings: what lists, exports, searches or matches those never meets a canary. `seq` is that of the
indicator whose form one takes, which need not be held any more.
"""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text, UniqueConstraint

from backchannel.store.schema import Moment, metadata

canary = Table(
    "canary",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("agreement", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("counter", Integer, nullable=False),
    Column("name", Text, nullable=False, unique=True),
    Column("indicator", LargeBinary, nullable=False),
    Column("relationship", LargeBinary, nullable=False),
    Column("tlp", Text, nullable=False),
    Column("link_tlp", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("added_at", Moment, nullable=False),
    UniqueConstraint("agreement", "counter"),
)
