"""Requests for information and their answers.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("observables", sa.LargeBinary(), nullable=False),
        sa.Column("threat", sa.Text(), nullable=True),
        sa.Column("wanted_by", sa.BigInteger(), nullable=True),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("pap", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=True),
        sa.Column("said", sa.BigInteger(), nullable=False),
        sa.Column("ended_by", sa.BigInteger(), nullable=False),
        sa.Column("although", sa.Text(), nullable=False),
        sa.Column("taken_back", sa.Boolean(), nullable=False),
        sa.Column("forgotten", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["agreement"], ["agreement.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_request_asked", "request", ["agreement", "ours", "asked_at"], unique=False)
    op.create_table(
        "request_answer",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("objects", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=True),
        sa.Column("said", sa.BigInteger(), nullable=False),
        sa.Column("although", sa.Text(), nullable=False),
        sa.Column("forgotten", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["request"], ["request.id"]),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_request_answer_request", "request_answer", ["request", "number"], unique=False)
