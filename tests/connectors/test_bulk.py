"""Many are looked up at once, and all of them stand in the trail before the first answer."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.workplace import Workplace
from connectors.bulk import LARGEST_PORTION, BulkPeople
from connectors.errors import CircuitOpen, ConnectorError, NotFound, NotYetVisible, SchemaDrift, Unavailable
from connectors.person_details import UncertainDate
from connectors.reader import Reader
from connectors.records import AddressProtection, PersonSnapshot, PersonStatus
from foundation.cpr import Cpr
from foundation.cpr_environment import RealNumberRefused, TestNumberRefused
from foundation.environment import Environment
from tests.connectors.guarding import GuardBench
from tests.workbench import event_types, events, rows

#: Numbers of KOMBIT's external test set and the MeMo samples.
CITIZENS = [Cpr.parse(number) for number in ("1012620000", "1012620001", "1012620002", "1012620003", "2211771212")]


class PlayedRegister:
    """Knows everybody who is not in ``errors``."""

    system = "esdh"

    def __init__(self, place: Workplace) -> None:
        self.place = place
        self.errors: dict[Cpr, ConnectorError] = {}
        self.asked: list[Cpr] = []
        self.threads: set[str] = set()
        self.told_before: list[int] = []
        self._lock = threading.Lock()

    def lookup(self, cpr: Cpr) -> PersonSnapshot:
        with self._lock:
            self.asked.append(cpr)
            self.threads.add(threading.current_thread().name)
            self.told_before.append(event_types(self.place).count("cpr.looked_up"))
        if cpr in self.errors:
            raise self.errors[cpr]
        return PersonSnapshot(
            cpr=cpr,
            current_cpr=cpr,
            addressing_name="Test Prøvesen",
            status=PersonStatus.RESIDENT,
            status_day=None,
            protection=AddressProtection(is_protected=False),
            address=None,
            moved_in=UncertainDate(None),
            registered_at=None,
            looked_up_at=self.place.now(),
        )


@pytest.fixture
def bench(place: Workplace, tmp_path: Path) -> Iterator[GuardBench]:
    made = GuardBench(place, tmp_path / "locks")
    yield made
    made.close()


@pytest.fixture
def register(place: Workplace) -> PlayedRegister:
    return PlayedRegister(place)


@pytest.fixture
def people(bench: GuardBench, register: PlayedRegister) -> BulkPeople:
    return BulkPeople(register, bench.reader(None))


def test_everybody_is_answered(people: BulkPeople, register: PlayedRegister) -> None:
    answers = people.lookup_all(CITIZENS)
    assert {cpr: answer.cpr for cpr, answer in answers.items() if answer is not None} == {cpr: cpr for cpr in CITIZENS}
    assert Counter(register.asked) == Counter(CITIZENS)
    assert all(name.startswith("lookup") for name in register.threads)


def test_all_look_ups_stand_in_the_trail_before_the_first_is_made(people: BulkPeople, register: PlayedRegister) -> None:
    people.lookup_all(CITIZENS)
    assert set(register.told_before) == {len(CITIZENS)}


def test_each_look_up_is_told_with_its_own_person_and_purpose(people: BulkPeople, place: Workplace) -> None:
    people.lookup_all(CITIZENS)
    told = events(place)
    assert len({body["subject"]["ref"] for body in told}) == len(CITIZENS)
    assert {body["purpose"]["legalBasis"] for body in told} == {"Prøveloven § 1"}
    assert not any(cpr.digits in str(told) for cpr in CITIZENS)


def test_look_ups_that_cannot_be_recorded_are_not_made(
    people: BulkPeople, register: PlayedRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the trail is full")

    monkeypatch.setattr(Reader, "record", fail)
    with pytest.raises(RuntimeError, match="full"):
        people.lookup_all(CITIZENS)
    assert register.asked == []


def test_one_who_is_named_twice_is_asked_about_once(people: BulkPeople, register: PlayedRegister) -> None:
    assert len(people.lookup_all([CITIZENS[0], CITIZENS[0]])) == 1
    assert register.asked == CITIZENS[:1]


def test_nobody_costs_nothing(people: BulkPeople, place: Workplace) -> None:
    assert people.lookup_all([]) == {}
    assert events(place) == []


def test_a_number_that_cpr_does_not_know_gives_none(people: BulkPeople, register: PlayedRegister) -> None:
    register.errors[CITIZENS[1]] = NotFound("esdh", "lookup", "person")
    answers = people.lookup_all(CITIZENS)
    assert [cpr for cpr, answer in answers.items() if answer is None] == [CITIZENS[1]]


@pytest.mark.parametrize(
    "error", [SchemaDrift("esdh", "lookup", "path"), NotYetVisible("esdh", "lookup")], ids=lambda error: str(error.code)
)
def test_any_other_error_is_raised_and_the_look_ups_stay_recorded(
    people: BulkPeople, register: PlayedRegister, place: Workplace, error: ConnectorError
) -> None:
    register.errors[CITIZENS[2]] = error
    with pytest.raises(type(error)):
        people.lookup_all(CITIZENS)
    assert event_types(place) == ["cpr.looked_up"] * len(CITIZENS)


def test_after_an_error_what_is_not_begun_is_not_begun(bench: GuardBench, register: PlayedRegister) -> None:
    register.errors[CITIZENS[0]] = SchemaDrift("esdh", "lookup", "path")
    with pytest.raises(SchemaDrift):
        BulkPeople(register, bench.reader(None), threads=1).lookup_all(CITIZENS)
    assert register.asked == CITIZENS[:1]


def test_a_passing_failure_is_tried_again(people: BulkPeople, register: PlayedRegister, place: Workplace) -> None:
    calls: list[Cpr] = []
    lookup = register.lookup

    def fails_once(cpr: Cpr) -> PersonSnapshot:
        calls.append(cpr)
        if len(calls) == 1:
            raise Unavailable("esdh", "lookup")
        return lookup(cpr)

    register.lookup = fails_once  # type: ignore[method-assign]  # plays one failure
    assert people.lookup_all(CITIZENS[:1])[CITIZENS[0]] is not None
    assert event_types(place).count("cpr.looked_up") == 1


def test_all_threads_share_one_circuit(bench: GuardBench, register: PlayedRegister) -> None:
    bench.circuit_failures = 3
    for cpr in CITIZENS:
        register.errors[cpr] = Unavailable("esdh", "lookup")
    with pytest.raises((CircuitOpen, Unavailable)):
        BulkPeople(register, bench.reader(None), threads=2).lookup_all(CITIZENS)
    # Each thread may have been about to call when the circuit opened.
    assert len(register.asked) <= 3 + 2


def test_a_portion_is_limited(people: BulkPeople, register: PlayedRegister) -> None:
    made = [Cpr.parse(f"020350{number}") for number in range(4000, 4300)]
    many = [cpr for cpr in made if not cpr.has_valid_checksum]
    assert len(many) > LARGEST_PORTION
    with pytest.raises(ValueError, match="at most"):
        people.lookup_all(many)
    assert register.asked == []


def test_a_number_that_may_be_real_is_refused_before_anything_is_told(
    people: BulkPeople, register: PlayedRegister, place: Workplace
) -> None:
    # Modulus 11 holds, as for most real numbers; a replacement number, so that it is nobody's.
    with pytest.raises(RealNumberRefused):
        people.lookup_all([*CITIZENS, Cpr("7012620009")])
    assert (register.asked, events(place)) == ([], [])


def test_a_test_number_is_refused_in_production(bench: GuardBench, place: Workplace, register: PlayedRegister) -> None:
    bench.place = Workplace(place.database, place.clock, Environment.PRODUCTION)
    with pytest.raises(TestNumberRefused):
        BulkPeople(register, bench.reader(None)).lookup_all(CITIZENS)
    assert (register.asked, rows(place, "SELECT * FROM audit_subject")) == ([], [])
