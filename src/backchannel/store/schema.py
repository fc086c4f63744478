"""The tables of the store, as they are now; `migrations` says how a file came to them.

Rules: bytes as received stand apart in `body`, so that what reads no object reads no page of it. References
are kept in the direction that the bytes do not give: who refers to a target. `holding.seq` is given out by
`sequence`, inside the one writing transaction: a reader that has seen number n has seen every number below
it. The tables of holdings have no foreign keys: `rows` alone writes them, all of a holding at once, and
checking each reference would cost as much as writing it. SQL is portable but for the full-text index here
and `lists`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
)

SCHEMA_VERSION = "0012"
"""The revision this module describes: the head of `migrations`. Revisions are numbers, compared as text."""

APPLICATION_ID = 0x42636831
"""Marks an SQLite file as a store of Backchannel (`PRAGMA application_id`): "Bch1"."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since 1970 in UTC: compares the same on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's
        """The datetime as an integer."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        """The integer as a datetime in UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


def microseconds(moment: datetime) -> int:
    """A time as it stands in the tables."""
    return (moment - _EPOCH) // _MICROSECOND


metadata = MetaData()

label = Table(
    "label",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("text", Text, nullable=False, unique=True),
)

sequence = Table(
    "sequence",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

source = Table(
    "source",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("own", Boolean, nullable=False),
)

# --- holdings ----------------------------------------------------------------------------------------------

original = Table(
    "original",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

holding = Table(
    "holding",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("source", Integer, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("tlp", Text, nullable=False),
    Column("default_tlp", Text, nullable=False),
    Column("grade", Text, nullable=False),
    Column("generated", Boolean, nullable=False),
    Column("reduced", Boolean, nullable=False),
    Column("agreement", Integer),
    Column("envelope", Integer),
    Column("original", Integer),
    Column("added_at", Moment, nullable=False),  # grows with `seq`, and no two are the same
    UniqueConstraint("id", "source", "version"),
    Index("ix_holding_type", "type", "seq"),
    Index("ix_holding_added", "added_at"),
)

_under_agreement = holding.c.agreement.is_not(None)
Index(
    "ix_holding_agreement",
    holding.c.agreement,
    holding.c.seq,
    sqlite_where=_under_agreement,
    postgresql_where=_under_agreement,
)

body = Table(
    "body",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("raw", LargeBinary, nullable=False),
)

edge = Table(
    "edge",
    metadata,
    Column("target", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

term = Table(
    "term",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

# Which values and patterns a holding tells: keys of `core.assess.keys`, cut.
told = Table(
    "told",
    metadata,
    Column("key", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

conflict = Table(
    "conflict",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("held_sha256", Text, nullable=False),
    Column("offered_sha256", Text, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("id", "version", "source", "offered_sha256"),
)

# The full-text index: SQLite only. On another database this is where its own kind belongs.
FULL_TEXT = "CREATE VIRTUAL TABLE holding_text USING fts5(words, content='', columnsize=0)"
_full_text = DDL(FULL_TEXT).execute_if(dialect="sqlite")  # type: ignore[no-untyped-call]  # SQLAlchemy's gap
event.listen(metadata, "after_create", _full_text)

# --- parties and agreements --------------------------------------------------------------------------------

party = Table(
    "party",
    metadata,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("card", LargeBinary, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("added_at", Moment, nullable=False),
)

agreement = Table(
    "agreement",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("party", Text, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("terms", LargeBinary, nullable=False),
    Column("proposed_by_us", Boolean, nullable=False),
    Column("signatures", LargeBinary, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("pending", LargeBinary),
    Column("secrets", LargeBinary),
)

pin = Table(
    "pin",
    metadata,
    Column("agreement", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("object_id", Text, nullable=False),
)

inbox_rule = Table(
    "inbox_rule",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("party", Text),
    Column("type", Text),
    Column("tlp_max", Text),
    sqlite_autoincrement=True,
)

# --- channels and inbox ------------------------------------------------------------------------------------

channel = Table(
    "channel",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("party", Text, primary_key=True),
    Column("sent", BigInteger, nullable=False),
    Column("sent_head", Text, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("received_head", Text, nullable=False),
    Column("acknowledged", BigInteger, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("party", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("carried_at", Moment),
    Column("answer", Boolean, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("ix_outbox_channel", "channel", "sequence", "carried_at", "answer", "digest"),
)

released = Table(
    "released",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("agreement", Integer, ForeignKey("label.number"), nullable=False),
    Column("source_id", Text, nullable=False),
    Column("sent_id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_released_source", "source_id", "agreement"),
    Index("ix_released_sent", "sent_id", "agreement"),
    Index("ix_released_at", "agreement", "at"),
)

received = Table(
    "received",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("agreement", Integer, ForeignKey("label.number"), nullable=False),
    Column("object_id", Text, nullable=False),
    Column("hops", Integer),
    Column("at", Moment, nullable=False),
    Index("ix_received_object", "object_id", "agreement"),
    Index("ix_received_at", "agreement", "at"),
)

refusal = Table(
    "refusal",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("channel", Text),
    Column("party", Text),
    Column("envelope", Text),
    Column("subject", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("party", Text, nullable=False),
    Column("agreement", Text, nullable=False),
    Column("envelope", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("tlp", Text, nullable=False),
    Column("reduced", Boolean, nullable=False),
    Column("flags", LargeBinary, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    UniqueConstraint("object_id", "version", "party", "agreement"),
    Index("ix_inbox_agreement", "agreement", "number"),
    Index("ix_inbox_party", "party", "number"),
    Index("ix_inbox_received", "agreement", "received_at"),
    sqlite_autoincrement=True,
)

# --- TAXII -------------------------------------------------------------------------------------------------------

taxii_user = Table(
    "taxii_user",
    metadata,
    Column("name", Text, primary_key=True),
    Column("token_sha256", LargeBinary, nullable=False, unique=True),
    Column("agreement", Text),
    Column("can_read", Boolean, nullable=False),
    Column("can_write", Boolean, nullable=False),
    Column("expires_at", Moment),
    Column("added_at", Moment, nullable=False),
)

taxii_status = Table(
    "taxii_status",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("status", LargeBinary, nullable=False),
    Index("ix_taxii_status_user", "user", "at"),
)

# What the TAXII collection of an agreement holds now. The bytes are those of a holding, or a reduced copy's own.
published = Table(
    "published",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("agreement", Integer, ForeignKey("label.number"), nullable=False),
    Column("id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("raw", LargeBinary),
    Index("ix_published_order", "agreement", "number"),
    Index("ix_published_type", "agreement", "type", "number"),
    Index("ix_published_id", "agreement", "id"),
    Index("ix_published_added", "agreement", "added_at"),
)

published_state = Table(
    "published_state",
    metadata,
    Column("agreement", Integer, ForeignKey("label.number"), primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("due", Moment, nullable=False),
)

# --- collections of TAXII servers --------------------------------------------------------------------------

taxii_pull = Table(
    "taxii_pull",
    metadata,
    Column("collection", Text, primary_key=True),
    Column("added_after", Text, nullable=False),
    Column("cursor", Text, nullable=False),
    Column("last_added", Text, nullable=False),
    Column("read_at", Moment, nullable=False),
)
