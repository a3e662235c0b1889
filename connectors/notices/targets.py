"""The addresses that notices go to, and one try to send one.

What must stay true: only e-mail and webhooks, certificates checked, no redirect followed; in ``simulated`` nothing but
this machine is reached, elsewhere nothing without encryption; and an address, which holds a password, is never logged
and never stands in an error.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import apprise
from apprise.plugins.base import NotifyBase
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.email.base import NotifyEmail

from foundation.environment import Environment, require_address_allowed
from foundation.errors import ConfigurationError

NAME: Final = "SAGSGANG_NOTICE_URLS"
#: Seconds for a connection and for an answer; a notice must not hold anything up.
_CONNECT, _READ = 4.0, 8.0
#: Sending mutes a logger of the whole process, so one at a time.
_one_at_a_time = threading.Lock()


class Sent(Enum):
    """What came of one try."""

    TAKEN = "taken"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Target:
    """One address. ``number`` is its place in the setting, from 1, for people."""

    number: int
    url: str = field(repr=False)
    _plugin: NotifyBase = field(repr=False)

    def send(self, *, title: str, body: str) -> Sent:
        """One try; takes some seconds at most. Whatever goes wrong is ``REFUSED``."""
        with _one_at_a_time, _silence():
            try:
                taken = self._plugin.notify(body=body, title=title)
            except Exception:  # noqa: BLE001 - a plugin may fail in any way, and its text may hold the address.
                taken = False
        return Sent.TAKEN if taken else Sent.REFUSED


def open_targets(urls: str, *, environment: Environment) -> list[Target]:
    """The targets that the setting names, one on each line.

    Raises:
        ConfigurationError: a line is no address of e-mail or webhook, or asks for less than a checked certificate.
        EnvironmentLockedError: an address that this environment must not reach.
    """
    lines = [line.strip() for line in urls.splitlines() if line.strip()]
    return [_open(number, line, environment) for number, line in enumerate(lines, start=1)]


def _open(number: int, url: str, environment: Environment) -> Target:
    which = f"{NAME}, linje {number},"
    with _one_at_a_time, _silence():
        # Not thrown: apprise gives None for what it cannot use.
        plugin = apprise.Apprise.instantiate(url)
    if not isinstance(plugin, NotifyJSON | NotifyEmail):
        message = f"{which} skal være e-mail (mailtos://…) eller webhook (jsons://…) i Apprises form."
        raise ConfigurationError(message)
    if not plugin.verify_certificate:
        message = f"{which} slår kontrollen af certifikater fra (verify=no). Det er ikke tilladt."
        raise ConfigurationError(message)
    host = str((plugin.smtp_host if isinstance(plugin, NotifyEmail) else plugin.host) or "")
    encrypted = _is_encrypted(plugin)
    scheme = "https" if encrypted else "http"
    require_address_allowed(f"{scheme}://{host}", environment=environment, name=which.rstrip(","))
    plugin.socket_connect_timeout, plugin.socket_read_timeout = _CONNECT, _READ
    # A webhook that sends us on could send us out of what this environment may reach.
    plugin.redirects = False
    return Target(number, url, plugin)


def _is_encrypted(plugin: NotifyJSON | NotifyEmail) -> bool:
    if isinstance(plugin, NotifyEmail):
        return str(plugin.secure_mode) in {"starttls", "ssl"}
    return bool(plugin.secure)


@contextmanager
def _silence() -> Iterator[None]:
    """Let apprise log nothing: its lines name hosts, users and what was answered."""
    logger = logging.getLogger("apprise")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
