"""The tables of matching: epochs, keys, sessions, inputs, tags, what was found, and what was evaluated."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text

from backchannel.store.schema import Moment, metadata

match_session = Table(
    "match_session",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agreement", Text, nullable=False),
    Column("opener", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("offer", LargeBinary, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("seed", LargeBinary, nullable=False),
    Column("said", Integer, nullable=False),
    Column("heard", Integer, nullable=False),
    Column("given", Integer, nullable=False),
    Column("got", Integer, nullable=False),
    Column("posted", BigInteger, nullable=False),
    Column("inputs", BigInteger, nullable=False),
    Column("hits", BigInteger, nullable=False),
    Column("asked", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_match_session_agreement", "agreement", "opened_at"),
    Index("ix_match_session_state", "state"),
)

match_input = Table(
    "match_input",
    metadata,
    Column("session", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("place", BigInteger, nullable=False),
    Column("value", Text),
    Column("blinded", LargeBinary, nullable=False),
    Index("ix_match_input_place", "session", "kind", "place", "number"),
    sqlite_with_rowid=False,
)

match_blinded = Table(
    "match_blinded",
    metadata,
    Column("session", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("place", BigInteger, nullable=False),
    Column("element", LargeBinary, nullable=False),
    Index("ix_match_blinded_element", "session", "element", unique=True),
    Index("ix_match_blinded_place", "session", "kind", "place", "number"),
    sqlite_with_rowid=False,
)

match_seed = Table(
    "match_seed",
    metadata,
    Column("agreement", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("seed", LargeBinary, nullable=False),
)

match_key = Table(
    "match_key",
    metadata,
    Column("agreement", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", LargeBinary, nullable=False),
)

match_own = Table(
    "match_own",
    metadata,
    Column("agreement", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("tag", LargeBinary),
    Column("told", Boolean, nullable=False),
    Column("since", Moment),
    sqlite_with_rowid=False,
)

match_tag = Table(
    "match_tag",
    metadata,
    Column("agreement", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("tag", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)

match_result = Table(
    "match_result",
    metadata,
    Column("agreement", Text, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("ours_since", Moment),
    Column("matched_at", Moment, nullable=False),
    Column("session", Text, nullable=False),
    Index("ix_match_result_value", "type", "value"),
    Index("ix_match_result_age", "agreement", "matched_at"),
    sqlite_with_rowid=False,
)

match_count = Table(
    "match_count",
    metadata,
    Column("agreement", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("evaluated", BigInteger, nullable=False),
)
