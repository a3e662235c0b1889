"""The tables of the trail.

What must stay true: ``audit_event`` is only ever added to. The columns beside ``body`` repeat what stands in it so that
it can be found; the body is the record.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Column, ForeignKey, LargeBinary, Table, Text, Uuid
from sqlmodel import Field, SQLModel

from foundation.columns import Sealed, UtcDateTime


class AuditEventRow(SQLModel, table=True):
    """One frozen event."""

    __tablename__: ClassVar[str] = "audit_event"
    __table__: ClassVar[Table]

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
