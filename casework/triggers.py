"""The last line of defence: the database itself refuses a change of state that the table of transitions does not know.

What must stay true: the statements are made from ``casework.transitions`` when a migration runs, a finished item stays
finished unless ``reopenings`` grows, and a fencing token never falls. And of a policy nothing changes but its state and
who decided it, in the order in which people do it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from audit.append_only import IN_FORCE
from casework.transitions import FINAL, NOT_FINAL, allowed_pairs

NAMES = frozenset(
    {
        "work_item_transition",
        "work_item_fence",
        "work_item_birth",
        "policy_birth",
        "policy_change",
        "policy_kept",
    }
)


def create_statements(dialect: str, *, table: str = "work_item") -> list[str]:
    """The statements that make the triggers of this table on ``sqlite`` or ``postgresql``."""
    statements = []
    for ban in _bans():
        if ban.table != table:
            continue
        if dialect == "sqlite":
            statements.append(ban.sqlite())
        else:
            statements += [
                f"CREATE FUNCTION {ban.name}() RETURNS trigger LANGUAGE plpgsql AS $$ {ban.body()} $$",
                f"CREATE TRIGGER {ban.name} BEFORE {ban.act} ON {ban.table} FOR EACH ROW EXECUTE FUNCTION {ban.name}()",
                f"ALTER TABLE {ban.table} ENABLE ALWAYS TRIGGER {ban.name}",
            ]
    return statements


def existing(session: Session) -> frozenset[str]:
    """Which of the triggers the database has, in force and word for word as they are made here."""
    if session.get_bind().dialect.name == "sqlite":
        rows = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        made = {ban.sqlite() for ban in _bans()}
        return frozenset(row.name for row in rows if row.sql in made)
    bodies = {(ban.table, ban.name): ban.body() for ban in _bans()}
    rows = session.execute(text(IN_FORCE)).all()
    return frozenset(row.name for row in rows if bodies.get((row.on_table, row.name)) == row.body)


@dataclass(frozen=True, slots=True)
class _Ban:
    """What the database refuses, and what it says then."""

    table: str
    name: str
    act: str
    wrong: str
    message: str

    def sqlite(self) -> str:
        return (
            f"CREATE TRIGGER {self.name} BEFORE {self.act} ON {self.table} "
            f"WHEN {self.wrong} BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
        )

    def body(self) -> str:
        """The function on PostgreSQL."""
        return f"BEGIN IF {self.wrong} THEN RAISE EXCEPTION '{self.message}'; END IF; RETURN NEW; END"


def _bans() -> tuple[_Ban, ...]:
    return _of_items() + _of_policies()


def _of_items() -> tuple[_Ban, ...]:
    quiet = " OR ".join(
        f"(OLD.state = '{source.value}' AND NEW.state = '{target.value}')"
        for source, target in sorted(allowed_pairs())
        if source in NOT_FINAL
    )
    final = ", ".join(f"'{state.value}'" for state in sorted(FINAL))
    reopened = f"(OLD.state IN ({final}) AND NEW.state = 'new' AND NEW.reopenings = OLD.reopenings + 1)"
    no_arrow = f"NOT (OLD.state = NEW.state OR {quiet} OR {reopened})"
    falls = "NEW.lease_token < OLD.lease_token"
    return (
        _Ban("work_item", "work_item_transition", "UPDATE OF state", no_arrow, "work_item: no such transition"),
        _Ban("work_item", "work_item_fence", "UPDATE OF lease_token", falls, "work_item: a fencing token never falls"),
        _Ban("work_item", "work_item_birth", "INSERT", "NEW.state <> 'new'", "work_item: an item begins as new"),
    )


def _of_policies() -> tuple[_Ban, ...]:
    decided = "(OLD.state = 'proposed' AND NEW.state IN ('in_force', 'rejected') AND NEW.decided_by IS NOT NULL)"
    replaced = "(OLD.state = 'in_force' AND NEW.state = 'superseded' AND NEW.decided_by = OLD.decided_by)"
    same = " AND ".join(
        f"NEW.{column} = OLD.{column}"
        for column in ("id", "robot", "version", "body", "proposed_by", "proposed_at", "reason")
    )
    exists = "EXISTS (SELECT 1 FROM policy AS known WHERE known.id = NEW.id)"
    return (
        # INSERT OR REPLACE on SQLite would delete without firing the trigger that forbids it.
        _Ban(
            "policy",
            "policy_birth",
            "INSERT",
            f"NEW.state <> 'proposed' OR {exists}",
            "policy: a policy begins as proposed",
        ),
        _Ban(
            "policy",
            "policy_change",
            "UPDATE",
            f"NOT ({same} AND ({decided} OR {replaced}))",
            "policy: only a decision changes a policy",
        ),
        _Ban("policy", "policy_kept", "DELETE", "1 = 1", "policy: a policy is kept"),
    )
