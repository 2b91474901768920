"""Servers, the places on them, and the turns that were taken there."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    false,
    true,
)

from core.tables.naming import metadata

workspace = Table(
    "workspace",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", String(20), nullable=False),
    Column("workspace", String(64), nullable=False),
    # Null and empty until an admin sets it.
    Column("rating", String(10), nullable=True),
    Column("language", String(10), nullable=True),
    Column("channels", JSON, nullable=False),
    Column("moderators", JSON, nullable=False),
    Column("blocked", JSON, nullable=False, server_default="[]"),
    # Why, by person; of those whom a moderator shut out.
    Column("reasons", JSON, nullable=False, server_default="{}"),
    Column("writers", JSON, nullable=False, server_default="[]"),
    Column("quotas", JSON, nullable=False, server_default="{}"),
    Column("alerts", String(64), nullable=True),
    Column("messages", Boolean, nullable=False),
    Column("turns", String(12), nullable=False),
    Column("patterns", JSON, nullable=False, server_default="[]"),
    Column("approval", String(12), nullable=False, server_default="flagged"),
    Column("threads", Boolean, nullable=False, server_default=true()),
    Column("tuning", Boolean, nullable=False, server_default=false()),
    Column("version", Integer, nullable=False),
    UniqueConstraint("platform", "workspace"),
)

place = Table(
    "place",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", String(20), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("thread", String(64), nullable=False),
    # Null until somebody sets it: then the operator's default holds, also when that changes.
    Column("rating", String(10), nullable=True),
    Column("length", String(10), nullable=True),
    # Counts what changed here. A turn that found another number than it meets at its commit is performed again.
    Column("version", Integer, nullable=False),
    Column("dedicated", Boolean, nullable=False, server_default=false()),
    # No foreign key: story points back at place, and the two would wait for each other.
    Column("story_id", Integer, nullable=True),
    UniqueConstraint("platform", "workspace", "channel", "thread"),
)

turn = Table(
    "turn",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("request_id", String(128), nullable=False),
    Column("place_id", ForeignKey("place.id"), nullable=False),
    Column("operation", String(32), nullable=False),
    Column("contributor_id", String(64), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("place_id", "request_id"),
    Index("ix_turn_contributor_id", "contributor_id", "created_at", "place_id"),
    # For the quotas of several processes.
    Index("ix_turn_created_at", "created_at", "place_id").ddl_if(dialect="postgresql"),
)
