"""A dry run (ADR-51): the whole pipeline except that nothing is written anywhere but in our own trail.

What must stay true: no writing method of any system is reached, no event is taken from the queue and no item is made;
what was looked up is recorded, because looking somebody up is a use of his data.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from audit.events import Event
from audit.vocabulary import EventType
from casework.proposals import Proposal
from casework.received import bookmark, known_events
from casework.runs import close_run, open_run
from casework.workplace import Acting
from connectors.errors import ConnectorError
from connectors.guard import Write
from connectors.records import PersonEvent, WriteReceipt
from flows.collecting import fresh_events, poll
from flows.composition import Composition
from flows.live_desk import LiveDesk
from flows.opened_run import acting_of
from foundation.actor import Actor
from robots.outcome import Completed, Deferred, NeedsApproval, Outcome, Rejected
from robots.robot import EventRobot, WorkItem


@dataclass
class PlannedWrites:
    """Takes the guard's place: notes down what would be written."""

    writes: list[Write] = field(default_factory=list)

    def write(self, write: Write) -> WriteReceipt:
        """Note it down, and answer as if it had been done."""
        self.writes.append(write)
        return WriteReceipt(remote_id="dry-run")


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """What one work item would come to. ``proposal`` holds personal data; screens mask it."""

    reference: str
    #: ``awaiting_approval``, ``completed``, ``deferred``, ``rejected``, or the code of an error.
    result: str
    code: str
    message: str
    proposal: Proposal | None
    #: Operation and target of writes that would happen before an approval, such as reminders.
    writes: tuple[tuple[str, str], ...] = ()


def dry_run(
    composition: Composition, robot: EventRobot, starter: Actor, *, limit: int | None = None
) -> list[PlannedItem]:
    """What the robot would do with the events that wait now.

    Raises:
        NotAllowedError: the starter may not start this robot.
        ConnectorError: the source of events does not answer.
    """
    card = robot.card
    starter.require(card.may_start, f"starte {card.name}")
    run_id, acting = open_run(
        composition.place,
        robot=card.name,
        robot_version=card.version,
        starter=starter,
        acting=acting_of(robot, starter),
        is_dry=True,
        worker=composition.worker.id,
    )
    planned: list[PlannedItem] = []
    failure: str | None = "interrupted"
    try:
        for number, item in enumerate(_waiting_items(composition, robot, acting)):
            if limit is not None and number >= limit:
                break
            writer = PlannedWrites()
            desk = LiveDesk(composition, card, acting, claimed=None, writer=writer)
            planned.append(_plan(robot, item, desk, writer))
            with composition.place.database.write() as session:
                desk.worked.store(session)
        failure = None
    finally:
        close_run(composition.place, run_id, acting=acting, counts={"planned": len(planned)}, failure=failure)
    return planned


def _waiting_items(composition: Composition, robot: EventRobot, acting: Acting) -> list[WorkItem]:
    source = composition.systems.events
    name = robot.card.name
    with composition.place.database.read() as session:
        after = bookmark(session, robot=name, source=source.system)
    events: list[PersonEvent] = []
    while True:
        batch = poll(composition, name, acting, after=after)
        events += batch.events
        after = batch.next_cursor
        if not batch.has_more:
            break
    with composition.place.database.write() as session:
        facts: dict[str, str | int | bool] = {"source": source.system, "events": len(events), "dry": True}
        composition.place.record(
            session,
            Event(
                type=EventType.EVENTS_RECEIVED,
                actor=acting.actor,
                process=acting.process,
                purpose=acting.purpose,
                run=acting.run(),
                facts=facts,
            ),
        )
        known = known_events(session, robot=name, source=source.system, event_ids={event.id for event in events})
    fresh, _duplicates = fresh_events(tuple(events), known)
    return [WorkItem("", item.reference, item.payload, 1) for item in robot.group(fresh)]


def _plan(robot: EventRobot, item: WorkItem, desk: LiveDesk, writer: PlannedWrites) -> PlannedItem:
    try:
        outcome = robot.handle(item, desk)
    except ConnectorError as error:
        result, code, message, proposal = error.code, error.code, error.advice, None
    else:
        result, code, message, proposal = _tell(outcome)
    writes = tuple((write.request.operation, write.request.target) for write in writer.writes)
    return PlannedItem(item.reference, result, code, message, proposal, writes)


def _tell(outcome: Outcome) -> tuple[str, str, str, Proposal | None]:
    match outcome:
        case NeedsApproval(proposal):
            return "awaiting_approval", "proposed", proposal.title, proposal
        case Completed(code, message):
            return "completed", code, message, None
        case Deferred(_, code, message):
            return "deferred", code, message, None
        case Rejected(code, message):
            return "rejected", code, message, None
