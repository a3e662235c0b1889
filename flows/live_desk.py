"""The desk of a robot at work: steps remembered in the database, calls through the guard.

What must stay true: what a robot works out is buffered until the next transaction and written in it, before anything
that rests on it; no transaction is open while a robot thinks or another system is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import event
from sqlmodel import Session

from audit.driver_sql import run
from audit.events import Event
from audit.vocabulary import EventType
from casework.approvals import approved_proposal
from casework.begun import open_effects
from casework.claiming import ClaimedItem
from casework.holds import is_held, place_hold
from casework.memory import recall, remember
from casework.moves import require_lease
from casework.policies import policy_in_force
from casework.proposals import ApprovedProposal
from casework.results import RowResult, store_results
from casework.steps import StepKey, finished_steps, store_steps
from casework.stored_values import stored, stored_in
from casework.told_results import with_results
from casework.workplace import Acting
from connectors.guard import Guard
from connectors.guarded import GuardedAddresses, GuardedCases, GuardedPeople, StepPlace, Writer
from connectors.reader import Reader
from flows.composition import Composition
from flows.stopping import Stopping
from foundation.cpr import Cpr
from foundation.errors import SagsgangError
from foundation.single_reads import read_row
from foundation.transactions import Transaction
from robots.card import Card

T = TypeVar("T")

#: Why a robot holds a row: it was taken back, and the next run must not write the same again (ADR-53).
_HELD_BECAUSE = "Rækken er tilbageført. Den frigives af en person."
#: Every step asks it, so it is handed to the driver as it is.
_ASKED_FOR = "SELECT cancel_requested_by FROM work_item WHERE id = ?"


class CancelNoticedError(SagsgangError):
    """Somebody asked for the item to be cancelled; raised between two steps."""

    code = "cancel_noticed"


class RunHaltedError(SagsgangError):
    """The run is told to lay back what it has begun; raised between two steps."""

    code = "run_halted"


class NestedStepError(SagsgangError):
    """A robot began a step within a step; a fault in the robot."""

    code = "nested_step"


@dataclass
class Worked:
    """What a desk has worked out and not stored yet."""

    item_id: UUID | None
    card: Card
    reader: Reader | None = None
    #: The version of the policy that the robot works by; None where none was in force when the desk was made.
    policy_version: int | None = None
    steps: dict[StepKey, bytes] = field(default_factory=dict)
    memories: dict[str, str] = field(default_factory=dict)
    results: dict[str, RowResult] = field(default_factory=dict)
    holds: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    #: What became of calls to other systems, where it may wait for the next transaction (``connectors.guard``).
    outcomes: list[Callable[[Session], None]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to store."""
        return not (self.steps or self.memories or self.results or self.holds or self.events or self.outcomes)

    def store(self, session: Session) -> None:
        """Write all of it in the caller's transaction.

        Raises:
            LeaseLostError: the item is in other hands. Looked at first: its steps may be stored by now, and what came
                of its rows is the present worker's to say.
        """
        if self.reader is None or self.is_empty:
            return
        if self.reader.lease is not None:
            require_lease(session, self.reader.lease)
        place = self.reader.place
        self.store_outcomes(session)
        if self.item_id is not None:
            version = self.card.version
            store_steps(session, self.item_id, self.steps, robot_version=version, at=place.now())
            for about, value in self.memories.items():
                remember(session, place, robot=self.card.name, about=about, value=value)
            results = list(self.results.values())
            store_results(session, self.item_id, robot=self.card.name, results=results, at=place.now())
            for row in sorted(self.holds):
                place_hold(
                    session,
                    place,
                    robot=self.card.name,
                    row=row,
                    acting=self.reader.acting,
                    reason=_HELD_BECAUSE,
                    item_id=self.item_id,
                )
        place.record(session, *self._events())
        if isinstance(session, Transaction):
            session.when_committed(self._forget)
        else:
            event.listen(session, "after_commit", lambda _session: self._forget(), once=True)

    def _events(self) -> list[Event]:
        """What was noted, with what rows came to; a dry run's rows come to nothing."""
        if self.item_id is None or self.reader is None:
            return self.events
        reader = self.reader
        return with_results(
            self.events, self.results, lambda facts: reader.event(EventType.EVIDENCE_GIVEN, "", facts=facts)
        )

    def outcomes_later(self, write_down: Callable[[Session], None]) -> None:
        """Keep one for the next transaction."""
        self.outcomes.append(write_down)

    def store_outcomes(self, session: Session) -> None:
        """Write only what became of calls: that is a fact, also when the item is in other hands by now."""
        for write_down in self.outcomes:
            write_down(session)

    def _forget(self) -> None:
        """What is committed is stored; what was rolled back is still to be stored."""
        self.steps, self.memories, self.results, self.holds, self.events = {}, {}, {}, set(), []
        self.outcomes = []


