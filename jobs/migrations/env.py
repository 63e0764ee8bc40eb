"""What Alembic runs: the migrations, on the connection that ``jobs/database.py`` hands over."""

from __future__ import annotations

from alembic import context

from jobs.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a column; a batch builds the table anew
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
