from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest

from connectors.simulated.server import Running

PATH = "/nova/realms/NovaIntegration/protocol/openid-connect/token"
FORM = {
    "client_id": "sagsgang",
    "client_secret": "kun-til-simulatoren",
    "grant_type": "client_credentials",
    "scope": "client",
}


def test_the_system_account_gets_a_bearer_token(served: Running) -> None:
    answer = httpx.post(served.url + PATH, data=FORM).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 300)


def test_two_tokens_differ(token_of: Callable[[], str]) -> None:
    assert token_of() != token_of()


@pytest.mark.parametrize("wrong", [{"client_secret": "forkert"}, {"client_id": "en-anden"}])
def test_a_wrong_secret_or_account_is_an_invalid_client(served: Running, wrong: dict[str, str]) -> None:
    answer = httpx.post(served.url + PATH, data=FORM | wrong)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


@pytest.mark.parametrize(("field", "value"), [("grant_type", "password"), ("scope", "openid")])
def test_another_grant_or_scope_is_refused_with_the_field(served: Running, field: str, value: str) -> None:
    answer = httpx.post(served.url + PATH, data=FORM | {field: value})
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_a_token_of_zero_seconds_is_expired_at_once(
    served: Running, admin: httpx.Client, token_of: Callable[[], str]
) -> None:
    admin.post("/settings", json={"tokenSeconds": 0.0})
    assert _call(served, token_of()).status_code == 401


def test_a_token_expires_in_use(served: Running, admin: httpx.Client, token_of: Callable[[], str]) -> None:
    admin.post("/settings", json={"tokenSeconds": 0.4})
    token = token_of()
    assert _call(served, token).status_code == 404
    time.sleep(0.5)
    expired = _call(served, token)
    assert (expired.status_code, expired.content) == (401, b"")


@pytest.mark.parametrize("token", ["", "ukendt"])
def test_an_unknown_token_is_a_plain_401_without_a_body(served: Running, token: str) -> None:
    answer = _call(served, token)
    assert (answer.status_code, answer.content) == (401, b"")


def _call(served: Running, token: str) -> httpx.Response:
    return httpx.get(
        f"{served.url}/nova/api/Cpr/GetAddressByCpr",
        params={"TransactionId": "1", "Cpr": "3112999999", "api-version": "1.0-Cpr"},
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )
