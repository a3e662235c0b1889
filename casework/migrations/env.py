"""Alembic's entry: runs the revisions on the connection that ``casework.schema`` hands over.

What must stay true: there is no alembic.ini and no second way to name a database.
"""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

import casework.operating_tables
import casework.oversight_tables
import casework.tables  # noqa: F401 - all are imported so that the metadata knows every table.

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=False,
)
with context.begin_transaction():
    context.run_migrations()
