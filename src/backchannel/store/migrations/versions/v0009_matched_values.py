"""What was found, by value and by age: for what is held, and for retention. Sessions by state: those under way.

Revision ID: 0009
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("ix_match_result_value", "match_result", ["type", "value"])
    op.create_index("ix_match_session_state", "match_session", ["state"])
    op.create_index("ix_match_result_age", "match_result", ["agreement", "matched_at"])
