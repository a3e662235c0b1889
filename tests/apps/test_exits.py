import re
from collections.abc import Callable
from pathlib import Path

import pytest

from apps.cli import main as entry
from apps.cli.exits import Exit, explain
from casework.errors import ApprovalRefusedError, ReasonMissingError, UnknownItemError
from connectors.errors import AccessDenied, EffectInDoubt, Throttled, Unavailable
from foundation.errors import ConfigurationError, NotAllowedError
from tests.apps.conftest import Sagsgang

README = Path(__file__).parents[2] / "apps" / "README.md"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("x"), Exit.CONFIGURATION),
        (NotAllowedError("x"), Exit.REJECTED),
        (ApprovalRefusedError("x"), Exit.REJECTED),
        (UnknownItemError("x"), Exit.USAGE),
        (ReasonMissingError("x"), Exit.USAGE),
        (Unavailable("nova", "get_case"), Exit.TEMPORARY),
        (Throttled("nova", "get_case"), Exit.TEMPORARY),
        (AccessDenied("nova", "get_case"), Exit.FAILED),
        (EffectInDoubt("nova", "get_case"), Exit.NEEDS_PERSON),
        (ValueError("x"), Exit.FAILED),
    ],
)
def test_an_error_ends_with_its_code(error: Exception, code: Exit) -> None:
    assert explain(error).exit is code


def test_the_text_of_a_foreign_error_is_never_shown() -> None:
    assert "0101011234" not in explain(ValueError("0101011234")).message
    assert "0101011234" not in explain(OSError("0101011234")).message
    assert "0101011234" not in explain(Unavailable("nova", "get", "0101011234")).message


def _unreachable(_data_dir: Path) -> str:
    return "postgresql://hemmelig:hemmeligt@127.0.0.1:9/hemmelig"


def _damaged(data_dir: Path) -> str:
    data_dir.mkdir()
    (data_dir / "sagsgang.db").write_bytes(b"hemmeligt " * 500)
    return ""


def _not_there(data_dir: Path) -> str:
    return f"sqlite:///{data_dir.as_posix()}/hemmeligt/sagsgang.db"


@pytest.mark.parametrize(
    ("spoil", "exit_code", "code"),
    [
        (_unreachable, 75, "database_unavailable"),
        (_damaged, 6, "database_damaged"),
        (_not_there, 6, "database_unreadable"),
    ],
)
@pytest.mark.parametrize(
    "words", [("items", "list"), ("run", "address_update", "--without-prefect"), ("up",)], ids=" ".join
)
def test_a_database_that_does_not_work_is_told_in_one_sentence_without_sql(
    sagsgang: Sagsgang,
    monkeypatch: pytest.MonkeyPatch,
    data_dir: Path,
    spoil: Callable[[Path], str],
    exit_code: int,
    code: str,
    words: tuple[str, ...],
) -> None:
    if url := spoil(data_dir):
        monkeypatch.setenv("SAGSGANG_DATABASE_URL", url)
    said = sagsgang(*words, "--json", "--as", "dorthe")
    assert (said.code, said.document["error"]["code"]) == (exit_code, code)
    assert said.document["error"]["message"] in " ".join(said.err.split())
    assert not {word for word in ("Traceback", "SELECT", "sqlalche", "psycopg", "hemmelig") if word in said.err}


def test_the_doctor_says_so_as_well(sagsgang: Sagsgang, monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    monkeypatch.setenv("SAGSGANG_DATABASE_URL", _unreachable(data_dir))
    said = sagsgang("doctor", "--json")
    assert said.code == 1
    (found,) = (each for each in said.document["findings"] if each["name"] == "database")
    assert "SAGSGANG_DATABASE_URL" in found["told"]


def test_every_exit_code_is_documented() -> None:
    listed = re.findall(r"^\| (\d+) \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(number) for number in listed] == [code.value for code in Exit]


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (RuntimeError("hemmeligt"), 1)])
def test_whatever_happens_in_a_command_becomes_a_sentence_and_a_code(
    sagsgang: Sagsgang, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def fail(_call: object) -> int:
        raise error

    monkeypatch.setattr(entry, "_function", lambda _target: fail)
    said = sagsgang("version")
    assert said.code == code
    assert said.err.strip()
    assert "Traceback" not in said.err
    assert "hemmeligt" not in said.err


def test_a_traceback_is_shown_to_whom_asks_for_it_and_masked(
    sagsgang: Sagsgang, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    def fail(_call: object) -> int:
        raise RuntimeError("0709614452")

    monkeypatch.setattr(entry, "_function", lambda _target: fail)
    monkeypatch.setenv("SAGSGANG_LOG_LEVEL", "DEBUG")
    said = sagsgang("version")
    assert "RuntimeError" in said.err
    assert "0709614452" not in said.err


def test_a_wrong_setting_is_named_with_what_it_should_be(
    sagsgang: Sagsgang, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    monkeypatch.setenv("SAGSGANG_WORKERS", "hest")
    said = sagsgang("items", "--json")
    assert said.code == 6
    assert said.document["error"]["code"] == "configuration"
    assert "SAGSGANG_WORKERS" in said.err


def test_simulated_refuses_an_address_outside_this_machine(
    sagsgang: Sagsgang, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    monkeypatch.setenv("SAGSGANG_NOVA_URL", "https://nova.example.invalid")
    assert sagsgang("items").code == 6
