"""The last line of defence: the database itself refuses a change of state that the table of transitions does not know.

What must stay true: the statements are made from ``casework.transitions`` when a migration runs, a finished item stays
finished unless ``reopenings`` grows, and a fencing token never falls.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

from casework.transitions import FINAL, NOT_FINAL, allowed_pairs

NAMES = frozenset({"work_item_transition", "work_item_fence", "work_item_birth"})


def create_statements(dialect: str) -> list[str]:
    """The statements that make the triggers on ``sqlite`` or ``postgresql``."""
    within = allowed_pairs()
    quiet = " OR ".join(
        f"(OLD.state = '{source.value}' AND NEW.state = '{target.value}')"
        for source, target in sorted(within)
        if source in NOT_FINAL
    )
    final = ", ".join(f"'{state.value}'" for state in sorted(FINAL))
    reopened = f"(OLD.state IN ({final}) AND NEW.state = 'new' AND NEW.reopenings = OLD.reopenings + 1)"
    allowed = f"OLD.state = NEW.state OR {quiet} OR {reopened}"
    if dialect == "sqlite":
        return [
            (
                "CREATE TRIGGER work_item_transition BEFORE UPDATE OF state ON work_item "
                f"WHEN NOT ({allowed}) BEGIN SELECT RAISE(ABORT, 'work_item: no such transition'); END"
            ),
            (
                "CREATE TRIGGER work_item_fence BEFORE UPDATE OF lease_token ON work_item "
                "WHEN NEW.lease_token < OLD.lease_token "
                "BEGIN SELECT RAISE(ABORT, 'work_item: a fencing token never falls'); END"
            ),
            (
                "CREATE TRIGGER work_item_birth BEFORE INSERT ON work_item "
                "WHEN NEW.state <> 'new' BEGIN SELECT RAISE(ABORT, 'work_item: an item begins as new'); END"
            ),
        ]
    statements = [
        _function("work_item_check_transition", f"NOT ({allowed})", "work_item: no such transition"),
        _function(
            "work_item_check_fence", "NEW.lease_token < OLD.lease_token", "work_item: a fencing token never falls"
        ),
        _function("work_item_check_birth", "NEW.state <> 'new'", "work_item: an item begins as new"),
        (
            "CREATE TRIGGER work_item_transition BEFORE UPDATE OF state ON work_item "
            "FOR EACH ROW EXECUTE FUNCTION work_item_check_transition()"
        ),
        (
            "CREATE TRIGGER work_item_fence BEFORE UPDATE OF lease_token ON work_item "
            "FOR EACH ROW EXECUTE FUNCTION work_item_check_fence()"
        ),
        (
            "CREATE TRIGGER work_item_birth BEFORE INSERT ON work_item "
            "FOR EACH ROW EXECUTE FUNCTION work_item_check_birth()"
        ),
    ]
    return statements + [f"ALTER TABLE work_item ENABLE ALWAYS TRIGGER {name}" for name in sorted(NAMES)]


def _function(name: str, wrong: str, message: str) -> str:
    body = f"BEGIN IF {wrong} THEN RAISE EXCEPTION '{message}'; END IF; RETURN NEW; END"
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"


def existing(session: Session) -> frozenset[str]:
    """Which of the triggers the database has."""
    if session.get_bind().dialect.name == "sqlite":
        rows = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
    else:
        rows = session.execute(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"))
    return frozenset(row[0] for row in rows) & NAMES
