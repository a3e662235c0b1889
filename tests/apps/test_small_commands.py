import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from apps.cli import up
from casework.incidents import report
from flows.composition import open_workplace
from foundation.settings import Settings, load_settings
from tests.apps.conftest import Sagsgang


def test_a_card_is_shown_whole(sagsgang: Sagsgang, data_dir: Path) -> None:
    said = sagsgang("robots", "address_update")
    assert said.code == 0
    for label in ("Version", "Ejer", "Formål", "Hjemmel", "KLE-emne", "Personoplysninger", "Godkendes af"):
        assert label in said.out


def test_the_robots_are_listed(sagsgang: Sagsgang, data_dir: Path) -> None:
    assert [one["name"] for one in sagsgang("robots", "--json").document["robots"]] == ["address_update"]


def test_an_unknown_robot_has_no_card(sagsgang: Sagsgang, data_dir: Path) -> None:
    said = sagsgang("robots", "0709614452")
    assert said.code == 2
    assert "Installerede robotter: address_update." in said.err
    assert "0709614452" not in said.out + said.err


def test_deployments_are_those_of_the_data(sagsgang: Sagsgang, data_dir: Path) -> None:
    assert "address_update" in sagsgang("deployments").out


def test_no_incidents_is_told(sagsgang: Sagsgang, data_dir: Path) -> None:
    assert "Ingen åbne driftshændelser." in sagsgang("incidents").out


def test_an_incident_is_closed_with_a_reason_by_who_mends_runs(
    sagsgang: Sagsgang, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_workplace(load_settings()) as place, place.database.write() as session:
        report(session, place, robot="address_update", system="nova", code="prøve", message="Noget er galt.")
    number = sagsgang("incidents", "--json").document["incidents"][0]["id"][-12:]
    assert sagsgang("incidents", "close", number, "--reason", "x", "--as", "anne").code == 3
    assert sagsgang("incidents", "close", number, "--as", "dorthe").code == 2
    assert sagsgang("incidents", "close", number, "--reason", "er rettet", "--as", "dorthe").code == 0
    assert sagsgang("incidents", "--json").document["incidents"] == []


def test_the_database_is_made_and_checked(sagsgang: Sagsgang, data_dir: Path) -> None:
    assert sagsgang("database", "upgrade").code == 0
    assert (data_dir / "sagsgang.db").is_file()


def test_a_data_folder_may_be_named(sagsgang: Sagsgang, data_dir: Path, tmp_path: Path) -> None:
    other = tmp_path / "en anden"
    said = sagsgang("database", "upgrade", "--data-dir", str(other))
    assert (other / "sagsgang.db").is_file()
    assert not data_dir.exists()
    assert f"--data-dir '{other}'" in said.out


def test_up_tells_what_runs_where(sagsgang: Sagsgang, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stack(_settings: Settings, *, tell: Callable[[str, str], None], stop: threading.Event) -> bool:
        assert not stop.is_set()
        tell("prefect", "Svarer.")
        return True

    monkeypatch.setattr(up, "run_local_stack", stack)
    said = sagsgang("up")
    assert said.code == 0
    assert "prefect    Svarer." in said.err


def test_nobody_acts_under_a_name_that_is_not_listed(sagsgang: Sagsgang, data_dir: Path) -> None:
    said = sagsgang("approvals", "--as", "0709614452")
    assert said.code == 3
    assert "Navnet efter --as kendes ikke. Vælg et af: anne, bo," in said.err
    assert "0709614452" not in said.out + said.err
