"""Where Alembic starts: the revisions run inside the transaction that `database` has begun."""

from alembic import context

from backchannel.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
