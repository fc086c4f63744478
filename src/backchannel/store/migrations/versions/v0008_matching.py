"""Matching: epochs, keys, sessions, inputs, tags, what was found, and what was evaluated.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of matching."""
    op.create_table(
        "match_session",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("opener", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("offer", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("said", sa.Integer(), nullable=False),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("got", sa.Integer(), nullable=False),
        sa.Column("posted", sa.BigInteger(), nullable=False),
        sa.Column("inputs", sa.BigInteger(), nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_match_session_agreement", "match_session", ["agreement", "opened_at"])
    op.create_table(
        "match_input",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Text()),
        sa.Column("blinded", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session", "kind", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_match_input_place", "match_input", ["session", "kind", "place", "number"])
    op.create_table(
        "match_blinded",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("element", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session", "kind", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_match_blinded_element", "match_blinded", ["session", "element"], unique=True)
    op.create_index("ix_match_blinded_place", "match_blinded", ["session", "kind", "place", "number"])
    op.create_table(
        "match_seed",
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("agreement", "epoch"),
    )
    op.create_table(
        "match_key",
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("agreement", "epoch", "kind"),
    )
    op.create_table(
        "match_own",
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("tag", sa.LargeBinary()),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("since", sa.BigInteger()),
        sa.PrimaryKeyConstraint("agreement", "epoch", "kind", "value"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "match_tag",
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("agreement", "epoch", "kind", "tag"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "match_result",
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("ours_since", sa.BigInteger()),
        sa.Column("matched_at", sa.BigInteger(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agreement", "type", "value"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "match_count",
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("evaluated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agreement", "kind", "day"),
    )
