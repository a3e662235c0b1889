"""The tables of casework.

What must stay true: everything that can hold personal data is of the type ``Sealed``; ``reference``, ``target`` and
messages never hold any. The schema is made by the migrations; a test compares them with this module.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, Table, Text, UniqueConstraint, Uuid, text
from sqlmodel import Field, SQLModel

from casework.states import ApprovalState, EffectState, ItemState
from foundation.columns import Sealed, UtcDateTime


def one_of(column: str, states: type[StrEnum]) -> str:
    """The condition of a check that lets the column hold these words only."""
    return f"{column} IN ({', '.join(repr(state.value) for state in states)})"


#: Of an item that has not ended, and of one that a queue does not pass through on its way to the end. SQLite uses a
#: partial index only where a question repeats its condition to the letter (migration 0006).
HAS_NOT_ENDED = "state NOT IN ('completed', 'rejected', 'failed', 'cancelled')"
RARE_STATE = "state NOT IN ('new', 'in_progress', 'completed')"


class InstallationRow(SQLModel, table=True):
    """The one row that says which environment this database belongs to, for ever."""

    __tablename__: ClassVar[str] = "installation"
    __table__: ClassVar[Table]

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    environment: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class WorkItemRow(SQLModel, table=True):
    """One piece of case work for one robot."""

    __tablename__: ClassVar[str] = "work_item"
    __table__: ClassVar[Table]
    __table_args__ = (
        UniqueConstraint("robot", "reference", name="uq_work_item_reference"),
        CheckConstraint(one_of("state", ItemState), name="ck_work_item_state"),
        CheckConstraint(
            "(state = 'in_progress') = (lease_owner IS NOT NULL AND lease_expires_at IS NOT NULL)",
            name="ck_work_item_lease",
        ),
        # PostgreSQL orders by language, so that finding references by how they begin needs an order of its own.
        Index(
            "ix_work_item_reference_prefix", "robot", "reference", postgresql_ops={"reference": "text_pattern_ops"}
        ).ddl_if(dialect="postgresql"),
        # Claiming reads this index only, so its cost does not grow with finished items.
        Index(
            "ix_work_item_claim",
            "robot",
            "priority",
            "id",
            sqlite_where=text("state = 'new'"),
            postgresql_where=text("state = 'new'"),
        ),
        Index(
            "ix_work_item_deferred",
            "available_at",
            sqlite_where=text("state = 'deferred'"),
            postgresql_where=text("state = 'deferred'"),
        ),
        Index(
            "ix_work_item_lease",
            "lease_expires_at",
            sqlite_where=text("state = 'in_progress'"),
            postgresql_where=text("state = 'in_progress'"),
        ),
        Index(
            "ix_work_item_due",
            "due_at",
            sqlite_where=text(f"{HAS_NOT_ENDED} AND due_at IS NOT NULL"),
            postgresql_where=text(f"{HAS_NOT_ENDED} AND due_at IS NOT NULL"),
        ),
        Index("ix_work_item_rare", "state", "id", sqlite_where=text(RARE_STATE), postgresql_where=text(RARE_STATE)),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    robot: str = Field(sa_column=Column(Text, nullable=False))
    reference: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    payload: bytes = Field(sa_column=Column(Sealed("work_item.payload"), nullable=False))
    #: Lower comes first.
    priority: int = Field(sa_column=Column(Integer, nullable=False))
    due_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    #: When a deferred item comes back.
    available_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    #: Claims since the item last got somewhere; counted at claim, so that a crash counts.
    attempts: int = Field(sa_column=Column(Integer, nullable=False))
    #: Grows with every claim and never falls: the fence against a worker that wakes too late.
    lease_token: int = Field(sa_column=Column(Integer, nullable=False))
    lease_owner: UUID | None = Field(default=None, sa_column=Column(Uuid, index=True))
    lease_expires_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    #: The run that made the item, and the run that has or had it last.
    created_by_run: UUID | None = Field(default=None, sa_column=Column(Uuid))
    run_id: UUID | None = Field(default=None, sa_column=Column(Uuid))
    #: The approved approval that the next handling rests on.
    approval_id: UUID | None = Field(default=None, sa_column=Column(Uuid))
    cancel_requested_by: str | None = Field(default=None, sa_column=Column(Text))
    outcome_code: str | None = Field(default=None, sa_column=Column(Text))
    outcome_message: str | None = Field(default=None, sa_column=Column(Text))
    reopenings: int = Field(sa_column=Column(Integer, nullable=False))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    updated_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class StepRow(SQLModel, table=True):
    """A finished step and its sealed result. Discarded when a proposal is returned or made anew."""

    __tablename__: ClassVar[str] = "step"
    __table__: ClassVar[Table]
    __table_args__ = (
        Index(
            "uq_step_identity",
            "item_id",
            "name",
            "key",
            "robot_version",
            unique=True,
            sqlite_where=text("discarded_at IS NULL"),
            postgresql_where=text("discarded_at IS NULL"),
        ),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    item_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    key: str = Field(sa_column=Column(Text, nullable=False))
    robot_version: str = Field(sa_column=Column(Text, nullable=False))
    result: bytes = Field(sa_column=Column(Sealed("step.result"), nullable=False))
    finished_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    discarded_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class EffectRow(SQLModel, table=True):
    """One change in another system: what was intended, by whom, and what became of it."""

    __tablename__: ClassVar[str] = "effect"
    __table__: ClassVar[Table]
    __table_args__ = (CheckConstraint(one_of("state", EffectState), name="ck_effect_state"),)

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    #: Digest of item, step, target, intent, occurrence and approval.
    key: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    item_id: UUID = Field(sa_column=Column(Uuid, nullable=False, index=True))
    step: str = Field(sa_column=Column(Text, nullable=False))
    system: str = Field(sa_column=Column(Text, nullable=False))
    operation: str = Field(sa_column=Column(Text, nullable=False))
    target: str = Field(sa_column=Column(Text, nullable=False))
    intent: str = Field(sa_column=Column(Text, nullable=False))
    occurrence: int = Field(sa_column=Column(Integer, nullable=False))
    approval_id: UUID | None = Field(default=None, sa_column=Column(Uuid))
    #: Keyed, because an address is easily guessed.
    request_digest: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    #: The worker that may call, and how many times somebody was given that right.
    owner: UUID = Field(sa_column=Column(Uuid, nullable=False))
    calls: int = Field(sa_column=Column(Integer, nullable=False))
    first_intended_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    intended_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    settled_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    remote_id: str | None = Field(default=None, sa_column=Column(Text))
    remote_version: str | None = Field(default=None, sa_column=Column(Text))
    error_code: str | None = Field(default=None, sa_column=Column(Text))
    settled_by: str | None = Field(default=None, sa_column=Column(Text))
    saw: bytes | None = Field(default=None, sa_column=Column(Sealed("effect.saw")))


class ApprovalRow(SQLModel, table=True):
    """A proposal put to a person, and the answer."""

    __tablename__: ClassVar[str] = "approval"
    __table__: ClassVar[Table]
    __table_args__ = (
        CheckConstraint(one_of("state", ApprovalState), name="ck_approval_state"),
        # One open question per item at most.
        Index(
            "uq_approval_waiting",
            "item_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    item_id: UUID = Field(sa_column=Column(Uuid, nullable=False, index=True))
    robot: str = Field(sa_column=Column(Text, nullable=False))
    robot_version: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    proposal: bytes = Field(sa_column=Column(Sealed("approval.proposal"), nullable=False))
    digest: str = Field(sa_column=Column(Text, nullable=False))
    needs_role: str | None = Field(default=None, sa_column=Column(Text))
    #: JSON list of roles of which an approver must hold one.
    may_approve: str = Field(sa_column=Column(Text, nullable=False))
    #: JSON list of ids of people who may not approve: the run's starter, and the authors where the card says so.
    barred: str = Field(sa_column=Column(Text, nullable=False))
    asked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    batch_id: UUID | None = Field(default=None, sa_column=Column(Uuid))
    decided_by: str | None = Field(default=None, sa_column=Column(Text))
    decided_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    #: JSON list of ids of rows left out.
    excluded_rows: str = Field(default="[]", sa_column=Column(Text, nullable=False))
    reason: bytes | None = Field(default=None, sa_column=Column(Sealed("approval.reason")))


class WorkerRow(SQLModel, table=True):
    """A process that works; alive as long as it holds its lock."""

    __tablename__: ClassVar[str] = "worker"
    __table__: ClassVar[Table]

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    host: str = Field(sa_column=Column(Text, nullable=False))
    pid: int = Field(sa_column=Column(Integer, nullable=False))
    started_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    stopped_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    declared_dead_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class RunRow(SQLModel, table=True):
    """One run of one robot, and who started it."""

    __tablename__: ClassVar[str] = "run"
    __table__: ClassVar[Table]
    __table_args__ = (
        Index(
            "ix_run_open",
            "robot",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    robot: str = Field(sa_column=Column(Text, nullable=False))
    robot_version: str = Field(sa_column=Column(Text, nullable=False))
    started_by: str = Field(sa_column=Column(Text, nullable=False))
    established: str = Field(sa_column=Column(Text, nullable=False))
    flow_run: str | None = Field(default=None, sa_column=Column(Text))
    is_dry: bool = Field(sa_column=Column(Boolean, nullable=False))
    started_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    log_digest: str | None = Field(default=None, sa_column=Column(Text))
    #: The worker whose lock proves that the run still goes on.
    worker_id: UUID | None = Field(default=None, sa_column=Column(Uuid))
    #: Whether it takes in new work: of those the schedule starts one at a time.
    collects: bool | None = Field(default=None, sa_column=Column(Boolean))
    #: The code of what ended it early.
    failure: str | None = Field(default=None, sa_column=Column(Text))


class IncidentRow(SQLModel, table=True):
    """Something that a person must look at; one open incident per robot, system and code."""

    __tablename__: ClassVar[str] = "incident"
    __table__: ClassVar[Table]
    __table_args__ = (
        Index(
            "uq_incident_open",
            "robot",
            "system",
            "code",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    robot: str = Field(sa_column=Column(Text, nullable=False))
    system: str = Field(sa_column=Column(Text, nullable=False))
    code: str = Field(sa_column=Column(Text, nullable=False))
    message: str = Field(sa_column=Column(Text, nullable=False))
    #: How many times it has happened, and the latest item.
    occurrences: int = Field(sa_column=Column(Integer, nullable=False))
    item_id: UUID | None = Field(default=None, sa_column=Column(Uuid))
    opened_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    latest_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    closed_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    closed_by: str | None = Field(default=None, sa_column=Column(Text))
    close_reason: bytes | None = Field(default=None, sa_column=Column(Sealed("incident.close_reason")))
    acknowledged_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    acknowledged_by: str | None = Field(default=None, sa_column=Column(Text))
    acknowledge_note: bytes | None = Field(default=None, sa_column=Column(Sealed("incident.acknowledge_note")))


class CircuitRow(SQLModel, table=True):
    """How often in a row a system has failed a robot, and until when it is left alone."""

    __tablename__: ClassVar[str] = "circuit"
    __table__: ClassVar[Table]

    robot: str = Field(sa_column=Column(Text, primary_key=True))
    system: str = Field(sa_column=Column(Text, primary_key=True))
    failures: int = Field(sa_column=Column(Integer, nullable=False))
    open_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class BookmarkRow(SQLModel, table=True):
    """How far a robot has read a source of events."""

    __tablename__: ClassVar[str] = "bookmark"
    __table__: ClassVar[Table]

    robot: str = Field(sa_column=Column(Text, primary_key=True))
    source: str = Field(sa_column=Column(Text, primary_key=True))
    cursor: str = Field(sa_column=Column(Text, nullable=False))
    updated_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class ReceivedEventRow(SQLModel, table=True):
    """An event that became, or joined, a work item; a second arrival of the same event is recognised by it."""

    __tablename__: ClassVar[str] = "received_event"
    __table__: ClassVar[Table]

    robot: str = Field(sa_column=Column(Text, primary_key=True))
    source: str = Field(sa_column=Column(Text, primary_key=True))
    event_id: str = Field(sa_column=Column(Text, primary_key=True))
    item_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    received_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class MemoryRow(SQLModel, table=True):
    """What a robot remembers about a citizen between items, sealed; found by a keyed digest."""

    __tablename__: ClassVar[str] = "memory"
    __table__: ClassVar[Table]

    robot: str = Field(sa_column=Column(Text, primary_key=True))
    token: str = Field(sa_column=Column(Text, primary_key=True))
    value: bytes = Field(sa_column=Column(Sealed("memory.value"), nullable=False))
    updated_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
