"""A desk in memory, on which a robot author tries a robot with no database, no server and no network.

It stands on twins of the ports (or on any other implementation of them), remembers steps, makes keys, lets each effect
happen once, records what was read, and can die at any point to be taken up again::

    desk = TwinDesk(TwinCaseRegister(), TwinPersonRegister(), ManualClock(start))
    outcome = robot.handle(item, desk)
    desk.approve(outcome.proposal)
    outcome = robot.handle(item, desk)

What must stay true: what a robot does here it does on the real desk.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from casework.proposals import ApprovedProposal, Proposal
from casework.results import RowResult
from connectors.ports import AddressRegister, CaseRegister, PersonRegister
from connectors.records import (
    Case,
    CaseCapabilities,
    CaseDocument,
    CaseRef,
    IdempotencyKey,
    JournalNote,
    LookUp,
    NewJournalNote,
    NewReminder,
    Page,
    PartyContactChange,
    PartyRef,
    PersonSnapshot,
    WriteReceipt,
)
from foundation.clock import Clock
from foundation.cpr import Cpr
from robots.twins.desk_memory import DeskMemory, Effect, Evidence, adapter_of, request_digest

T = TypeVar("T")


class TwinDesk:
    """One handling of one work item; ``again`` gives the desk of the next handling, with the same memory."""

    def __init__(
        self,
        cases: CaseRegister,
        people: PersonRegister,
        clock: Clock,
        *,
        addresses: AddressRegister | None = None,
        policy: str | None = None,
        memory: DeskMemory | None = None,
    ) -> None:
        self.memory = memory if memory is not None else DeskMemory()
        self._registers = (cases, people)
        self._clock = clock
        self._addresses = addresses
        self._policy = policy
        self._approval: ApprovedProposal | None = None
        self._approvals = 0
        self._open_step: tuple[str, str] | None = None
        self._occurrences: Counter[tuple[str, ...]] = Counter()
        self._unwritten_evidence: list[Evidence] = []
        self._unwritten_memories: dict[Cpr, str] = {}
        self._unwritten_results: dict[str, RowResult] = {}
        self._unwritten_holds: set[str] = set()
        self._cases = TwinCaseDesk(cases, self)
        self._people = TwinPersonDesk(people, self)

    @property
    def cases(self) -> TwinCaseDesk:
        """The ESDH."""
        return self._cases

    @property
    def people(self) -> TwinPersonDesk:
        """CPR."""
        return self._people

    @property
    def addresses(self) -> AddressRegister | None:
        """The address register, or None; questions about places are not recorded."""
        return self._addresses

    @property
    def policy(self) -> str | None:
        """The policy it was made with."""
        return self._policy

    @property
    def approval(self) -> ApprovedProposal | None:
        """What ``approve`` set, until ``plan_again``."""
        return self._approval

    def now(self) -> datetime:
        """The clock's time, aware UTC."""
        return self._clock.now()

    def step(self, name: str, work: Callable[[], T], *, returns: type[T], key: str = "") -> T:
        """Do ``work`` once; what is returned has been written as JSON and read back, the first time as well.

        Raises:
            RuntimeError: a step within a step.
        """
        if self._open_step is not None:
            raise RuntimeError(f"steps do not nest: {name} within {self._open_step[0]}")
        adapter = adapter_of(returns)
        stored = self.memory.steps.get((name, key))
        if stored is None:
            self.memory.pass_point(f"step {name} begins")
            self._open_step = (name, key)
            self._occurrences.clear()
            try:
                stored = adapter.dump_json(work())
            finally:
                self._open_step = None
            self.memory.pass_point(f"step {name} worked")
            self.memory.steps[name, key] = stored
            self.write_down()
            self.memory.pass_point(f"step {name} stored")
        result: T = adapter.validate_json(stored)
        return result

    def evidence(self, label: str, **facts: str | int | bool) -> None:
        """Record a fact, in ``memory.evidence`` with the next step that is stored."""
        self._unwritten_evidence.append(Evidence(label, tuple(sorted(facts.items()))))

    def recall(self, about: Cpr) -> str | None:
        """What the robot last remembered about this citizen."""
        return self._unwritten_memories.get(about, self.memory.remembered.get(about))

    def remember(self, about: Cpr, value: str) -> None:
        """Remember ``value``, in ``memory.remembered`` with the next step that is stored."""
        self._unwritten_memories[about] = value

    def result(self, result: RowResult) -> None:
        """Say what became of a row, in ``memory.results`` with the next step that is stored."""
        self._unwritten_results[result.row] = result

    def is_held(self, row: str) -> bool:
        """Whether the row is on hold."""
        return row in self._unwritten_holds or row in self.memory.held

    def hold(self, row: str) -> None:
        """Put the row on hold, in ``memory.held`` with the next step that is stored."""
        self._unwritten_holds.add(row)

    def write_down(self) -> None:
        """Store what waits for the next thing stored; the work loop does so with the outcome as well."""
        self.memory.evidence.extend(self._unwritten_evidence)
        self.memory.remembered.update(self._unwritten_memories)
        self.memory.results.update(self._unwritten_results)
        self.memory.held.update(self._unwritten_holds)
        self._unwritten_evidence.clear()
        self._unwritten_memories.clear()
        self._unwritten_results.clear()
        self._unwritten_holds.clear()

    def approve(
        self, proposal: Proposal, *, excluded_rows: frozenset[str] = frozenset(), approved_by: str = "bo"
    ) -> ApprovedProposal:
        """Approve as a person would; the next handling carries it out."""
        self._approvals += 1
        self._approval = ApprovedProposal(
            f"approval-{self._approvals}", proposal, excluded_rows, approved_by, self._clock.now()
        )
        return self._approval

    def plan_again(self) -> None:
        """Do what the work loop does after ``VersionConflict``: no approval and no steps; effects keep their keys."""
        self._approval = None
        self.memory.steps.clear()

    def again(self) -> TwinDesk:
        """The desk of a new process that takes the item up: the same memory and approval, nothing else."""
        desk = TwinDesk(
            *self._registers, self._clock, addresses=self._addresses, policy=self._policy, memory=self.memory
        )
        desk._approval = self._approval
        desk._approvals = self._approvals
        return desk

    def make_key(self, operation: str, target: str, intent: str) -> IdempotencyKey:
        """The key of a write made now: item, step, target, intent, occurrence within the step, and approval."""
        identity = (*(self._open_step or ("", "")), operation, target, intent)
        occurrence = self._occurrences[identity]
        self._occurrences[identity] += 1
        approval = self._approval.approval_id if self._approval is not None else ""
        text = "\0".join((self.memory.item, *identity, str(occurrence), approval))
        return IdempotencyKey(hashlib.sha256(text.encode()).hexdigest())


