"""Wordings that wait for consent, messages to be emptied; who may write on a server, how often, and who may not."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("turn_id", sa.Integer(), nullable=False),
        sa.Column("passage_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_proposal_place_id")),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name=op.f("fk_proposal_turn_id")),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_proposal_passage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(op.f("ix_proposal_place_id"), "proposal", ["place_id"])
    op.add_column("message", sa.Column("ours", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_index(op.f("ix_message_turn_id"), "message", ["turn_id"])
    op.create_index(op.f("ix_passage_turn_id"), "passage", ["turn_id"])
    op.create_table(
        "withdrawal",
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_withdrawal_place_id")),
        sa.PrimaryKeyConstraint("place_id", "message_id", name=op.f("pk_withdrawal")),
    )
    for name, nothing in {"reasons": "{}", "writers": "[]", "quotas": "{}"}.items():
        op.add_column("workspace", sa.Column(name, sa.JSON(), server_default=nothing, nullable=False))
