"""A sweep finds what is outdated, makes one item a person, and goes on where it was broken off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from audit.reading import Selection, read_entries
from audit.vocabulary import EventType
from casework.items import ItemView
from casework.results import results_of
from casework.states import PrimaryResult, SweepState
from casework.tables import RunRow
from connectors.errors import SchemaDrift, Unavailable
from connectors.records import Case, CaseRef, Page, PartyContact, PartyRef, PartyRole
from flows.ending import Result
from flows.sweeping import SweepReport, SweptElsewhereError, sweep
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr
from foundation.errors import NotAllowedError
from robots.address_update.policy import Mode, Policy
from tests.flows.office import CITIZENS, NEW, OLD, Office

TYPED = CivilAddress("Hospitalsvej", "9", postal_code="9000", postal_district="Aalborg", municipality_code="0851")


def _sweep(
    office: Office, *, starter: str = "dorthe", pages: int | None = None, size: int | None = None
) -> SweepReport:
    # A sweep of another day: in one instant nobody could tell an earlier sweep's item from this one's.
    office.clock.advance(3600)
    return sweep(office.composition, office.robot, office.actor(starter), page_size=size, most_pages=pages)


def _outdated(office: Office, number: str = CITIZENS[0]) -> tuple[Cpr, CaseRef, PartyRef]:
    """Somebody who moved, of whom no event was ever sent."""
    cpr, case, party = office.settle_in(number)
    office.people.move(cpr, NEW, effect_from=office.clock.now().date())
    return cpr, case, party


def _settle(office: Office) -> None:
    """Propose, approve, write."""
    office.run()
    office.approve_all()
    office.run()


def _classes(report: SweepReport) -> dict[str, int]:
    names = ("equal", "skipped", "new", "joined", "waiting", "known")
    return {name: report.sweep.counts[name] for name in names if report.sweep.counts.get(name)}


def _made(office: Office) -> list[str]:
    return [item.reference for item in office.items()]


def _results(office: Office, item: ItemView) -> list[PrimaryResult]:
    with office.composition.place.database.read() as session:
        return [each.result for each in results_of(session, item.id)]


def test_a_sweep_finds_planted_drift_and_nothing_else(office: Office) -> None:
    _outdated(office)
    office.settle_in(CITIZENS[1])
    report = _sweep(office)
    assert report.sweep.state is SweepState.FINISHED
    assert _classes(report) == {"equal": 1, "new": 1}
    assert report.adds_up
    assert len(office.items()) == 1
    assert office.written() == []


def test_a_person_on_several_cases_gets_one_item_and_one_look_up(office: Office) -> None:
    cpr, _, _ = _outdated(office)
    for _ in range(3):
        office.cases.stage.add_party(office.cases.stage.add_case(), cpr=cpr, address=OLD)
    report = _sweep(office, size=2)
    assert _classes(report) == {"new": 1, "joined": 3}
    assert report.adds_up
    assert (len(office.items()), report.looked_up) == (1, 1)
    assert office.run().summary.counts == {Result.AWAITING_APPROVAL: 1}
    assert len(office.waiting()[0].proposal.rows) == 4


def test_what_a_sweep_found_is_proposed_approved_and_written(office: Office) -> None:
    _, case, party = _outdated(office)
    _sweep(office)
    _settle(office)
    found = office.cases.get_case(case).party(party)
    assert found is not None
    assert found.contact.address == NEW


def test_neither_the_reference_nor_the_trail_tells_whom_a_sweep_found(office: Office) -> None:
    cpr, _, _ = _outdated(office)
    _sweep(office)
    with office.composition.place.database.read() as session:
        told = [str(entry.body) for entry in read_entries(session, Selection())]
    assert cpr.digits not in "".join([*told, *_made(office)])


def test_a_sweep_that_was_broken_off_goes_on_where_it_was(office: Office) -> None:
    for number in CITIZENS[:3]:
        _outdated(office, number)
    office.people.fail_next(SchemaDrift("twin_cpr", "lookup", "status"))
    with pytest.raises(SchemaDrift):
        _sweep(office, size=1)
    assert office.items() == []
    begun = _sweep(office, size=1, pages=2)
    assert (begun.sweep.state, len(office.items())) == (SweepState.RUNNING, 2)
    ended = _sweep(office, size=1)
    assert ended.sweep.id == begun.sweep.id
    assert ended.looked_up == 1
    assert _classes(ended) == {"new": 3}
    assert ended.adds_up


def test_a_crash_between_two_pages_loses_and_repeats_nothing(office: Office) -> None:
    for number in CITIZENS[:3]:
        _outdated(office, number)

    def crash(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(office.composition, office.robot, office.actor("dorthe"), page_size=1, passed=crash)
    assert len(office.items()) == 1
    report = _sweep(office, size=1)
    assert _classes(report) == {"new": 3}
    assert len(office.items()) == 3


def test_the_run_of_a_sweep_that_failed_says_why(office: Office) -> None:
    _outdated(office)
    for _ in range(3):
        office.people.fail_next(Unavailable("twin_cpr", "lookup"))
    with pytest.raises(Unavailable):
        _sweep(office)
    runs = RunRow.__table__
    with office.composition.place.database.read() as session:
        (closed,) = read_entries(session, Selection(type=EventType.RUN_CLOSED))
        assert session.execute(select(func.count()).select_from(runs).where(runs.c.ended_at.is_(None))).scalar() == 0
    assert "unavailable" in str(closed.body)


@contextmanager
def _meanwhile(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[SweepReport]]:
    """Another process sweeps while this one reads its first page."""
    listing = office.cases.list_cases
    reports: list[SweepReport] = []

    def list_while_another_sweeps(*, cursor: str | None = None, limit: int = 500) -> Page[Case]:
        page = listing(cursor=cursor, limit=limit)
        monkeypatch.setattr(office.cases, "list_cases", listing)
        reports.append(_sweep(office))
        return page

    monkeypatch.setattr(office.cases, "list_cases", list_while_another_sweeps)
    yield reports


def test_of_two_processes_at_one_sweep_the_second_gives_way(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in CITIZENS[:2]:
        _outdated(office, number)
    with _meanwhile(office, monkeypatch) as reports, pytest.raises(SweptElsewhereError):
        _sweep(office)
    assert [report.sweep.state for report in reports] == [SweepState.FINISHED]
    assert len(office.items()) == 2


def test_a_sweep_that_another_process_begins_at_the_same_moment_gives_way(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _outdated(office, CITIZENS[0])
    _outdated(office, CITIZENS[1])
    _sweep(office, pages=1, size=1)
    # It looked for a sweep to go on with just before the other one began.
    monkeypatch.setattr("flows.sweeping.latest_sweep", lambda *_, **__: None)
    with pytest.raises(SweptElsewhereError):
        _sweep(office)


def test_a_register_that_leads_back_to_the_same_page_stops_the_sweep(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.settle_in()
    listing = office.cases.list_cases

    def in_a_circle(*, cursor: str | None = None, limit: int = 500) -> Page[Case]:
        return replace(listing(cursor=None, limit=limit), next_cursor="2" if cursor == "1" else "1")

    monkeypatch.setattr(office.cases, "list_cases", in_a_circle)
    with pytest.raises(SchemaDrift):
        _sweep(office)


def test_a_second_sweep_after_everything_was_written_proposes_nothing(office: Office) -> None:
    for number in CITIZENS[:3]:
        _outdated(office, number)
    _sweep(office)
    _settle(office)
    written = office.written()
    report = _sweep(office)
    assert _classes(report) == {"equal": 3}
    assert office.run().summary.handled == 0
    assert office.written() == written


def test_a_second_sweep_while_a_proposal_waits_makes_no_second_item(office: Office) -> None:
    _outdated(office)
    _sweep(office)
    assert _classes(_sweep(office)) == {"waiting": 1}
    office.run()
    assert _classes(_sweep(office)) == {"waiting": 1}
    assert len(office.items()) == 1


def test_what_an_event_gave_and_still_waits_is_not_found_once_more_by_a_sweep(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    office.run()
    assert _classes(_sweep(office)) == {"waiting": 1}
    assert len(office.items()) == 1


def test_adr_05_a_move_that_an_item_waits_for_is_not_found_once_more(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.people.move(cpr, NEW, effect_from=office.clock.now().date().replace(day=20))
    office.events.announce(cpr)
    assert office.run().summary.counts == {Result.DEFERRED: 1}
    assert _classes(_sweep(office)) == {"waiting": 1}


def test_a_failed_item_of_an_event_does_not_hide_what_a_sweep_finds(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    office.run()
    office.clock.advance(30 * 24 * 3600)
    # The proposal expires, and CPR answers what nobody understands until the item has failed.
    for _ in range(5):
        office.people.fail_next(SchemaDrift("twin_cpr", "lookup", "status"))
        office.run()
        office.clock.advance(24 * 3600)
    assert [item.state.value for item in office.items()] == ["failed"]
    assert _classes(_sweep(office)) == {"new": 1}


def _typed_by_hand(office: Office) -> tuple[Cpr, CaseRef, PartyRef]:
    cpr, case, party = office.settle_in()
    office.cases.stage.edit_contact(party, PartyContact(TYPED, is_protected=False))
    return cpr, case, party


def test_adr_42_what_was_typed_by_hand_becomes_a_task_while_an_outdated_address_is_proposed(office: Office) -> None:
    _typed_by_hand(office)
    _outdated(office, CITIZENS[1])
    _sweep(office)
    counts = office.run().summary.counts
    assert counts == {Result.COMPLETED: 1, Result.AWAITING_APPROVAL: 1}
    assert office.written() == ["create_reminder"]
    (item,) = [item for item in office.items() if item.outcome_code == "tasks_created"]
    assert _results(office, item) == [PrimaryResult.TASK]


def test_a_task_is_not_repeated_while_everything_stands_as_it_stood(office: Office) -> None:
    _typed_by_hand(office)
    _sweep(office)
    office.run()
    for _ in range(3):
        assert _classes(_sweep(office)) == {"known": 1}
        office.run()
    assert office.written() == ["create_reminder"]


def test_a_task_on_each_of_two_cases_is_not_repeated_either(office: Office) -> None:
    cpr, _, _ = _typed_by_hand(office)
    office.cases.stage.add_party(office.cases.stage.add_case(), cpr=cpr, address=replace(TYPED, house_number="11"))
    _sweep(office, size=1)
    office.run()
    written = office.written()
    assert _classes(_sweep(office, size=1)) == {"known": 2}
    office.run()
    assert office.written() == written == ["create_reminder"] * 2


def test_a_task_comes_again_when_what_was_put_right_is_typed_once_more(office: Office) -> None:
    _, _, party = _typed_by_hand(office)
    _sweep(office)
    office.run()
    office.cases.stage.edit_contact(party, PartyContact(OLD, is_protected=False))
    assert _classes(_sweep(office)) == {"equal": 1}
    office.cases.stage.edit_contact(party, PartyContact(TYPED, is_protected=False))
    assert _classes(_sweep(office)) == {"new": 1}


def test_a_row_that_an_open_item_never_saw_is_found_when_that_item_has_ended(office: Office) -> None:
    cpr, _, _ = _outdated(office)
    _sweep(office)
    office.run()
    office.cases.stage.add_party(office.cases.stage.add_case(), cpr=cpr, address=TYPED)
    assert _classes(_sweep(office)) == {"waiting": 2}
    office.approve_all()
    office.run()
    assert _classes(_sweep(office)) == {"equal": 1, "new": 1}


def test_two_sweeps_in_one_instant_are_told_apart(office: Office) -> None:
    _outdated(office)
    starter = office.actor("dorthe")
    sweep(office.composition, office.robot, starter)
    assert _classes(sweep(office.composition, office.robot, starter)) == {"waiting": 1}


def test_a_task_comes_again_when_the_case_shows_something_else(office: Office) -> None:
    _, _, party = _typed_by_hand(office)
    _sweep(office)
    office.run()
    office.cases.stage.edit_contact(party, PartyContact(replace(TYPED, house_number="11"), is_protected=False))
    assert _classes(_sweep(office)) == {"new": 1}
    # A month later the reminder has another deadline, so the key of the first one is not met again.
    office.clock.advance(30 * 24 * 3600)
    office.run()
    assert office.written() == ["create_reminder"] * 2


def test_a_task_comes_again_when_cpr_says_something_else(office: Office) -> None:
    cpr, _, _ = _typed_by_hand(office)
    _sweep(office)
    office.run()
    office.people.move(cpr, NEW, effect_from=office.clock.now().date())
    assert _classes(_sweep(office)) == {"new": 1}


def test_a_difference_that_comes_back_after_it_was_written_is_a_new_one(office: Office) -> None:
    _, _, party = _outdated(office)
    _sweep(office)
    _settle(office)
    office.cases.stage.edit_contact(party, PartyContact(OLD, is_protected=False))
    assert _classes(_sweep(office)) == {"new": 1}
    assert office.run().summary.counts == {Result.AWAITING_APPROVAL: 1}


def test_what_was_only_told_of_is_proposed_when_the_policy_is_widened(office: Office) -> None:
    _outdated(office)
    office.put_policy_in_force(Policy(default_mode=Mode.SHADOW).model_dump_json())
    _sweep(office)
    assert office.run().summary.counts == {Result.COMPLETED: 1}
    assert _classes(_sweep(office)) == {"known": 1}
    office.put_policy_in_force(Policy().model_dump_json())
    assert _classes(_sweep(office)) == {"new": 1}
    assert office.run().summary.counts == {Result.AWAITING_APPROVAL: 1}


def test_adr_33_a_case_that_was_opened_again_is_seen_by_the_next_sweep(office: Office) -> None:
    _, case, _ = _outdated(office)
    office.cases.stage.close(case)
    assert _classes(_sweep(office)) == {"skipped": 1}
    assert office.people.lookups == []
    office.cases.stage.reopen(case)
    assert _classes(_sweep(office)) == {"new": 1}


def test_nobody_is_looked_up_in_a_role_that_the_policy_does_not_keep(office: Office) -> None:
    cpr = Cpr.parse(CITIZENS[0])
    office.people.add_person(cpr, address=NEW)
    office.cases.stage.add_party(office.cases.stage.add_case(), cpr=cpr, role=PartyRole.SECONDARY, address=OLD)
    office.put_policy_in_force(Policy(roles=frozenset({PartyRole.PRIMARY})).model_dump_json())
    assert _classes(_sweep(office)) == {"skipped": 1}
    assert office.people.lookups == []


def test_only_a_role_on_the_card_may_start_a_sweep(office: Office) -> None:
    with pytest.raises(NotAllowedError):
        _sweep(office, starter="carla")


def test_every_party_of_a_sweep_is_ruled_once(office: Office) -> None:
    _outdated(office)
    _typed = office.cases.stage.add_case()
    office.cases.stage.add_party(_typed, cpr=None)
    office.cases.stage.add_party(_typed, cpr=Cpr.parse(CITIZENS[0]), address=TYPED)
    counts = Counter(_sweep(office).sweep.counts)
    assert sum(number for name, number in counts.items() if name.startswith("ruled_")) == counts["parties"] == 3
