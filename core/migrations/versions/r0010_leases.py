"""What only one of several processes may hold, and who is to show a post."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "lease",
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform", "name", name=op.f("pk_lease")),
    )
    op.add_column("post", sa.Column("holder", sa.String(length=32), server_default="", nullable=False))
