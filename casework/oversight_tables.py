"""The tables of what people decide about a robot's work, and of what it has looked at and come to.

What must stay true: as in ``casework.tables``, everything that can hold personal data is of the type ``Sealed`` or a
keyed digest; ``row``, ``mark`` and ``cursor`` never hold any.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text, UniqueConstraint, Uuid, text
from sqlmodel import Field, SQLModel

from casework.states import AcceptanceKind, PolicyState, PrimaryResult, SweepKind, SweepState
from casework.tables import one_of
from foundation.columns import Sealed, UtcDateTime


class WorkResultRow(SQLModel, table=True):
    """What became of one row of one item: exactly one primary result at any moment."""

    __tablename__: ClassVar[str] = "work_result"
    __table__: ClassVar[Table]
    __table_args__ = (
        CheckConstraint(one_of("result", PrimaryResult), name="ck_work_result_result"),
        CheckConstraint("tasks >= 0", name="ck_work_result_tasks"),
        Index("ix_work_result_robot", "robot", "at"),
        # A sweep asks of each party how often it was written.
        Index("ix_work_result_row", "robot", "row"),
    )

    item_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    #: Case number and the system's id of the party.
    row: str = Field(sa_column=Column(Text, primary_key=True))
    robot: str = Field(sa_column=Column(Text, nullable=False))
    result: str = Field(sa_column=Column(Text, nullable=False))
    rule: str = Field(sa_column=Column(Text, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    tasks: int = Field(sa_column=Column(Integer, nullable=False))
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class PolicyRow(SQLModel, table=True):
    """How far a robot may go by itself: put forward by one person, decided by another."""

    __tablename__: ClassVar[str] = "policy"
    __table__: ClassVar[Table]
    __table_args__ = (
        UniqueConstraint("robot", "version", name="uq_policy_version"),
        CheckConstraint(one_of("state", PolicyState), name="ck_policy_state"),
        # Four eyes, also for one who writes straight into the table.
        CheckConstraint("decided_by <> proposed_by", name="ck_policy_four_eyes"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="ck_policy_decided",
        ),
        Index(
            "uq_policy_in_force",
            "robot",
            unique=True,
            sqlite_where=text("state = 'in_force'"),
            postgresql_where=text("state = 'in_force'"),
        ),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    robot: str = Field(sa_column=Column(Text, nullable=False))
    #: Counted per robot from 1.
    version: int = Field(sa_column=Column(Integer, nullable=False))
    #: Text of the robot's own making; no personal data.
    body: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    proposed_by: str = Field(sa_column=Column(Text, nullable=False))
    proposed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    reason: bytes = Field(sa_column=Column(Sealed("policy.reason"), nullable=False))
    decided_by: str | None = Field(default=None, sa_column=Column(Text))
    decided_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    decision_reason: bytes | None = Field(default=None, sa_column=Column(Sealed("policy.decision_reason")))


class HoldRow(SQLModel, table=True):
    """A row that a robot leaves alone until a person releases it."""

    __tablename__: ClassVar[str] = "hold"
    __table__: ClassVar[Table]
    __table_args__ = (
        Index(
            "uq_hold_open",
            "robot",
            "row",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    robot: str = Field(sa_column=Column(Text, nullable=False))
    row: str = Field(sa_column=Column(Text, nullable=False))
    item_id: UUID | None = Field(default=None, sa_column=Column(Uuid))
    placed_by: str = Field(sa_column=Column(Text, nullable=False))
    placed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    reason: bytes = Field(sa_column=Column(Sealed("hold.reason"), nullable=False))
    released_by: str | None = Field(default=None, sa_column=Column(Text))
    released_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    release_reason: bytes | None = Field(default=None, sa_column=Column(Sealed("hold.release_reason")))


class SweepRow(SQLModel, table=True):
    """One look at every party on every open case, and how far it has come."""

    __tablename__: ClassVar[str] = "sweep"
    __table__: ClassVar[Table]
    __table_args__ = (
        CheckConstraint(one_of("kind", SweepKind), name="ck_sweep_kind"),
        CheckConstraint(one_of("state", SweepState), name="ck_sweep_state"),
        # One at a time: a second would ask the register about everybody once more.
        Index(
            "uq_sweep_running",
            "robot",
            "kind",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    robot: str = Field(sa_column=Column(Text, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    #: Where to go on; NULL before the first portion.
    cursor: str | None = Field(default=None, sa_column=Column(Text))
    started_by: str = Field(sa_column=Column(Text, nullable=False))
    started_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    updated_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    finished_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    #: JSON object of counts so far.
    counts: str = Field(sa_column=Column(Text, nullable=False))


class AcceptanceRow(SQLModel, table=True):
    """A second person's leave for a stopped intake to go on, once."""

    __tablename__: ClassVar[str] = "acceptance"
    __table__: ClassVar[Table]
    __table_args__ = (
        CheckConstraint(one_of("what", AcceptanceKind), name="ck_acceptance_what"),
        Index("ix_acceptance_mark", "robot", "what", "mark"),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    robot: str = Field(sa_column=Column(Text, nullable=False))
    what: str = Field(sa_column=Column(Text, nullable=False))
    #: Which gap or which mass change, as the stopped run named it.
    mark: str = Field(sa_column=Column(Text, nullable=False))
    accepted_by: str = Field(sa_column=Column(Text, nullable=False))
    accepted_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    reason: bytes = Field(sa_column=Column(Sealed("acceptance.reason"), nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    used_by_run: UUID | None = Field(default=None, sa_column=Column(Uuid))


class SubscriptionRow(SQLModel, table=True):
    """A person whom a source tells of, because he is a party on an open case."""

    __tablename__: ClassVar[str] = "subscription"
    __table__: ClassVar[Table]

    robot: str = Field(sa_column=Column(Text, primary_key=True))
    source: str = Field(sa_column=Column(Text, primary_key=True))
    #: Keyed digest of the number, so that the row can be found again.
    token: str = Field(sa_column=Column(Text, primary_key=True))
    identity: bytes = Field(sa_column=Column(Sealed("subscription.identity"), nullable=False))
    since: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    #: When an open case was last seen.
    last_open_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class ClosedPartyRow(SQLModel, table=True):
    """What stood on a closed case when it was first seen; a keyed digest, because an address is easily guessed."""

    __tablename__: ClassVar[str] = "closed_party"
    __table__: ClassVar[Table]

    robot: str = Field(sa_column=Column(Text, primary_key=True))
    row: str = Field(sa_column=Column(Text, primary_key=True))
    digest: str = Field(sa_column=Column(Text, nullable=False))
    first_seen_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
