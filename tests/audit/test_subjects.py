"""A citizen is a random reference; who it is can be erased while the events stay."""

import pytest
from sqlalchemy import inspect, text

from audit.events import ActorRef, Event, SubjectRef, leaf_hash
from audit.subjects import erase, find_references, refer_to, refer_to_all
from audit.vocabulary import ActorKind, EventType
from casework.workplace import Workplace
from foundation.sealing import KeyRing
from tests.concurrency import at_once
from tests.workbench import event_types, events, rows

#: A published test number.
CITIZEN = "1012620001"
OTHER = "0202020002"


def _refer(place: Workplace, ring: KeyRing, identity: str = CITIZEN, year: int = 2026) -> SubjectRef:
    with place.database.write() as session:
        subject = refer_to(session, ring, identity=identity, year=year)
        look_up = Event(
            type=EventType.PERSON_LOOKED_UP, actor=ActorRef(ActorKind.ROBOT, "robot", "program"), subject=subject
        )
        place.record(session, look_up)
        return subject


def _erase(place: Workplace, ring: KeyRing, identity: str = CITIZEN, years: range = range(2020, 2030)) -> int:
    actor = ActorRef(ActorKind.PERSON, "carla", "os_account")
    with place.database.write() as session:
        return erase(
            session, ring, identity=identity, years=years, actor=actor, at=place.now(), environment="simulated"
        )


def test_one_person_in_one_year_has_one_reference(place: Workplace, ring: KeyRing) -> None:
    assert _refer(place, ring) == _refer(place, ring)


def test_another_year_or_person_has_another_reference(place: Workplace, ring: KeyRing) -> None:
    refs = {_refer(place, ring), _refer(place, ring, year=2027), _refer(place, ring, OTHER)}
    assert len(refs) == 3


def test_two_who_meet_a_person_at_once_give_one_reference(place: Workplace, ring: KeyRing) -> None:
    refs = at_once(*(lambda: _refer(place, ring) for _ in range(5)))
    assert len(set(refs)) == 1
    assert len(rows(place, "SELECT ref FROM audit_subject")) == 1


def test_a_reference_is_made_of_the_year_and_chance_alone(place: Workplace, ring: KeyRing) -> None:
    first = _refer(place, ring)
    _erase(place, ring, years=range(2026, 2027))
    assert _refer(place, ring) != first


def test_the_citizens_number_stands_in_no_column_of_any_table(place: Workplace, ring: KeyRing) -> None:
    _refer(place, ring)
    with place.database.read() as session:
        tables = inspect(session.connection()).get_table_names()
        queries = [text(f'SELECT * FROM "{table}"') for table in tables]  # noqa: S608 - names of our own tables.
        seen = "".join(repr([tuple(row) for row in session.execute(query)]) for query in queries)
    assert "cpr.looked_up" in seen
    for spelling in (CITIZEN, f"{CITIZEN[:6]}-{CITIZEN[6:]}", CITIZEN.encode().hex()):
        assert spelling not in seen


def test_without_the_key_nobody_can_compute_the_token(place: Workplace, ring: KeyRing) -> None:
    _refer(place, ring)
    (row,) = rows(place, "SELECT token FROM audit_subject")
    assert row["token"] == ring.lookup_token(f"{CITIZEN}:2026", purpose="audit subject")
    assert row["token"] != KeyRing(b"\x05" * 32).lookup_token(f"{CITIZEN}:2026", purpose="audit subject")
    assert row["token"] != ring.lookup_token(f"{CITIZEN}:2026", purpose="robot memory")


def test_a_persons_references_are_found_for_his_own_report(place: Workplace, ring: KeyRing) -> None:
    refs = [_refer(place, ring, year=year).ref for year in (2025, 2026)]
    _refer(place, ring, OTHER)
    with place.database.read() as session:
        assert set(find_references(session, ring, identity=CITIZEN, years=range(2024, 2028))) == set(refs)
        assert find_references(session, ring, identity=CITIZEN, years=range(2020, 2024)) == []


def test_erasing_a_person_leaves_the_events_whole(place: Workplace, ring: KeyRing) -> None:
    _refer(place, ring)
    _refer(place, ring, OTHER)
    before = rows(place, "SELECT id, body, leaf FROM audit_event ORDER BY id")
    assert _erase(place, ring) == 1
    with place.database.read() as session:
        assert find_references(session, ring, identity=CITIZEN, years=range(2020, 2030)) == []
        assert len(find_references(session, ring, identity=OTHER, years=range(2020, 2030))) == 1
    after = rows(place, "SELECT id, body, leaf FROM audit_event ORDER BY id")[: len(before)]
    assert after == before
    assert all(bytes(row["leaf"]) == leaf_hash(bytes(row["body"])) for row in after)


def test_erasing_is_told_in_the_trail_without_naming_anybody(place: Workplace, ring: KeyRing) -> None:
    ref = _refer(place, ring).ref
    _erase(place, ring, years=range(2025, 2027))
    told = events(place)[-1]
    assert (told["type"], told["actor"]["id"], told["facts"]) == (
        "retention.erased",
        "carla",
        {"count": 1, "years": "2025,2026"},
    )
    assert CITIZEN not in str(told)
    assert ref not in str(told)


def test_an_erasure_that_is_rolled_back_leaves_no_event(place: Workplace, ring: KeyRing) -> None:
    _refer(place, ring)
    actor = ActorRef(ActorKind.PERSON, "carla", "os_account")
    years = range(2026, 2027)

    def fail() -> None:
        with place.database.write() as session:
            erase(session, ring, identity=CITIZEN, years=years, actor=actor, at=place.now(), environment="simulated")
            raise RuntimeError("rolls back")

    with pytest.raises(RuntimeError):
        fail()
    assert event_types(place) == ["cpr.looked_up"]
    with place.database.read() as session:
        assert len(find_references(session, ring, identity=CITIZEN, years=years)) == 1


def test_people_who_are_referred_to_together_have_the_references_they_have_alone(
    place: Workplace, ring: KeyRing
) -> None:
    alone = _refer(place, ring)
    with place.database.write() as session:
        together = refer_to_all(session, ring, identities=[OTHER, CITIZEN, OTHER], year=2026)
    assert together[1] == alone
    assert together[0] == together[2] == _refer(place, ring, OTHER)
    assert len(set(together)) == 2


def test_nobody_together_is_nobody(place: Workplace, ring: KeyRing) -> None:
    with place.database.write() as session:
        assert refer_to_all(session, ring, identities=[], year=2026) == []
