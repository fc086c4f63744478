"""Echoes: traces of what was released, and what each source told us.

Of what came before, that it came and when is taken over from `received`; how it was judged is not known. Traces need
a secret that no migration has: what was released before is numbered as still to be read, and read by the program.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TOLD_BEFORE = """
INSERT INTO telling (source, object_id, type, at, second_hand, new, tier, contested, poisoned, revoked)
SELECT source.number, received.object_id, substr(received.object_id, 1, instr(received.object_id, '--') - 1),
       min(received.at), 0, 0, 0, 0, 0, 0
FROM received
JOIN label ON label.number = received.agreement
JOIN agreement ON agreement.id = label.text
JOIN source ON source.key = agreement.party
GROUP BY source.number, received.object_id
"""


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "released_trace",
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("trace", "agreement"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "telling",
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("whole", sa.Text()),
        sa.Column("origin", sa.Text()),
        sa.Column("second_hand", sa.Boolean(), nullable=False),
        sa.Column("new", sa.Boolean(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("contested", sa.Boolean(), nullable=False),
        sa.Column("poisoned", sa.Boolean(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("reasons", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("source", "object_id"),
        sqlite_with_rowid=False,
    )
    says = sa.text("whole IS NOT NULL")
    columns = ["whole", "source", "tier", "at"]
    op.create_index("ix_telling_whole", "telling", columns, sqlite_where=says, postgresql_where=says)
    op.execute(_TOLD_BEFORE)
    op.execute("INSERT INTO sequence (name, value) SELECT 'untraced', max(number) FROM released HAVING count(*) > 0")
