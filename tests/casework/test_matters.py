"""What people are told of: incidents that nobody looks after, deadlines, and proposals that have waited long."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from casework.incidents import acknowledge, report
from casework.items import NewItem, enqueue
from casework.matters import count_long_waiting, matters
from casework.notices import Matter
from casework.states import ItemState, NoticeKind
from casework.transitions import COMPLETE
from casework.workplace import Workplace, as_person
from foundation.working_time import add_working_seconds
from tests.workbench import ACTING, ANNE, ROBOT, bring_to, end, take


def _matters(place: Workplace, *, deadline_hours: float = 24, approval_hours: float = 8) -> list[Matter]:
    with place.database.read() as session:
        return matters(session, place, deadline_hours=deadline_hours, approval_hours=approval_hours)


def _due(place: Workplace, *hours: float) -> None:
    items = [NewItem(f"frist-{hour}", b"{}", priority=-1, due_at=place.now() + timedelta(hours=hour)) for hour in hours]
    with place.database.write() as session:
        enqueue(session, place, ROBOT, items, acting=ACTING, run_id=None)


def test_nothing_wrong_is_nothing_to_tell(place: Workplace) -> None:
    bring_to(place, ItemState.AWAITING_APPROVAL)
    assert _matters(place) == []


def test_an_incident_is_told_with_numbers_and_the_command_until_somebody_takes_it_on(place: Workplace) -> None:
    item = bring_to(place, ItemState.FAILED)
    with place.database.write() as session:
        ids = {
            report(session, place, robot=ROBOT, system="esdh", code="x", message="Se.", item_id=item) for _ in range(2)
        }
    (incident,) = ids
    (told,) = _matters(place)
    assert (told.kind, told.subject) == (NoticeKind.INCIDENT, str(incident))
    assert "Set 2 gange; den rammer 1 opgave." in told.body
    assert f"sagsgang incidents show {incident}" in told.body
    with place.database.write() as session:
        acknowledge(session, place, incident, acting=as_person(ANNE), note="Min.")
    assert _matters(place) == []


def test_deadlines_within_the_hours_are_counted_and_those_passed_named(place: Workplace) -> None:
    _due(place, -1, 5, 23, 25)
    (told,) = _matters(place)
    assert (told.kind, told.subject) == (NoticeKind.DEADLINES, ROBOT)
    assert told.body.startswith(f"3 opgaver hos {ROBOT} har frist inden for 24 timer")
    assert "over fristen: 1." in told.body
    assert f"sagsgang items --due --robot {ROBOT}" in told.body


def test_what_is_done_has_no_deadline(place: Workplace) -> None:
    _due(place, 5)
    (claimed,) = take(place)
    end(place, claimed, COMPLETE)
    assert _matters(place) == []


def test_a_proposal_has_waited_long_in_working_time(place: Workplace) -> None:
    # It is a Monday at noon.
    bring_to(place, ItemState.AWAITING_APPROVAL)
    place.clock.sleep(8 * 3600 - 1)
    assert _matters(place) == []
    place.clock.sleep(1)
    (told,) = _matters(place)
    assert (told.kind, told.subject) == (NoticeKind.APPROVALS, ROBOT)
    assert told.body.startswith(f"1 forslag fra {ROBOT} har ventet mere end 8 arbejdstimer")


def test_a_weekend_is_no_waiting_time() -> None:
    friday = datetime(2026, 3, 6, 15, 0, tzinfo=UTC)
    assert count_long_waiting([friday], now=friday + timedelta(days=2), hours=9) == 0
    assert count_long_waiting([friday], now=friday + timedelta(days=3), hours=9) == 1


@given(
    st.lists(st.integers(0, 14 * 24), max_size=8),
    st.integers(0, 14 * 24),
    st.integers(1, 40),
)
def test_the_count_is_that_of_looking_at_each(hours_ago: list[int], later: int, hours: int) -> None:
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    asked = sorted(begin + timedelta(hours=each) for each in hours_ago)
    now = begin + timedelta(hours=later)
    counted = sum(add_working_seconds(each, hours * 3600) <= now for each in asked)
    assert count_long_waiting(asked, now=now, hours=hours) == counted


def test_no_matter_holds_what_anybody_typed(place: Workplace) -> None:
    _due(place, 1)
    with place.database.write() as session:
        report(session, place, robot=ROBOT, system="", code="fault", message="1012620000 Prøvevej 7")
    assert "1012620000" not in str(_matters(place))
    assert "frist-" not in str(_matters(place))
