"""What several processes know of each other: who holds what, and which turns are under way."""

from sqlalchemy import JSON, Column, DateTime, ForeignKey, String, Table

from core.tables.naming import metadata

# What only one of several processes may hold at a time. It ends by itself if its holder does not say that it lives.
lease = Table(
    "lease",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("holder", String(32), nullable=False),
    # By the database's clock, since those of several machines differ.
    Column("until", DateTime(timezone=True), nullable=False),
)

# Turns for which the engine is being asked, and what is to be said if their process dies meanwhile. None on SQLite.
begun = Table(
    "begun",
    metadata,
    Column("place_id", ForeignKey("place.id"), primary_key=True),
    Column("request_id", String(128), primary_key=True),
    Column("operation", String(32), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("blocks", JSON, nullable=False),
    Column("holder", String(32), nullable=False),
)
