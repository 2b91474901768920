"""What only one of several processes may hold, who is to show a post, and which turns are under way."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


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
    op.create_table(
        "begun",
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(length=128), nullable=False),
        sa.Column("operation", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocks", sa.JSON(), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_begun_place_id")),
        sa.PrimaryKeyConstraint("place_id", "request_id", name=op.f("pk_begun")),
    )
    op.add_column("post", sa.Column("holder", sa.String(length=32), server_default="", nullable=False))
