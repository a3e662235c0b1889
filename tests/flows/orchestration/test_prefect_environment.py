"""What Prefect is told before it is imported, and where it may go."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flows.prefect_environment import QUIET, prefect_environment, require_api_allowed, settings_environment
from flows.serving import REFUSED, main
from foundation.environment import EnvironmentLockedError
from foundation.settings import Settings, load_settings


@pytest.fixture
def simulated(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path / "var", cpr_token="hemmelig-værdi", workers=7)


def test_the_rooms_that_work_know_no_prefect() -> None:
    program = (
        "import sys, flows.work_loop, flows.running, flows.composition, flows.orchestration, flows.deployments, "
        "flows.local_stack, flows.serving; sys.exit(any(name.split('.')[0] == 'prefect' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603 - our own Python.


def test_simulated_speaks_to_prefect_on_this_machine_only(simulated: Settings) -> None:
    require_api_allowed("http://127.0.0.1:4200/api", settings=simulated)
    with pytest.raises(EnvironmentLockedError, match="PREFECT_API_URL"):
        require_api_allowed("https://api.prefect.cloud/api", settings=simulated)


def test_a_host_of_a_closed_network_must_be_vouched_for(simulated: Settings) -> None:
    with pytest.raises(EnvironmentLockedError):
        require_api_allowed("http://prefect:4200/api", settings=simulated)
    require_api_allowed("http://prefect:4200/api", settings=simulated, inside=["prefect"])


def test_prefect_keeps_its_things_in_the_data_folder(simulated: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_HOME", raising=False)
    assert prefect_environment(simulated)["PREFECT_HOME"] == str(simulated.data_dir.resolve() / "prefect")


def test_a_home_that_prefect_was_given_stays(simulated: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_HOME", "/elsewhere")
    assert prefect_environment(simulated)["PREFECT_HOME"] == "/elsewhere"


def test_prefect_has_no_log_handler_of_its_own() -> None:
    config = json.loads(Path(QUIET["PREFECT_LOGGING_SETTINGS_PATH"]).read_text(encoding="utf-8"))
    assert "handlers" not in config
    assert all("handlers" not in logger for logger in config["loggers"].values())


def test_a_child_comes_to_the_same_settings_but_finds_secrets_itself(simulated: Settings) -> None:
    environment = settings_environment(simulated)
    assert environment["SAGSGANG_WORKERS"] == "7"
    assert Path(environment["SAGSGANG_DATA_DIR"]).is_absolute()
    assert "hemmelig-værdi" not in environment.values()


@pytest.mark.parametrize("api_url", ["", "https://api.prefect.cloud/api"])
def test_the_worker_refuses_to_begin_without_a_server_it_may_speak_to(
    api_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", api_url)
    assert main([]) == REFUSED
    assert "PREFECT_API_URL" in capsys.readouterr().err
