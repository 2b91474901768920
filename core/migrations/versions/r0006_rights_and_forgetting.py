"""People who take no part; erasures that can be repeated as they were asked for; a person's turns by time."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply."""
    op.add_column("workspace", sa.Column("blocked", sa.JSON(), server_default="[]", nullable=False))
    op.drop_table("tombstone")
    op.create_table(
        "tombstone",
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removes", sa.Boolean(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("mac", "created_at", name=op.f("pk_tombstone")),
    )
    op.drop_index("ix_turn_contributor_id", "turn")
    op.create_index("ix_turn_contributor_id", "turn", ["contributor_id", "created_at", "place_id"])
    op.create_index("ix_held_contributor_id", "held", ["contributor_id"])
