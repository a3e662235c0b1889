"""A small municipality that is really served, and one client for each of its sides."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from connectors.simulated.server import Running, running

SEED, CITIZENS, CASES = 7, 300, 700
DEFAULTS = {
    "assumedAddressWrite": True,
    "vendorSyncHours": None,
    "repeatMode": "upsert",
    "tokenSeconds": 300.0,
    "quirkBase64": False,
    "quirkLetters": False,
    "strict": True,
    "today": None,
    "weekendSilence": False,
    "delayHours": 0.0,
    "shuffleEvents": False,
    "clockSkewSeconds": 0.0,
    "subscriptionsEnforced": False,
}
NEW_ADDRESS: dict[str, Any] = {
    "careOf": "",
    "locality": "",
    "roadName": "Testvænget",
    "houseNumber": "12B",
    "floor": "st",
    "door": "tv",
    "town": "",
    "postalCode": "6795",
    "postalDistrict": "Testrup",
    "municipalityCode": "0899",
    "roadCode": "2001",
    "addressUuid": "",
    "freeLines": [],
    "country": "",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("municipality"), seed=SEED, citizens=CITIZENS, cases=CASES) as municipality:
        yield municipality


@pytest.fixture(scope="module")
def admin(served: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{served.url}/__admin", timeout=10) as client:
        yield client


@pytest.fixture(scope="module")
def token_of(served: Running) -> Callable[[], str]:
    def ask() -> str:
        answer = httpx.post(
            f"{served.url}/nova/realms/NovaIntegration/protocol/openid-connect/token",
            data={
                "client_id": served.client_id,
                "client_secret": served.client_secret,
                "grant_type": "client_credentials",
                "scope": "client",
            },
        )
        return str(answer.json()["access_token"])

    return ask


@pytest.fixture(scope="module")
def nova(served: Running, token_of: Callable[[], str]) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {token_of()}"}
    with httpx.Client(base_url=f"{served.url}/nova", headers=headers, timeout=10) as client:
        yield client


@pytest.fixture(scope="module")
def cpr(served: Running) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {served.cpr_token}"}
    with httpx.Client(base_url=f"{served.url}/cpr", headers=headers, timeout=10) as client:
        yield client


@pytest.fixture(scope="module")
def dar(served: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{served.url}/dar", timeout=10, trust_env=False) as client:
        yield client


@pytest.fixture
def wash(dar: httpx.Client) -> Callable[[str], dict[str, Any]]:
    def ask(text: str) -> dict[str, Any]:
        query = {"betegnelse": text}
        answer: dict[str, Any] = dar.get("/datavask/adresser", params=query).raise_for_status().json()
        return answer

    return ask


@pytest.fixture
def places(dar: httpx.Client) -> Callable[..., list[dict[str, Any]]]:
    def ask(**query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (
            dar.get("/adresser", params={"struktur": "mini", **query}).raise_for_status().json()
        )
        return found

    return ask


@pytest.fixture
def events(dar: httpx.Client) -> Callable[[int], list[dict[str, Any]]]:
    def ask(after: int) -> list[dict[str, Any]]:
        query = {"sekvensnummerfra": after + 1}
        found: list[dict[str, Any]] = dar.get("/replikering/haendelser", params=query).raise_for_status().json()
        return found

    return ask


@pytest.fixture(autouse=True)
def _as_it_was(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test of a served municipality nothing goes wrong any more, and the settings are the defaults."""
    admin: httpx.Client | None = request.getfixturevalue("admin") if "served" in request.fixturenames else None
    yield
    if admin is not None:
        admin.delete("/faults")
        admin.post("/settings", json=DEFAULTS)


@pytest.fixture
def address() -> dict[str, Any]:
    return dict(NEW_ADDRESS)


@pytest.fixture
def envelope() -> Callable[..., dict[str, Any]]:
    """A body with its ``common`` part; ``uuid_`` selects the object."""

    def wrap(uuid_: str | None = None, **fields: object) -> dict[str, Any]:
        return {"common": {"transactionId": str(uuid.uuid4()), "uuid": uuid_ or str(uuid.uuid4())}, **fields}

    return wrap


