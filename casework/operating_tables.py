"""The tables of what keeps the work going: robots that are paused, the items of an incident, and what people are told.

What must stay true: nothing here holds personal data but what a person wrote as a reason, and that is of the type
``Sealed``; a notice holds numbers, names of robots and commands.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text, UniqueConstraint, Uuid, text
from sqlmodel import Field, SQLModel

from casework.states import NoticeKind, NoticeState, RobotState
from casework.tables import one_of
from foundation.columns import Sealed, UtcDateTime


class RobotStateRow(SQLModel, table=True):
    """Whether a robot may work. A robot without a row is active."""

    __tablename__: ClassVar[str] = "robot_state"
    __table__: ClassVar[Table]
    __table_args__ = (
        CheckConstraint(one_of("state", RobotState), name="ck_robot_state_state"),
        CheckConstraint("state = 'active' OR changed_by IS NOT NULL", name="ck_robot_state_named"),
    )

    robot: str = Field(sa_column=Column(Text, primary_key=True))
    state: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    changed_by: str | None = Field(default=None, sa_column=Column(Text))
    reason: bytes | None = Field(default=None, sa_column=Column(Sealed("robot_state.reason")))


class IncidentItemRow(SQLModel, table=True):
    """An item that met the trouble of an incident; all of them, not only the latest."""

    __tablename__: ClassVar[str] = "incident_item"
    __table__: ClassVar[Table]

    incident_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    item_id: UUID = Field(sa_column=Column(Uuid, primary_key=True, index=True))
    first_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    latest_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class NoticeRow(SQLModel, table=True):
    """Something that people are told, once per kind, subject, day and target."""

    __tablename__: ClassVar[str] = "notice"
    __table__: ClassVar[Table]
    __table_args__ = (
        UniqueConstraint("kind", "subject", "day", "target", name="uq_notice_once"),
        CheckConstraint(one_of("kind", NoticeKind), name="ck_notice_kind"),
        CheckConstraint(one_of("state", NoticeState), name="ck_notice_state"),
        Index(
            "ix_notice_waiting",
            "next_try_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    #: A robot's name or an incident's id.
    subject: str = Field(sa_column=Column(Text, nullable=False))
    #: The day in Denmark, as an ISO date.
    day: str = Field(sa_column=Column(Text, nullable=False))
    #: A keyed digest of the address that it goes to, which is a secret.
    target: str = Field(sa_column=Column(Text, nullable=False))
    title: str = Field(sa_column=Column(Text, nullable=False))
    body: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    attempts: int = Field(sa_column=Column(Integer, nullable=False))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    next_try_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    sent_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
