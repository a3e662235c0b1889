"""The work loop: claim, hand to the robot, end; in a bounded pool of threads, without Prefect.

What must stay true: an item that was claimed is ended, given back, or comes back when its lease runs out; and a lease
is kept alive only by a process that still works.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from pydantic import BaseModel, ValidationError

from casework.claiming import ClaimedItem, claim, expire_approvals, keep, reap
from casework.errors import WorkerLostError
from casework.incidents import report
from casework.pausing import state_of
from casework.states import RobotState
from casework.workplace import Acting
from connectors.errors import CircuitOpen, SchemaDrift
from flows.composition import Composition
from flows.database_loss import log_missed, loss_of
from flows.ending import Handling, Result, end_with_error, give_back
from flows.ending_together import Ready, end_together
from flows.live_desk import LiveDesk, Worked
from flows.opened_run import OpenedRun, opened_run
from flows.stopping import Stopping, Watch
from foundation.actor import Actor
from foundation.errors import DiskFullError, SagsgangError
from foundation.logs import get_logger
from robots.robot import Robot, WorkItem

log = get_logger(__name__)

#: The heart beats this many times within one lease, so that two beats may be lost.
_BEATS_PER_LEASE = 3


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What one run came to: how many items ended how. ``stopped_by`` is the code of what ended it early."""

    run_id: UUID
    counts: Counter[Result]
    stopped_by: str | None = None

    @property
    def handled(self) -> int:
        """How many handlings there were."""
        return sum(self.counts.values())


@dataclass
class Progress:
    """What a screen may follow while a run goes on."""

    def ended(self, result: Result) -> None:
        """One handling ended."""


