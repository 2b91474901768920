"""What people said: of the storyteller's texts, about training a model, and that they want to be forgotten."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from core.tables.naming import metadata

# Who asked to be forgotten, as a keyed hash: a backup that is restored is made to forget them again.
tombstone = Table(
    "tombstone",
    metadata,
    Column("mac", LargeBinary(32), primary_key=True),
    Column("created_at", DateTime(timezone=True), primary_key=True),
    # Whether the texts go too, or the names alone.
    Column("removes", Boolean, nullable=False),
    # Null while it is not yet done in this database.
    Column("finished_at", DateTime(timezone=True), nullable=True),
)

# Who agreed that what they wrote on a server may train a model. Whoever has no row did not.
consent = Table(
    "consent",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("workspace", String(64), primary_key=True),
    Column("contributor_id", String(64), primary_key=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

# Answers to those who agreed, where their server did too, and what they thought of them.
explanation = Table(
    "explanation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("story_id", ForeignKey("story.id"), nullable=False, index=True),
    Column("turn_id", ForeignKey("turn.id"), nullable=False),
    # The passage with which the story ended then.
    Column("head", ForeignKey("passage.id"), nullable=False),
    Column("answer", Text, nullable=False),
    # As of a passage; its words are the question.
    Column("given", JSON, nullable=False),
    # Null until its reader said what they think of it.
    Column("good", Boolean, nullable=True),
    Column("reason", Text, nullable=False, server_default=""),
)

# What a person thinks of a passage that the storyteller wrote; one word each, the last.
opinion = Table(
    "opinion",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("passage_id", ForeignKey("passage.id"), nullable=False),
    Column("turn_id", ForeignKey("turn.id"), nullable=False),
    Column("contributor_id", String(64), nullable=False),
    Column("good", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("passage_id", "contributor_id"),
)
