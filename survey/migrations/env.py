"""What Alembic runs. The connection and its transaction belong to the caller (see `survey.migrations`)."""

from alembic import context

import survey.models  # noqa: F401 (registers the tables)
from survey.core.db import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
    compare_server_default=True,
)
context.run_migrations()
