"""Whether a server's passages stand in threads."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply."""
    op.add_column("workspace", sa.Column("threads", sa.Boolean(), nullable=False, server_default=sa.true()))
