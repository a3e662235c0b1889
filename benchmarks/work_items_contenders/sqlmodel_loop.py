"""The same states, rows and durability with one SQLModel transaction for each change, as one writes it first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from audit.events import Event, freeze
from audit.tables import AuditEventRow, AuditPendingRow
from audit.vocabulary import EventType
from benchmarks.work_items_contenders.contender import CODE, MESSAGE, PAYLOAD, ROBOT
from benchmarks.work_items_contenders.ours import Ours
from casework.states import ItemState
from casework.tables import WorkItemRow
from foundation.identifiers import new_id


class SqlModelLoop(Ours):
    """Objects, a session, a commit; three times for each item."""

    def enqueue(self, references: Sequence[str]) -> None:
        """Each in a transaction of its own."""
        for reference in references:
            now = self.place.now()
            row = WorkItemRow(
                id=new_id(),
                robot=ROBOT,
                reference=reference,
                state=ItemState.NEW.value,
                payload=PAYLOAD,
                priority=0,
                attempts=0,
                lease_token=0,
                created_by_run=self.run,
                reopenings=0,
                created_at=now,
                updated_at=now,
            )
            with self.place.database.write() as session:
                session.add(row)
                self._tell(session, row, EventType.ITEM_CREATED, {"reference": reference})

    def claim(self) -> Sequence[Any]:
        """The next one."""
        query = select(WorkItemRow).where(WorkItemRow.robot == ROBOT, WorkItemRow.state == ItemState.NEW.value)
        query = query.order_by(col(WorkItemRow.priority), col(WorkItemRow.id)).limit(1)
        with self.place.database.write() as session:
            row = session.exec(query.with_for_update(skip_locked=True)).first()
            if row is None:
                return []
            now = self.place.now()
            row.state = ItemState.IN_PROGRESS.value
            row.attempts += 1
            row.lease_token += 1
            row.lease_owner, row.lease_expires_at = self.worker, now + timedelta(seconds=120)
            row.run_id, row.updated_at = self.run, now
            facts: dict[str, str | int | bool | None] = {"worker": str(self.worker), "token": row.lease_token}
            self._tell(session, row, EventType.ITEM_CLAIMED, facts)
            return [row]

    def done(self, taken: Sequence[Any]) -> None:
        """The one that was taken, if it is still ours."""
        for held in taken:
            with self.place.database.write() as session:
                row = session.exec(select(WorkItemRow).where(WorkItemRow.id == held.id).with_for_update()).one()
                if (row.state, row.lease_token) != (ItemState.IN_PROGRESS.value, held.lease_token):
                    raise RuntimeError("the item is in other hands")
                row.state = ItemState.COMPLETED.value
                row.lease_owner, row.lease_expires_at = None, None
                row.outcome_code, row.outcome_message, row.updated_at = CODE, MESSAGE, self.place.now()
                self._tell(session, row, EventType.ITEM_COMPLETED, {"code": CODE})

    def _tell(
        self, session: Session, row: WorkItemRow, kind: EventType, facts: dict[str, str | int | bool | None]
    ) -> None:
        acting = self.acting
        run = acting.run(item=row.id, attempt=row.attempts or None)
        told = Event(
            type=kind, actor=acting.actor, process=acting.process, purpose=acting.purpose, run=run, facts=facts
        )
        frozen = freeze(told, at=self.place.now(), environment=self.place.environment.value)
        session.add(row)
        session.add(
            AuditEventRow(
                id=frozen.id,
                at=frozen.at,
                type=kind.value,
                outcome=told.outcome.value,
                actor=acting.actor.id,
                robot=ROBOT,
                run_id=run.run,
                item_id=run.item,
                body=frozen.body,
                leaf=frozen.leaf,
            )
        )
        # The foreign key: without a relationship SQLModel cannot know which row goes first.
        session.flush()
        session.add(AuditPendingRow(event_id=frozen.id))
