"""What every outcome of an HTTP call means."""

import contextlib
import json
import logging
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from connectors import fields
from connectors.errors import (
    AccessDenied,
    AuthExpired,
    CapabilityMissing,
    CaseArchived,
    CaseClosed,
    ConnectorError,
    LockedByUser,
    NotFound,
    OutcomeUnknown,
    RefusedBySystem,
    SchemaDrift,
    Throttled,
    Unavailable,
    VersionConflict,
)
from connectors.http import Call, HttpClient, Timeouts, read_json, refusal
from foundation.clock import ManualClock
from tests.connectors.simulation import Simulation

READ = Call("nova", "get_case", missing="case")
WRITE = Call("nova", "append_journal_note", is_write=True, missing="case")
SECRET = "0709614592 Svinget 38"
CLOCK = ManualClock(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))


def answer(status: int, body: object = None, **headers: str) -> httpx.Response:
    content = b"" if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, content=content, headers=named, request=httpx.Request("GET", f"http://x/{SECRET}"))


def send(raised: Exception, call: Call) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise raised

    client = HttpClient("http://127.0.0.1", transport=httpx.MockTransport(fail))
    client.exchange(call, "GET", client.url(SECRET))


@pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
@pytest.mark.parametrize(
    "kind", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.LocalProtocolError]
)
def test_what_fails_before_a_byte_is_sent_is_unavailable(kind: type[httpx.TransportError], call: Call) -> None:
    with pytest.raises(Unavailable):
        send(kind(SECRET), call)


@pytest.mark.parametrize(
    "kind",
    [
        httpx.ReadTimeout,
        httpx.WriteTimeout,
        httpx.ReadError,
        httpx.WriteError,
        httpx.CloseError,
        httpx.RemoteProtocolError,
        httpx.DecodingError,
    ],
)
@pytest.mark.parametrize(("call", "error"), [(READ, Unavailable), (WRITE, OutcomeUnknown)], ids=["read", "write"])
def test_silence_after_sending_leaves_only_a_write_unknown(
    kind: type[httpx.RequestError], call: Call, error: type[ConnectorError]
) -> None:
    with pytest.raises(error) as raised:
        send(kind(SECRET), call)
    assert type(raised.value) is error


def test_an_error_has_no_httpx_error_behind_it() -> None:
    with pytest.raises(OutcomeUnknown) as raised:
        send(httpx.ReadTimeout(SECRET), WRITE)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    ("status", "of_read", "of_write"),
    [
        (401, AuthExpired, AuthExpired),
        (403, AccessDenied, AccessDenied),
        (404, NotFound, NotFound),
        (412, VersionConflict, VersionConflict),
        (423, LockedByUser, LockedByUser),
        (429, Throttled, Throttled),
        (400, RefusedBySystem, RefusedBySystem),
        (422, RefusedBySystem, RefusedBySystem),
        (413, RefusedBySystem, RefusedBySystem),
        (409, VersionConflict, VersionConflict),
        (503, Unavailable, Unavailable),
        (501, CapabilityMissing, CapabilityMissing),
        (500, Unavailable, OutcomeUnknown),
        (502, Unavailable, OutcomeUnknown),
        (504, Unavailable, OutcomeUnknown),
        (599, Unavailable, OutcomeUnknown),
        (408, Unavailable, OutcomeUnknown),
        (302, SchemaDrift, OutcomeUnknown),
    ],
)
def test_a_status_has_one_meaning(status: int, of_read: type[ConnectorError], of_write: type[ConnectorError]) -> None:
    assert [type(refusal(answer(status), call)) for call in (READ, WRITE)] == [of_read, of_write]


@pytest.mark.parametrize("status", [200, 201, 204])
def test_success_is_no_refusal(status: int) -> None:
    assert refusal(answer(status), WRITE) is None


@pytest.mark.parametrize(
    ("code", "error"),
    [("Locked", CaseArchived), ("LockedByAnotherUser", LockedByUser), ("", LockedByUser), (SECRET, LockedByUser)],
)
def test_a_423_is_told_apart_by_its_code(code: str, error: type[ConnectorError]) -> None:
    assert type(refusal(answer(423, {"errorCode": code}), WRITE)) is error


