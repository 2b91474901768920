"""What people are still to be shown or told, which message shows what, and what adapters want to know again."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    true,
)

from core.tables.naming import metadata

post = Table(
    "post",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("turn_id", ForeignKey("turn.id"), nullable=False, unique=True),
    Column("place_id", ForeignKey("place.id"), nullable=False),
    Column("blocks", JSON, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("passage", JSON(none_as_null=True), nullable=True),
    Column("delivered_at", DateTime(timezone=True), nullable=True),
    # Which process shows it, by its id in `lease`; another one does once that has ended. Empty: whoever starts.
    Column("holder", String(32), nullable=False, server_default=""),
    Index("ix_post_delivered_at", "delivered_at"),
)

# What moderators are still to be told. The row is gone once they were.
alert = Table(
    "alert",
    metadata,
    Column("post_id", ForeignKey("post.id"), primary_key=True),
    Column("blocks", JSON, nullable=False),
    # The message that it is about; empty if there is none.
    Column("source", String(64), nullable=False),
)

# Which message of the platform shows a post, or is where a passage came from.
message = Table(
    "message",
    metadata,
    Column("place_id", ForeignKey("place.id"), primary_key=True),
    Column("message_id", String(64), primary_key=True),
    Column("turn_id", ForeignKey("turn.id"), nullable=False, index=True),
    # Whether the bot posted it itself; only then can it be written over.
    Column("ours", Boolean, nullable=False, server_default=true()),
)

# Messages of ours that show words of somebody who was forgotten, until they are written over.
withdrawal = Table(
    "withdrawal",
    metadata,
    Column("place_id", ForeignKey("place.id"), primary_key=True),
    Column("message_id", String(64), primary_key=True),
    # Who was forgotten, as in `tombstone`.
    Column("mac", LargeBinary(32), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

# What an adapter wants to know again after a restart.
note = Table(
    "note",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

# Deliveries of a platform that were taken, so that no process takes one again.
sighting = Table(
    "sighting",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False, index=True),
)
