"""Notices go by e-mail and webhook, encrypted and checked, and in simulated no further than this machine."""

from __future__ import annotations

import logging
from email import message_from_string, policy

import pytest

from connectors.notices import Sent, Target, open_targets
from foundation.environment import Environment, EnvironmentLockedError
from foundation.errors import ConfigurationError
from tests.connectors.notices.servers import mail_server, webhook


def _open(url: str, environment: Environment = Environment.SIMULATED) -> Target:
    (target,) = open_targets(url, environment=environment)
    return target


def _mail(port: int) -> str:
    return f"mailto://127.0.0.1:{port}?from=robot@example.dk&to=drift@example.dk"


def test_a_webhook_gets_title_and_text() -> None:
    with webhook() as hook:
        target = _open(f"json://127.0.0.1:{hook.port}/besked")
        assert target.send(title="Frister", body="3 opgaver har frist.") is Sent.TAKEN
    (posted,) = hook.posted
    assert (posted["title"], posted["message"]) == ("Frister", "3 opgaver har frist.")


def test_a_mail_server_gets_a_letter() -> None:
    with mail_server() as box:
        assert _open(_mail(box.port)).send(title="Frister på æøå", body="3 opgaver har frist.") is Sent.TAKEN
    (letter,) = box.letters
    parsed = message_from_string(letter, policy=policy.default)
    assert parsed["Subject"] == "Frister på æøå"
    assert "3 opgaver har frist." in str(parsed.get_body(("plain", "html")))


@pytest.mark.parametrize("answer", [400, 500])
def test_a_webhook_that_says_no_refused(answer: int) -> None:
    with webhook() as hook:
        hook.answer = answer
        assert _open(f"json://127.0.0.1:{hook.port}").send(title="x", body="y") is Sent.REFUSED


def test_nobody_there_is_a_refusal() -> None:
    assert _open("json://127.0.0.1:9/").send(title="x", body="y") is Sent.REFUSED
    assert _open(_mail(9)).send(title="x", body="y") is Sent.REFUSED


def test_a_redirect_is_not_followed() -> None:
    with webhook() as hook, webhook() as other:
        hook.answer, hook.location = 307, f"http://127.0.0.1:{other.port}/"
        assert _open(f"json://127.0.0.1:{hook.port}?redirect=yes").send(title="x", body="y") is Sent.REFUSED
    assert other.posted == []


@pytest.mark.parametrize(
    "url",
    [
        "jsons://hook.example.dk/x",
        "json://10.0.0.1/x",
        "mailtos://u:p@example.dk?to=a@example.dk",
        # The host that is dialled counts, not the one in front.
        "mailto://127.0.0.1?smtp=mail.example.dk&from=a@example.dk&to=b@example.dk",
    ],
)
def test_simulated_reaches_this_machine_only(url: str) -> None:
    with pytest.raises(EnvironmentLockedError, match=r"SAGSGANG_NOTICE_URLS, linje 1") as caught:
        _open(url)
    assert "example.dk" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "json://hook.example.dk/x",
        "mailto://example.dk?from=a@example.dk&to=b@example.dk",
        "mailtos://u:p@example.dk?to=a@example.dk&mode=insecure",
    ],
)
def test_elsewhere_nothing_goes_in_clear(url: str) -> None:
    with pytest.raises(EnvironmentLockedError, match="https"):
        _open(url, Environment.TEST)


@pytest.mark.parametrize(
    "url", ["jsons://hook.example.dk/x", "mailtos://u:p@example.dk?to=a@example.dk&smtp=mail.example.dk"]
)
def test_elsewhere_what_is_encrypted_is_taken(url: str) -> None:
    assert _open(url, Environment.PRODUCTION).number == 1


@pytest.mark.parametrize(
    "url",
    [
        "jsons://hook.example.dk/x?verify=no",
        "https://hook.example.dk/x",
        "tgram://123456789:abcdefg_hijklmnop/12315544/",
        "hemmelig-adgangskode",
    ],
)
def test_what_is_unchecked_or_neither_mail_nor_webhook_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError, match="linje 2") as caught:
        open_targets(f"json://127.0.0.1/\n{url}\n", environment=Environment.SIMULATED)
    assert url not in str(caught.value)
    assert "hook.example" not in str(caught.value)


def test_no_lines_are_no_targets() -> None:
    assert open_targets(" \n\n", environment=Environment.SIMULATED) == []


def test_an_address_stands_in_no_log_and_no_representation(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    target = _open("json://bruger:hemmelig@127.0.0.1:9/sti")
    target.send(title="x", body="y")
    assert "hemmelig" not in repr(target)
    assert "hemmelig" not in caplog.text
