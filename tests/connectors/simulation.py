"""The simulated municipality as the tests of the adapters use it: its addresses, and its tester's calls.

What must stay true: everything here goes over HTTP, as the adapters do, so a test proves nothing about a shortcut.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from connectors.http import Timeouts
from connectors.nova import AddressWrite, NovaCaseRegister, open_nova
from connectors.records import Case, CaseParty, CaseState
from connectors.simulated.server import Running, running
from foundation.clock import Clock
from foundation.cpr import Cpr

_DEFAULTS = {
    "assumedAddressWrite": True,
    "vendorSyncHours": None,
    "repeatMode": "upsert",
    "tokenSeconds": 300.0,
    "quirkBase64": False,
    "quirkLetters": False,
    "strict": True,
}


class Simulation:
    """One running municipality and its tester's calls."""

    def __init__(self, served: Running, admin: httpx.Client) -> None:
        self.nova_url = f"{served.url}/nova"
        self.token_url = f"{served.url}/nova/realms/NovaIntegration/protocol/openid-connect/token"
        self.cpr_url = f"{served.url}/cpr"
        self.dar_url = f"{served.url}/dar"
        self.client_id = served.client_id
        self.client_secret = served.client_secret
        self.cpr_token = served.cpr_token
        self._admin = admin
        self._unused: list[tuple[Case, CaseParty]] = []

    def tell(self, path: str, **body: object) -> dict[str, Any]:
        """A tester's POST; fails loudly, so that a misspelt order is noticed."""
        answer: dict[str, Any] = self._admin.post(path, json=body).raise_for_status().json()
        return answer

    def ask(self, path: str, **query: str) -> dict[str, Any]:
        """A tester's GET."""
        answer: dict[str, Any] = self._admin.get(path, params=query).raise_for_status().json()
        return answer

    def reset(self) -> None:
        """Nothing goes wrong any more, and the settings are as they were made."""
        self._admin.delete("/faults").raise_for_status()
        self.tell("/settings", **_DEFAULTS)

    def people(self, **query: str) -> list[Cpr]:
        """The numbers of people, for example with ``status="1"``."""
        return [Cpr(person["personnummer"]) for person in self.ask("/people", **query)["people"]]

    def effects(self, case: Case) -> int:
        """How many writes took effect on a case, by the ledger; what the vendor does by himself is none of ours."""
        entries = self.ask("/ledger", case=case.ref.id)["entries"]
        ours = [entry for entry in entries if entry["route"] != "vendor.sync"]
        return sum(entry["committed"] and not entry["replay"] for entry in ours)

    def take_case(self, register: NovaCaseRegister) -> tuple[Case, CaseParty]:
        """An open case that no test has used, and a party on it with number, address and no protection."""
        if not self._unused:
            residents = set(self.people(status="1", protected="false", limit="1000"))
            used = {entry["case"] for entry in self.ask("/ledger")["entries"]}
            self._unused = [
                (case, party)
                for case in _all_cases(register)
                for party in case.parties
                if case.state is CaseState.OPEN and party.cpr in residents and party.contact.address is not None
                if not party.contact.is_protected and case.ref.id not in used
            ]
        case, party = self._unused.pop()
        self._unused = [(other, who) for other, who in self._unused if other.ref != case.ref]
        # As it is now: the vendor of another test may have written on it since the list was made.
        now = register.get_case(case.ref)
        found = now.party(party.ref)
        assert found is not None
        return now, found


def _all_cases(register: NovaCaseRegister) -> Iterator[Case]:
    cursor: str | None = None
    while True:
        page = register.list_cases(cursor=cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def open_simulated_nova(
    simulated: Simulation,
    *,
    address_write: AddressWrite = "api",
    pads_notes_with_spaces: bool = True,
    client_secret: str | None = None,
    read_timeout: float = 10.0,
    clock: Clock | None = None,
) -> NovaCaseRegister:
    """The adapter against the simulated Nova; patient enough for a loaded machine."""
    return open_nova(
        url=simulated.nova_url,
        token_url=simulated.token_url,
        client_id=simulated.client_id,
        client_secret=client_secret or simulated.client_secret,
        address_write=address_write,
        pads_notes_with_spaces=pads_notes_with_spaces,
        timeouts=Timeouts(connect=5, read=read_timeout, write=10, pool=5),
        clock=clock,
    )


@contextmanager
def simulation(folder: Path) -> Iterator[Simulation]:
    """Serve a municipality until the block ends."""
    with (
        # Enough that no test of a whole process needs a case that another one has written on.
        running(folder, seed=7, citizens=300, cases=1500) as served,
        httpx.Client(base_url=f"{served.url}/__admin", trust_env=False, timeout=20) as admin,
    ):
        yield Simulation(served, admin)
