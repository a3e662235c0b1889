"""The work loop: claim, hand to the robot, end; in a bounded pool of threads, without Prefect.

What must stay true: an item that was claimed is ended, given back, or comes back when its lease runs out; and a lease
is kept alive only by a process that still works.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from pydantic import BaseModel, ValidationError

from audit.events import ActorRef, ProcessRef, PurposeRef
from audit.vocabulary import ActorKind
from casework.claiming import ClaimedItem, claim, expire_approvals, keep, reap
from casework.errors import WorkerLostError
from casework.runs import close_run, open_run
from casework.workplace import Acting
from connectors.errors import CircuitOpen, SchemaDrift
from flows.code_digest import digest_of
from flows.composition import Composition
from flows.ending import Handling, Result, end_with_error, end_with_outcome, give_back
from flows.live_desk import LiveDesk
from foundation.actor import Actor
from foundation.errors import SagsgangError
from foundation.logs import RunLog, get_logger, run_log
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
    """What a screen may follow while a run goes on; called from the threads that work."""

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
    _stop: threading.Event = field(default_factory=threading.Event)
    _stopped_by: str | None = None

    def stop(self) -> None:
        """Claim nothing more; what is begun is ended, what is only claimed is given back."""
        self._stop.set()

    def run(self, *, limit: int | None = None) -> RunSummary:
        """Work until the queue is empty, ``limit`` items are handled, or something stops the run.

        Raises:
            NotAllowedError: the starter may not start this robot.
        """
        card, place, settings = self.robot.card, self.composition.place, self.composition.settings
        self.starter.require(card.may_start, f"starte {card.name}")
        run_id, acting = open_run(
            place,
            robot=card.name,
            robot_version=card.version,
            starter=self.starter,
            acting=acting_of(self.robot, self.starter, self.flow),
        )
        counts: Counter[Result] = Counter()
        logs = settings.data_dir / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        told: RunLog | None = None
        failure: str | None = None
        try:
            with (
                run_log(logs / f"run-{run_id}.jsonl") as told,
                structlog.contextvars.bound_contextvars(run=str(run_id), robot=card.name),
            ):
                reap(place, max_attempts=settings.max_attempts)
                expire_approvals(place)
                with self._heart():
                    self._work(run_id, acting, counts, limit=limit)
                log.info("run.ended", stopped_by=self._stopped_by, **{key.value: n for key, n in counts.items()})
            failure = self._stopped_by
        except BaseException as error:
            failure = type(error).__name__
            raise
        finally:
            # Also a run that ended badly is closed, with the digest of the log that tells why.
            digest = told.sha256 if told is not None else None
            close_run(place, run_id, acting=acting, counts=_named(counts), log_digest=digest, failure=failure)
        return RunSummary(run_id, counts, self._stopped_by)

    def _work(self, run_id: UUID, acting: Acting, counts: Counter[Result], *, limit: int | None) -> None:
        """Keep every thread busy: claim a new portion when fewer items than threads are left."""
        settings = self.composition.settings
        left = limit
        with ThreadPoolExecutor(settings.workers, thread_name_prefix="worker") as pool:
            pending: set[Future[Result]] = set()
            while True:
                if len(pending) < settings.workers and not self._stop.is_set() and left != 0:
                    portion = settings.claim_batch if left is None else min(settings.claim_batch, left)
                    claimed = self._claim(run_id, acting, portion)
                    left = None if left is None else left - len(claimed)
                    pending |= {pool.submit(self._handle, item, acting) for item in claimed}
                if not pending:
                    return
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    counts[future.result()] += 1
                    self.progress.ended(future.result())

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

    def _handle(self, claimed: ClaimedItem, acting: Acting) -> Result:
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
            result = give_back(handling) if self._stop.is_set() else self._hand_to_robot(handling, claimed, acting)
            log.info("item.ended", result=result.value, attempt=claimed.lease.attempt)
            return result

    def _hand_to_robot(self, handling: Handling, claimed: ClaimedItem, acting: Acting) -> Result:
        desk = LiveDesk(self.composition, self.robot.card, acting, claimed=claimed)
        try:
            desk.notice_cancel()
            item = WorkItem(
                id=str(claimed.lease.item_id),
                reference=claimed.reference,
                payload=self._payload(claimed.payload),
                attempt=claimed.lease.attempt,
            )
            outcome = self.robot.handle(item, desk)
            return end_with_outcome(handling, outcome, desk.worked)
        except Exception as error:  # noqa: BLE001 - a robot may fail in any way, and its item must end in a known state.
            self._notice(error)
            return end_with_error(handling, error, desk.worked)

    def _payload(self, data: bytes) -> BaseModel:
        try:
            return self.robot.payload_type.model_validate_json(data)
        except ValidationError:
            message = "Opgavens indhold passer ikke til robotten. Er den lavet af en anden version?"
            raise PayloadError(message) from None

    def _notice(self, error: Exception) -> None:
        if isinstance(error, CircuitOpen | SchemaDrift | WorkerLostError):
            # Going on would only hurt: the system is down, it no longer speaks as agreed, or we count as dead.
            self._stopped_by = error.code
            self._stop.set()
        if isinstance(error, SagsgangError) or hasattr(error, "code"):
            log.warning("item.error", code=getattr(error, "code", ""), kind=type(error).__name__)
        else:
            log.error("item.fault", kind=type(error).__name__, exc_info=error)

    @contextmanager
    def _heart(self) -> Iterator[None]:
        """Prolong the leases of this worker until the block ends."""
        quiet = threading.Event()
        lease_seconds = self.composition.settings.lease_seconds

        def beat() -> None:
            while not quiet.wait(lease_seconds / _BEATS_PER_LEASE):
                try:
                    keep(self.composition.place, worker=self.composition.worker.id, lease_seconds=lease_seconds)
                except Exception:
                    # The next beat may succeed; if none does, the leases run out, as they should.
                    log.exception("heart.missed")

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


def acting_of(robot: Robot, starter: Actor, flow: str | None = None) -> Acting:
    """The robot as it acts for this person, before there is a run."""
    card = robot.card
    return Acting(
        actor=ActorRef(ActorKind.ROBOT, card.name, starter.established.value, starter.id),
        process=ProcessRef(card.name, card.version, digest_of(type(robot))),
        purpose=PurposeRef(card.name, card.legal_basis, card.kle),
        flow=flow,
    )


def _named(counts: Counter[Result]) -> dict[str, int]:
    return {result.value: number for result, number in sorted(counts.items())}
