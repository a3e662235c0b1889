"""The roles of the trail on PostgreSQL: who may do what to it, column by column.

    sagsgang_owner       owns the tables; cannot log in, and is used for migrations alone
    sagsgang_writer      the robots' workers: adds events, and never sees a body, a leaf or a detail again
    sagsgang_sequencer   takes what waits, adds leaves and tiles; the signer beside it adds checkpoints
    sagsgang_reader      the web page, the command line and the auditor: reads
    sagsgang_retention   erases by rule: details, mappings, and events below a place that it has said is pruned

What must stay true: the right to add is given column by column and the right to change or delete an event to nobody
but retention, whom the triggers hold to its rule; so that what the triggers refuse to the owner, the grants refuse to
everybody else already. The superuser can do anything; against him there are only the tree and its signatures.
"""

from __future__ import annotations

from audit.tables import (
    AuditCheckpointRow,
    AuditEventRow,
    AuditLeafRow,
    AuditPendingRow,
    AuditPrivateRow,
    AuditPrunedRow,
    AuditQuarantineRow,
    AuditSubjectRow,
    AuditTileRow,
    AuditTreeRow,
)

WRITER, SEQUENCER, READER, RETENTION = (
    "sagsgang_writer",
    "sagsgang_sequencer",
    "sagsgang_reader",
    "sagsgang_retention",
)
ROLES = (WRITER, SEQUENCER, READER, RETENTION)

_TABLES = (
    "audit_event", "audit_private", "audit_subject", "audit_pending", "audit_leaf", "audit_tile", "audit_tree",
    "audit_checkpoint", "audit_anchor", "audit_pruned", "audit_quarantine",
)  # fmt: skip

_SEQUENCED = (
    "audit_event", "audit_pending", "audit_leaf", "audit_tile", "audit_tree", "audit_checkpoint", "audit_quarantine",
)  # fmt: skip
_MAKE_ROLE = (
    "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') "
    "THEN CREATE ROLE {role} NOLOGIN; END IF; END $$"
)


def _columns(row: type) -> str:
    return ", ".join(column.name for column in row.__table__.columns)  # type: ignore[attr-defined]  # each row has its table


def _adds(role: str, row: type) -> str:
    return f"GRANT INSERT ({_columns(row)}) ON {row.__tablename__} TO {role}"  # type: ignore[attr-defined]  # each row has its name


def role_statements() -> list[str]:
    """The statements that make the roles, or bring them up to date, on a migrated database; run them as its owner.

    They may be run again and again. Passwords and who is a member are the administrator's.
    """
    made = [_MAKE_ROLE.format(role=role) for role in ROLES]
    taken = [f"REVOKE ALL ON {', '.join(_TABLES)} FROM PUBLIC, {', '.join(ROLES)}"]
    given = [
        # A worker finds the reference of a person by its token, and reads nothing else.
        *(_adds(WRITER, row) for row in (AuditEventRow, AuditPendingRow, AuditPrivateRow, AuditSubjectRow)),
        f"GRANT SELECT (ref, token) ON audit_subject TO {WRITER}",
        f"GRANT SELECT ON {', '.join(_SEQUENCED)} TO {SEQUENCER}",
        *(
            _adds(SEQUENCER, row)
            for row in (AuditLeafRow, AuditTileRow, AuditTreeRow, AuditCheckpointRow, AuditQuarantineRow)
        ),
        # What it finds out about clocks and keys is an event, too.
        *(_adds(SEQUENCER, row) for row in (AuditEventRow, AuditPendingRow)),
        f"GRANT UPDATE (size, compact, latest_at, updated_at) ON audit_tree TO {SEQUENCER}",
        f"GRANT DELETE ON audit_pending TO {SEQUENCER}",
        f"GRANT SELECT ON {', '.join(_TABLES)} TO {READER}",
        f"GRANT SELECT ON {', '.join(_TABLES)} TO {RETENTION}",
        *(_adds(RETENTION, row) for row in (AuditEventRow, AuditPendingRow, AuditPrunedRow)),
        f"GRANT DELETE ON audit_event, audit_private, audit_subject TO {RETENTION}",
    ]
    return [*made, *taken, *given]
