"""Canaries, beside the holdings.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of canaries."""
    op.create_table(
        "canary",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("indicator", sa.LargeBinary(), nullable=False),
        sa.Column("relationship", sa.LargeBinary(), nullable=False),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("link_tlp", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("agreement", "counter"),
        sa.UniqueConstraint("name"),
    )
