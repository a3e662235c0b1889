"""The story of one sweep: what a municipality with planted drift comes to, each number counted apart.

400 outdated addresses, 20 typed by hand, 30 on closed cases and 5 of protected people: 400 proposals, 20 tasks, 30
skipped without a write, and 5 that each wait for a person with the role.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from casework.approvals import Answer, approve
from casework.oversight_tables import WorkResultRow
from casework.results import PrimaryResult
from connectors.records import WriteOperation
from flows.books import keep_books
from flows.comparing import PartyClass, compare
from flows.composition import Systems, compose
from flows.ending import Result
from flows.sweeping import SweepReport, sweep
from foundation.actor import Role
from foundation.addresses import CivilAddress
from foundation.clock import ManualClock, local_date
from foundation.cpr import Cpr
from foundation.settings import Settings, load_settings
from robots.address_update.policy import Policy
from robots.address_update.robot import AddressUpdate
from robots.twins.case_register import TwinCaseRegister
from robots.twins.person_events import TwinPersonEvents
from robots.twins.person_register import TwinPersonRegister
from tests.flows.office import NEW, OLD, Office

OUTDATED, TYPED_BY_HAND, ON_CLOSED_CASES, PROTECTED, CURRENT = 400, 20, 30, 5, 45
#: So many of the ordinary ones are approved at once, and all of the protected.
APPROVED = 20
TYPED = CivilAddress("Hospitalsvej", "9", postal_code="9000", postal_district="Aalborg", municipality_code="0851")


@pytest.fixture
def town(settings: Settings, clock: ManualClock, tmp_path: Path) -> Iterator[Office]:
    """A municipality of twins over the embedded database: what is told here is about people, not about databases."""
    told = load_settings(
        data_dir=tmp_path / "var",
        workers=2,
        calls_per_second=1e6,
        sweep_per_second=1e6,
        seal_key=bytes(range(32)).hex(),
    )
    cases, people, events = TwinCaseRegister(), TwinPersonRegister(clock=clock), TwinPersonEvents(clock=clock)
    with compose(told, clock=clock, systems=Systems(cases=cases, people=people, events=events)) as composition:
        # Without the limit of ADR-50: where nearly everybody differs, a sweep stops, as it should.
        yield Office(composition, clock, cases, people, events, AddressUpdate(Policy(mass_percent=0)))


def _test_numbers(count: int) -> list[Cpr]:
    """Numbers that can be nobody's: none passes modulus 11, and none is born on 1 January."""
    found: list[Cpr] = []
    number = 0
    while len(found) < count:
        number += 1
        month, serial = divmod(number, 4000)
        cpr = Cpr.parse(f"15{month % 12 + 1:02d}70{serial:04d}")
        if not cpr.has_valid_checksum:
            found.append(cpr)
    return found


def _plant(office: Office) -> None:
    kinds = ["outdated"] * OUTDATED + ["typed"] * TYPED_BY_HAND + ["closed"] * ON_CLOSED_CASES
    kinds += ["protected"] * PROTECTED + ["current"] * CURRENT
    today = local_date(office.clock.now())
    for kind, cpr in zip(kinds, _test_numbers(len(kinds)), strict=True):
        office.people.add_person(cpr, address=OLD)
        case = office.cases.stage.add_case()
        shown = TYPED if kind == "typed" else OLD
        office.cases.stage.add_party(case, cpr=cpr, address=shown, is_protected=kind == "protected")
        if kind in {"outdated", "closed", "protected"}:
            office.people.move(cpr, NEW, effect_from=today)
        if kind == "protected":
            office.people.protect(cpr, is_protected=True)
        if kind == "closed":
            office.cases.stage.close(case)


def _results(office: Office) -> dict[PrimaryResult, int]:
    table = WorkResultRow.__table__
    with office.composition.place.database.read() as session:
        found = session.execute(select(table.c.result, func.count()).group_by(table.c.result)).tuples()
        return {PrimaryResult(result): number for result, number in found}


def _swept(office: Office) -> SweepReport:
    office.clock.advance(3600)
    return sweep(office.composition, office.robot, office.actor("dorthe"))


def test_the_story_of_400_outdated_addresses(town: Office) -> None:
    _plant(town)
    frozen = {ref: case for ref, case in town.cases.stage.cases.items() if case.state.value == "closed"}

    report = _swept(town)
    counts = report.sweep.counts
    assert report.adds_up
    assert counts["parties"] == OUTDATED + TYPED_BY_HAND + ON_CLOSED_CASES + PROTECTED + CURRENT
    assert (counts["equal"], counts["skipped"]) == (CURRENT, ON_CLOSED_CASES)
    assert counts["new"] == OUTDATED + TYPED_BY_HAND + PROTECTED
    assert (counts["ruled_apply"], counts["ruled_apply_review"], counts["ruled_task"]) == (400, 5, 20)
    assert report.looked_up == counts["parties"] - ON_CLOSED_CASES
    assert town.written() == []

    handled = town.run().summary.counts
    assert handled == {Result.AWAITING_APPROVAL: 405, Result.COMPLETED: 20}
    waiting = town.waiting()
    held = [each for each in waiting if each.needs_role == Role.BESKYTTEDE_ADRESSER.value]
    ordinary = [each for each in waiting if each.needs_role is None]
    assert (len(ordinary), len(held)) == (400, 5)
    assert _results(town) == {PrimaryResult.AWAITING_APPROVAL: 405, PrimaryResult.TASK: 20}
    # Before anybody approved anything: the 20 reminders, and not one write more.
    assert Counter(town.written()) == {WriteOperation.CREATE_REMINDER.value: 20}

    answers = [Answer(each.item_id, each.digest) for each in (*ordinary[:APPROVED], *held)]
    approve(town.composition.place, answers, actor=town.actor("erik"), person_seconds=600)
    applied = APPROVED + PROTECTED
    assert town.run().summary.counts == {Result.COMPLETED: applied}
    assert _results(town) == {
        PrimaryResult.APPLIED: applied,
        PrimaryResult.AWAITING_APPROVAL: OUTDATED - APPROVED,
        PrimaryResult.TASK: TYPED_BY_HAND,
    }
    written = Counter(town.written())
    assert written[WriteOperation.APPEND_JOURNAL_NOTE.value] == applied
    assert written[WriteOperation.CREATE_REMINDER.value] == TYPED_BY_HAND
    assert {ref: town.cases.stage.cases[ref] for ref in frozen} == frozen
    assert len(frozen) == ON_CLOSED_CASES
    assert not any(entry.case in frozen for entry in town.cases.ledger)

    again = _swept(town).sweep.counts
    assert (again.get("new", 0), again["known"], again["waiting"]) == (0, TYPED_BY_HAND, OUTDATED - APPROVED)
    assert again["equal"] == CURRENT + applied
    assert town.run().summary.handled == 0
    assert Counter(town.written()) == written

    comparison = compare(town.composition, town.robot, town.actor("dorthe"))
    assert {each: number for each, number in comparison.classes.items() if number} == {
        PartyClass.EQUAL: CURRENT + applied,
        PartyClass.AWAITING: OUTDATED - APPROVED,
        PartyClass.FOR_A_PERSON: TYPED_BY_HAND,
        PartyClass.CLOSED: ON_CLOSED_CASES,
    }
    with town.composition.place.database.read() as session:
        assert keep_books(session, robot=town.robot.card.name).add_up
