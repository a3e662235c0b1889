"""What truly happened: each write that reached the simulated systems, in order.

What must stay true: the row of a write stands in the same transaction as the write, so the ledger and the store can
never disagree; and no row holds a CPR number, a name or an address.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import pydantic_core

from connectors.simulated.store import Store, Value
from connectors.simulated.world import now

_LONGEST_INDEX = 3
_INSERT = (
    "INSERT INTO ledger (at, route, operation, committed, replay, reason, case_uuid, target, client_id, transaction_id)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class Aim:
    """What a write was aimed at; read from its body also when the body is refused."""

    operation: str
    case: str | None = None
    #: The party's index, or the uuid of the note or task.
    target: str | None = None
    #: The uuid that the client chose for the thing, where it chooses one.
    client_id: str | None = None
    transaction_id: str | None = None


def dig_uuid(body: object, *path: str) -> str | None:
    """The uuid at this path of a body that may be anything, or None; anything else might be personal data."""
    text = _dig(body, path)
    try:
        return None if text is None else str(uuid.UUID(text))
    except ValueError:
        return None


def dig_index(body: object, *path: str) -> str | None:
    """The index of a party at this path of a body that may be anything, or None."""
    text = _dig(body, path)
    return text if text is not None and text.isdigit() and len(text) <= _LONGEST_INDEX else None


def _dig(body: object, path: Sequence[str]) -> str | None:
    for key in path:
        if not isinstance(body, dict):
            return None
        body = body.get(key)
    return body if isinstance(body, str) else None


def loose_json(raw: bytes) -> object:
    """A body as far as it can be read; None where it cannot."""
    try:
        value: object = pydantic_core.from_json(raw)
    except ValueError:
        return None
    return value


def record_done(store: Store, route: str, aims: Sequence[Aim], replays: Sequence[bool]) -> None:
    """Rows for a write that is carried out; called inside its transaction."""
    at = now()
    for aim, is_replay in zip(aims, replays, strict=True):
        store.run(_INSERT, _row(at, route, aim, committed=1, replay=is_replay, reason=None))


def record_refused(store: Store, route: str, aims: Sequence[Aim], *, reason: str, is_replay: bool = False) -> None:
    """Rows for a write that changed nothing, in a transaction of their own."""
    at = now()
    with store.transaction():
        for aim in aims:
            store.run(_INSERT, _row(at, route, aim, committed=0, replay=is_replay, reason=reason))


def read_entries(store: Store, *, after: int, case: str | None) -> list[dict[str, object]]:
    """The entries with a number above ``after``, of one case or of all."""
    if case is None:
        rows = store.rows("SELECT * FROM ledger WHERE number > ? ORDER BY number", (after,))
    else:
        rows = store.rows("SELECT * FROM ledger WHERE case_uuid = ? AND number > ? ORDER BY number", (case, after))
    return [
        {
            "number": row["number"],
            "at": row["at"],
            "route": row["route"],
            "operation": row["operation"],
            "committed": bool(row["committed"]),
            "replay": bool(row["replay"]),
            "reason": row["reason"],
            "case": row["case_uuid"],
            "target": row["target"],
            "clientId": row["client_id"],
            "transactionId": row["transaction_id"],
        }
        for row in rows
    ]


def _row(at: str, route: str, aim: Aim, *, committed: int, replay: bool, reason: str | None) -> tuple[Value, ...]:
    return (
        at,
        route,
        aim.operation,
        committed,
        int(replay),
        reason,
        aim.case,
        aim.target,
        aim.client_id,
        aim.transaction_id,
    )
