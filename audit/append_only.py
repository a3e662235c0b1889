"""Triggers that make the trail append-only, for both databases.

SQLite: UPDATE and DELETE are refused; INSERT OR REPLACE is refused too, because it deletes without firing the delete
trigger unless ``recursive_triggers`` is on, whether it hits a row by its key or by SQLite's own ``rowid``.
PostgreSQL: the triggers are ENABLE ALWAYS, so that ``session_replication_role`` does not switch them off, and TRUNCATE
is refused. The owner of the file or the database can remove them; that is what the tree and its signatures are for.
What must stay true: every trigger named here exists, word for word, after every migration (``existing_triggers``), and
what a revision has made is made the same for ever: a later revision replaces it by name.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

#: The triggers in force on PostgreSQL: not disabled, not weakened (``A`` is ENABLE ALWAYS) and without a condition.
IN_FORCE = """
    SELECT t.tgname AS name, c.relname AS on_table, btrim(p.prosrc) AS body
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND t.tgenabled = 'A' AND t.tgqual IS NULL
"""
_REFUSE = "BEGIN RAISE EXCEPTION '% is append-only: no %', TG_TABLE_NAME, TG_OP; END"
_EACH_ROW = "BEFORE {act} ON {table} FOR EACH ROW"
#: What follows a whole statement on PostgreSQL, so that a batch is looked at once and not row by row.
_AFTER_ALL = "AFTER {act} ON {table} REFERENCING %s TABLE AS touched FOR EACH STATEMENT"


@dataclass(frozen=True, slots=True)
class _Ban:
    """Something that the database refuses: always, or when ``when`` is so (SQLite's words in ``when``)."""

    table: str
    name: str
    act: str
    what: str
    when: str | None = None
    #: On PostgreSQL: the timing, and the function's body where it is not plain refusal.
    timing: str = _EACH_ROW
    body: str = _REFUSE

    @property
    def trigger(self) -> str:
        return f"{self.table}_{self.name}"

    def sqlite(self) -> str:
        when = f"WHEN {self.when} " if self.when is not None else ""
        return (
            f"CREATE TRIGGER {self.trigger} BEFORE {self.act} ON {self.table} {when}"
            f"BEGIN SELECT RAISE(ABORT, '{self.table} is append-only: {self.what}'); END"
        )

    def postgresql(self) -> list[str]:
        function = "audit_refuse" if self.body == _REFUSE else self.trigger
        own = (
            []
            if self.body == _REFUSE
            else [f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ {self.body} $$"]
        )
        timing = self.timing.format(act=self.act, table=self.table)
        return [
            *own,
            f"CREATE TRIGGER {self.trigger} {timing} EXECUTE FUNCTION {function}()",
            f"ALTER TABLE {self.table} ENABLE ALWAYS TRIGGER {self.trigger}",
        ]


def _never(table: str, act: str) -> _Ban:
    return _Ban(table, f"no_{act.lower()}", act, f"no {act}")


def _no_truncate(table: str) -> _Ban:
    return _Ban(table, "no_truncate", "TRUNCATE", "no TRUNCATE", timing="BEFORE {act} ON {table}")


def _no_replace(table: str, key: str) -> _Ban:
    when = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key} OR rowid = NEW.rowid)"
    return _Ban(table, "no_replace", "INSERT", "no REPLACE", when)


def _unless(
    table: str, name: str, act: str, what: str, *, sqlite: str, postgresql: str, timing: str = _EACH_ROW
) -> _Ban:
    """Refuse when the condition holds; ``sqlite`` and ``postgresql`` say it in each one's words."""
    answer = "NULL" if timing != _EACH_ROW else "OLD" if act == "DELETE" else "NEW"
    body = f"BEGIN IF {postgresql} THEN RAISE EXCEPTION '{table} is append-only: {what}'; END IF; RETURN {answer}; END"
    return _Ban(table, name, act, what, sqlite, timing, body)


#: Revision 0001: the events and what lies beside them.
_FIRST_TABLES: dict[str, tuple[str, ...]] = {
    "audit_event": ("UPDATE", "DELETE"),
    "audit_private": ("UPDATE",),
    "audit_subject": ("UPDATE",),
    "audit_pending": ("UPDATE",),
}
_FIRST_KEYS = {"audit_event": "id", "audit_private": "event_id", "audit_subject": "ref"}
_FIRST = (
    *(_never(table, act) for table, acts in _FIRST_TABLES.items() for act in acts),
    *(_no_replace(table, key) for table, key in _FIRST_KEYS.items()),
    *(_no_truncate(table) for table in _FIRST_TABLES),
)

