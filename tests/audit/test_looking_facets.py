from datetime import UTC, datetime

from audit.events import ActorRef, CaseEventRef, Event, ProcessRef
from audit.looking.facets import Facet, count_facets
from audit.reading import Selection
from audit.vocabulary import ActorKind, EventType, Outcome
from casework.workplace import Workplace
from foundation.clock import ManualClock

ROBOT = ActorRef(ActorKind.ROBOT, "flytning", "os_account", "anne")
ANNE = ActorRef(ActorKind.PERSON, "anne", "os_account")


def _fill(place: Workplace) -> None:
    process, case = ProcessRef("flytning", "1"), CaseEventRef("nova", "c1")
    events = [
        Event(type=EventType.EFFECT_DONE, actor=ROBOT, process=process, case=case),
        Event(type=EventType.EFFECT_DONE, actor=ROBOT, process=process, case=case),
        Event(type=EventType.EFFECT_REFUSED, actor=ROBOT, process=process, case=case, outcome=Outcome.REFUSED),
        Event(type=EventType.LOG_READ, actor=ANNE),
    ]
    with place.database.write() as session:
        place.record(session, *events)


def test_each_value_is_counted_the_most_frequent_first(place: Workplace) -> None:
    _fill(place)
    with place.database.read() as session:
        facets = count_facets(session, Selection())
    assert facets.counts[Facet.ROBOT] == (("flytning", 3),)
    assert facets.counts[Facet.CASE] == (("c1", 3),)
    assert facets.counts[Facet.TYPE][0] == ("effect.done", 2)
    assert dict(facets.counts[Facet.RESULT])["refused"] == 1
    # The database's own birth is an event as well.
    assert (facets.total, facets.is_cut) == (5, False)


def test_only_what_fits_is_counted(place: Workplace) -> None:
    _fill(place)
    with place.database.read() as session:
        facets = count_facets(session, Selection(type=EventType.EFFECT_REFUSED))
    assert facets.total == 1
    assert facets.counts[Facet.RESULT] == (("refused", 1),)


def test_a_day_is_a_danish_day(place: Workplace, clock: ManualClock) -> None:
    # Half past eleven at night in UTC is the next day in Denmark, whatever the season.
    clock.advance((datetime(2026, 7, 1, 23, 30, tzinfo=UTC) - clock.now()).total_seconds())
    _fill(place)
    with place.database.read() as session:
        days = count_facets(session, Selection(type=EventType.LOG_READ)).counts[Facet.DAY]
    assert days == (("2026-07-02", 1),)


def test_of_a_long_log_the_newest_are_counted_and_it_is_said(place: Workplace) -> None:
    _fill(place)
    with place.database.read() as session:
        facets = count_facets(session, Selection(), most=4)
    assert (facets.total, facets.is_cut) == (4, True)


def test_nobody_is_counted_by_who_he_is() -> None:
    assert {facet.value for facet in Facet} == {"robot", "type", "result", "case", "day"}
