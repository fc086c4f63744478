"""What objects tell, for counting origins, of what is held already too; the origin tag beside received objects.

Revision ID: 0010
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from backchannel.core.assess.keys import told_by
from backchannel.core.stix import decode_held

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PAGE = 2_000


def upgrade() -> None:
    """Make the table and fill it, and give what is kept beside objects another column."""
    _what_objects_tell()
    _origin_tags()


def _what_objects_tell() -> None:
    op.create_table(
        "told",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "seq"),
        sqlite_with_rowid=False,
    )
    told = sa.table("told", sa.column("key"), sa.column("seq"))
    for rows in _told(op.get_bind()):
        op.bulk_insert(told, rows)


def _told(connection: sa.Connection) -> Iterator[list[dict[str, object]]]:
    body = sa.table("body", sa.column("seq"), sa.column("raw"))
    after = -1
    page = (
        sa.select(body.c.seq, body.c.raw).where(body.c.seq > sa.bindparam("after")).order_by(body.c.seq).limit(PAGE)
    )
    while found := list(connection.execute(page, {"after": after})):
        yield [{"key": key, "seq": seq} for seq, raw in found for key in told_by(decode_held(raw).value)]
        after = found[-1].seq


def _origin_tags() -> None:
    """SQLite adds a column behind the constraints only, so the table is made anew."""
    op.drop_index("ix_provenance_due", table_name="provenance")
    op.rename_table("provenance", "provenance_before")
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
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("object_id", "version", "source", "agreement"),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO provenance SELECT *, X'' FROM provenance_before")
    op.drop_table("provenance_before")
    op.create_index("ix_provenance_due", "provenance", ["destroy_by"], unique=False)
