"""``sagsgang database upgrade``: the schema brought to the program's revision.

What must stay true: a shared database is changed by this command and by nothing else.
"""

from __future__ import annotations

from apps.cli.exits import Exit
from apps.cli.invocation import Invocation
from casework.schema import upgrade
from foundation.clock import SystemClock
from foundation.database import Database
from foundation.sealing import open_key_ring


def upgrade_schema(call: Invocation) -> int:
    """Bring the database up to date, and check it."""
    settings = call.settings
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.effective_database_url, open_key_ring(settings))
    try:
        upgrade(database, environment=settings.environment, now=SystemClock().now())
        kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    finally:
        database.dispose()
    call.screen.heading(f"Databasen ({kind}) er på programmets revision, og alle værn er på plads.")
    call.screen.advise(call.command("doctor"))
    call.screen.answer({"database": kind, "current": True})
    return Exit.OK
