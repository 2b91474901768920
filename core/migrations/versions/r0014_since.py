"""How many passages a story had when a fact was noted, so that prompts can tell it there."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Apply."""
    op.add_column("lore", sa.Column("since", sa.Integer(), server_default="0", nullable=False))
