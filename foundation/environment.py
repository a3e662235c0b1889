"""Simulated, test or production: which of the three this is, and what it locks.

What must stay true: nothing simulated reaches a real system, nothing real is reached by accident, and a database
belongs to one environment for ever.
"""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from urllib.parse import urlsplit

from foundation.errors import SagsgangError


class Environment(StrEnum):
    """Where this Sagsgang works. Shown in every command, page and document."""

    SIMULATED = "simulated"
    TEST = "test"
    PRODUCTION = "production"

    @property
    def stamp(self) -> str:
        """The Danish stamp on screens and documents; empty in production."""
        return "" if self is Environment.PRODUCTION else "PRØVE"


class EnvironmentLockedError(SagsgangError):
    """Something was asked for that this environment does not allow."""

    code = "environment_locked"


def require_address_allowed(url: str, *, environment: Environment, name: str) -> None:
    """Refuse an address that this environment must not reach.

    Args:
        url: the address from the settings.
        environment: the environment.
        name: the setting's name, for the message.

    Raises:
        EnvironmentLockedError: in ``simulated`` for anything but loopback; elsewhere for anything but https to a host.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        message = f"{name} er ikke en gyldig adresse. Skriv den som https://system.example/sti."
        raise EnvironmentLockedError(message) from None
    if environment is Environment.SIMULATED:
        if not is_loopback(parts.hostname or ""):
            message = f"{name} skal pege på denne maskine (127.0.0.1), når miljøet er simulated."
            raise EnvironmentLockedError(message)
        return
    if parts.scheme != "https" or not parts.hostname:
        message = f"{name} skal begynde med https:// i miljøet {environment.value}."
        raise EnvironmentLockedError(message)


def is_loopback(host: str) -> bool:
    """Whether this host name or address is the machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
