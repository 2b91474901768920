"""Which voice tells a story."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply."""
    op.add_column("story", sa.Column("voice", sa.String(length=40), nullable=True))
