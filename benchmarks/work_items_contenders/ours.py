"""Sagsgang itself, as the work loop does it: items made many at a time, claimed in batches, ended in groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.events import ActorRef, ProcessRef, PurposeRef
from audit.vocabulary import ActorKind
from benchmarks.work_items_contenders.contender import BATCH, CODE, INTAKE, MESSAGE, PAYLOAD, ROBOT
from casework.claiming import ClaimedItem, claim
from casework.ending_many import Departure, move_many
from casework.items import NewItem, enqueue
from casework.moves import Detail
from casework.transitions import COMPLETE
from casework.workplace import Acting, Workplace
from foundation.clock import SystemClock
from foundation.database import Database
from foundation.environment import Environment
from foundation.identifiers import new_id
from foundation.sealing import KeyRing

_VALUES = {"outcome_code": CODE, "outcome_message": MESSAGE}


class Ours:
    """Sagsgang."""

    def __init__(self, url: str) -> None:
        """Open the database."""
        self.place = Workplace(Database(url, KeyRing(bytes(range(32)))), SystemClock(), Environment.SIMULATED)
        self.worker, self.run = new_id(), new_id()
        self.acting = Acting(
            ActorRef(ActorKind.ROBOT, ROBOT, "os_account", "dorthe"),
            ProcessRef(ROBOT, "1.0", "0" * 64),
            PurposeRef(ROBOT, "CPR-loven § 52", "23.05.10"),
            run_id=str(self.run),
        )

    def enqueue(self, references: Sequence[str]) -> None:
        """A thousand in a transaction, as the intake does it."""
        for start in range(0, len(references), INTAKE):
            items = [NewItem(reference, PAYLOAD) for reference in references[start : start + INTAKE]]
            with self.place.database.write() as session:
                enqueue(session, self.place, ROBOT, items, acting=self.acting, run_id=self.run)

    def claim(self) -> Sequence[ClaimedItem]:
        """A batch, with a lease on each."""
        return claim(
            self.place, ROBOT, worker=self.worker, run_id=self.run, acting=self.acting, limit=BATCH, lease_seconds=120
        )

    def done(self, taken: Sequence[ClaimedItem]) -> None:
        """All of the batch in one transaction; a lost lease raises."""
        detail = Detail(facts={"code": CODE})
        departures = [Departure(COMPLETE, each.lease, self.acting, _VALUES, detail) for each in taken]
        with self.place.database.write() as session:
            move_many(session, self.place, departures)

    def references(self, taken: Sequence[Any]) -> list[str]:
        """Which they are."""
        return [each.reference for each in taken]

    def close(self) -> None:
        """Let go of the database."""
        self.place.database.dispose()
