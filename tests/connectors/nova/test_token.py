"""The access token of Nova."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from threading import Barrier

import httpx
import pytest

from connectors.errors import AuthExpired, SchemaDrift, Unavailable
from connectors.http import HttpClient
from connectors.nova import NovaToken
from foundation.clock import ManualClock

URL = "http://127.0.0.1/realms/token"


class Keycloak:
    """Gives token 1, 2, 3 …; keeps the forms it was sent."""

    def __init__(self, *, seconds: float = 300, status: int = 200) -> None:
        self.seconds, self.status = seconds, status
        self.forms: list[str] = []
        self._numbers = count(1)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.forms.append(request.content.decode())
        if self.status != 200:
            return httpx.Response(self.status, json={"error": "invalid_client"})
        number = next(self._numbers)
        return httpx.Response(200, json={"access_token": f"t{number}", "expires_in": self.seconds})


def token_from(keycloak: Keycloak, clock: ManualClock) -> NovaToken:
    client = HttpClient("http://127.0.0.1", transport=httpx.MockTransport(keycloak))
    return NovaToken(client, url=URL, client_id="robot", client_secret="s3cret", clock=clock)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 22, tzinfo=UTC))


def test_nothing_is_fetched_before_the_first_use(clock: ManualClock) -> None:
    keycloak = Keycloak()
    token_from(keycloak, clock)
    assert keycloak.forms == []


def test_it_is_asked_for_with_client_credentials(clock: ManualClock) -> None:
    keycloak = Keycloak()
    token_from(keycloak, clock).current()
    assert keycloak.forms == ["client_id=robot&client_secret=s3cret&grant_type=client_credentials&scope=client"]


@pytest.mark.parametrize(("waited", "expected"), [(239, "t1"), (240, "t2")])
def test_it_is_renewed_a_minute_before_it_runs_out(clock: ManualClock, waited: float, expected: str) -> None:
    token = token_from(Keycloak(seconds=300), clock)
    token.current()
    clock.advance(waited)
    assert token.current() == expected


def test_a_very_short_one_lives_half_its_life(clock: ManualClock) -> None:
    token = token_from(Keycloak(seconds=10), clock)
    token.current()
    clock.advance(4)
    assert token.current() == "t1"
    clock.advance(1)
    assert token.current() == "t2"


def test_many_threads_that_were_refused_fetch_one_new_token(clock: ManualClock) -> None:
    keycloak = Keycloak()
    token = token_from(keycloak, clock)
    refused, barrier = token.current(), Barrier(8)

    def renew(_number: int) -> str:
        barrier.wait()
        return token.renewed(refused)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(renew, range(8))) == {"t2"}
    assert len(keycloak.forms) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_credentials_that_are_not_accepted_have_one_name(clock: ManualClock, status: int) -> None:
    with pytest.raises(AuthExpired):
        token_from(Keycloak(status=status), clock).current()


def test_a_token_route_that_fails_has_changed_nothing(clock: ManualClock) -> None:
    with pytest.raises(Unavailable):
        token_from(Keycloak(status=500), clock).current()


def test_an_answer_without_a_life_is_drift(clock: ManualClock) -> None:
    with pytest.raises(SchemaDrift) as raised:
        token_from(Keycloak(seconds=-1), clock).current()
    assert raised.value.detail == "expires_in"
