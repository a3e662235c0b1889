"""The sweep: every party on every case is compared, and whoever differs gets a work item (ADR-33, ADR-42).

A sweep that was broken off goes on from its cursor. What must stay true: the cursor moves in the same transaction as
the items that its page gave; a person gets one item in a sweep; and a difference that was handled already, and still
stands as it stood then, gives no second item.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeGuard
from uuid import UUID

import structlog
from pydantic import TypeAdapter
from sqlmodel import Session

from casework.acceptances import use_acceptance
from casework.errors import TransitionRefusedError
from casework.incidents import report
from casework.items import NewItem, enqueue, references_from
from casework.memory import recall_all, remember
from casework.pausing import require_active
from casework.results import rows_waiting, times_applied
from casework.runs import open_run
from casework.states import AcceptanceKind, SweepKind, SweepState
from casework.sweeps import SweepView, advance, finish_sweep, get_sweep, hold_at, latest_sweep, start_sweep
from casework.workplace import Acting
from connectors.errors import CircuitOpen, ConnectorError
from connectors.records import Case, PartyContact, PersonSnapshot
from flows.collecting import MassChangeError
from flows.composition import Composition
from flows.database_loss import log_missed
from flows.going_through import CaseWalk, SurveyedPage
from flows.opened_run import acting_of, close_with_incident, failure_of, log_folder
from flows.stopping import Stopping
from flows.subscribing import Subscribing
from foundation.actor import Actor
from foundation.clock import local_date
from foundation.cpr import Cpr
from foundation.errors import SagsgangError
from foundation.logs import RunLog, get_logger, run_log
from robots.robot import Robot
from robots.survey import SurveyedParty, SurveyResult, SweepRobot

log = get_logger(__name__)

#: People compared before the share of those who differ says anything (ADR-50).
_ENOUGH_PEOPLE = 200
_PURPOSE = "sweep reference"
_ELSEWHERE = "En anden proces er i gang med den samme gennemgang. Lad den køre færdig."


class SweptElsewhereError(SagsgangError):
    """Another process goes on with the same sweep; nothing was done twice."""

    code = "swept_elsewhere"
    is_retryable = True


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep came to. ``counts`` is of the whole sweep, also of parts that other processes did.

    Parties add up: parties = equal + skipped + new + joined + waiting + known, where ``new`` gave an item, ``joined``
    belongs to an item of this sweep, ``waiting`` to an open one from before, of a sweep or of an event, and ``known``
    was handled before and stands as it stood. The parties are counted on the cases, and the classes by the rules.
    """

    sweep: SweepView
    #: Look-ups in the person register by this process.
    looked_up: int

    @property
    def adds_up(self) -> bool:
        """Whether every party is in exactly one class."""
        counts = self.sweep.counts
        return counts.get("parties", 0) == sum(counts.get(name, 0) for name in _CLASSES)


_CLASSES = ("equal", "skipped", "new", "joined", "waiting", "known")


def sweeps(robot: Robot) -> TypeGuard[SweepRobot]:
    """Whether the robot's work can be found by going through all cases."""
    return hasattr(robot, "survey") and hasattr(robot, "item_for")