#: Revision 0002: the tree. Its tables take new rows and nothing else.
_TREE_KEYS = {
    "audit_leaf": "event_id",
    "audit_checkpoint": "size",
    "audit_pruned": "below",
    "audit_quarantine": "event_id",
}
_TREE_TABLES = (*_TREE_KEYS, "audit_tile", "audit_anchor")
_TILE_TWICE = "EXISTS (SELECT 1 FROM audit_tile WHERE (level = NEW.level AND idx = NEW.idx) OR rowid = NEW.rowid)"
_ANCHOR_TWICE = (
    "EXISTS (SELECT 1 FROM audit_anchor WHERE "
    "(size = NEW.size AND kind = NEW.kind AND name = NEW.name) OR rowid = NEW.rowid)"
)
_IS_PRUNED = "EXISTS (SELECT 1 FROM audit_leaf l JOIN audit_pruned p ON l.seq < p.below WHERE l.event_id = OLD.{key})"
_REPLACED = frozenset({"audit_event_no_delete"})
_TREE = (
    # An event may go when a row of audit_pruned, which stays, says that everything before a place was pruned.
    _unless(
        "audit_event",
        "no_delete",
        "DELETE",
        "no DELETE",
        sqlite=f"NOT {_IS_PRUNED.format(key='id')}",
        postgresql=f"NOT {_IS_PRUNED.format(key='id')}",
    ),
    # What waits leaves the queue by coming into the tree or into quarantine, never otherwise.
    _unless(
        "audit_pending",
        "no_loss",
        "DELETE",
        "no event may be lost",
        sqlite="NOT EXISTS (SELECT 1 FROM audit_leaf WHERE event_id = OLD.event_id) "
        "AND NOT EXISTS (SELECT 1 FROM audit_quarantine WHERE event_id = OLD.event_id)",
        postgresql="EXISTS (SELECT 1 FROM touched t "
        "WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = t.event_id) "
        "AND NOT EXISTS (SELECT 1 FROM audit_quarantine q WHERE q.event_id = t.event_id))",
        timing=_AFTER_ALL % "OLD",
    ),
    *(_never(table, act) for table in _TREE_TABLES for act in ("UPDATE", "DELETE")),
    *(_no_replace(table, key) for table, key in _TREE_KEYS.items()),
    _Ban("audit_tile", "no_replace", "INSERT", "no REPLACE", _TILE_TWICE),
    _Ban("audit_anchor", "no_replace", "INSERT", "no REPLACE", _ANCHOR_TWICE),
    *(_no_truncate(table) for table in (*_TREE_TABLES, "audit_tree")),
    _unless(
        "audit_leaf",
        "in_order",
        "INSERT",
        "a leaf comes after the last one",
        sqlite="NEW.seq <> COALESCE((SELECT max(seq) + 1 FROM audit_leaf), 0)",
        postgresql="(SELECT max(l.seq) FROM audit_leaf l) <> (SELECT max(t.seq) FROM touched t) "
        "OR (SELECT count(*) FROM touched) <> (SELECT max(t.seq) - min(t.seq) + 1 FROM touched t) "
        "OR (SELECT min(t.seq) FROM touched t) < 0 "
        "OR ((SELECT min(t.seq) FROM touched t) > 0 AND NOT EXISTS "
        "(SELECT 1 FROM audit_leaf l WHERE l.seq = (SELECT min(t.seq) - 1 FROM touched t)))",
        timing=_AFTER_ALL % "NEW",
    ),
    _unless(
        "audit_checkpoint",
        "in_order",
        "INSERT",
        "a checkpoint is larger than the last one",
        sqlite="NEW.size <= COALESCE((SELECT max(size) FROM audit_checkpoint), -1)",
        postgresql="NEW.size <= COALESCE((SELECT max(size) FROM audit_checkpoint), -1)",
    ),
    _unless(
        "audit_pruned",
        "in_order",
        "INSERT",
        "pruning goes on from where it came to",
        sqlite="NEW.below <= COALESCE((SELECT max(below) FROM audit_pruned), 0)",
        postgresql="NEW.below <= COALESCE((SELECT max(below) FROM audit_pruned), 0)",
    ),
    _never("audit_tree", "DELETE"),
    _no_replace("audit_tree", "id"),
    _unless(
        "audit_tree",
        "no_shrink",
        "UPDATE",
        "the tree only grows",
        sqlite="NEW.size <= OLD.size OR NEW.id <> OLD.id",
        postgresql="NEW.size <= OLD.size OR NEW.id <> OLD.id",
    ),
)


def create_statements(dialect: str, *, revision: str) -> list[str]:
    """The statements by which this revision makes its triggers on ``sqlite`` or ``postgresql``."""
    if revision == "0001":
        shared = f"CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {_REFUSE} $$"
        return [*([] if dialect == "sqlite" else [shared]), *_statements(_FIRST, dialect)]
    on_table = "" if dialect == "sqlite" else " ON audit_event"
    return [*(f"DROP TRIGGER {name}{on_table}" for name in sorted(_REPLACED)), *_statements(_TREE, dialect)]


def trigger_names(dialect: str) -> frozenset[str]:
    """The names of all triggers of the trail."""
    return frozenset(ban.trigger for ban in _in_force(dialect))


def existing_triggers(session: Session) -> frozenset[str]:
    """The names of the triggers that the database has, that are in force, and that do what they were made to do."""
    dialect = session.get_bind().dialect.name
    wanted = {ban.trigger: ban for ban in _in_force(dialect)}
    if dialect == "sqlite":
        rows = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        return frozenset(row.name for row in rows if row.name in wanted and row.sql == wanted[row.name].sqlite())
    rows = session.execute(text(IN_FORCE)).all()
    return frozenset(
        row.name
        for row in rows
        if row.name in wanted and row.on_table == wanted[row.name].table and row.body == wanted[row.name].body
    )


def _in_force(dialect: str) -> list[_Ban]:
    return [*(ban for ban in _of(_FIRST, dialect) if ban.trigger not in _REPLACED), *_of(_TREE, dialect)]


def _of(bans: tuple[_Ban, ...], dialect: str) -> list[_Ban]:
    """Those that the database needs: only SQLite has REPLACE, only PostgreSQL has TRUNCATE."""
    foreign = "TRUNCATE" if dialect == "sqlite" else "no REPLACE"
    return [ban for ban in bans if foreign not in {ban.act, ban.what}]


def _statements(bans: tuple[_Ban, ...], dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [ban.sqlite() for ban in _of(bans, dialect)]
    return [statement for ban in _of(bans, dialect) for statement in ban.postgresql()]
