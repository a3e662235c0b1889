"""The last line of defence: the database itself refuses a change of state that the table of transitions does not know.

What must stay true: the statements are made from ``casework.transitions`` when a migration runs, a finished item stays
finished unless ``reopenings`` grows, and a fencing token never falls.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from audit.append_only import IN_FORCE
from casework.transitions import FINAL, NOT_FINAL, allowed_pairs

NAMES = frozenset({"work_item_transition", "work_item_fence", "work_item_birth"})


def create_statements(dialect: str) -> list[str]:
    """The statements that make the triggers on ``sqlite`` or ``postgresql``."""
    statements = []
    for ban in _bans():
        if dialect == "sqlite":
            statements.append(ban.sqlite())
        else:
            statements += [
                f"CREATE FUNCTION {ban.name}() RETURNS trigger LANGUAGE plpgsql AS $$ {ban.body()} $$",
                f"CREATE TRIGGER {ban.name} BEFORE {ban.act} ON work_item FOR EACH ROW EXECUTE FUNCTION {ban.name}()",
                f"ALTER TABLE work_item ENABLE ALWAYS TRIGGER {ban.name}",
            ]
    return statements


def existing(session: Session) -> frozenset[str]:
    """Which of the triggers the database has, in force and word for word as they are made here."""
    if session.get_bind().dialect.name == "sqlite":
        rows = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        made = {ban.sqlite() for ban in _bans()}
        return frozenset(row.name for row in rows if row.sql in made)
    bodies = {ban.name: ban.body() for ban in _bans()}
    rows = session.execute(text(IN_FORCE)).all()
    return frozenset(row.name for row in rows if row.on_table == "work_item" and bodies.get(row.name) == row.body)


@dataclass(frozen=True, slots=True)
class _Ban:
    """What the database refuses, and what it says then."""

    name: str
    act: str
    wrong: str
    message: str

    def sqlite(self) -> str:
        return (
            f"CREATE TRIGGER {self.name} BEFORE {self.act} ON work_item "
            f"WHEN {self.wrong} BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
        )

    def body(self) -> str:
        """The function on PostgreSQL."""
        return f"BEGIN IF {self.wrong} THEN RAISE EXCEPTION '{self.message}'; END IF; RETURN NEW; END"


def _bans() -> tuple[_Ban, ...]:
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
        _Ban("work_item_transition", "UPDATE OF state", no_arrow, "work_item: no such transition"),
        _Ban("work_item_fence", "UPDATE OF lease_token", falls, "work_item: a fencing token never falls"),
        _Ban("work_item_birth", "INSERT", "NEW.state <> 'new'", "work_item: an item begins as new"),
    )