class TwinPersonDesk:
    """CPR, with every look-up remembered before its answer is released."""

    def __init__(self, register: PersonRegister, desk: TwinDesk) -> None:
        self._register = register
        self._desk = desk

    def lookup(self, cpr: Cpr) -> PersonSnapshot:
        """As the register's."""
        self._desk.memory.reads.append(("lookup", cpr.masked()))
        self._desk.memory.pass_point("lookup")
        return self._register.lookup(cpr)


class TwinCaseDesk:
    """The case register, with every reading remembered and every write happening once."""

    def __init__(self, register: CaseRegister, desk: TwinDesk) -> None:
        self._register = register
        self._desk = desk

    @property
    def system(self) -> str:
        """The register's name."""
        return self._register.system

    def capabilities(self) -> CaseCapabilities:
        """As the register's."""
        return self._register.capabilities()

    def search_cases(self, *, party: Cpr, cursor: str | None = None, limit: int = 500) -> Page[Case]:
        """As the register's."""
        self._read("search_cases", party.masked())
        return self._register.search_cases(party=party, cursor=cursor, limit=limit)

    def get_case(self, case: CaseRef) -> Case:
        """As the register's."""
        self._read("get_case", case.id)
        return self._register.get_case(case)

    def find_case(self, number: str) -> Case:
        """As the register's."""
        self._read("find_case", number)
        return self._register.find_case(number)

    def list_documents(self, case: CaseRef) -> Sequence[CaseDocument]:
        """As the register's."""
        self._read("list_documents", case.id)
        return self._register.list_documents(case)

    def list_journal_notes(self, case: CaseRef) -> Sequence[JournalNote]:
        """As the register's."""
        self._read("list_journal_notes", case.id)
        return self._register.list_journal_notes(case)

    def update_party_contact(self, party: PartyRef, change: PartyContactChange, *, intent: str) -> WriteReceipt:
        """Write a party's address or protection mark, once."""
        return self._write(
            ("update_party_contact", f"{party.case.id}/{party.id}", intent),
            change,
            call=lambda key: self._register.update_party_contact(party, change, key=key),
            look=lambda _: self._register.find_party_contact(party, change),
        )

    def append_journal_note(self, case: CaseRef, note: NewJournalNote, *, intent: str) -> WriteReceipt:
        """Add a journal note, once."""
        return self._write(
            ("append_journal_note", case.id, intent),
            note,
            call=lambda key: self._register.append_journal_note(case, note, key=key),
            look=lambda key: self._register.find_journal_note(case, key=key),
        )

    def create_reminder(self, case: CaseRef, reminder: NewReminder, *, intent: str) -> WriteReceipt:
        """Put a task for a person on the case, once."""
        return self._write(
            ("create_reminder", case.id, intent),
            reminder,
            call=lambda key: self._register.create_reminder(case, reminder, key=key),
            look=lambda key: self._register.find_reminder(case, key=key),
        )

    def _read(self, operation: str, target: str) -> None:
        self._desk.memory.reads.append((operation, target))
        self._desk.memory.pass_point(operation)

    def _write(
        self,
        what: tuple[str, str, str],
        request: object,
        *,
        call: Callable[[IdempotencyKey], WriteReceipt],
        look: Callable[[IdempotencyKey], LookUp],
    ) -> WriteReceipt:
        wanted = Effect(*what, request_digest(request))
        return self._desk.memory.once(wanted, self._desk.make_key(*what), call=call, look=look, system=self.system)