class LiveDesk:
    """``robots.desk.Desk`` for one handling of one work item, or, without an item, for a dry run."""

    def __init__(
        self,
        composition: Composition,
        card: Card,
        acting: Acting,
        *,
        claimed: ClaimedItem | None,
        writer: Writer | None = None,
        stopping: Stopping | None = None,
    ) -> None:
        """Sit down; reads what earlier handlings finished.

        Args:
            composition: the other systems and the database.
            card: the robot's card.
            acting: the robot as it acts in this run.
            claimed: the item, or None in a dry run.
            writer: takes the place of the guard in a dry run.
            stopping: tells whether the item is to be laid back between two steps.
        """
        self._place = composition.place
        self._card = card
        self._claimed = claimed
        self._stopping = stopping
        lease = claimed.lease if claimed is not None else None
        self.worked = Worked(lease.item_id if lease is not None else None, card)
        reader = Reader(
            place=composition.place,
            acting=acting,
            lease=lease,
            unstored=self.worked,
            limits=lambda system: composition.limits(card.name, system),
        )
        self.worked.reader = reader
        self._reader = reader
        self._finished: dict[StepKey, bytes] = {}
        self._approval: ApprovedProposal | None = None
        approval_id = claimed.approval_id if claimed is not None else None
        with composition.place.database.read() as session:
            policy = policy_in_force(session, robot=card.name)
            if lease is not None:
                self._finished = finished_steps(session, lease.item_id, robot_version=card.version)
                self._approval = approved_proposal(session, approval_id) if approval_id is not None else None
        self._policy = policy.body if policy is not None else None
        self.worked.policy_version = policy.version if policy is not None else None
        if writer is None:
            if lease is None:
                message = "a desk without an item needs a writer of its own"
                raise ValueError(message)
            writer = Guard(
                reader=reader,
                worker=composition.worker,
                locks=composition.locks,
                lease=lease,
                owner_wait_seconds=composition.settings.owner_wait_seconds,
                later=self.worked.outcomes_later,
            )
        self._where = StepPlace(lease.item_id if lease is not None else UUID(int=0), approval_id)
        self._cases = GuardedCases(composition.systems.cases, reader, writer, self._where)
        self._people = GuardedPeople(composition.systems.people, reader, self._where)
        addresses = composition.systems.addresses
        self._addresses = GuardedAddresses(addresses, reader) if addresses is not None else None

    @property
    def cases(self) -> GuardedCases:
        """The ESDH."""
        return self._cases

    @property
    def people(self) -> GuardedPeople:
        """CPR."""
        return self._people

    @property
    def addresses(self) -> GuardedAddresses | None:
        """The address register, where there is one."""
        return self._addresses

    @property
    def policy(self) -> str | None:
        """The text of the policy that was in force when the desk was made."""
        return self._policy

    @property
    def policy_version(self) -> int | None:
        """Its version; only the same one may approve in a person's place when the handling ends."""
        return self.worked.policy_version

    @property
    def approval(self) -> ApprovedProposal | None:
        """The approved proposal that this handling rests on."""
        return self._approval

    def now(self) -> datetime:
        """The time, aware UTC."""
        return self._place.now()

    def step(self, name: str, work: Callable[[], T], *, returns: type[T], key: str = "") -> T:
        """Do ``work`` once; see ``robots.desk.Desk``."""
        if self._where.step:
            message = f"Trinnet {name} begynder inde i trinnet {self._where.step}. Robotten har en fejl."
            raise NestedStepError(message)
        adapter = _adapter(returns)
        known = self._finished.get((name, key))
        if known is not None:
            stored: T = adapter.validate_json(known)
            return stored
        self.notice_cancel()
        self._where.enter(name, key)
        try:
            result = work()
        finally:
            self._where.leave()
        data = adapter.dump_json(result)
        self._finished[name, key] = data
        self.worked.steps[name, key] = data
        return result

    def recall(self, about: Cpr) -> str | None:
        """What this robot last remembered about this citizen."""
        known = self.worked.memories.get(about.digits)
        if known is not None:
            return known
        return recall(self._place, robot=self._card.name, about=about.digits)

    def remember(self, about: Cpr, value: str) -> None:
        """Remember ``value`` about this citizen."""
        self.worked.memories[about.digits] = value

    def result(self, result: RowResult) -> None:
        """Say what became of one row."""
        self.worked.results[result.row] = result

    def is_held(self, row: str) -> bool:
        """Whether the row is on hold, also since a moment ago."""
        if row in self.worked.holds:
            return True
        return is_held(self._place.database, robot=self._card.name, row=row)

    def hold(self, row: str) -> None:
        """Put the row on hold until a person releases it."""
        self.worked.holds.add(row)

    def evidence(self, label: str, **facts: str | int | bool) -> None:
        """Record a fact about this item; never personal data."""
        told = self._reader.event(EventType.EVIDENCE_GIVEN, self._where.step, facts={"label": label, **facts})
        self.worked.events.append(told)

    def notice_cancel(self) -> None:
        """Stop when somebody asked for the item to be cancelled, or for the robot to be stopped.

        Raises:
            CancelNoticedError: naming who asked.
            RunHaltedError: what is begun is to be laid back.
        """
        if self._claimed is None:
            return
        if self._stopping is not None and self._stopping.is_halted:
            message = "Kørslen standses; opgaven går videre efter sit sidste trin ved næste kørsel."
            raise RunHaltedError(message)
        database = self._place.database
        row = read_row(database, _ASKED_FOR, *stored_in(database, self._claimed.lease.item_id))
        if row is None or row[0] is None:
            return
        if self.worked.outcomes:
            # The changes that were made look as if they were open, until it is written down that they are not.
            with database.write() as session:
                self.worked.store(session)
        with database.read() as session:
            requested_by = cancel_requested_by(session, self._claimed)
        if requested_by is not None:
            message = f"Opgaven annulleres efter ønske fra {requested_by}."
            raise CancelNoticedError(message)


def cancel_requested_by(session: Session, claimed: ClaimedItem) -> str | None:
    """Who asked for the item to be cancelled, or None; not before every change that was begun has a known ending."""
    connection = session.connection()
    row = run(connection, _ASKED_FOR, *stored(connection, claimed.lease.item_id)).one()
    requested_by: str | None = row[0]
    return requested_by if requested_by is not None and not open_effects(session, claimed.lease.item_id) else None


#: Making an adapter costs more than using it a thousand times.
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(returns: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - any type that pydantic knows.
    if returns not in _ADAPTERS:
        _ADAPTERS[returns] = TypeAdapter(returns)
    return _ADAPTERS[returns]
