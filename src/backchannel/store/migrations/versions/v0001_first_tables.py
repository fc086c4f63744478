"""The first tables.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables, and the full-text index where the database is SQLite."""
    _holdings()
    _parties_and_agreements()
    _channels_and_inbox()
    _taxii()
    if op.get_context().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE holding_text USING fts5(words, content='', columnsize=0)")


def _holdings() -> None:
    op.create_table(
        "label",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("text"),
    )
    op.create_table(
        "sequence",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "source",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "original",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "holding",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("default_tlp", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("generated", sa.Boolean(), nullable=False),
        sa.Column("reduced", sa.Boolean(), nullable=False),
        sa.Column("agreement", sa.Integer(), nullable=True),
        sa.Column("envelope", sa.Integer(), nullable=True),
        sa.Column("original", sa.Integer(), nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id", "source", "version"),
    )
    op.create_index(
        "ix_holding_agreement",
        "holding",
        ["agreement", "seq"],
        unique=False,
        sqlite_where=sa.text("agreement IS NOT NULL"),
        postgresql_where=sa.text("agreement IS NOT NULL"),
    )
    op.create_index("ix_holding_type", "holding", ["type", "seq"], unique=False)
    op.create_index("ix_holding_added", "holding", ["added_at"], unique=False)
    op.create_table(
        "body",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "edge",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("target", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "term",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "kind", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "conflict",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("held_sha256", sa.Text(), nullable=False),
        sa.Column("offered_sha256", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id", "version", "source", "offered_sha256"),
    )


def _parties_and_agreements() -> None:
    op.create_table(
        "party",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("card", sa.LargeBinary(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "agreement",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_by_us", sa.Boolean(), nullable=False),
        sa.Column("signatures", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("pending", sa.LargeBinary(), nullable=True),
        sa.Column("secrets", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_agreement_party", "agreement", ["party"], unique=False)
    op.create_table(
        "pin",
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agreement", "name"),
    )
    op.create_table(
        "inbox_rule",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("party", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("tlp_max", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )


def _channels_and_inbox() -> None:
    op.create_table(
        "channel",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("sent_head", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("received_head", sa.Text(), nullable=False),
        sa.Column("acknowledged", sa.BigInteger(), nullable=False),
        sa.Column("receipt_due", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "party"),
    )
    op.create_table(
        "outbox",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("carried_at", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.Boolean(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "sequence"),
    )
    op.create_index(
        "ix_outbox_channel", "outbox", ["channel", "sequence", "carried_at", "answer", "digest"], unique=False
    )
    op.create_table(
        "released",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("agreement", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("sent_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement"],
            ["label.number"],
        ),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_released_at", "released", ["agreement", "at"], unique=False)
    op.create_index("ix_released_sent", "released", ["sent_id", "agreement"], unique=False)
    op.create_index("ix_released_source", "released", ["source_id", "agreement"], unique=False)
    op.create_table(
        "received",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("agreement", sa.Integer(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("hops", sa.Integer(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement"],
            ["label.number"],
        ),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_received_at", "received", ["agreement", "at"], unique=False)
    op.create_index("ix_received_object", "received", ["object_id", "agreement"], unique=False)
    op.create_table(
        "refusal",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("party", sa.Text(), nullable=True),
        sa.Column("envelope", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "inbox",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("reduced", sa.Boolean(), nullable=False),
        sa.Column("flags", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("object_id", "version", "party", "agreement"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_agreement", "inbox", ["agreement", "number"], unique=False)
    op.create_index("ix_inbox_party", "inbox", ["party", "number"], unique=False)
    op.create_table(
        "taxii_user",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=True),
        sa.Column("can_read", sa.Boolean(), nullable=False),
        sa.Column("can_write", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sa.UniqueConstraint("token_sha256"),
    )
    op.create_table(
        "taxii_status",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_taxii_status_user", "taxii_status", ["user", "at"], unique=False)
    op.create_table(
        "published",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("agreement", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["agreement"], ["label.number"]),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_published_order", "published", ["agreement", "number"], unique=False)
    op.create_index("ix_published_type", "published", ["agreement", "type", "number"], unique=False)
    op.create_index("ix_published_id", "published", ["agreement", "id"], unique=False)
    op.create_index("ix_published_added", "published", ["agreement", "added_at"], unique=False)
    op.create_table(
        "published_state",
        sa.Column("agreement", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["agreement"], ["label.number"]),
        sa.PrimaryKeyConstraint("agreement"),
    )


def _taxii() -> None:
    op.create_table(
        "taxii_pull",
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("added_after", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("last_added", sa.Text(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("collection"),
    )
