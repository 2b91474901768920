"""Turns by time, where several processes count what was asked lately. SQLite has one, which counts in memory."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_turn_created_at", "turn", ["created_at", "place_id"])
