"""What the storyteller was asked, kept with the tokens of what it wrote; and summaries of what leaves the window."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Apply."""
    op.add_column("token", sa.Column("asked", sa.LargeBinary(), nullable=True))
    op.create_table(
        "summary",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("layer", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=True),
        sa.Column("through", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("policy", sa.String(length=32), nullable=False),
        sa.Column("author_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_summary_story_id")),
        sa.ForeignKeyConstraint(["after"], ["passage.id"], name=op.f("fk_summary_after")),
        sa.ForeignKeyConstraint(["through"], ["passage.id"], name=op.f("fk_summary_through")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summary")),
        sa.UniqueConstraint("story_id", "layer", "first", "through", "policy", name=op.f("uq_summary_story_id")),
    )
    op.create_index(op.f("ix_summary_story_id"), "summary", ["story_id"])
