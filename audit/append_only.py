"""Triggers that make the trail append-only, for both databases.

SQLite: UPDATE and DELETE are refused; INSERT OR REPLACE is refused too, because it deletes without firing the delete
trigger unless ``recursive_triggers`` is on, whether it hits a row by its key or by SQLite's own ``rowid``.
PostgreSQL: the triggers are ENABLE ALWAYS, so that ``session_replication_role`` does not switch them off, and TRUNCATE
is refused. The owner of the file or the database can remove them; that is what the tree and its signatures are for.
What must stay true: every trigger named here exists, word for word, after every migration (``existing_triggers``).
"""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

#: Per table, what is refused.
_FORBIDDEN: dict[str, tuple[str, ...]] = {
    "audit_event": ("UPDATE", "DELETE"),
    "audit_private": ("UPDATE",),
    "audit_subject": ("UPDATE",),
    "audit_pending": ("UPDATE",),
}
#: Tables in which a row may not be written over by INSERT OR REPLACE, with their keys.
_NO_REPLACE: dict[str, str] = {"audit_event": "id", "audit_private": "event_id", "audit_subject": "ref"}


#: The triggers in force on PostgreSQL: not disabled, not weakened (``A`` is ENABLE ALWAYS) and without a condition.
IN_FORCE = """
    SELECT t.tgname AS name, c.relname AS on_table, btrim(p.prosrc) AS body
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND t.tgenabled = 'A' AND t.tgqual IS NULL
"""
_REFUSE = "BEGIN RAISE EXCEPTION '% is append-only: no %', TG_TABLE_NAME, TG_OP; END"


def create_statements(dialect: str) -> list[str]:
    """The statements that make the triggers on ``sqlite`` or ``postgresql``."""
    return _sqlite() if dialect == "sqlite" else _postgresql()


def trigger_names(dialect: str) -> frozenset[str]:
    """The names of all triggers of the trail."""
    names = {f"{table}_no_{act.lower()}" for table, acts in _FORBIDDEN.items() for act in acts}
    if dialect == "sqlite":
        names |= {f"{table}_no_replace" for table in _NO_REPLACE}
    else:
        names |= {f"{table}_no_truncate" for table in _FORBIDDEN}
    return frozenset(names)


def existing_triggers(session: Session) -> frozenset[str]:
    """The names of the triggers that the database has, that are in force, and that do what they were made to do."""
    if session.get_bind().dialect.name == "sqlite":
        rows = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        made = set(_sqlite())
        return frozenset(row.name for row in rows if row.sql in made)
    rows = session.execute(text(IN_FORCE)).all()
    return frozenset(row.name for row in rows if row.body == _REFUSE and row.name.startswith(f"{row.on_table}_no_"))


def _sqlite() -> list[str]:
    statements = [
        f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: no {act}'); END"
        for table, acts in _FORBIDDEN.items()
        for act in acts
    ]
    statements += [
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key} OR rowid = NEW.rowid) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: no REPLACE'); END"
        for table, key in _NO_REPLACE.items()
    ]
    return statements


def _postgresql() -> list[str]:
    statements = [f"CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {_REFUSE} $$"]
    for table, acts in _FORBIDDEN.items():
        for act in acts:
            name = f"{table}_no_{act.lower()}"
            statements.append(
                f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
            )
            statements.append(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        name = f"{table}_no_truncate"
        statements.append(f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table} EXECUTE FUNCTION audit_refuse()")
        statements.append(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    return statements
