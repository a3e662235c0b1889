"""The nightly comparison of everybody on open cases with CPR: it proposes nothing and says where things stand (ADR-54).

What must stay true: every party of every case falls into exactly one class, closed cases are read and never looked up,
and nothing is written in any other system.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import TypeAdapter
from sqlmodel import Session

from casework.results import PrimaryResult, rows_with
from casework.runs import close_run, open_run
from casework.states import SweepKind, SweepState
from casework.sweeps import SweepView, advance, finish_sweep, get_sweep
from casework.watched import changed_closed, forget_closed, remember_closed
from casework.workplace import Acting
from connectors.errors import ConnectorError
from connectors.records import Case, CaseParty, PartyContact, PersonSnapshot
from flows.composition import Composition
from flows.going_through import CaseWalk, is_closed
from flows.opened_run import acting_of
from flows.sweeping import begin, require_here
from foundation.actor import Actor
from foundation.errors import SagsgangError
from robots.survey import SurveyedParty, SurveyResult, SweepRobot


class PartyClass(StrEnum):
    """Where one party stands; each is in exactly one."""

    #: The case shows what CPR says.
    EQUAL = "equal"
    #: Not ours to keep up to date (no number, a role that is not kept).
    NOT_KEPT = "not_kept"
    #: On a closed case, which shows what it showed when it was first seen closed.
    CLOSED = "closed"
    #: On a closed case that shows something else than before: somebody changed it. An alarm.
    CLOSED_CHANGED = "closed_changed"
    #: A difference that has its day ahead.
    DEFERRED = "deferred"
    #: Rolled back, and on hold.
    HELD = "held"
    #: A difference that waits for an approval or to be carried out.
    AWAITING = "awaiting"
    #: A difference that is a person's to settle.
    FOR_A_PERSON = "for_a_person"
    #: CPR protects the person and the case does not say so. An alarm.
    PROTECTED_MISSING_FLAG = "protected_missing_flag"
    #: A difference that nothing explains; a sweep proposes it.
    DRIFT_UNEXPLAINED = "drift_unexplained"


#: Classes that somebody must look at now.
ALARMS: Final = frozenset({PartyClass.CLOSED_CHANGED, PartyClass.PROTECTED_MISSING_FLAG})


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the comparison came to."""

    view: SweepView

    @property
    def classes(self) -> dict[PartyClass, int]:
        """How many parties are in each class."""
        return {each: self.view.counts.get(each.value, 0) for each in PartyClass}

    @property
    def parties(self) -> int:
        """How many parties there are."""
        return self.view.counts.get("parties", 0)

    @property
    def adds_up(self) -> bool:
        """Whether every party is in exactly one class."""
        return sum(self.classes.values()) == self.parties

    @property
    def alarms(self) -> int:
        """How many parties somebody must look at now."""
        return sum(self.classes[each] for each in ALARMS)


def compare(composition: Composition, robot: SweepRobot, starter: Actor, *, page_size: int | None = None) -> Comparison:
    """Compare everybody, or go on with a comparison that was broken off.

    Raises:
        NotAllowedError: the starter may not start this robot.
        SweptElsewhereError: another process is at the same comparison.
        ConnectorError: a system does not answer; the comparison goes on from there next time.
    """
    card, place = robot.card, composition.place
    starter.require(card.may_start, f"starte {card.name}")
    run_id, acting = open_run(
        place,
        robot=card.name,
        robot_version=card.version,
        starter=starter,
        acting=acting_of(robot, starter),
        is_dry=True,
        worker=composition.worker.id,
    )
    walk = CaseWalk(composition, robot, acting)
    failure: str | None = "interrupted"
    counts: dict[str, int] = {}
    try:
        view = begin(composition, robot, SweepKind.COMPARISON, acting)
        while view.state is SweepState.RUNNING:
            view = _pass_page(walk, view, acting, page_size=page_size)
        counts, failure = dict(view.counts), None
        return Comparison(view)
    except (ConnectorError, SagsgangError) as error:
        failure = error.code
        raise
    finally:
        close_run(place, run_id, acting=acting, counts=counts, failure=failure)


def _pass_page(walk: CaseWalk, view: SweepView, acting: Acting, *, page_size: int | None) -> SweepView:
    place, name = walk.composition.place, walk.robot.card.name
    page = walk.survey(view.cursor, limit=page_size)
    with place.database.write() as session:
        require_here(session, view)
        changed = _watch_closed(session, walk, [case for case, _ in page.cases])
        awaiting = rows_with(session, robot=name, result=PrimaryResult.AWAITING_APPROVAL)
        counts: Counter[str] = Counter(cases=len(page.cases))
        for case, parties in page.cases:
            # Counted on the case, so that a party of which the rules say nothing is missed in the classes.
            counts["parties"] += len(case.parties)
            shown = {f"{case.number}/{party.ref.id}": party for party in case.parties}
            for party in parties:
                answer = page.answers.get(party.cpr) if party.cpr is not None else None
                seen = shown.get(party.row)
                counts[_class_of(case, party, seen, answer, changed=changed, awaiting=awaiting).value] += 1
        advance(session, place, view.id, before_cursor=view.cursor, cursor=page.next_cursor, counts=counts)
        if page.next_cursor is None:
            return finish_sweep(session, place, view.id, acting=acting)
        return get_sweep(session, view.id)


def _watch_closed(session: Session, walk: CaseWalk, cases: Iterable[Case]) -> frozenset[str]:
    """Remember what closed cases show, forget those that were opened again; returns the rows that changed."""
    place, name = walk.composition.place, walk.robot.card.name
    closed: dict[str, str] = {}
    opened: list[str] = []
    for case in cases:
        for party in case.parties:
            row = f"{case.number}/{party.ref.id}"
            if not is_closed(case):
                opened.append(row)
            else:
                closed[row] = f"{party.name}\0{_CONTACT.dump_json(party.contact).decode()}"
    changed = changed_closed(session, place, robot=name, contents=closed)
    remember_closed(session, place, robot=name, contents=closed)
    forget_closed(session, robot=name, rows=opened)
    return changed


def _class_of(
    case: Case,
    party: SurveyedParty,
    seen: CaseParty | None,
    answer: PersonSnapshot | None,
    *,
    changed: frozenset[str],
    awaiting: frozenset[str],
) -> PartyClass:
    if is_closed(case):
        return PartyClass.CLOSED_CHANGED if party.row in changed else PartyClass.CLOSED
    if party.result is SurveyResult.EQUAL:
        return PartyClass.EQUAL
    if party.result is SurveyResult.SKIP:
        return PartyClass.HELD if party.reason == "held" else PartyClass.NOT_KEPT
    if party.row in awaiting:
        return PartyClass.AWAITING
    if _lacks_mark(seen, answer):
        return PartyClass.PROTECTED_MISSING_FLAG
    match party.ruling:
        case "DEFER":
            return PartyClass.DEFERRED
        case "APPLY" | "APPLY_REVIEW":
            return PartyClass.DRIFT_UNEXPLAINED
        case _:
            return PartyClass.FOR_A_PERSON


def _lacks_mark(seen: CaseParty | None, answer: PersonSnapshot | None) -> bool:
    if seen is None or answer is None:
        return False
    return answer.protection.is_protected and seen.contact.is_protected is False


_CONTACT: TypeAdapter[PartyContact] = TypeAdapter(PartyContact)