def sweep(
    composition: Composition,
    robot: SweepRobot,
    starter: Actor,
    *,
    page_size: int | None = None,
    most_pages: int | None = None,
    passed: Callable[[SweepView], None] = lambda _: None,
    flow: str | None = None,
    stopping: Stopping | None = None,
) -> SweepReport:
    """Go through all cases, or on from where an unfinished sweep stopped.

    Args:
        composition: the other systems and the database.
        robot: the robot.
        starter: who starts it; must hold a role that its card names.
        page_size: cases at a time; the system's largest page when not given.
        most_pages: stop after so many pages, to go on later.
        passed: told after each page.
        flow: the id of the orchestrator's flow run, where there is one.
        stopping: asked after each page whether to stop there, to go on later.

    Raises:
        NotAllowedError: the starter may not start this robot.
        RobotRestsError: the robot is paused or stopped; the sweep goes on from there when it is resumed.
        MassChangeError: too many differ; an incident is made, and nothing of the page is taken.
        SweptElsewhereError: another process is at the same sweep.
        ConnectorError: a system does not answer; what was done stays done.
    """
    card, place = robot.card, composition.place
    starter.require(card.may_start, f"starte {card.name}")
    run_id, acting = open_run(
        place,
        robot=card.name,
        robot_version=card.version,
        starter=starter,
        acting=acting_of(robot, starter, flow),
        worker=composition.worker.id,
    )
    walk = CaseWalk(composition, robot, acting)
    failure: str | None = None
    broken_by: BaseException | None = None
    counts: dict[str, int] = {}
    told: RunLog | None = None
    try:
        with _logged(composition, robot, run_id) as told:
            view = begin(composition, robot, SweepKind.SWEEP, acting)
            subscribing = Subscribing(walk)
            pages = 0
            while view.state is SweepState.RUNNING and (most_pages is None or pages < most_pages):
                if stopping is not None and stopping.is_asked:
                    break
                require_active(place, card.name)
                page = walk.survey(view.cursor, limit=page_size)
                view = _PageTaker(walk, view, page, acting, starter.id, subscribing).take()
                pages += 1
                passed(view)
            log.info("sweep.ended", state=view.state.value, **view.counts)
        is_broken_off = stopping is not None and stopping.is_asked and view.state is SweepState.RUNNING
        counts, failure = dict(view.counts), "asked_to_stop" if is_broken_off else None
        return SweepReport(view, walk.looked_up)
    except (ConnectorError, SagsgangError) as error:
        broken_by, failure = error, error.code
        _tell_broken_off(composition, card.name, error)
        raise
    except BaseException as error:
        broken_by, failure = error, failure_of(error)
        raise
    finally:
        digest = told.sha256 if told is not None else None
        close_with_incident(
            place, card.name, run_id, acting=acting, counts=counts, digest=digest, failure=failure, broken_by=broken_by
        )


@contextmanager
def _logged(composition: Composition, robot: SweepRobot, run_id: UUID) -> Iterator[RunLog]:
    """Keep the log of this sweep as that of any run, so that its incidents can be read with the lines around them."""
    logs = log_folder(composition.settings)
    logs.mkdir(parents=True, exist_ok=True)
    context = structlog.contextvars.bound_contextvars(run=str(run_id), robot=robot.card.name)
    with run_log(logs / f"run-{run_id}.jsonl") as told, context:
        try:
            yield told
        except (ConnectorError, SagsgangError) as error:
            log.warning("sweep.broken_off", code=error.code)
            raise
        except Exception as error:
            log_missed(log, "sweep.broken_off", error)
            raise


def _tell_broken_off(composition: Composition, robot: str, error: ConnectorError | SagsgangError) -> None:
    """Make an incident of a system that broke the sweep off: nothing but the next sweep, perhaps weeks away, goes on.

    What has a code of ours was told by whoever raised it, and of a circuit that is open there is an incident already.
    """
    if not isinstance(error, ConnectorError) or isinstance(error, CircuitOpen):
        return
    message = f"Gennemgangen blev afbrudt. {error.advice} Fortsæt den med: sagsgang sweep {robot}"
    place = composition.place
    with place.database.write() as session:
        report(session, place, robot=robot, system=error.system, code=error.code, message=message)


def begin(composition: Composition, robot: SweepRobot, kind: SweepKind, acting: Acting) -> SweepView:
    """The sweep of this kind that was broken off, or else a new one.

    Raises:
        SweptElsewhereError: another process began one at this very moment.
    """
    place, name = composition.place, robot.card.name
    with place.database.read() as session:
        latest = latest_sweep(session, robot=name, kind=kind)
    if latest is not None and latest.state is SweepState.RUNNING:
        return latest
    try:
        return start_sweep(place, robot=name, kind=kind, acting=acting)
    except TransitionRefusedError:
        raise SweptElsewhereError(_ELSEWHERE) from None


