import sqlite3
from pathlib import Path

import pytest

from tests.apps.conftest import Sagsgang


def _marks(sagsgang: Sagsgang) -> dict[str, str]:
    return {one["name"]: one["mark"] for one in sagsgang("doctor", "--json").document["findings"]}


def test_a_healthy_house_is_all_well(sagsgang: Sagsgang, with_proposals: Path) -> None:
    said = sagsgang("doctor")
    assert said.code == 0, said.out
    assert "✘" not in said.out
    assert "Alt er, som det skal være." in said.out


def test_looking_makes_nothing(sagsgang: Sagsgang, data_dir: Path) -> None:
    said = sagsgang("doctor")
    assert said.code == 0, said.out
    assert not data_dir.exists()


def test_a_silent_system_is_told_with_what_mends_it(
    sagsgang: Sagsgang, with_proposals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAGSGANG_NOVA_URL", "http://127.0.0.1:9/nova")
    said = sagsgang("doctor")
    assert said.code == 1
    assert "✘ ESDH (nova)" in said.out
    assert "sagsgang simulator" in said.out


def test_a_wrong_secret_is_found_and_not_shown(
    sagsgang: Sagsgang, with_proposals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAGSGANG_NOVA_CLIENT_SECRET", "min-hemmelighed")
    said = sagsgang("doctor")
    assert said.code == 1
    assert "min-hemmelighed" not in said.out + said.err


def test_a_missing_trigger_is_found(sagsgang: Sagsgang, with_proposals: Path) -> None:
    with sqlite3.connect(with_proposals / "sagsgang.db") as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        connection.execute(f"DROP TRIGGER {names[0][0]}")
    connection.close()
    assert _marks(sagsgang)["database"] == "wrong"


def test_a_wrong_setting_is_a_finding(sagsgang: Sagsgang, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGSGANG_WORKERS", "hest")
    said = sagsgang("doctor")
    assert said.code == 1
    assert "SAGSGANG_WORKERS" in said.out


def test_a_prefect_that_does_not_answer_is_found(
    sagsgang: Sagsgang, with_proposals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert _marks(sagsgang)["Prefect"] == "wrong"


def test_without_a_prefect_server_there_is_nothing_to_look_at(sagsgang: Sagsgang, with_proposals: Path) -> None:
    assert _marks(sagsgang)["Prefect"] == "not_applicable"
