"""Robots and commands over HTTP, with everything logged and answers that drift: nothing personal is left in clear."""

from pathlib import Path

import pytest

from tests.apps.conftest import Sagsgang, Said, Town
from tests.apps.leaks import Secrets, leaks, secrets_of

#: Where an answer takes another shape than was agreed, and how.
DRIFT = (
    ("cpr.person", "wrong_shape"),
    ("cpr.person", "garbled"),
    ("dar.addresses", "wrong_shape"),
    ("dar.wash", "garbled"),
    ("nova.case.get_list", "wrong_shape"),
)


def test_a_night_of_drift_at_debug_leaves_no_citizen_in_clear(
    sagsgang: Sagsgang, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAGSGANG_LOG_LEVEL", "DEBUG")
    for route, kind in DRIFT:
        town.tell("/faults", route=route, kind=kind, times=3)
    said: list[Said] = [sagsgang("run", "address_update", "--without-prefect", "--as", "dorthe") for _ in range(2)]
    said += [sagsgang(command, "--as", "dorthe") for command in ("items", "incidents", "doctor")]
    said += [sagsgang("audit", "show", "--as", "carla"), sagsgang("audit", "verify", "--as", "carla")]
    (store,) = (path for path in (tmp_path / "town").rglob("*") if path.read_bytes()[:6] == b"SQLite")
    secrets = secrets_of(store)
    assert any("schema_drift" in path.read_text("utf-8", "replace") for path in (tmp_path / "own").rglob("*.jsonl"))
    assert [_kinds(each, secrets) for each in said] == [set()] * len(said)
    assert leaks(tmp_path / "own", secrets) == []


def _kinds(said: Said, secrets: Secrets) -> set[str]:
    """What kinds of personal data stand on the screen, beside the log lines of level DEBUG."""
    return secrets.found_in(f"{said.out}\n{said.err}".encode())
