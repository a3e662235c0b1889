"""The schema: brought up to date, and checked.

What must stay true: the embedded database brings itself up to date; a shared one does so only when told to; and after
every migration each trigger that protects the record is still there (Alembic's batch mode drops them silently).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, select, text

import audit.append_only
import casework.triggers
from audit.events import ActorRef, Event
from audit.recording import record
from audit.vocabulary import ActorKind, EventType
from casework.errors import SchemaNotCurrentError
from casework.tables import InstallationRow
from foundation.database import Database, schema_changes
from foundation.environment import Environment, EnvironmentLockedError

_SCRIPTS = Path(__file__).parent / "migrations"
#: Two processes that start at once must not both migrate; any fixed number does.
_MIGRATION_LOCK = 0x5A65_5347
_INSTALLATION = InstallationRow.__table__


def upgrade(database: Database, *, environment: Environment, now: datetime) -> None:
    """Bring the database up to date, claim it for the environment, and check it.

    Raises:
        EnvironmentLockedError: when the database belongs to another environment; nothing is changed then.
        SchemaNotCurrentError: when it is newer than the program or a trigger is missing afterwards.
    """
    with database.engine.begin() as connection:
        _let_one_in(connection)
        if inspect(connection).has_table(_INSTALLATION.name):
            belongs_to = connection.execute(select(_INSTALLATION.c.environment)).scalar_one_or_none()
            if belongs_to is not None:
                _require_own(belongs_to, environment)
        _require_not_newer(MigrationContext.configure(connection).get_current_revision())
        with schema_changes(connection):
            command.upgrade(_config(connection), "head")
    with database.write() as session:
        _let_one_in(session.connection())
        known = session.execute(select(_INSTALLATION.c.environment)).scalar_one_or_none()
        if known is None:
            session.execute(insert(_INSTALLATION).values(id=1, environment=environment.value, created_at=now))
            maker = ActorRef(ActorKind.SYSTEM, "sagsgang", "program")
            event = Event(type=EventType.DATABASE_CREATED, actor=maker)
            record(session, event, at=now, environment=environment.value)
    check(database, environment=environment)


def check(database: Database, *, environment: Environment) -> None:
    """Refuse to work on a database that does not fit.

    Raises:
        EnvironmentLockedError: when it belongs to another environment.
        SchemaNotCurrentError: when it is not at the program's revision, or lacks a trigger.
    """
    with database.read() as session:
        at = MigrationContext.configure(session.connection()).get_current_revision()
    _require_not_newer(at)
    newest = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    if at != newest:
        message = f"Databasen er på revision {at or 'ingen'}, programmet på {newest}. Kør: sagsgang database upgrade"
        raise SchemaNotCurrentError(message)
    with database.read() as session:
        dialect = session.get_bind().dialect.name
        wanted = audit.append_only.trigger_names(dialect) | casework.triggers.NAMES
        missing = wanted - audit.append_only.existing_triggers(session) - casework.triggers.existing(session)
        if missing:
            message = f"Databasen mangler værn mod ændring: {', '.join(sorted(missing))}. Gendan fra sikkerhedskopi."
            raise SchemaNotCurrentError(message)
        belongs_to = session.execute(select(_INSTALLATION.c.environment)).scalar_one_or_none()
    _require_own(belongs_to, environment)


def _let_one_in(connection: Connection) -> None:
    """Two processes may start at once; on SQLite BEGIN IMMEDIATE has taken the only write lock there is."""
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})


def _require_not_newer(revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}
    if revision is not None and revision not in known:
        message = f"Databasen er på revision {revision}, som programmet ikke kender. Brug et nyere program."
        raise SchemaNotCurrentError(message)


def _require_own(belongs_to: str | None, environment: Environment) -> None:
    if belongs_to != environment.value:
        message = (
            f"Databasen hører til miljøet {belongs_to or 'intet'} og kan ikke bruges i {environment.value}. "
            "Brug en anden SAGSGANG_DATABASE_URL."
        )
        raise EnvironmentLockedError(message)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", _SCRIPTS.as_posix())
    config.attributes["connection"] = connection
    return config