def test_a_404_where_nothing_can_be_missing_is_a_wrong_address() -> None:
    error = refusal(answer(404), Call("nova", "search_cases"))
    assert isinstance(error, SchemaDrift)
    assert error.detail == "http_404"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("CaseClosed", CaseClosed),
        ("CaseArchived", CaseArchived),
        ("AlreadyExists", RefusedBySystem),
        ("Conflict", VersionConflict),
        ("", VersionConflict),
    ],
)
def test_a_409_is_told_apart_by_its_code(code: str, error: type[ConnectorError]) -> None:
    assert type(refusal(answer(409, {"errorCode": code}), WRITE)) is error


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Sun, 22 Nov 2026 12:01:30 GMT", 90.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("9" * 400, 86400.0),
        ("Sun, 22 Nov 2099 12:00:00 GMT", 86400.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(written: str, seconds: float | None) -> None:
    response = answer(429)
    response.headers["retry-after"] = written
    error = refusal(response, READ, clock=CLOCK)
    assert error is not None
    assert error.retry_after == seconds


def test_a_pause_until_an_hour_is_counted_on_the_clock_that_named_it() -> None:
    response = answer(429)
    response.headers["date"] = "Sun, 22 Nov 2026 15:00:00 GMT"
    response.headers["retry-after"] = "Sun, 22 Nov 2026 15:00:20 GMT"
    error = refusal(response, READ, clock=CLOCK)
    assert error is not None
    assert error.retry_after == 20.0


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"errorCode": "UnknownField", "field": SECRET}, "UnknownField"),
        ({"errorCode": SECRET}, "unnamed"),
        ({"errorCode": "Pnr0709614592"}, "unnamed"),
        ({"errorCode": 5}, "unnamed"),
        ({"message": SECRET}, "unnamed"),
        ([SECRET], "unnamed"),
        (None, "unnamed"),
    ],
)
def test_a_refusal_repeats_the_code_and_never_the_text(body: object, detail: str) -> None:
    error = refusal(answer(400, body), WRITE)
    assert isinstance(error, RefusedBySystem)
    assert error.detail == detail


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["errorCode", "x"]), inner),
        max_leaves=6,
    )
)
def test_no_body_of_a_refusal_makes_reading_it_fail(body: object) -> None:
    assert isinstance(refusal(answer(409, body), WRITE), ConnectorError)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b'"' + SECRET.encode()])
@pytest.mark.parametrize(("call", "error"), [(READ, SchemaDrift), (WRITE, OutcomeUnknown)], ids=["read", "write"])
def test_a_yes_that_cannot_be_read(content: bytes, call: Call, error: type[ConnectorError]) -> None:
    with pytest.raises(error) as raised:
        read_json(httpx.Response(200, content=content), call, lambda body: body)
    assert raised.value.__context__ is None


@pytest.mark.parametrize(("call", "error"), [(READ, SchemaDrift), (WRITE, OutcomeUnknown)], ids=["read", "write"])
def test_a_missing_field_is_told_by_its_path(call: Call, error: type[ConnectorError]) -> None:
    with pytest.raises(error) as raised:
        read_json(httpx.Response(200, json={"a": 1}), call, lambda body: fields.text(fields.record(body, ""), "b", "x"))
    assert raised.value.detail == ("x.b" if call is READ else "")


def test_redirects_are_not_followed() -> None:
    asked: list[str] = []

    def redirect(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers={"location": "http://elsewhere.example/"})

    client = HttpClient("http://127.0.0.1", transport=httpx.MockTransport(redirect))
    client.exchange(READ, "GET", client.url("x"))
    assert asked == ["127.0.0.1"]


def test_the_environments_proxies_are_not_used(monkeypatch: pytest.MonkeyPatch, simulated: Simulation) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    client = HttpClient(simulated.cpr_url)
    assert client.exchange(READ, "GET", client.url("events")).status_code == 401
    client.close()


def test_each_time_out_and_the_systems_headers_go_with_every_call() -> None:
    sent: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    client = HttpClient(
        "http://127.0.0.1/cpr",
        timeouts=Timeouts(connect=1, read=2, write=3, pool=4),
        headers={"authorization": "Bearer t"},
        transport=httpx.MockTransport(keep),
    )
    client.exchange(READ, "GET", client.url("events", after=1), headers={"x": "y"})
    assert sent[0].extensions["timeout"] == {"connect": 1, "read": 2, "write": 3, "pool": 4}
    assert str(sent[0].url) == "http://127.0.0.1/cpr/events?after=1"
    assert (sent[0].headers["authorization"], sent[0].headers["x"]) == ("Bearer t", "y")
    assert sent[0].headers["host"] == "127.0.0.1"


def test_a_server_that_is_not_there_is_unavailable_to_a_write() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    client = HttpClient(f"http://127.0.0.1:{port}")
    with pytest.raises(Unavailable):
        client.exchange(WRITE, "PATCH", client.url("x"), content=b"{}")
    client.close()


def test_a_server_without_tls_where_tls_is_wanted_is_unavailable_to_a_write(simulated: Simulation) -> None:
    client = HttpClient(simulated.cpr_url.replace("http://", "https://"))
    with pytest.raises(Unavailable):
        client.exchange(WRITE, "PATCH", client.url("x"), content=b"{}")
    client.close()


def test_no_log_line_holds_the_url(caplog: pytest.LogCaptureFixture, simulated: Simulation) -> None:
    caplog.set_level(logging.DEBUG)
    client = HttpClient(simulated.cpr_url)
    client.exchange(READ, "GET", client.url("persons/0709614592"))
    own = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    assert not [line for line in own if "0709614592" in line]
    client.close()


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path))
    received: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),
            listener.accept()[0] as raw,
            context.wrap_socket(raw, server_side=True) as it,
        ):
            received.append(it.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener,))
        server.start()
        client = HttpClient(f"https://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(Unavailable):
            client.exchange(WRITE, "PATCH", client.url("x"), content=b"{}")
        client.close()
        server.join()
    assert received == []


def _self_signed(folder: Path) -> Path:
    """A certificate for 127.0.0.1 and its key in one file, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return path
