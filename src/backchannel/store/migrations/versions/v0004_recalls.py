"""Recalls, ours and others'; tombstones of what is gone, and when a version came where its holding does not say it.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _recalls()
    _heard()
    _gone()


def _recalls() -> None:
    op.create_table(
        "recall",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger()),
        sa.Column("cause_party", sa.Text()),
        sa.Column("cause_recall", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_recall_object_id", "recall", ["object_id"], unique=False)
    op.create_table(
        "recall_recipient",
        sa.Column("recall", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("recall", "agreement"),
    )
    op.create_index("ix_recall_recipient_party", "recall_recipient", ["party", "state"], unique=False)


def _heard() -> None:
    op.create_table(
        "recall_heard",
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("recall", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger()),
        sa.Column("withdrawn", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("party", "recall", "agreement"),
    )
    op.create_index("ix_recall_heard_at", "recall_heard", ["party", "heard_at"], unique=False)
    op.create_table(
        "recall_heard_id",
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("recall", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("object_id", "party", "recall"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_recall_heard_id_recall", "recall_heard_id", ["party", "recall"])


def _gone() -> None:
    op.create_table(
        "tombstone",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("agreement", sa.Integer()),
        sa.Column("envelope", sa.Integer()),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("recall", sa.Text()),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_tombstone_object", "tombstone", ["object_id"], unique=False)
    op.create_table(
        "came",
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("agreement", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("object_id", "version", "source", "agreement"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_came_at", "came", ["agreement", "at"], unique=False)
    op.create_index("ix_inbox_received", "inbox", ["agreement", "received_at"], unique=False)
