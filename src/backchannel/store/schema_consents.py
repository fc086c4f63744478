"""The tables of provenance and consents."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text

from backchannel.store.schema import Moment, metadata

# Beside a received object version, whether it is held or waits in the inbox.
provenance = Table(
    "provenance",
    metadata,
    Column("object_id", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("agreement", Text, primary_key=True),
    Column("tlp", Text, nullable=False),
    Column("origin", LargeBinary, nullable=False),
    Column("onward", Text, nullable=False),
    Column("destroy_by", BigInteger),
    Column("passed", Text, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("consents", Text, nullable=False),
    Column("tag", LargeBinary, nullable=False),
    Index("ix_provenance_due", "destroy_by"),
    sqlite_with_rowid=False,
)

sent_copy = Table(
    "sent_copy",
    metadata,
    Column("agreement", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    sqlite_with_rowid=False,
)

consent_request = Table(
    "consent_request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("ours", Boolean, nullable=False),
    Column("agreement", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("to", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_consent_request_party", "party", "ours", "at"),
    Index("ix_consent_request_at", "at"),
)

consent_item = Table(
    "consent_item",
    metadata,
    Column("request", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("object_id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("until", Moment),
    Column("consent", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("link_number", Integer, nullable=False),
    Index("ix_consent_item_object", "object_id"),
    sqlite_with_rowid=False,
)

consent = Table(
    "consent",
    metadata,
    Column("id", Text, primary_key=True),
    Column("document", LargeBinary, nullable=False),
)
