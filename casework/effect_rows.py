"""The rows of effects as the hot path reads and writes them: handed to the driver as they are.

Every write in another system reads its effect once and writes it twice, and through SQLAlchemy's statement layer that
cost more than the call itself. What must stay true: ``done`` is written over ``intended`` only, and any other ending
only over the very call that it is the ending of.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from audit.driver_sql import as_time, as_uuid, run
from casework.states import EffectState
from casework.stored_values import stored

_KNOWN = (
    "id", "key", "state", "owner", "calls", "first_intended_at", "intended_at", "remote_id", "remote_version",
    "error_code", "request_digest",
)  # fmt: skip
_BY_KEY = f"SELECT {', '.join(_KNOWN)} FROM effect WHERE key = ?"  # noqa: S608 - the table's own columns.
_INTENDED = (
    "id", "key", "item_id", "step", "system", "operation", "target", "intent", "occurrence", "approval_id",
    "request_digest", "state", "owner", "calls", "first_intended_at", "intended_at",
)  # fmt: skip
_HOLDERS = ", ".join("?" * len(_INTENDED))
_INTEND = f"INSERT INTO effect ({', '.join(_INTENDED)}) VALUES ({_HOLDERS})"  # noqa: S608 - the table's own columns.
_FINISH = (
    "UPDATE effect SET state = ?, settled_at = ?, remote_id = ?, remote_version = ?, error_code = ? "
    "WHERE id = ? AND state = 'intended'"
)
#: A call that was done is a fact, any other ending is of this very call only.
_FINISH_THIS_CALL = f"{_FINISH} AND calls = ?"


def row_with_key(connection: Connection, key: str) -> dict[str, Any] | None:
    """The effect with this key, its columns by name, or None."""
    row = run(connection, _BY_KEY, key).first()
    if row is None:
        return None
    found = dict(zip(_KNOWN, row, strict=True))
    for name in ("id", "owner"):
        found[name] = as_uuid(found[name])
    for name in ("first_intended_at", "intended_at"):
        found[name] = as_time(found[name])
    return found


def insert_intended(connection: Connection, values: Mapping[str, object]) -> None:
    """Write a new effect down; ``values`` are the columns of an intent, by name."""
    run(connection, _INTEND, *stored(connection, *[values[name] for name in _INTENDED]))


def write_ending(
    connection: Connection,
    effect_id: UUID,
    state: EffectState,
    *,
    at: datetime,
    remote: tuple[str | None, str | None],
    error_code: str | None,
    call: int | None,
) -> bool:
    """Write what became of an effect; returns whether it was still open.

    Args:
        connection: the caller's transaction.
        effect_id: the effect.
        state: what became of it.
        at: when that was known; aware.
        remote: the other system's id and version.
        error_code: why not.
        call: only when this call is the latest; None where it does not matter.
    """
    values = stored(connection, state.value, at, *remote, error_code, effect_id)
    if call is None:
        return run(connection, _FINISH, *values).rowcount == 1
    return run(connection, _FINISH_THIS_CALL, *values, call).rowcount == 1
