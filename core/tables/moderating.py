"""What moderation keeps: reports, verdicts, texts kept back or let pass, and the log of decisions."""

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from core.tables.naming import metadata

report = Table(
    "report",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("place_id", ForeignKey("place.id"), nullable=False, index=True),
    Column("turn_id", ForeignKey("turn.id"), nullable=False),
    # No foreign key: what is reported may be no passage.
    Column("passage_id", Integer, nullable=True),
    Column("message_id", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    # Null until a moderator has seen to it.
    Column("decided_at", DateTime(timezone=True), nullable=True),
)

# Texts that were allowed, exactly as they were rendered for a platform. A row comes before the text goes out.
verdict = Table(
    "verdict",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("policy", String(32), primary_key=True),
    Column("decided_at", DateTime(timezone=True), nullable=False, index=True),
)

# What moderation kept back: sealed, for its author's appeal and the moderators' review, and dropped in time.
held = Table(
    "held",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("place_id", ForeignKey("place.id"), nullable=False, index=True),
    Column("request_id", String(128), nullable=False),
    Column("contributor_id", String(64), nullable=False),
    Column("author", Text, nullable=False),
    # The request as it was made, to be performed when a moderator lets it pass; empty once dropped.
    Column("operation", String(32), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("reasons", JSON, nullable=False),
    # refused, waiting, approved, edited, rejected or expired
    Column("state", String(12), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("created_at", DateTime(timezone=True), nullable=False),
    # When a moderator decided; before that, when its author asked one to look.
    Column("decided_at", DateTime(timezone=True), nullable=True),
    Column("decided_by", String(64), nullable=True),
    UniqueConstraint("place_id", "request_id"),
    Index("ix_held_state", "state", "created_at"),
    Index("ix_held_contributor_id", "contributor_id"),
)

# Texts that a moderator lets pass on a server although the filters do not.
override = Table(
    "override",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("workspace", String(64), primary_key=True),
    Column("digest", LargeBinary(32), primary_key=True),
    Column("actor", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

# What was decided by whom, each row sealed with the hash of the one before it on its server. Holds no text.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", String(20), nullable=False),
    Column("workspace", String(64), nullable=False),
    # Counts from 1 on each server: two processes cannot both write the next row.
    Column("number", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("details", JSON, nullable=False),
    Column("seal", LargeBinary(32), nullable=False),
    UniqueConstraint("platform", "workspace", "number"),
)