@pytest.fixture
def citizen(admin: httpx.Client) -> str:
    """A person whom no other test has touched: invented, unprotected, with an open case of which he is primary."""
    used: set[str] = getattr(admin, "_used", set())
    for person in admin.get("/people", params={"origin": "generated", "protected": "false", "limit": 1000}).json()[
        "people"
    ]:
        pnr: str = person["personnummer"]
        if pnr in used or person["esdhSpelling"] != "same" or not _open_cases(admin, pnr):
            continue
        used.add(pnr)
        admin._used = used  # type: ignore[attr-defined] # The client lives as long as the municipality.
        return pnr
    raise AssertionError("everybody is used up")


@pytest.fixture
def case(admin: httpx.Client, citizen: str) -> dict[str, Any]:
    """An open case of the citizen, with everything on it."""
    return _open_cases(admin, citizen)[0]


def _open_cases(admin: httpx.Client, pnr: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = admin.get(f"/cases/by-person/{pnr}").json()["cases"]
    return [
        case
        for case in cases
        if case["state"]["progressState"] != "Afsluttet" and case["caseParties"][0]["identification"] == pnr
    ]


@pytest.fixture
def get_cases(nova: httpx.Client, envelope: Callable[..., dict[str, Any]]) -> Callable[..., httpx.Response]:
    """``PUT api/Case/GetList``; by default the first page of everything."""

    def ask(uuid_: str | None = None, *, rows: int = 500, start: int = 1, **fields: object) -> httpx.Response:
        paging = {"startRow": start, "numberOfRows": rows, "calculateTotalNumberOfRows": False}
        body = envelope(uuid_, **{"paging": paging, **fields})
        return nova.put("/api/Case/GetList", params={"api-version": "2.0-Case"}, json=body)

    return ask


@pytest.fixture
def add_note(nova: httpx.Client, envelope: Callable[..., dict[str, Any]]) -> Callable[..., httpx.Response]:
    """``PATCH api/Case/Update`` with one note."""

    def send(case: str, note: str | None = None, *, text: str = "UHLDuHZlbm90YXQ=", **fields: object) -> httpx.Response:
        attributes = {
            "journalNoteDate": "2026-11-20T09:00:00+00:00",
            "title": "Prøvenotat",
            "journalNoteType": "Bruger",
            "format": "Text",
            "note": text,
        }
        notes = [{"uuid": note or str(uuid.uuid4()), "approved": True, "journalNoteAttributes": attributes}]
        body = envelope(case, **{"journalNotes": notes, **fields})
        return nova.patch("/api/Case/Update", params={"api-version": "2.0-Case"}, json=body)

    return send


@pytest.fixture
def put_address(nova: httpx.Client, envelope: Callable[..., dict[str, Any]]) -> Callable[..., httpx.Response]:
    """The assumed ``PATCH api/Case/UpdatePartyAddress``."""

    def send(case: str, index: str = "1", **fields: object) -> httpx.Response:
        body = envelope(case, caseParty={"index": index}, **fields)
        return nova.patch("/api/Case/UpdatePartyAddress", params={"api-version": "0.0-Assumed"}, json=body)

    return send


@pytest.fixture
def put_task(nova: httpx.Client, envelope: Callable[..., dict[str, Any]]) -> Callable[..., httpx.Response]:
    """``POST api/Task/Import``."""

    def send(case: str, task: str | None = None, **fields: object) -> httpx.Response:
        content = {
            "caseUuid": case,
            "title": "Se på sagen",
            "description": "Prøveerindring",
            "statusCode": "N",
            "taskTypeName": "Aktivitet",
            "deadline": "2026-12-01",
        }
        body = envelope(task, **{**content, **fields})
        return nova.post("/api/Task/Import", params={"api-version": "1.0-Task"}, json=body)

    return send


@pytest.fixture
def order_fault(admin: httpx.Client) -> Callable[..., None]:
    def order(route: str, kind: str, **fields: object) -> None:
        assert admin.post("/faults", json={"route": route, "kind": kind, **fields}).status_code == 200

    return order


@pytest.fixture
def ledger_of(admin: httpx.Client) -> Callable[[str], list[dict[str, Any]]]:
    def read(case: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = admin.get("/ledger", params={"case": case}).json()["entries"]
        return entries

    return read


@pytest.fixture
def reload_case(admin: httpx.Client, citizen: str) -> Callable[[str], dict[str, Any]]:
    """A case of the citizen as it stands now."""

    def read(case: str) -> dict[str, Any]:
        cases = admin.get(f"/cases/by-person/{citizen}").json()["cases"]
        found: dict[str, Any] = next(found for found in cases if found["common"]["uuid"] == case)
        return found

    return read