def require_here(session: Session, view: SweepView) -> None:
    """Keep others from this sweep until the transaction ends; first of all in it, so that a second gives way.

    Raises:
        SweptElsewhereError: another process has gone on with it.
    """
    if not hold_at(session, view.id, cursor=view.cursor):
        raise SweptElsewhereError(_ELSEWHERE)


@dataclass
class _PageTaker:
    """Turns what was surveyed on one page into items, in one transaction with the cursor."""

    walk: CaseWalk
    view: SweepView
    page: SurveyedPage
    acting: Acting
    starter: str
    subscribing: Subscribing

    def take(self) -> SweepView:
        """Store the page; returns the sweep after it."""
        place, view, page = self.walk.composition.place, self.view, self.page
        asked = self.subscribing.ask(page, view)
        try:
            with place.database.write() as session:
                require_here(session, view)
                counts = self._items(session)
                if not self._is_ordinary(Counter(view.counts) + counts) and not view.counts.get("accepted"):
                    self._require_accepted(session)
                    counts["accepted"] = 1
                self.subscribing.note(session, asked, counts)
                advance(session, place, view.id, before_cursor=view.cursor, cursor=page.next_cursor, counts=counts)
                if page.next_cursor is not None:
                    return get_sweep(session, view.id)
                self.subscribing.tell(session, asked, get_sweep(session, view.id))
                return finish_sweep(session, place, view.id, acting=self.acting)
        except MassChangeError as error:
            with place.database.write() as session:
                system = self.walk.composition.systems.cases.system
                report(
                    session, place, robot=self.walk.robot.card.name, system=system, code=error.code, message=str(error)
                )
            raise

    def _items(self, session: Session) -> Counter[str]:
        """Make the items, and count every party of the page once."""
        page, robot, place = self.page, self.walk.robot, self.walk.composition.place
        counts: Counter[str] = Counter(cases=len(page.cases), people=page.first_seen)
        rows = [party.row for _, parties in page.cases for party in parties]
        name = robot.card.name
        waiting = rows_waiting(session, robot=name, rows=rows)
        known = recall_all(session, place, robot=name, abouts=[_about(row) for row in rows])
        taker = _Classes(session, self.walk, self.view, page, waiting, known)
        for case, parties in page.cases:
            counts["parties"] += len(case.parties)
            for party in parties:
                counts[f"ruled_{party.ruling.lower()}"] += 1
                counts[taker.class_of(case, party)] += 1
        counts["items"] += len(taker.new)
        run_id = UUID(self.acting.run_id) if self.acting.run_id is not None else None
        enqueue(session, place, name, list(taker.new.values()), acting=self.acting, run_id=run_id)
        for about, state in sorted(taker.learnt.items()):
            remember(session, place, robot=name, about=about, value=state)
        return counts

    def _is_ordinary(self, counts: Counter[str]) -> bool:
        """Whether the share of people with new differences is one that a policy takes for ordinary (ADR-50)."""
        most = self.walk.robot.intake_limits(self.page.policy).most_percent
        people = counts["people"]
        return most == 0 or people < _ENOUGH_PEOPLE or counts["items"] * 100 <= people * most

    def _require_accepted(self, session: Session) -> None:
        name, place = self.walk.robot.card.name, self.walk.composition.place
        mark = f"sweep:{self.view.id}"
        what = AcceptanceKind.MASS_CHANGE
        if not use_acceptance(
            session, place, robot=name, what=what, mark=mark, starter=self.starter, acting=self.acting
        ):
            message = (
                "Usædvanligt mange borgere står med en anden adresse end i CPR. Gennemgangen er standset. "
                "Undersøg hvorfor; en anden end den, der kører den, kan lade den fortsætte: "
                f"sagsgang intake accept {name} mass_change {mark}"
            )
            raise MassChangeError(message)


