"""What the linters of docker/ do not see: secrets, ports, and that everything named is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

needs_shell = pytest.mark.skipif(sys.platform == "win32", reason="the two scripts run in Linux containers and in sh")


@pytest.fixture(scope="module")
def compose(root: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(root / "docker" / "compose.yaml")
    return loaded


@pytest.fixture(scope="module")
def dockerfile(root: Path) -> str:
    return (root / "docker" / "Dockerfile").read_text(encoding="utf-8")


def _sh(script: Path, *arguments: str, env: dict[str, str] | None = None) -> str:
    shell = shutil.which("sh")
    assert shell is not None
    environment = {"PATH": os.environ["PATH"], **(env or {})}
    done = subprocess.run([shell, str(script), *arguments], env=environment, check=True, capture_output=True, text=True)  # noqa: S603  # our own script
    return done.stdout


def test_no_service_has_a_secret_in_its_environment(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            is_secret = re.search(r"PASSWORD|SECRET|TOKEN|KEY|AUTH|DATABASE_URL|CONNECTION_URL", variable)
            is_place_of_files = str(value).startswith("/run/secrets") or variable == "POSTGRES_INITDB_ARGS"
            assert not is_secret or is_place_of_files, f"{name} has {variable} in clear"


def test_every_published_port_is_for_this_machine_only(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_prefect_is_kept_quiet(compose: dict[str, Any]) -> None:
    environment = compose["services"]["prefect"]["environment"]
    for name in (
        "PREFECT_SERVER_ANALYTICS_ENABLED",
        "PREFECT_SERVER_UI_V2_ENABLED",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT",
    ):
        assert environment[name] == "false"
    assert environment["DO_NOT_TRACK"] == "1"


def test_the_simulator_is_reachable_for_its_worker_only(compose: dict[str, Any]) -> None:
    simulator = compose["services"]["simulator"]
    assert simulator["network_mode"] == "service:worker"
    assert "ports" not in simulator


def test_our_services_can_write_only_where_they_are_told(compose: dict[str, Any]) -> None:
    ours = {name: service for name, service in compose["services"].items() if service["image"].startswith("sagsgang:")}
    assert set(ours) >= {"prefect", "migrate", "worker", "simulator"}
    for name, service in ours.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name


def test_the_image_carries_the_number_of_this_version(root: Path, compose: dict[str, Any]) -> None:
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert compose["services"]["worker"]["image"] == f"sagsgang:{version}"


def test_every_room_that_is_installed_is_in_the_image(root: Path, dockerfile: str) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    rooms = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    sent = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for room in rooms:
        assert f"COPY {room}/ {room}/\n" in dockerfile
        assert f"!{room}" in sent


def test_nothing_is_sent_to_the_image_but_what_is_named(root: Path) -> None:
    lines = [
        line for line in (root / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] not in {"", "#"}
    ]
    assert lines[0] == "*"
    assert not [line for line in lines if line.startswith("!") and re.search(r"secret[^.s]|secrets/|\.env|var", line)]


def test_the_image_runs_as_an_ordinary_account_and_gets_its_signals(dockerfile: str) -> None:
    last = dockerfile.rsplit("\nFROM ", 1)[1]
    assert "\nUSER 10001:10001\n" in last
    assert '\nENTRYPOINT ["sagsgang"]\n' in last
    assert "\nSTOPSIGNAL SIGTERM\n" in last


@needs_shell
def test_every_secret_of_the_compose_file_is_made(root: Path, compose: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    _sh(root / "docker" / "make-secrets.sh", str(folder))
    wanted = {Path(secret["file"]).name for secret in compose["secrets"].values()}
    assert {path.name for path in folder.iterdir()} == wanted
    assert folder.stat().st_mode & 0o777 == 0o700
    assert re.fullmatch(r"[0-9a-f]{64}", (folder / "sagsgang_seal_key").read_text(encoding="utf-8"))
    password = (folder / "sagsgang_database_password").read_text(encoding="utf-8")
    assert f"sagsgang:{password}@postgres" in (folder / "sagsgang_database_url").read_text(encoding="utf-8")


@needs_shell
def test_a_secret_that_is_there_is_never_made_anew(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    _sh(root / "docker" / "make-secrets.sh", str(folder))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    said = _sh(root / "docker" / "make-secrets.sh", str(folder))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert "made" not in said


@needs_shell
def test_the_secrets_that_prefect_needs_reach_its_environment(root: Path, tmp_path: Path) -> None:
    (tmp_path / "prefect_api_auth_string").write_text("admin:opens-nothing", encoding="utf-8")
    out = _sh(root / "docker" / "with-secrets.sh", "env", env={"SECRETS_DIR": str(tmp_path)})
    assert "PREFECT_API_AUTH_STRING=admin:opens-nothing\n" in out
    assert "PREFECT_SERVER_API_AUTH_STRING" not in out


def test_every_secret_that_a_service_takes_is_declared(compose: dict[str, Any]) -> None:
    taken = {
        secret if isinstance(secret, str) else secret["source"]
        for service in compose["services"].values()
        for secret in service.get("secrets", [])
    }
    assert taken == set(compose["secrets"])
