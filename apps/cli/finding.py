"""From what a person types to the one thing that is meant.

What must stay true: a number is never guessed: the part of it that was typed fits one thing, or the command stops; and
what was typed is not repeated, for it may be something else altogether.
"""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy import Table, Text, cast, func, or_, select
from sqlmodel import Session

from casework.errors import UnknownItemError
from casework.oversight_tables import PolicyRow
from casework.tables import EffectRow, IncidentRow, RunRow, WorkItemRow

#: Characters of a number that are enough to be meant; fewer are a slip of the hand.
_FEWEST = 4
_SHORT = 12


def short(number: UUID) -> str:
    """The end of a number: its beginning is the time, and the same for all that was made together."""
    return number.hex[-_SHORT:]


def find_item(session: Session, text: str) -> UUID:
    """The item whose number is, begins or ends with ``text``; raises ``UnknownItemError``."""
    return _find(session, WorkItemRow.__table__, text, "opgave", "sagsgang items")


def find_effect(session: Session, text: str) -> UUID:
    """The effect whose number is, begins or ends with ``text``; raises ``UnknownItemError``."""
    return _find(session, EffectRow.__table__, text, "ændring", "sagsgang items --state in_doubt")


def find_incident(session: Session, text: str) -> UUID:
    """The incident whose number is, begins or ends with ``text``; raises ``UnknownItemError``."""
    return _find(session, IncidentRow.__table__, text, "driftshændelse", "sagsgang incidents")


def find_run(session: Session, text: str) -> UUID:
    """The run whose number is, begins or ends with ``text``; raises ``UnknownItemError``."""
    return _find(session, RunRow.__table__, text, "kørsel", "sagsgang audit show --type run.opened")


def find_policy(session: Session, text: str) -> UUID:
    """The policy whose number is, begins or ends with ``text``; raises ``UnknownItemError``."""
    return _find(session, PolicyRow.__table__, text, "politik", "sagsgang policy show address_update")


def _find(session: Session, table: Table, text: str, what: str, see: str) -> UUID:
    digits = text.strip().lower().replace("-", "")
    if not re.fullmatch(rf"[0-9a-f]{{{_FEWEST},32}}", digits):
        message = f"Det er ikke nummeret på en {what}. Skriv mindst {_FEWEST} tegn af det. Se: {see}"
        raise UnknownItemError(message)
    # SQLite keeps the bare hex digits, PostgreSQL writes its uuids with hyphens.
    number = func.replace(cast(table.c.id, Text), "-", "")
    query = select(table.c.id).where(or_(number.like(f"{digits}%"), number.like(f"%{digits}"))).limit(2)
    found = list(session.execute(query).scalars())
    if not found:
        message = f"Der er ingen {what} med det nummer. Se: {see}"
        raise UnknownItemError(message)
    if len(found) > 1:
        message = f"Flere end én {what} passer til det nummer. Skriv mere af det."
        raise UnknownItemError(message)
    only: UUID = found[0]
    return only
