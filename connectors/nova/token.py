"""The access token that Nova asks for: fetched with client credentials, renewed before it runs out.

What must stay true: many threads share one token, only one of them fetches a new one, and neither secret nor token is
ever part of a text.
"""

from __future__ import annotations

from threading import Lock
from urllib.parse import urlencode

from connectors import fields
from connectors.errors import AccessDenied, AuthExpired, ConnectorError, NotFound, RefusedBySystem
from connectors.http import Call, HttpClient, read_json, refusal
from foundation.clock import Clock, SystemClock

_CALL = Call(system="nova", operation="authenticate", missing="realm")
#: Seconds before it runs out that a token counts as used up, so that it lasts through the call it is used for.
_EARLY = 60.0


class NovaToken:
    """Client credentials at Nova's Keycloak (``integration.md`` A.1)."""

    def __init__(
        self,
        client: HttpClient,
        *,
        url: str,
        client_id: str,
        client_secret: str,
        clock: Clock | None = None,
    ) -> None:
        """Nothing is fetched before the first use.

        Args:
            client: may be the one used for Nova itself; only ``url`` is called with it.
            url: the whole address of the token route.
            client_id: the system account.
            client_secret: its secret.
            clock: measures how old the token is; the machine's own when None.
        """
        self._client = client
        self._url = url
        form = {
            "client_id": client_id,
            "client_secret": client_secret,
            "grant_type": "client_credentials",
            "scope": "client",
        }
        self._form = urlencode(form).encode("ascii")
        self._clock = clock or SystemClock()
        self._lock = Lock()
        self._token = ""
        self._good_until = float("-inf")

    def current(self) -> str:
        """A token that is good for the next call.

        Raises:
            AuthExpired: the credentials are not accepted.
            Unavailable: the token route did not answer; nothing was changed anywhere.
        """
        with self._lock:
            if self._clock.monotonic() >= self._good_until:
                self._fetch()
            return self._token

    def renewed(self, refused: str) -> str:
        """Another token than the one Nova just refused; a fresh one that another thread fetched is used as it is."""
        with self._lock:
            if self._token == refused:
                self._fetch()
            return self._token

    def _fetch(self) -> None:
        asked = self._clock.monotonic()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        response = self._client.exchange(
            _CALL, "POST", self._client.url(self._url), content=self._form, headers=headers
        )
        error = refusal(response, _CALL)
        if error is not None:
            raise _without_access(error)
        self._token, seconds = read_json(response, _CALL, _parse)
        # A very short-lived token is renewed after half its life, or each call would fetch one.
        self._good_until = asked + max(seconds - _EARLY, seconds / 2)


def _parse(body: object) -> tuple[str, float]:
    answer = fields.record(body, "body")
    return fields.text(answer, "access_token"), fields.seconds(answer, "expires_in")


def _without_access(error: ConnectorError) -> ConnectorError:
    """Keycloak says a wrong secret, account or realm with 400, 401, 403 or 404: no access, whatever the reason."""
    is_said_no = isinstance(error, AccessDenied | RefusedBySystem | NotFound)
    return AuthExpired(_CALL.system, _CALL.operation) if is_said_no else error