@dataclass
class WorkLoop:
    """One run of one robot."""

    composition: Composition
    robot: Robot
    starter: Actor
    flow: str | None = None
    progress: Progress = field(default_factory=Progress)
    stopping: Stopping = field(default_factory=Stopping)
    _stopped_by: str | None = None
    #: Faults of the robot in a row; a list, so that threads add to it without a lock.
    _faults: list[int] = field(default_factory=list)

    def stop(self) -> None:
        """Claim nothing more; what is begun is ended, what is only claimed is given back."""
        self.stopping.ask()

    def run(self, *, limit: int | None = None, opened: OpenedRun | None = None) -> RunSummary:
        """Work until the queue is empty, ``limit`` items are handled, or something stops the run.

        Args:
            limit: at most so many items.
            opened: the run that this is the work of; opened here when there is none.

        Raises:
            NotAllowedError: the starter may not start this robot.
        """
        if opened is not None:
            return self._go(opened, limit)
        with opened_run(self.composition, self.robot, self.starter, flow=self.flow) as own:
            return self._go(own, limit)

    def _go(self, opened: OpenedRun, limit: int | None) -> RunSummary:
        place, settings = self.composition.place, self.composition.settings
        with structlog.contextvars.bound_contextvars(run=str(opened.id), robot=self.robot.card.name):
            reap(place, max_attempts=settings.max_attempts)
            expire_approvals(place)
            with self._heart(), Watch(lambda: self._state() is RobotState.STOPPED, self.stopping):
                self._work(opened.id, opened.acting, opened.counts, limit=limit)
        opened.stopped_by = self._stopped_by or self._rests()
        if opened.stopped_by is None and self.stopping.is_asked:
            opened.stopped_by = "asked_to_stop"
        return RunSummary(opened.id, opened.counts, opened.stopped_by)

    def _state(self) -> RobotState:
        with self.composition.place.database.read() as session:
            return state_of(session, self.robot.card.name)

    def _rests(self) -> str | None:
        """The code of a robot that is paused or stopped, which is why nothing more was handed out."""
        state = self._state()
        return None if state is RobotState.ACTIVE else f"robot_{state.value}"

    def _work(self, run_id: UUID, acting: Acting, counts: Counter[Result], *, limit: int | None) -> None:
        """Keep every thread busy: claim a new portion when fewer items than threads are left."""
        settings = self.composition.settings
        left = limit
        with ThreadPoolExecutor(settings.workers, thread_name_prefix="worker") as pool:
            pending: set[Future[Ready | Result]] = set()
            while True:
                if len(pending) < settings.workers and not self.stopping.is_asked and left != 0:
                    portion = settings.claim_batch if left is None else min(settings.claim_batch, left)
                    claimed = self._claim(run_id, acting, portion)
                    left = None if left is None else left - len(claimed)
                    pending |= {pool.submit(self._handle, item, acting) for item in claimed}
                if not pending:
                    return
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for result in self._end([future.result() for future in done]):
                    counts[result] += 1
                    self.progress.ended(result)

    def _end(self, handled: Sequence[Ready | Result]) -> list[Result]:
        """End what is ready, in one transaction; what a thread has ended already is counted with it."""
        ready = [each for each in handled if isinstance(each, Ready)]
        results = end_together(ready, notice=self._notice)
        for each, result in zip(ready, results, strict=True):
            lease = each.handling.claimed.lease
            log.info("item.ended", item=str(lease.item_id), result=result.value, attempt=lease.attempt)
        return results + [each for each in handled if not isinstance(each, Ready)]

    def _claim(self, run_id: UUID, acting: Acting, limit: int) -> list[ClaimedItem]:
        return claim(
            self.composition.place,
            self.robot.card.name,
            worker=self.composition.worker.id,
            run_id=run_id,
            acting=acting,
            limit=limit,
            lease_seconds=self.composition.settings.lease_seconds,
        )

    def _handle(self, claimed: ClaimedItem, acting: Acting) -> Ready | Result:
        item_id = str(claimed.lease.item_id)
        with structlog.contextvars.bound_contextvars(run=acting.run_id, robot=claimed.robot, item=item_id):
            handling = Handling(
                place=self.composition.place,
                card=self.robot.card,
                acting=acting,
                claimed=claimed,
                starter=self.starter.id,
                max_attempts=self.composition.settings.max_attempts,
            )
            result = give_back(handling) if self.stopping.is_asked else self._hand_to_robot(handling, claimed, acting)
            if not isinstance(result, Ready):
                log.info("item.ended", result=result.value, attempt=claimed.lease.attempt)
            return result

    def _hand_to_robot(self, handling: Handling, claimed: ClaimedItem, acting: Acting) -> Ready | Result:
        worked = Worked(claimed.lease.item_id, self.robot.card)
        try:
            # What the item rests on, such as its approval or its steps, may have been tampered with and not open.
            desk = LiveDesk(self.composition, self.robot.card, acting, claimed=claimed, stopping=self.stopping)
            worked = desk.worked
            desk.notice_cancel()
            item = WorkItem(
                id=str(claimed.lease.item_id),
                reference=claimed.reference,
                payload=self._payload(claimed.payload),
                attempt=claimed.lease.attempt,
            )
            outcome = self.robot.handle(item, desk)
            self._faults.clear()
            return Ready(handling, outcome, worked)
        except Exception as error:  # noqa: BLE001 - a robot may fail in any way, and its item must end in a known state.
            self._notice(error)
            return end_with_error(handling, error, worked)

    def _payload(self, data: bytes) -> BaseModel:
        try:
            return self.robot.payload_type.model_validate_json(data)
        except ValidationError:
            message = "Opgavens indhold passer ikke til robotten. Er den lavet af en anden version?"
            raise PayloadError(message) from None

    def _notice(self, error: Exception) -> None:
        if isinstance(error, CircuitOpen | SchemaDrift | WorkerLostError | DiskFullError):
            # Going on would only hurt: the system is down, it no longer speaks as agreed, we count as dead, or nothing
            # more can be written down.
            self._stopped_by = error.code
            self.stopping.ask()
        if (loss := loss_of(error)) is not None:
            # Not the robot's fault, and nothing more can be claimed or ended.
            self._stopped_by = loss.code
            self.stopping.ask()
            log.warning("item.error", code=loss.code, kind=type(error).__name__)
        elif isinstance(error, SagsgangError) or isinstance(getattr(error, "code", None), str):
            log.warning("item.error", code=getattr(error, "code", ""), kind=type(error).__name__)
        else:
            log.error("item.fault", kind=type(error).__name__, exc_info=error)
            self._count_fault()

    def _count_fault(self) -> None:
        """A robot that fails item after item is stopped, so that its attempts are not used up on the whole queue."""
        self._faults.append(1)
        if len(self._faults) < self.composition.settings.circuit_failures or self._stopped_by is not None:
            return
        self._stopped_by = "robot_failing"
        self.stopping.ask()
        name, place = self.robot.card.name, self.composition.place
        message = f"Robotten har fejlet med {len(self._faults)} opgaver i træk, og kørslen er standset. Se dens log."
        with place.database.write() as session:
            report(session, place, robot=name, system="", code="robot_failing", message=message)

    @contextmanager
    def _heart(self) -> Iterator[None]:
        """Prolong the leases of this worker until the block ends."""
        quiet = threading.Event()
        lease_seconds = self.composition.settings.lease_seconds

        def beat() -> None:
            while not quiet.wait(lease_seconds / _BEATS_PER_LEASE):
                try:
                    keep(self.composition.place, worker=self.composition.worker.id, lease_seconds=lease_seconds)
                except Exception as error:  # noqa: BLE001 - the next may succeed; if none does, the leases run out.
                    log_missed(log, "heart.missed", error)

        thread = threading.Thread(target=beat, name="heart", daemon=True)
        thread.start()
        try:
            yield
        finally:
            quiet.set()
            thread.join()


class PayloadError(SagsgangError):
    """The payload of an item is not of the robot's type."""

    code = "payload"