@dataclass
class _Classes:
    """Puts every party of one page in one class, and collects the items that are to be made."""

    session: Session
    walk: CaseWalk
    view: SweepView
    page: SurveyedPage
    #: Rows that wait in an open item already, whatever made it.
    waiting: frozenset[str]
    #: How each row stood when an item was last made for it.
    known: Mapping[str, str]
    new: dict[Cpr, NewItem] = field(default_factory=dict)
    #: What is to be known from now on.
    learnt: dict[str, str] = field(default_factory=dict)

    def class_of(self, case: Case, party: SurveyedParty) -> str:
        """The class of one party; makes an item where it is ``new``."""
        about = _about(party.row)
        if party.result is not SurveyResult.NEEDS_ITEM or party.cpr is None:
            if self.known.get(about):
                # The difference is gone; should it come back, it is a new one.
                self.learnt[about] = ""
            # Without a number there is nobody to look up; the rules skip such a party anyhow.
            return "equal" if party.result is SurveyResult.EQUAL else "skipped"
        return self._class_of_difference(case, party, party.cpr)

    def _class_of_difference(self, case: Case, party: SurveyedParty, cpr: Cpr) -> str:
        about = _about(party.row)
        person, state = self._tokens(case, party, cpr, self.page.answers[cpr])
        if cpr in self.new:
            self.learnt[about] = state
            return "joined"
        robot = self.walk.robot.card.name
        reference = f"sweep:{person}:{self.view.id.hex}"
        earlier = references_from(self.session, robot, f"sweep:{person}:")
        if party.row in self.waiting or any(item.is_new for item in earlier):
            # That item looks, or looked, at this row as well; any other only at what it found when it was handled.
            self.learnt[about] = state
        if any(item.reference == reference for item in earlier):
            return "joined"
        if party.row in self.waiting or any(item.is_open for item in earlier):
            return "waiting"
        if self.known.get(about) == state:
            return "known"
        self.learnt[about] = state
        today = local_date(self.walk.composition.place.now())
        found = self.walk.robot.item_for(cpr, source="sweep", reference=reference, noticed_on=today)
        self.new[cpr] = NewItem(found.reference, found.payload.model_dump_json().encode(), found.priority, found.due_at)
        return "new"

    def _tokens(self, case: Case, party: SurveyedParty, cpr: Cpr, answer: PersonSnapshot | None) -> tuple[str, str]:
        """Keyed digests of the person, and of what differs; neither can be led back to anybody without the key.

        What differs is CPR's answer without the time of asking, what the case shows, what the rules make of it, and how
        often the row was written: a difference that comes back after it was put right is a new one, and so is one that
        the policy only let the robot tell of.
        """
        ring = self.walk.composition.place.database.ring
        shown = next(each for each in case.parties if f"{case.number}/{each.ref.id}" == party.row)
        times = times_applied(self.session, robot=self.walk.robot.card.name, row=party.row)
        told = None if answer is None else _SNAPSHOT.dump_json(answer, exclude={"looked_up_at"}).decode()
        ruled = [party.row, party.ruling, party.reason, party.is_shadow]
        facts = [*ruled, shown.name, _CONTACT.dump_json(shown.contact).decode(), told, times]
        state = ring.lookup_token(json.dumps(facts), purpose=_PURPOSE)
        return ring.lookup_token(cpr.digits, purpose=_PURPOSE)[:_TOKEN], state[:_TOKEN]


def _about(row: str) -> str:
    """Under which name it is remembered how a row stood; never that of a person."""
    return f"sweep {row}"


_SNAPSHOT: TypeAdapter[PersonSnapshot] = TypeAdapter(PersonSnapshot)
_CONTACT: TypeAdapter[PartyContact] = TypeAdapter(PartyContact)
#: Hex characters of a token; 64 bits are enough to tell people of one municipality apart.
_TOKEN = 16
