"""The pure rules, when and what: a test for each row of the rule table, named by its id."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from connectors.person_details import UncertainDate
from connectors.records import PendingMove
from foundation.addresses import CivilAddress
from robots.address_update.facts import Facts
from robots.address_update.reasons import Reason
from robots.address_update.rules import rule
from robots.address_update.rules_move import coming_day
from robots.address_update.ruling import AppliedVersion, ContactChange, RulingKind
from tests.robots.address_update.questions import TODAY, able, knowing, past, showing, under


def test_adr_01_an_ordinary_move_is_applied(facts: Facts) -> None:
    ruling = rule(facts)
    assert (ruling.kind, ruling.rule, ruling.tasks, ruling.mentions) == (RulingKind.APPLY, "ADR-01", (), ())
    assert ruling.change == ContactChange(facts.snapshot.address, marks_protected=False)


def test_adr_01_a_case_with_no_address_gets_one(facts: Facts) -> None:
    assert rule(showing(facts, None)).kind is RulingKind.APPLY
    assert rule(showing(facts, CivilAddress())).kind is RulingKind.APPLY


@pytest.mark.parametrize("writes", ["UI_ONLY", "NONE"])
def test_adr_01_where_the_robot_cannot_write_a_person_is_asked(facts: Facts, writes: str) -> None:
    ruling = rule(able(facts, party_address_write=writes))
    assert (ruling.kind, ruling.rule, ruling.reason) == (RulingKind.TASK, "ADR-01", Reason.NO_ADDRESS_WRITE)


@pytest.mark.parametrize("writes", ["UI_ONLY", "NONE", "SYNCED_BY_VENDOR"])
def test_adr_02_a_system_that_cannot_be_written_and_shows_cprs_address_needs_nobody(facts: Facts, writes: str) -> None:
    current = showing(able(facts, party_address_write=writes), facts.snapshot.address)
    assert rule(current).kind is RulingKind.NOOP


@pytest.mark.parametrize(
    "shown",
    [
        CivilAddress("Ny Prøvevej", "12b", "2. sal", "tv", postal_code="9000", postal_district="Aalborg"),
        CivilAddress("Ny Prøvevej", "12B", "2. sal tv", postal_code="9000"),
        CivilAddress("NY  PRØVEVEJ", "0012B", "2.", "tv.", postal_code="9000"),
        CivilAddress("Ny Prøvevej 12B, 2. tv", postal_code="9000", postal_district="Aalborg"),
        CivilAddress(free_lines=("Ny Prøvevej 12B, 2. tv", "9000 Aalborg")),
    ],
)
def test_adr_02_an_address_that_is_only_spelled_otherwise_is_left_alone(facts: Facts, shown: CivilAddress) -> None:
    ruling = rule(showing(facts, shown))
    assert (ruling.kind, ruling.rule) == (RulingKind.NOOP, "ADR-02")


def test_adr_02_the_policy_may_have_the_spelling_written(facts: Facts, new_address: CivilAddress) -> None:
    asked = under(showing(facts, new_address), normalise=True)
    ruling = rule(asked)
    assert (ruling.kind, ruling.rule, ruling.reason) == (RulingKind.APPLY, "ADR-02", Reason.SPELLING)
    assert ruling.change is not None
    assert ruling.change.address is not None
    assert ruling.change.address.house_number == "12B"
    assert rule(showing(asked, ruling.change.address)).kind is RulingKind.NOOP


@pytest.mark.parametrize("hours", [-1, -24 * 400])
def test_adr_04_a_snapshot_older_than_what_was_written_is_refused(facts: Facts, hours: int) -> None:
    written = AppliedVersion(datetime(2026, 11, 21, tzinfo=UTC), date(2026, 11, 20))
    registered_at = datetime(2026, 11, 21, tzinfo=UTC) + timedelta(hours=hours)
    older = knowing(replace(facts, last_applied=written), registered_at=registered_at)
    ruling = rule(older)
    assert (ruling.kind, ruling.rule) == (RulingKind.TASK, "ADR-04")
    shown = rule(showing(older, older.snapshot.address))
    assert (shown.kind, shown.rule) == (RulingKind.NOOP, "ADR-04")


def test_adr_04_at_the_same_registration_the_earlier_effect_is_the_older(facts: Facts) -> None:
    written = AppliedVersion(facts.snapshot.registered_at, date(2026, 11, 20))
    assert rule(replace(facts, last_applied=written)).rule == "ADR-04"


def test_adr_04_the_version_that_was_written_is_not_older_than_itself(facts: Facts) -> None:
    written = AppliedVersion(facts.snapshot.registered_at, facts.snapshot.moved_in.day)
    assert rule(replace(facts, last_applied=written)).kind is RulingKind.APPLY


def test_adr_05_a_pending_move_is_waited_for(
    facts: Facts, old_address: CivilAddress, new_address: CivilAddress
) -> None:
    ruling = rule(knowing(facts, address=old_address, pending=PendingMove(new_address, date(2026, 12, 1))))
    assert (ruling.kind, ruling.rule, ruling.defer_until) == (RulingKind.DEFER, "ADR-05", date(2026, 12, 1))


def test_adr_05_an_address_given_before_its_day_is_waited_for(facts: Facts) -> None:
    ruling = rule(knowing(facts, moved_in=UncertainDate(date(2026, 12, 1))))
    assert (ruling.kind, ruling.defer_until) == (RulingKind.DEFER, date(2026, 12, 1))


def test_adr_05_a_move_takes_effect_on_its_day(facts: Facts) -> None:
    assert rule(knowing(facts, moved_in=UncertainDate(TODAY))).kind is RulingKind.APPLY


def test_adr_05_a_day_that_came_without_the_register_following_is_looked_at_tomorrow(
    facts: Facts, old_address: CivilAddress, new_address: CivilAddress
) -> None:
    late = knowing(facts, address=old_address, pending=PendingMove(new_address, TODAY))
    assert rule(late).defer_until == date(2026, 11, 23)


def test_adr_05_a_present_difference_comes_before_a_pending_move(facts: Facts) -> None:
    later = CivilAddress("Tredje Prøvevej", "3", postal_code="9000", municipality_code="0851")
    both = knowing(facts, pending=PendingMove(later, date(2026, 12, 1)))
    assert rule(both).change == ContactChange(facts.snapshot.address, marks_protected=False)
    assert coming_day(both.snapshot, TODAY) == date(2026, 12, 1)


def test_adr_05_the_coming_address_on_the_case_is_not_written_back(facts: Facts, old_address: CivilAddress) -> None:
    ahead = knowing(facts, pending=PendingMove(old_address, date(2026, 12, 1)))
    assert rule(ahead).kind is RulingKind.DEFER


def test_adr_06_letters_sent_after_a_late_registered_move_are_a_task_beside_it(facts: Facts) -> None:
    ruling = rule(replace(facts, letters_since=("letter-1",)))
    assert (ruling.kind, ruling.rule, ruling.tasks) == (RulingKind.APPLY, "ADR-01", (Reason.LETTERS_SENT,))
    assert Reason.LETTERS_SENT.rule == "ADR-06"


@pytest.mark.parametrize("moved_in", [UncertainDate(TODAY), UncertainDate(date(2026, 11, 1), is_uncertain=True)])
def test_adr_06_letters_are_no_matter_when_the_move_is_not_surely_past(facts: Facts, moved_in: UncertainDate) -> None:
    assert rule(knowing(replace(facts, letters_since=("letter-1",)), moved_in=moved_in)).tasks == ()


def test_adr_06_letters_reached_a_person_whose_care_of_name_alone_is_new(
    facts: Facts, new_address: CivilAddress
) -> None:
    shown = replace(new_address, care_of="Vært Prøvesen")
    assert rule(showing(replace(facts, letters_since=("letter-1",)), shown)).tasks == ()


def test_adr_07_a_correction_is_applied_and_mentioned(
    facts: Facts, old_address: CivilAddress, new_address: CivilAddress
) -> None:
    back = knowing(facts, address=old_address, is_correction=True, history=())
    annulled = knowing(back, history=(past(new_address, is_annulled=True),))
    ruling = rule(showing(annulled, new_address))
    assert (ruling.kind, ruling.mentions) == (RulingKind.APPLY, (Reason.CORRECTION,))
    assert Reason.CORRECTION.rule == "ADR-07"


def test_adr_07_a_correction_with_an_earlier_effect_is_newer(facts: Facts) -> None:
    written = AppliedVersion(datetime(2026, 11, 19, tzinfo=UTC), date(2026, 11, 21))
    assert rule(replace(facts, last_applied=written)).kind is RulingKind.APPLY


@pytest.mark.parametrize("moved_in", [UncertainDate(date(2026, 11, 1), is_uncertain=True), UncertainDate(None)])
def test_adr_08_an_uncertain_date_is_mentioned(facts: Facts, moved_in: UncertainDate) -> None:
    ruling = rule(knowing(facts, moved_in=moved_in))
    assert (ruling.kind, ruling.rule, ruling.mentions) == (RulingKind.APPLY, "ADR-01", (Reason.UNCERTAIN_DATE,))
    assert Reason.UNCERTAIN_DATE.rule == "ADR-08"


def test_adr_08_an_uncertain_date_is_never_computed_with(facts: Facts) -> None:
    ahead = knowing(facts, moved_in=UncertainDate(date(2027, 1, 2), is_uncertain=True))
    assert rule(ahead).kind is RulingKind.APPLY
    earlier = knowing(facts, moved_in=UncertainDate(date(2026, 1, 2), is_uncertain=True))
    written = AppliedVersion(facts.snapshot.registered_at, date(2026, 11, 20))
    assert rule(replace(earlier, last_applied=written)).kind is RulingKind.APPLY


@pytest.mark.parametrize(("shown", "told"), [("", "Vært Prøvesen"), ("Anden Prøvesen", "Vært Prøvesen"), ("Vært", "")])
def test_adr_09_a_care_of_name_added_changed_or_removed_is_a_change(
    facts: Facts, new_address: CivilAddress, shown: str, told: str
) -> None:
    told_address = replace(new_address, care_of=told)
    ruling = rule(showing(knowing(facts, address=told_address), replace(new_address, care_of=shown)))
    assert (ruling.kind, ruling.rule) == (RulingKind.APPLY, "ADR-09")
    assert ruling.change == ContactChange(told_address, marks_protected=False)


@pytest.mark.parametrize("part", ["locality", "town"])
def test_adr_10_locality_and_town_are_changes_of_their_own(facts: Facts, new_address: CivilAddress, part: str) -> None:
    told = replace(new_address, locality="Prøvegården") if part == "locality" else replace(new_address, town="Prøveby")
    ruling = rule(showing(knowing(facts, address=told), new_address))
    assert (ruling.kind, ruling.rule) == (RulingKind.APPLY, "ADR-10")


def test_every_row_stands_once_on_the_robots_page_and_has_a_test_of_its_name() -> None:
    root = Path(__file__).parents[3]
    page = (root / "robots" / "address_update" / "README.md").read_text(encoding="utf-8")
    listed = [row for line in page.splitlines() if line.startswith("| ADR-") for row in re.findall(r"ADR-\w+", line)]
    assert sorted(listed) == sorted({*(f"ADR-{number:02}" for number in range(1, 57)), "ADR-12b", "ADR-12c"})
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_rules*.py"))
    rows = {reason.rule.removeprefix("ADR-") for reason in Reason} | {"12c"}
    assert not [row for row in sorted(rows) if f"def test_adr_{row}_" not in tests]


def test_every_reason_has_a_row_and_a_sentence() -> None:
    assert all(reason.rule.startswith("ADR-") and reason.sentence.endswith(".") for reason in Reason)
    assert len({reason.sentence for reason in Reason}) == len(Reason)
