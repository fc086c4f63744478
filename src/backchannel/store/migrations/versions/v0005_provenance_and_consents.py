"""Provenance beside received objects, and consents.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _provenance()
    _consents()


def _provenance() -> None:
    op.create_table(
        "provenance",
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("origin", sa.LargeBinary(), nullable=False),
        sa.Column("onward", sa.Text(), nullable=False),
        sa.Column("destroy_by", sa.BigInteger(), nullable=True),
        sa.Column("passed", sa.Text(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("consents", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("object_id", "version", "source", "agreement"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_provenance_due", "provenance", ["destroy_by"], unique=False)
    op.create_table(
        "sent_copy",
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agreement", "id", "version", "sha256"),
        sqlite_with_rowid=False,
    )


def _consents() -> None:
    op.create_table(
        "consent_request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_consent_request_party", "consent_request", ["party", "ours", "at"], unique=False)
    op.create_index("ix_consent_request_at", "consent_request", ["at"], unique=False)
    op.create_table(
        "consent_item",
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("link_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("request", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_consent_item_object", "consent_item", ["object_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
