"""No error of an adapter holds personal data or a secret, whatever goes wrong in whichever call."""

import logging
import traceback
from collections.abc import Callable, Iterator
from functools import partial

import httpx
import pytest

from connectors.cpr import CursorPersonEvents, Sf1520PersonRegister
from connectors.dar import DawaAddressRegister, open_address_register
from connectors.errors import ConnectorError
from connectors.nova import NovaCaseRegister
from connectors.records import Case, CaseParty
from connectors.simulated.faults import FaultKind
from foundation.addresses import CivilAddress, one_line
from foundation.kvhx import Kvhx
from tests.connectors.contract.case_benches import elsewhere, route_of
from tests.connectors.contract.case_calls import ALL_CALLS, NOTE, REMINDER
from tests.connectors.simulation import Simulation, open_simulated_nova

ROUTES_BESIDE = {"nova.token", "nova.case.get_list"}
#: The call works all the same: its answer comes late, or with a wrong hour.
HARMLESS = {FaultKind.SLOW, FaultKind.CLOCK_SKEW}
KINDS = [kind for kind in FaultKind if kind not in HARMLESS]
#: Enough for the call and the one that a 401 is answered with.
OFTEN = 5


@pytest.fixture
def planted(simulated: Simulation, nova: NovaCaseRegister) -> tuple[Case, CaseParty]:
    return simulated.take_case(nova)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", sorted(ALL_CALLS))
def test_no_fault_of_nova_makes_a_case_call_tell(
    simulated: Simulation,
    planted: tuple[Case, CaseParty],
    caplog: pytest.LogCaptureFixture,
    method: str,
    kind: FaultKind,
) -> None:
    caplog.set_level(logging.DEBUG)
    case, party = planted
    told = list(_errors(simulated, case, party, method, kind))
    assert told, "the fault must strike, or this test proves nothing"
    secrets = {*_personal(case, party), simulated.client_secret, simulated.nova_url}
    assert not [secret for secret in secrets if any(secret in line for line in [*told, _logged(caplog)])]


@pytest.mark.parametrize("kind", KINDS)
def test_no_fault_of_cpr_makes_a_look_up_tell(
    simulated: Simulation,
    planted: tuple[Case, CaseParty],
    cpr_register: Sf1520PersonRegister,
    caplog: pytest.LogCaptureFixture,
    kind: FaultKind,
) -> None:
    caplog.set_level(logging.DEBUG)
    case, party = planted
    assert party.cpr is not None
    number = party.cpr
    simulated.tell("/faults", route="cpr.person", kind=kind.value)
    told = _told(lambda: cpr_register.lookup(number))
    assert told
    secrets = {*_personal(case, party), simulated.cpr_token, simulated.cpr_url}
    assert not [secret for secret in secrets if secret in told + _logged(caplog)]


@pytest.mark.parametrize("kind", KINDS)
def test_no_fault_of_the_events_makes_a_poll_tell(
    simulated: Simulation,
    planted: tuple[Case, CaseParty],
    cpr_events: CursorPersonEvents,
    caplog: pytest.LogCaptureFixture,
    kind: FaultKind,
) -> None:
    caplog.set_level(logging.DEBUG)
    case, party = planted
    assert party.cpr is not None
    simulated.tell("/people/move", personnummer=party.cpr.digits)
    simulated.tell("/faults", route="cpr.events", kind=kind.value)
    told = _told(lambda: cpr_events.poll(after=None, limit=10))
    assert told
    assert not [secret for secret in {*_personal(case, party), simulated.cpr_token} if secret in told + _logged(caplog)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["get", "by_kvhx", "wash"])
def test_no_fault_of_the_address_register_makes_a_question_tell(
    simulated: Simulation, dar: DawaAddressRegister, caplog: pytest.LogCaptureFixture, method: str, kind: FaultKind
) -> None:
    caplog.set_level(logging.DEBUG)
    home = CivilAddress("Prøvegade", "3", "1", "tv", "6790", "Prøveby", municipality_code="0899", road_code="1001")
    key = Kvhx.of(home)
    assert key is not None
    place = dar.by_kvhx(key)
    assert place is not None
    ask: dict[str, tuple[str, Callable[[], object]]] = {
        "get": ("dar.address", lambda: dar.get(place.id)),
        "by_kvhx": ("dar.addresses", lambda: dar.by_kvhx(key)),
        "wash": ("dar.wash", lambda: dar.wash(one_line(home))),
    }
    route, call = ask[method]
    simulated.tell("/faults", route=route, kind=kind.value)
    told = _told(call)
    assert told, "the fault must strike, or this test proves nothing"
    secrets = {home.road_name, "Pr%C3%B8vegade", home.postal_district, str(key), str(place.id), simulated.dar_url}
    assert not [secret for secret in secrets if secret in told + _logged(caplog)]


def test_a_refused_address_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    """The register's own refusal repeats the address in its sentence; ours does not."""
    caplog.set_level(logging.DEBUG)
    line = "Prøvegade 3, 1. tv, 6790 Prøveby"
    body = {"type": "QueryParameterFormatError", "title": line, "details": [["betegnelse", f"'{line}' is wrong"]]}
    transport = httpx.MockTransport(lambda _request: httpx.Response(400, json=body))
    told = _told(lambda: open_address_register(url="http://127.0.0.1/dar", transport=transport).wash(line))
    assert told
    assert not [secret for secret in (line, "Prøvegade", "Prøveby") if secret in told + _logged(caplog)]


def _errors(simulated: Simulation, case: Case, party: CaseParty, method: str, kind: FaultKind) -> Iterator[str]:
    """Everything that can be read out of the error, with the fault on each route that the method uses in turn."""
    for route in sorted({route_of(method), *ROUTES_BESIDE}):
        simulated.reset()
        nova = open_simulated_nova(simulated)
        simulated.tell("/faults", route=route, kind=kind.value, times=OFTEN)
        told = _told(partial(ALL_CALLS[method], nova, case, party))
        nova.close()
        if told:
            yield told


def _told(call: Callable[[], object]) -> str:
    """What the error of this call, or one that stands behind it, tells in any way; empty when there was none."""
    try:
        call()
    except ConnectorError as error:
        behind = [repr(error.__cause__), repr(error.__context__)]
        own = [str(error), repr(error), repr(error.args), repr(vars(error)), error.advice]
        return "\n".join([*own, *behind, *traceback.format_exception(error)])
    return ""


def _logged(caplog: pytest.LogCaptureFixture) -> str:
    """What the adapter's side logged; the simulated municipality in this process is the other side."""
    return "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn"))


def _personal(case: Case, party: CaseParty) -> set[str]:
    """What must not be told: number, name, address lines before and after, the texts we write, the case's title."""
    assert party.cpr is not None
    address = party.contact.address
    assert address is not None
    new = elsewhere(address)
    street = {f"{one.road_name} {one.house_number}" for one in (address, new)}
    digits = {party.cpr.digits, party.cpr.hyphenated(), party.cpr.digits[6:]}
    return {*digits, party.name, *street, address.road_name, case.title, NOTE.text, REMINDER.text}
