"""A Nova that answers from a script, for what the simulated one never says."""

import json

import httpx

from connectors.nova import AddressWrite, NovaCaseRegister, open_nova


def listed(*cases: dict[str, object]) -> dict[str, object]:
    """The last page of a list of cases."""
    return {"pagingInformation": {"numberOfRows": len(cases), "hasMoreRows": False}, "cases": list(cases)}


def wire_case(uuid: str) -> dict[str, object]:
    """An open case with one party; every case has the number ``n``."""
    party = {
        "index": "1",
        "identificationType": "Frit",
        "identification": "",
        "participantRole": "Primær",
        "name": "",
        "address": None,
        "nameAddressProtected": False,
    }
    return {
        "common": {"uuid": uuid},
        "caseAttributes": {"title": "t", "userFriendlyCaseNumber": "n"},
        "state": {"activeCode": "Aktiv", "progressState": "Oplyst"},
        "caseParties": [party],
    }


def offline(transport: httpx.MockTransport, address_write: AddressWrite) -> NovaCaseRegister:
    """The adapter over a transport instead of a network."""
    return open_nova(
        url="http://127.0.0.1",
        token_url="http://127.0.0.1/token",
        client_id="x",
        client_secret="x",
        address_write=address_write,
        transport=transport,
    )


def scripted(script: dict[str, list[tuple[int, object]]]) -> NovaCaseRegister:
    """A Nova that answers each route from its list; the last answer stays."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 300})
        assert json.loads(request.content)["common"]["transactionId"]
        answers = script[request.url.path]
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        return httpx.Response(status, json=body)

    return offline(httpx.MockTransport(answer), "api")
