"""The database goes away in the middle of a run: nothing is lost, the run is told, and the next one goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from casework.claiming import reap
from casework.incidents import open_incidents
from casework.items import NewItem, enqueue
from casework.states import ItemState
from casework.tables import RunRow
from casework.workplace import as_person
from flows.database_loss import log_missed, when_it_answers
from flows.ending import Result
from flows.work_loop import WorkLoop
from foundation.clock import ManualClock
from foundation.database_faults import UNAVAILABLE, fault_of
from foundation.logs import get_logger
from robots.desk import Desk
from robots.outcome import Completed, Outcome
from tests.flows.office import Office
from tests.flows.test_ending import Puppet

pytestmark = pytest.mark.postgres
_GONE = OperationalError("SELECT 1", {}, psycopg.OperationalError("væk"))


@pytest.fixture
def database_kind() -> str:
    """A file does not go away."""
    return "postgresql"


@dataclass
class Switch:
    """Takes one database of the server away and brings it back."""

    admin: psycopg.Connection
    name: str

    def off(self) -> None:
        self.admin.execute(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS false')
        self.admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            (self.name,),
        )

    def on(self) -> None:
        self.admin.execute(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS true')


@pytest.fixture
def switch(database_url: str) -> Iterator[Switch]:
    url = make_url(database_url)
    admin = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        switch = Switch(connection, str(url.database))
        yield switch
        switch.on()


def _add(office: Office, number: int) -> None:
    place = office.composition.place
    new = [NewItem(f"item-{each}", b"{}") for each in range(number)]
    with place.database.write() as session:
        enqueue(session, place, office.robot.card.name, new, acting=as_person(office.actor("anne")), run_id=None)


def _run(office: Office, act: Callable[[Desk], Outcome]) -> None:
    WorkLoop(office.composition, Puppet(act), office.actor("dorthe")).run()


def test_a_run_that_loses_its_database_is_told_as_such_and_its_items_come_back(
    office: Office, switch: Switch, clock: ManualClock
) -> None:
    _add(office, 3)

    def lose(desk: Desk) -> Outcome:
        def cut() -> None:
            switch.off()
            threading.Timer(1.5, switch.on).start()

        desk.step("cut", cut, returns=type(None))
        desk.step("after", lambda: None, returns=type(None))
        return Completed("fine")

    with pytest.raises(OperationalError) as caught:
        _run(office, lose)
    assert fault_of(caught.value) == UNAVAILABLE
    with office.composition.place.database.read() as session:
        assert [row.failure for row in session.execute(select(RunRow.__table__))] == ["database_unavailable"]
        assert [(one.code, one.robot) for one in open_incidents(session)] == [
            ("database_unavailable", "address_update")
        ]
    clock.advance(office.composition.settings.lease_seconds + 1)
    reap(office.composition.place, max_attempts=5)
    assert [item.state for item in office.items()] == [ItemState.NEW] * 3
    _run(office, lambda _desk: Completed("fine"))
    assert [item.state for item in office.items()] == [ItemState.COMPLETED] * 3


def test_an_item_whose_robot_met_a_short_loss_is_laid_back_without_an_attempt(office: Office) -> None:
    _add(office, 1)

    def fail(_desk: Desk) -> Outcome:
        raise _GONE

    loop = WorkLoop(office.composition, Puppet(fail), office.actor("dorthe"))
    summary = loop.run()
    assert (summary.counts, summary.stopped_by) == ({Result.GIVEN_BACK: 1}, "database_unavailable")
    assert [(item.state, item.attempts) for item in office.items()] == [(ItemState.NEW, 0)]


def test_what_must_be_written_is_written_when_the_database_is_back() -> None:
    tries: list[float] = []

    def act() -> None:
        tries.append(time.monotonic())
        if len(tries) == 1:
            raise _GONE

    when_it_answers(act)
    assert len(tries) == 2


def test_waiting_for_the_database_ends() -> None:
    def act() -> None:
        raise _GONE

    with pytest.raises(OperationalError):
        when_it_answers(act, patience_seconds=0)


def test_what_does_not_pass_is_not_waited_for() -> None:
    def act() -> None:
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        when_it_answers(act)


def test_a_loss_is_logged_by_its_code_and_a_fault_with_its_trace() -> None:
    fault = ValueError("x")
    with capture_logs() as told:
        log_missed(get_logger("flows.test"), "heart.missed", _GONE)
        log_missed(get_logger("flows.test"), "heart.missed", fault)
    assert told == [
        {"event": "heart.missed", "log_level": "warning", "code": "database_unavailable"},
        {"event": "heart.missed", "log_level": "error", "exc_info": fault},
    ]
