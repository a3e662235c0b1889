"""The simulated municipality as a child process, and its tester's calls.

What must stay true: it is another process on this machine, started and spoken to like a foreign system and never
imported; and it exists in the environment ``simulated`` only.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from foundation.environment import Environment, EnvironmentLockedError
from foundation.errors import SagsgangError
from foundation.settings import Settings

_END_SECONDS = 10.0
_CALL_SECONDS = 60.0


class SimulatorError(SagsgangError):
    """The simulated municipality did not start, or does not answer."""

    code = "simulator"


class SilentSimulatorError(SimulatorError):
    """The simulated municipality does not answer; once it runs, the same call will do."""

    code = "simulator_silent"
    is_retryable = True


@dataclass(frozen=True, slots=True)
class Served:
    """A running municipality."""

    url: str
    client_id: str
    client_secret: str
    cpr_token: str

    def settings(self) -> dict[str, str]:
        """The settings that lead to it."""
        return {
            "nova_url": f"{self.url}/nova",
            "nova_token_url": f"{self.url}/nova/realms/NovaIntegration/protocol/openid-connect/token",
            "nova_client_id": self.client_id,
            "nova_client_secret": self.client_secret,
            "cpr_url": f"{self.url}/cpr",
            "cpr_token": self.cpr_token,
            "dar_url": f"{self.url}/dar",
        }


def require_simulated(settings: Settings) -> None:
    """Refuse to have anything to do with a simulator outside ``simulated``; raises ``EnvironmentLockedError``."""
    if settings.environment is not Environment.SIMULATED:
        message = f"Prøvekommunen findes kun i miljøet simulated, ikke i {settings.environment.value}."
        raise EnvironmentLockedError(message)


@contextmanager
def serving(
    store: Path, *, port: int = 0, seed: int = 1, citizens: int = 2000, cases: int = 5000
) -> Iterator[tuple[Served, subprocess.Popen[str]]]:
    """Run a municipality until the block ends; raises ``SimulatorError``."""
    words = ["--store", str(store), "--port", str(port), "--seed", str(seed)]
    words += ["--citizens", str(citizens), "--cases", str(cases)]
    # However this process ends, the municipality ends with it and gives its port back.
    command = [sys.executable, "-m", "flows.kept_child", "connectors.simulated", *words]
    child = subprocess.Popen(  # noqa: S603 - our own module, and arguments that are numbers and one path.
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        line = child.stdout.readline() if child.stdout is not None else ""
        if not line:
            message = (
                "Prøvekommunen kunne ikke starte. Er porten optaget, så kører der måske allerede en; vælg ellers en "
                "anden med --port. Er mappen lavet med andre tal, så brug de samme, eller en anden mappe med --store."
            )
            raise SimulatorError(message)
        told = json.loads(line)
        yield Served(told["url"], told["clientId"], told["clientSecret"], told["cprToken"]), child
    finally:
        child.terminate()
        try:
            child.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


class Tester:
    """The tester's calls. What they answer may hold personal data of invented people: never log it."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/__admin", timeout=_CALL_SECONDS, trust_env=False)

    @classmethod
    def of(cls, settings: Settings) -> Tester:
        """The tester of the municipality that the settings point at; raises ``EnvironmentLockedError``."""
        require_simulated(settings)
        parts = urlsplit(settings.nova_url)
        return cls(f"{parts.scheme}://{parts.netloc}")

    def __enter__(self) -> Self:
        """Use it in a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._client.close()

    def tell(self, path: str, **body: object) -> dict[str, Any]:
        """Let something happen; raises ``SimulatorError``."""
        return self._answer(self._client.build_request("POST", path, json=body))

    def ask(self, path: str) -> dict[str, Any]:
        """What is so; raises ``SimulatorError``."""
        return self._answer(self._client.build_request("GET", path))

    def ledger(self) -> list[dict[str, Any]]:
        """Every write that truly came."""
        entries: list[dict[str, Any]] = self.ask("/ledger")["entries"]
        return entries

    def cases_of(self, pnr: str) -> list[dict[str, Any]]:
        """The cases of a person, as the municipality's own case workers see them."""
        cases: list[dict[str, Any]] = self.ask(f"/cases/by-person/{pnr}")["cases"]
        return cases

    def _answer(self, request: httpx.Request) -> dict[str, Any]:
        try:
            response = self._client.send(request)
        except httpx.TransportError:
            message = "Prøvekommunen svarer ikke. Start den med: sagsgang simulator"
            raise SilentSimulatorError(message) from None
        if response.is_error:
            # Neither address nor answer is repeated: both may name a person.
            message = f"Prøvekommunen sagde nej ({response.status_code}). Passer tallene til dens størrelse?"
            raise SimulatorError(message)
        answer: dict[str, Any] = response.json()
        return answer
