"""The tables of the trail.

What must stay true: ``audit_event`` and the tree over it are only ever added to, but for events that were pruned. The
columns beside ``body`` repeat what stands in it so that it can be found; the body is the record.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, Uuid, text
from sqlmodel import Field, SQLModel

from foundation.columns import Sealed, UtcDateTime

#: Of the types that no item brings with it. A query for one of them says this word for word, and finds the few among
#: the many by an index that those many never touch (migration 0005).
RARE = (
    "type NOT IN ('item.created', 'item.claimed', 'item.completed', 'item.awaiting_approval', 'item.resumed', "
    "'item.deferred', 'decision.proposed', 'decision.made', 'effect.intended', 'effect.done', 'cpr.looked_up', "
    "'record.searched', 'record.read', 'evidence.given')"
)
#: The same for what did not end well.
UNUSUAL = "outcome <> 'ok'"
#: A place in the tree. On SQLite it must be called INTEGER to be the row's own number.
_PLACE = BigInteger().with_variant(Integer, "sqlite")


class AuditEventRow(SQLModel, table=True):
    """One frozen event."""

    __tablename__: ClassVar[str] = "audit_event"
    __table__: ClassVar[Table]
    __table_args__ = (
        Index("ix_audit_event_rare", "type", "at", sqlite_where=text(RARE), postgresql_where=text(RARE)),
        Index("ix_audit_event_unusual", "at", sqlite_where=text(UNUSUAL), postgresql_where=text(UNUSUAL)),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))
    type: str = Field(sa_column=Column(Text, nullable=False))
    outcome: str = Field(sa_column=Column(Text, nullable=False))
    actor: str = Field(sa_column=Column(Text, nullable=False))
    robot: str | None = Field(default=None, sa_column=Column(Text))
    run_id: str | None = Field(default=None, sa_column=Column(Text, index=True))
    item_id: str | None = Field(default=None, sa_column=Column(Text, index=True))
    case_ref: str | None = Field(default=None, sa_column=Column(Text, index=True))
    subject_ref: str | None = Field(default=None, sa_column=Column(Text, index=True))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    leaf: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AuditPendingRow(SQLModel, table=True):
    """An event that the tree does not hold yet; the sequencer takes it away."""

    __tablename__: ClassVar[str] = "audit_pending"
    __table__: ClassVar[Table]

    event_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("audit_event.id"), primary_key=True))


class AuditPrivateRow(SQLModel, table=True):
    """Personal details of an event, sealed; may be deleted by class, never changed."""

    __tablename__: ClassVar[str] = "audit_private"
    __table__: ClassVar[Table]

    event_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("audit_event.id"), primary_key=True))
    retention: str = Field(sa_column=Column(Text, nullable=False, index=True))
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    detail: bytes = Field(sa_column=Column(Sealed("audit_private.detail"), nullable=False))


class AuditSubjectRow(SQLModel, table=True):
    """Which person a random reference of one year stands for; deleting the row erases the person from the trail."""

    __tablename__: ClassVar[str] = "audit_subject"
    __table__: ClassVar[Table]

    ref: str = Field(sa_column=Column(Text, primary_key=True))
    #: Keyed digest of person and year, so that the reference can be found again.
    token: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    year: int
    identity: bytes = Field(sa_column=Column(Sealed("audit_subject.identity"), nullable=False))


class AuditLeafRow(SQLModel, table=True):
    """One leaf of the tree. No foreign key: a leaf stays when its event is pruned."""

    __tablename__: ClassVar[str] = "audit_leaf"
    __table__: ClassVar[Table]

    #: The leaf's index in the tree, from 0.
    seq: int = Field(sa_column=Column(_PLACE, primary_key=True, autoincrement=False))
    event_id: UUID = Field(sa_column=Column(Uuid, nullable=False, unique=True))
    leaf: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AuditTileRow(SQLModel, table=True):
    """A full tile: 256 hashes of one level (C2SP tlog-tiles). A partial one is cut from what lies below it."""

    __tablename__: ClassVar[str] = "audit_tile"
    __table__: ClassVar[Table]

    level: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    idx: int = Field(sa_column=Column(_PLACE, primary_key=True, autoincrement=False))
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    #: The hash over the whole tile, which is one hash of the tile above.
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AuditTreeRow(SQLModel, table=True):
    """The one row that says how far the tree has come, so that nobody needs to read all leaves again."""

    __tablename__: ClassVar[str] = "audit_tree"
    __table__: ClassVar[Table]

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    size: int = Field(sa_column=Column(_PLACE, nullable=False))
    #: The roots of the complete subtrees, largest first, one after the other.
    compact: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    #: The latest time that any event in the tree carries; an event far before it tells of a clock set back.
    latest_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    updated_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class AuditCheckpointRow(SQLModel, table=True):
    """A signed head of the tree (C2SP tlog-checkpoint), word for word as it was signed."""

    __tablename__: ClassVar[str] = "audit_checkpoint"
    __table__: ClassVar[Table]

    size: int = Field(sa_column=Column(_PLACE, primary_key=True, autoincrement=False))
    note: str = Field(sa_column=Column(Text, nullable=False))
    #: The signing key's name and id, as in the first two parts of its vkey.
    signed_by: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class AuditAnchorRow(SQLModel, table=True):
    """What somebody outside says about a checkpoint: a witness's cosignature line, or a time stamp (RFC 3161)."""

    __tablename__: ClassVar[str] = "audit_anchor"
    __table__: ClassVar[Table]

    size: int = Field(
        sa_column=Column(_PLACE, ForeignKey("audit_checkpoint.size"), primary_key=True, autoincrement=False)
    )
    kind: str = Field(sa_column=Column(Text, primary_key=True))
    name: str = Field(sa_column=Column(Text, primary_key=True))
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class AuditPrunedRow(SQLModel, table=True):
    """All events before this place were pruned; which and why stands in the event that it names."""

    __tablename__: ClassVar[str] = "audit_pruned"
    __table__: ClassVar[Table]

    below: int = Field(sa_column=Column(_PLACE, primary_key=True, autoincrement=False))
    event_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class AuditQuarantineRow(SQLModel, table=True):
    """An event whose bytes do not give the leaf that its writer stored. It never comes into the tree."""

    __tablename__: ClassVar[str] = "audit_quarantine"
    __table__: ClassVar[Table]

    event_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
