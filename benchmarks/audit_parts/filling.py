"""Events as a robot's work gives them, and the rows that they become.

What must stay true: all contenders write the same events, and no event holds personal data.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from audit.events import (
    ActorRef,
    CaseEventRef,
    Event,
    ProcessRef,
    PurposeRef,
    RunRef,
    SubjectRef,
    freeze_all,
)
from audit.recording import record_all, stored_rows
from audit.vocabulary import ActorKind, EventType
from foundation.database import Database

ENVIRONMENT = "simulated"
_RUN = "018f0000-0000-7000-8000-000000000002"
_ACTOR = ActorRef(ActorKind.ROBOT, "address_update", "os_account", "anne")
_PROCESS = ProcessRef("address_update", "1.0", "ab" * 32)
_PURPOSE = PurposeRef("address_update", "Prøveloven § 1", "27.00.00")


def made_events(count: int) -> list[Event]:
    """Events with run, item, case and subject, five to an item: about 800 bytes each when frozen."""
    return [
        Event(
            type=EventType.EFFECT_DONE,
            actor=_ACTOR,
            process=_PROCESS,
            purpose=_PURPOSE,
            run=RunRef(run=_RUN, item=f"018f0000-0000-7000-8000-{number // 5:012d}", attempt=1, step="write"),
            subject=SubjectRef(f"2026-{number // 5:032x}"),
            case=CaseEventRef("nova", f"S2026-{number // 5}"),
            facts={"label": "row", "row": f"S2026-{number // 5}/{number % 5}", "result": "written"},
        )
        for number in range(count)
    ]


def ready_rows(events: list[Event], *, is_sqlite: bool) -> list[tuple[Any, ...]]:
    """The rows of these events, as the driver takes them."""
    frozen = freeze_all(events, at=datetime.now(UTC), environment=ENVIRONMENT)
    return stored_rows(events, frozen, is_sqlite=is_sqlite)


def fill(database: Database, count: int, *, at: datetime | None = None) -> None:
    """Write so many events, a thousand a transaction."""
    for start in range(0, count, 1000):
        with database.write() as session:
            events = made_events(min(1000, count - start))
            record_all(session, events, at=at or datetime.now(UTC), environment=ENVIRONMENT)
