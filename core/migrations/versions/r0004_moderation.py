"""Verdicts, what was kept back, overrides, the audit log; policies of servers, stories and passages."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply."""
    when = sa.DateTime(timezone=True)
    op.create_table(
        "verdict",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("policy", sa.String(length=32), nullable=False),
        sa.Column("decided_at", when, nullable=False),
        sa.PrimaryKeyConstraint("digest", "policy", name=op.f("pk_verdict")),
    )
    op.create_index(op.f("ix_verdict_decided_at"), "verdict", ["decided_at"])
    op.create_table(
        "held",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(length=128), nullable=False),
        sa.Column("contributor_id", sa.String(length=64), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("operation", sa.String(length=32), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", when, nullable=False),
        sa.Column("decided_at", when, nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_held_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held")),
        sa.UniqueConstraint("place_id", "request_id", name=op.f("uq_held_place_id")),
    )
    op.create_index(op.f("ix_held_place_id"), "held", ["place_id"])
    op.create_index("ix_held_state", "held", ["state", "created_at"])
    op.create_table(
        "override",
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", when, nullable=False),
        sa.PrimaryKeyConstraint("platform", "workspace", "digest", name=op.f("pk_override")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_at", when, nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("seal", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("platform", "workspace", "number", name=op.f("uq_audit_platform")),
    )
    op.create_table(
        "tombstone",
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", when, nullable=False),
        sa.PrimaryKeyConstraint("mac", name=op.f("pk_tombstone")),
    )
    op.add_column("workspace", sa.Column("patterns", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("workspace", sa.Column("approval", sa.String(length=12), server_default="flagged", nullable=False))
    op.add_column("story", sa.Column("lines", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("story", sa.Column("veils", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("passage", sa.Column("policy", sa.String(length=32), server_default="", nullable=False))
    op.add_column("report", sa.Column("decided_at", when, nullable=True))
