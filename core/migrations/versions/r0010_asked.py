"""What the storyteller was asked, kept with the tokens of what it wrote."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Apply."""
    op.add_column("token", sa.Column("asked", sa.LargeBinary(), nullable=True))
