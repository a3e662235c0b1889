"""What is DAWA's own about the adapter: its shapes, its refusals, and what never leaves this machine."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from connectors.address_records import RegisteredStatus, WashCategory
from connectors.dar import DawaAddressRegister, open_address_register
from connectors.errors import AccessDenied, AuthExpired, RefusedBySystem, SchemaDrift, Throttled, Unavailable
from foundation.addresses import one_line
from foundation.clock import ManualClock
from foundation.kvhx import Kvhx
from tests.connectors.simulation import Simulation

MARGRETHE = UUID("91b21c97-fb07-4aac-98c5-61bcb4689f78")
OESTERGADE = UUID("ccc160cf-668c-45e7-af22-f80d5b0f9e26")
AFTER_ELIASGADE = UUID("f481e7d5-989e-4372-86a2-58e72cf64e44")
BORGMESTER = UUID("0a3f509d-747c-32b8-e044-0003ba298018")
KEY = Kvhx.parse("08991001__7B__2__th")
LINE = "Prøvegade 7B, 2. th, 6790 Prøveby"

Body = dict[str, Any]
Calls = list[httpx.Request]


def wire_place(**changes: object) -> Body:
    return {
        "id": str(MARGRETHE),
        "status": 1,
        "darstatus": 3,
        "kommunekode": "0899",
        "vejkode": "1001",
        "vejnavn": "Prøvegade",
        "adresseringsvejnavn": "Prøvegade",
        "husnr": "7B",
        "supplerendebynavn": None,
        "postnr": "6790",
        "postnrnavn": "Prøveby",
        "stormodtagerpostnr": None,
        "stormodtagerpostnrnavn": None,
        "x": 9.5,
        "y": 55.5,
        "adgangsadresseid": str(OESTERGADE),
        "etage": "2",
        "dør": "th",
        "betegnelse": LINE,
        "href": f"https://dar.example/adresser/{MARGRETHE}",
        "kvhx": KEY.value,
        **changes,
    }


def wire_wash(*ids: UUID, category: str = "A") -> Body:
    present = [{"id": str(found), "vejnavn": "Prøvegade", "status": 1} for found in ids]
    return {"kategori": category, "resultater": [{"adresse": one, "aktueladresse": one} for one in present]}


def not_found(kind: str = "ResourceNotFoundError") -> httpx.Response:
    return httpx.Response(404, json={"type": kind, "title": "…", "details": {"id": str(MARGRETHE)}})


def register_over(
    answer: Callable[[httpx.Request], httpx.Response], *, token: str = "", clock: ManualClock | None = None
) -> DawaAddressRegister:
    transport = httpx.MockTransport(answer)
    return open_address_register(url="http://127.0.0.1/dar", token=token, transport=transport, clock=clock)


def register_answering(body: object, *, status: int = 200, **headers: str) -> DawaAddressRegister:
    return register_over(lambda _request: httpx.Response(status, json=body, headers=headers))


@pytest.mark.parametrize(
    ("text", "category", "expected"),
    [
        ("Margrethepladsen 4, 4. 8000 Aarhus C", WashCategory.A, MARGRETHE),
        ("Margreteplassen 4, 4. 8000 Aarhus C", WashCategory.B, MARGRETHE),
        ("Margrethepladsen 4, 4. th, 8000 Aarhus C", WashCategory.C, MARGRETHE),
        ("Østergade 43, 2tv, 5000 Odense C", WashCategory.A, OESTERGADE),
        ("Østergade 43, 2. sAl tv, 5000 Odense C", WashCategory.A, OESTERGADE),
        ("Østergade 43, 2 sal tv, 5000 Odense C", WashCategory.A, OESTERGADE),
        ("Eliasgade 10, 2300 København S", WashCategory.A, AFTER_ELIASGADE),
        ("Borgm Christiansens 45, st. th, 2450 København SV", WashCategory.B, BORGMESTER),
    ],
)
def test_the_vectors_are_washed_as_published(
    dar: DawaAddressRegister, text: str, category: WashCategory, expected: UUID
) -> None:
    result = dar.wash(text)
    assert (result.category, result.candidates[0].id) == (category, expected)
    assert (result.certain is not None) == (category is WashCategory.A)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Girostrøget 1, 0800 Høje Taastrup", "Girostrøget 1, 2630 Taastrup"),
        ("Østre Stationsvej 24, kld., 5000 Odense C", "Østre Stationsvej 24, kl., 5000 Odense C"),
        ("Strandvejen 123 A st tv, 2900 HELLERUP", "Strandvejen 123A, st. tv, 2900 Hellerup"),
        ("Ahlefeldtsgade 22, 2. sal, 1359 København K", "Ahlefeldtsgade 22, 2., 1359 København K"),
    ],
)
def test_a_washed_text_has_the_register_s_own_spelling(dar: DawaAddressRegister, text: str, line: str) -> None:
    certain = dar.wash(text).certain
    assert certain is not None
    assert one_line(certain.address) == line


def test_a_near_road_is_no_certain_address(dar: DawaAddressRegister) -> None:
    result = dar.wash("Mosede Kægvej 6, 2670 Greve")
    assert (result.category, result.certain) == (WashCategory.C, None)


def test_every_part_of_a_place_is_read() -> None:
    place = register_answering(wire_place(supplerendebynavn="Øvested", postnr="0800")).get(MARGRETHE)
    assert place is not None
    assert (place.id, place.status, place.kvhx) == (MARGRETHE, RegisteredStatus.CURRENT, KEY.value)
    address = place.address
    assert one_line(address) == "Prøvegade 7B, 2. th, Øvested, 0800 Prøveby"
    assert (address.municipality_code, address.road_code, address.address_id) == ("0899", "1001", MARGRETHE)
    assert (address.care_of, address.locality) == ("", "")


@pytest.mark.parametrize("status", list(RegisteredStatus))
def test_every_status_is_understood(status: RegisteredStatus) -> None:
    place = register_answering(wire_place(status=status.value)).get(MARGRETHE)
    assert place is not None
    assert place.status is status


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"id": "x"}, "id"),
        ({"id": None}, "id"),
        ({"id": str(OESTERGADE)}, "id"),
        ({"status": 5}, "status"),
        ({"status": "1"}, "status"),
        ({"vejnavn": None}, "vejnavn"),
        ({"vejnavn": ""}, "vejnavn"),
        ({"husnr": 7}, "husnr"),
        ({"etage": 2}, "etage"),
        ({"postnr": 6790}, "postnr"),
        ({"kvhx": "0899"}, "kvhx"),
    ],
)
def test_what_does_not_match_the_contract_is_told_by_its_path(changes: Body, path: str) -> None:
    with pytest.raises(SchemaDrift) as raised:
        register_answering(wire_place(**changes)).get(MARGRETHE)
    assert raised.value.detail == path


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ([], "body"),
        ({}, "kategori"),
        ({"kategori": "D", "resultater": []}, "kategori"),
        ({"kategori": "A"}, "resultater"),
        ({"kategori": "A", "resultater": [{}]}, "resultater[0].aktueladresse"),
        ({"kategori": "A", "resultater": [{"aktueladresse": {"id": "x"}}]}, "resultater[0].aktueladresse.id"),
    ],
)
def test_a_wash_that_does_not_match_the_contract_is_told_by_its_path(body: object, path: str) -> None:
    with pytest.raises(SchemaDrift) as raised:
        register_answering(body).wash(LINE)
    assert raised.value.detail == path


@pytest.mark.parametrize(
    ("body", "path"), [({}, "body"), (["x"], "body[0]"), ([wire_place(husnr=None)], "body[0].husnr")]
)
def test_a_list_that_does_not_match_the_contract_is_told_by_its_path(body: object, path: str) -> None:
    with pytest.raises(SchemaDrift) as raised:
        register_answering(body).by_kvhx(KEY)
    assert raised.value.detail == path


def test_only_the_register_s_own_word_makes_an_address_unknown() -> None:
    assert register_over(lambda _request: not_found()).get(MARGRETHE) is None


@pytest.mark.parametrize(
    "body", [{"detail": "Not Found"}, {"type": "ResourcePathFormatError"}, {"errorCode": "NotFound"}, []]
)
def test_a_404_of_any_other_kind_makes_no_address_unknown(body: object) -> None:
    with pytest.raises(SchemaDrift):
        register_answering(body, status=404).get(MARGRETHE)


@pytest.mark.parametrize("call", ["wash", "by_kvhx"])
def test_a_404_where_nothing_can_be_missing_is_a_wrong_address_of_the_service(call: str) -> None:
    register = register_over(lambda _request: not_found())
    with pytest.raises(SchemaDrift):
        ask(register, call)


def ask(register: DawaAddressRegister, call: str) -> object:
    match call:
        case "get":
            return register.get(MARGRETHE)
        case "by_kvhx":
            return register.by_kvhx(KEY)
        case _:
            return register.wash(LINE)


@pytest.mark.parametrize("call", ["get", "by_kvhx", "wash"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, AuthExpired), (403, AccessDenied), (429, Throttled), (500, Unavailable), (503, Unavailable)],
)
def test_a_status_means_the_same_in_every_call(
    call: str, status: int, kind: type[AuthExpired | AccessDenied | Throttled | Unavailable]
) -> None:
    with pytest.raises(kind):
        ask(register_answering({}, status=status), call)


def test_a_throttled_call_says_how_long_to_wait() -> None:
    clock = ManualClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
    header = {"retry-after": "Sun, 22 Nov 2026 12:00:09 GMT"}
    register = register_over(lambda _request: httpx.Response(429, headers=header), clock=clock)
    with pytest.raises(Throttled) as raised:
        register.get(MARGRETHE)
    assert raised.value.retry_after == 9


@pytest.mark.parametrize(
    ("details", "told"),
    [
        ([["betegnelse", f"String is too long: {LINE}"]], "betegnelse"),
        ([["kvhx", "…"], ["status", "…"]], "kvhx"),
        ([[LINE, "…"]], "unnamed"),
        ([[["betegnelse"]]], "unnamed"),
        ([], "unnamed"),
        (LINE, "unnamed"),
        ({"betegnelse": LINE}, "unnamed"),
    ],
)
def test_a_refusal_names_the_parameter_and_never_the_value(details: object, told: str) -> None:
    body = {"type": "QueryParameterFormatError", "title": LINE, "details": details}
    with pytest.raises(RefusedBySystem) as raised:
        register_answering(body, status=400).wash(LINE)
    assert raised.value.detail == told
    assert LINE not in repr(vars(raised.value))


def test_a_refusal_that_cannot_be_read_is_unnamed() -> None:
    register = register_over(lambda _request: httpx.Response(400, content=b"<html>"))
    with pytest.raises(RefusedBySystem, match="unnamed"):
        register.wash(LINE)


@pytest.mark.parametrize("text", ["", "   ", "x" * 101, f"{LINE} {'x' * 100}"])
def test_a_text_that_is_no_line_of_an_address_never_leaves_this_machine(
    no_network: httpx.MockTransport, text: str
) -> None:
    result = open_address_register(url="http://127.0.0.1/dar", transport=no_network).wash(text)
    assert (result.category, result.candidates) == (WashCategory.C, ())


def test_a_text_of_a_hundred_letters_is_washed() -> None:
    seen: Calls = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=wire_wash(category="C"))

    register_over(answer).wash(f"  {'x' * 50}   {'y' * 49} ")
    assert [request.url.params["betegnelse"] for request in seen] == [f"{'x' * 50} {'y' * 49}"]


def test_at_most_five_candidates_are_fetched_each_once() -> None:
    ids = [UUID(int=number) for number in range(1, 9)]
    fetched: list[UUID] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if "datavask" in request.url.path:
            return httpx.Response(200, json=wire_wash(ids[0], *ids, category="C"))
        fetched.append(UUID(request.url.path.rsplit("/")[-1]))
        return httpx.Response(200, json=wire_place(id=str(fetched[-1])))

    result = register_over(answer).wash(LINE)
    assert [place.id for place in result.candidates] == fetched == ids[:5]


def test_a_candidate_that_the_register_no_longer_has_is_left_out() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=wire_wash(MARGRETHE)) if "datavask" in request.url.path else not_found()

    result = register_over(answer).wash(LINE)
    assert (result.category, result.candidates, result.certain) == (WashCategory.A, (), None)


@pytest.mark.parametrize("order", [(1, 3), (3, 1)])
def test_the_current_address_comes_before_one_that_was_or_will_be(order: tuple[int, int]) -> None:
    found = [wire_place(id=str(UUID(int=status)), status=status) for status in order]
    place = register_answering(found).by_kvhx(KEY)
    assert place is not None
    assert place.status is RegisteredStatus.CURRENT


def test_a_closed_address_is_asked_for_only_when_none_stands() -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.params.get("status"))
        return httpx.Response(200, json=[wire_place(status=2)] if seen[-1] == "2" else [])

    place = register_over(answer).by_kvhx(KEY)
    assert place is not None
    assert (place.status, seen) == (RegisteredStatus.CLOSED, [None, "2"])


@pytest.mark.parametrize(("token", "header"), [("hemmelig", "Bearer hemmelig"), ("", None)])
def test_a_token_stands_in_the_header_and_never_in_the_address(token: str, header: str | None) -> None:
    seen: Calls = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return not_found()

    register_over(answer, token=token).get(MARGRETHE)
    assert [request.headers.get("authorization") for request in seen] == [header]
    assert not any("hemmelig" in str(request.url) for request in seen)


def test_the_simulated_register_takes_its_own_token_and_no_other(simulated: Simulation) -> None:
    for token, is_right in ((simulated.cpr_token, True), ("forkert", False)):
        register = open_address_register(url=simulated.dar_url, token=token)
        try:
            if is_right:
                assert register.get(MARGRETHE) is not None
            else:
                with pytest.raises(AuthExpired):
                    register.get(MARGRETHE)
        finally:
            register.close()


def test_an_answer_that_is_no_json_is_drift() -> None:
    register = register_over(lambda _request: httpx.Response(200, content=json.dumps(wire_place()).encode()[:50]))
    with pytest.raises(SchemaDrift, match="body"):
        register.get(MARGRETHE)
