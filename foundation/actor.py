"""Who acts, and how we know.

What must stay true: an actor comes from the operating-system account and nothing that the caller can set, except in
``simulated``, where a name may be chosen and every record says that it was.
"""

from __future__ import annotations

import os
import sys
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from foundation.environment import Environment
from foundation.errors import ConfigurationError, NotAllowedError
from foundation.settings import Settings


class Role(StrEnum):
    """What a person may do. The words are the municipality's own, see the glossary."""

    SAGSBEHANDLER = "sagsbehandler"
    GODKENDER = "godkender"
    REVISOR = "revisor"
    DIGITAL_AGENT = "digital_agent"
    ADMINISTRATOR = "administrator"
    #: May see and approve what concerns people with name and address protection.
    BESKYTTEDE_ADRESSER = "beskyttede_adresser"
    #: Owns a robot: decides how far it may go by itself.
    ROBOTEJER = "robotejer"


class Established(StrEnum):
    """How it was established who acts."""

    OS_ACCOUNT = "os_account"
    #: Somebody chose the name; possible in ``simulated`` only.
    CHOSEN = "chosen"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who acts. ``id`` stands in the audit trail; ``name`` only on screens."""

    id: str
    name: str
    roles: frozenset[Role]
    established: Established

    def require(self, roles: frozenset[str], act: str) -> None:
        """Refuse ``act`` (Danish, infinitive) unless the actor has one of ``roles``.

        Raises:
            NotAllowedError: naming the act and the roles.
        """
        if not roles & {role.value for role in self.roles}:
            needed = " eller ".join(sorted(roles))
            message = f"{self.id} må ikke {act}. Det kræver rollen {needed}."
            raise NotAllowedError(message)


#: Invented people for ``simulated``, one for each role.
CAST: dict[str, dict[str, Any]] = {
    "anne": {"name": "Anne Prøvesen", "roles": ["sagsbehandler"]},
    "bo": {"name": "Bo Prøvesen", "roles": ["godkender"]},
    "carla": {"name": "Carla Prøvesen", "roles": ["revisor"]},
    "dorthe": {"name": "Dorthe Prøvesen", "roles": ["digital_agent"]},
    "erik": {"name": "Erik Prøvesen", "roles": ["godkender", "beskyttede_adresser"]},
    "frida": {"name": "Frida Prøvesen", "roles": ["robotejer"]},
    "gitte": {"name": "Gitte Prøvesen", "roles": ["administrator"]},
}


def resolve_actor(settings: Settings, *, chosen: str | None = None) -> Actor:
    """Who acts now.

    Args:
        settings: tells the environment and where people are listed.
        chosen: a name chosen with ``--as``; only in ``simulated``.

    Raises:
        NotAllowedError: when a name is chosen outside ``simulated``, or the account belongs to nobody.
        ConfigurationError: when the list of people cannot be read.
    """
    people = _read_people(settings.people_file) if settings.people_file is not None else CAST
    if chosen is not None:
        if settings.environment is not Environment.SIMULATED:
            message = f"--as findes kun i miljøet simulated. I {settings.environment.value} er du din egen konto."
            raise NotAllowedError(message)
        if chosen not in people:
            # What was typed is not repeated: it may be a CPR number in the wrong place.
            message = f"Navnet efter --as kendes ikke. Vælg et af: {', '.join(sorted(people))}."
            raise NotAllowedError(message)
        return _actor(chosen, people[chosen], Established.CHOSEN)
    account = operating_system_account()
    for person_id, entry in people.items():
        if account in _accounts(person_id, entry):
            return _actor(person_id, entry, Established.OS_ACCOUNT)
    if settings.environment is Environment.SIMULATED:
        # Trying Sagsgang out needs no list of people: the one at the keyboard may start robots and look, not approve.
        own = {"name": account, "roles": ["sagsbehandler", "digital_agent"]}
        return _actor(account, own, Established.OS_ACCOUNT)
    message = f"Kontoen {account} er ikke knyttet til nogen person. Tilføj den i filen SAGSGANG_PEOPLE_FILE."
    raise NotAllowedError(message)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the file says of one person: the roles, and the accounts by which he is known."""

    roles: frozenset[str]
    accounts: frozenset[str]


def standings(settings: Settings) -> dict[str, Standing]:
    """Everybody in the file of people, by id; nobody where none is named, for then nobody can edit it.

    Raises:
        ConfigurationError: when it cannot be read.
    """
    if settings.people_file is None:
        return {}
    found = {}
    for person_id, entry in _read_people(settings.people_file).items():
        roles = frozenset(role.value for role in _actor(person_id, entry, Established.OS_ACCOUNT).roles)
        found[person_id] = Standing(roles, frozenset(_accounts(person_id, entry)))
    return found


def operating_system_account() -> str:
    """The account of this process as the operating system knows it; not what USER or LOGNAME say."""
    if sys.platform == "win32":
        return os.getlogin()
    import pwd  # noqa: PLC0415 - the module does not exist on Windows.

    account = os.geteuid()
    try:
        return pwd.getpwuid(account).pw_name
    except KeyError:
        # A container may run as a number that no list of accounts knows; a number is no one's name.
        return str(account)


def _accounts(person_id: str, entry: dict[str, Any]) -> list[str]:
    """The accounts of a person; without any, the one with his own id."""
    accounts = entry.get("accounts", [person_id])
    if not isinstance(accounts, list) or not all(isinstance(account, str) for account in accounts):
        # A bare text would be searched: "hanne" holds "anne".
        message = f'{person_id} skal have en liste af konti, for eksempel accounts = ["{person_id}"].'
        raise ConfigurationError(message)
    return accounts


def _actor(person_id: str, entry: dict[str, Any], established: Established) -> Actor:
    try:
        roles = frozenset(Role(role) for role in entry.get("roles", []))
    except ValueError:
        known = ", ".join(role.value for role in Role)
        message = f"{person_id} har en rolle, der ikke findes. Roller er: {known}."
        raise ConfigurationError(message) from None
    return Actor(person_id, str(entry.get("name", person_id)), roles, established)


def _read_people(path: Path) -> dict[str, dict[str, Any]]:
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"Filen i SAGSGANG_PEOPLE_FILE kan ikke læses ({type(error).__name__}). Den skal være TOML."
        raise ConfigurationError(message) from None
    people = {person_id: entry for person_id, entry in listed.items() if isinstance(entry, dict)}
    if not people:
        message = 'Filen i SAGSGANG_PEOPLE_FILE er tom. Skriv for eksempel: [anne] name = "…" roles = ["sagsbehandler"]'
        raise ConfigurationError(message)
    return people
