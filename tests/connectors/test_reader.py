"""No answer is released unrecorded, and no system is asked while a transaction is open."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session

from audit.events import Event
from audit.vocabulary import EventType
from casework.errors import LeaseLostError
from casework.workplace import Workplace
from connectors.errors import AuthExpired, CircuitOpen, NotFound, Throttled, Unavailable
from connectors.reader import Reader
from foundation.clock import ManualClock
from foundation.errors import DatabaseError
from tests.connectors.guarding import SYSTEM, GuardBench, told
from tests.workbench import event_types


@pytest.fixture
def bench(place: Workplace, tmp_path: Path) -> Iterator[GuardBench]:
    made = GuardBench(place, tmp_path / "locks")
    yield made
    made.close()


@pytest.fixture
def reader(bench: GuardBench) -> Reader:
    return bench.guard().reader


TELL = told(EventType.PERSON_LOOKED_UP)


def test_a_read_is_recorded_before_it_is_made(reader: Reader, place: Workplace) -> None:
    def call() -> str:
        assert event_types(place)[-1] == "cpr.looked_up"
        return "svar"

    assert reader.read(SYSTEM, "lookup", call, TELL) == "svar"


def test_a_read_that_cannot_be_recorded_is_not_made(reader: Reader) -> None:
    def tell(_session: Session) -> Event:
        raise RuntimeError("the trail is full")

    with pytest.raises(RuntimeError, match="full"):
        reader.read(SYSTEM, "lookup", lambda: pytest.fail("asked"), tell)


def test_a_read_that_fails_is_recorded_all_the_same(reader: Reader, place: Workplace) -> None:
    def call() -> str:
        raise NotFound(SYSTEM, "lookup", "person")

    with pytest.raises(NotFound):
        reader.read(SYSTEM, "lookup", call, TELL)
    assert event_types(place)[-1] == "cpr.looked_up"


def test_without_the_lease_nothing_is_read_or_recorded(bench: GuardBench, reader: Reader, place: Workplace) -> None:
    bench.claim_again(bench.hire())
    before = event_types(place)
    with pytest.raises(LeaseLostError):
        reader.read(SYSTEM, "lookup", lambda: pytest.fail("asked"), TELL)
    assert event_types(place) == before


def test_a_dry_run_reads_without_a_lease_and_is_recorded(bench: GuardBench, place: Workplace) -> None:
    assert bench.reader(None).read(SYSTEM, "lookup", lambda: 1, TELL) == 1
    assert event_types(place) == ["cpr.looked_up"]


def test_events_are_recorded_by_themselves_with_the_lease_and_what_was_worked_out(
    bench: GuardBench, reader: Reader, place: Workplace
) -> None:
    stored: list[int] = []

    class Desk:
        def store(self, _session: Session) -> None:
            stored.append(1)

    replace(reader, unstored=Desk()).record(lambda session: [TELL(session), TELL(session)])
    assert (stored, event_types(place)[-2:]) == ([1], ["cpr.looked_up"] * 2)
    bench.claim_again(bench.hire())
    with pytest.raises(LeaseLostError):
        reader.record(lambda _session: pytest.fail("told"))


def test_no_system_is_asked_while_a_transaction_is_open(reader: Reader, place: Workplace) -> None:
    # Once outside, so that what the circuit knows is fresh and nothing else is read.
    reader.try_call(SYSTEM, "lookup", lambda: 1)
    with place.database.read(), pytest.raises(DatabaseError, match="a call to another system"):
        reader.try_call(SYSTEM, "lookup", lambda: pytest.fail("asked"))


def test_what_was_worked_out_is_stored_with_the_record(reader: Reader, place: Workplace) -> None:
    stored: list[str] = []

    class Desk:
        def store(self, session: Session) -> None:
            stored.append("stored" if session.connection().in_transaction() else "outside a transaction")

    replace(reader, unstored=Desk()).read(SYSTEM, "lookup", lambda: stored.append("called"), TELL)
    assert stored == ["stored", "called"]


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        (Unavailable(SYSTEM, "lookup"), 3),
        (Throttled(SYSTEM, "lookup", retry_after=1.0), 3),
        (Throttled(SYSTEM, "lookup", retry_after=60.0), 1),
        (AuthExpired(SYSTEM, "lookup"), 1),
        (NotFound(SYSTEM, "lookup"), 1),
    ],
    ids=["unavailable", "throttled", "long pause", "access", "not found"],
)
def test_a_read_is_tried_again_as_its_error_allows(bench: GuardBench, error: Exception, calls: int) -> None:
    made: list[int] = []

    def call() -> None:
        made.append(1)
        raise error

    with pytest.raises(type(error)):
        bench.reader(None).try_call(SYSTEM, "lookup", call)
    assert len(made) == calls


def test_tries_keep_the_pause_that_the_system_asks_for(bench: GuardBench, clock: ManualClock) -> None:
    answers: list[Exception | str] = [Throttled(SYSTEM, "lookup", retry_after=7.0), "svar"]

    def call() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    before = clock.monotonic()
    assert bench.reader(None).try_call(SYSTEM, "lookup", call) == "svar"
    assert clock.monotonic() - before >= 7.0


def test_an_open_circuit_asks_nobody(bench: GuardBench) -> None:
    bench.circuit_failures = 2
    reader = bench.reader(None)

    def call() -> None:
        raise Unavailable(SYSTEM, "lookup")

    with pytest.raises(CircuitOpen):
        reader.try_call(SYSTEM, "lookup", call)
    with pytest.raises(CircuitOpen):
        reader.try_call(SYSTEM, "lookup", lambda: pytest.fail("asked"))


def test_no_is_an_answer_and_closes_a_circuit(reader: Reader, place: Workplace) -> None:
    circuit = reader.limits(SYSTEM).circuit
    circuit.failed("unavailable", acting=reader.acting)

    def call() -> str:
        raise NotFound(SYSTEM, "lookup", "person")

    with pytest.raises(NotFound):
        reader.read(SYSTEM, "lookup", call, TELL)
    with place.database.read() as session:
        assert session.execute(text("SELECT failures FROM circuit")).scalars().all() == [0]
