"""Alembic calls this with a connection that `core.store` has put into the configuration."""

from alembic import context

from core import faults
from core.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
    on_version_apply=lambda **_: faults.hit("migrating"),
)
with context.begin_transaction():
    context.run_migrations()
