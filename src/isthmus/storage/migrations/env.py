"""What alembic runs. The connection is `storage.upgrade`'s, and so is the transaction."""

from __future__ import annotations

from alembic import context

from isthmus.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
