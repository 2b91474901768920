"""Alembic's environment for the story database, run by `core.store` at start."""
