"""A system that fails again and again is left alone, and one success takes it back."""

import threading
from datetime import timedelta
from functools import partial

import pytest

from casework.workplace import Workplace
from connectors.circuit import Circuit
from connectors.errors import CircuitOpen
from tests.concurrency import at_once
from tests.workbench import ACTING, ROBOT, event_types, rows


def _circuit(place: Workplace, failures: int = 3) -> Circuit:
    return Circuit(place, robot=ROBOT, system="esdh", failures=failures, pause_seconds=60.0)


def _fail(circuit: Circuit, times: int) -> None:
    for _ in range(times):
        circuit.failed("unavailable", acting=ACTING)


def test_a_circuit_opens_at_the_limit_and_not_before(place: Workplace) -> None:
    circuit = _circuit(place)
    _fail(circuit, 2)
    circuit.require_closed("search_cases")
    _fail(circuit, 1)
    with pytest.raises(CircuitOpen) as caught:
        circuit.require_closed("search_cases")
    assert caught.value.retry_after == 60.0


def test_opening_makes_one_event_and_one_incident(place: Workplace) -> None:
    circuit = _circuit(place)
    _fail(circuit, 6)
    assert event_types(place) == ["circuit.opened", "incident.opened"]
    assert rows(place, "SELECT code, occurrences FROM incident") == [{"code": "circuit_open", "occurrences": 1}]


def test_a_success_between_failures_begins_the_count_again(place: Workplace) -> None:
    circuit = _circuit(place)
    for _ in range(4):
        _fail(circuit, 2)
        circuit.succeeded(acting=ACTING)
    circuit.require_closed("search_cases")
    assert event_types(place) == []


def test_after_the_pause_a_try_is_let_through_and_one_success_closes(place: Workplace) -> None:
    circuit = _circuit(place)
    _fail(circuit, 3)
    place.clock.sleep(60)
    circuit.require_closed("search_cases")
    circuit.succeeded(acting=ACTING)
    _fail(circuit, 2)
    circuit.require_closed("search_cases")
    assert event_types(place) == ["circuit.opened", "incident.opened", "circuit.closed"]


def test_a_failure_after_the_pause_opens_it_again_on_the_same_incident(place: Workplace) -> None:
    circuit = _circuit(place)
    _fail(circuit, 3)
    place.clock.sleep(timedelta(seconds=60).total_seconds())
    _fail(circuit, 1)
    with pytest.raises(CircuitOpen):
        circuit.require_closed("search_cases")
    assert event_types(place) == ["circuit.opened", "incident.opened", "circuit.opened"]
    assert [row["occurrences"] for row in rows(place, "SELECT occurrences FROM incident")] == [2]


def test_all_processes_share_the_count(place: Workplace) -> None:
    one, other = _circuit(place), _circuit(place)
    _fail(one, 2)
    _fail(other, 1)
    place.clock.sleep(1.5)
    with pytest.raises(CircuitOpen):
        one.require_closed("search_cases")


def test_another_robot_or_system_is_not_touched(place: Workplace) -> None:
    _fail(_circuit(place), 3)
    Circuit(place, robot="en anden", system="esdh", failures=3, pause_seconds=60.0).require_closed("x")
    Circuit(place, robot=ROBOT, system="cpr", failures=3, pause_seconds=60.0).require_closed("x")


def test_a_success_without_failures_writes_nothing(place: Workplace) -> None:
    _circuit(place).succeeded(acting=ACTING)
    assert rows(place, "SELECT * FROM circuit") == []


def test_after_the_pause_one_worker_tries_and_the_others_wait_on(place: Workplace) -> None:
    one, other = _circuit(place), _circuit(place)
    _fail(one, 3)
    place.clock.sleep(60)
    one.require_closed("search_cases")
    with pytest.raises(CircuitOpen) as caught:
        other.require_closed("search_cases")
    assert caught.value.retry_after == 60.0


def test_of_many_workers_at_once_one_gets_the_trial(place: Workplace) -> None:
    circuits = [_circuit(place) for _ in range(5)]
    _fail(circuits[0], 3)
    place.clock.sleep(60)

    def attempt(circuit: Circuit) -> bool:
        try:
            circuit.require_closed("x")
        except CircuitOpen:
            return False
        return True

    assert sorted(at_once(*(partial(attempt, each) for each in circuits))) == [False] * 4 + [True]


def test_the_trial_may_ask_more_than_once_before_its_call(place: Workplace) -> None:
    circuit = _circuit(place)
    _fail(circuit, 3)
    place.clock.sleep(60)
    for _ in range(3):
        circuit.require_closed("update_party_contact")


def test_the_other_threads_of_a_worker_wait_for_what_its_trial_finds(place: Workplace) -> None:
    circuit = _circuit(place)
    _fail(circuit, 3)
    place.clock.sleep(60)
    circuit.require_closed("x")
    passed: list[bool] = []

    def wait() -> None:
        circuit.require_closed("x")
        passed.append(True)

    other = threading.Thread(target=wait)
    other.start()
    circuit.succeeded(acting=ACTING)
    other.join(10)
    assert passed == [True]
    assert event_types(place)[-1] == "circuit.closed"


def test_a_trial_that_fails_gives_the_system_the_whole_pause_again(place: Workplace) -> None:
    circuit = _circuit(place)
    _fail(circuit, 3)
    place.clock.sleep(60)
    circuit.require_closed("x")
    place.clock.sleep(10)
    _fail(circuit, 1)
    with pytest.raises(CircuitOpen) as caught:
        circuit.require_closed("x")
    assert caught.value.retry_after == 60.0
    assert event_types(place) == ["circuit.opened", "incident.opened", "circuit.opened"]


def test_a_trial_whose_worker_died_is_followed_by_another(place: Workplace) -> None:
    one, other = _circuit(place), _circuit(place)
    _fail(one, 3)
    place.clock.sleep(60)
    one.require_closed("x")
    place.clock.sleep(61)
    other.require_closed("x")
