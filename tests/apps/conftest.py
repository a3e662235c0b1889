"""The command line in this process, over a small simulated municipality that is spoken to over HTTP."""

import contextlib
import io
import json
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from apps.cli.main import main
from connectors.simulated.server import Running, running
from foundation.log_lines import MaskingHandler
from foundation.settings import Settings

#: Ten move: one is protected, one moves to a c/o address, one moves later.
NIGHT = {"moves": 10, "seed": 4, "protected": 1, "careOf": 1, "future": 1, "duplicates": 1}
WAITING = 9


@dataclass(frozen=True)
class Said:
    """What one command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document of standard output."""
        told: dict[str, Any] = json.loads(self.out)
        return told


Sagsgang = Callable[..., Said]


def call(*words: str) -> Said:
    """Run one command in this process."""
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(words)
    finally:
        forget_logs()
    return Said(code, out.getvalue(), err.getvalue())


def forget_logs() -> None:
    """Undo what a command does to the logs of its process."""
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, MaskingHandler)]:
        root.removeHandler(handler)
        handler.close()
    structlog.reset_defaults()
    sys.excepthook = sys.__excepthook__


@dataclass(frozen=True)
class Town:
    """A running municipality and what leads to it."""

    served: Running

    def point_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the settings of this process lead to it, and to nothing that the machine's environment says."""
        for name in (*Settings.model_fields, "secrets_dir"):
            monkeypatch.delenv(f"SAGSGANG_{name.upper()}", raising=False)
        monkeypatch.delenv("PREFECT_API_URL", raising=False)
        for name, value in (
            ("NOVA_URL", f"{self.served.url}/nova"),
            ("NOVA_TOKEN_URL", f"{self.served.url}/nova/realms/NovaIntegration/protocol/openid-connect/token"),
            ("CPR_URL", f"{self.served.url}/cpr"),
            ("DAR_URL", f"{self.served.url}/dar"),
            ("SETTLE_SECONDS", "0.1"),
            ("CALLS_PER_SECOND", "1000"),
            ("SWEEP_PER_SECOND", "1000"),
        ):
            monkeypatch.setenv(f"SAGSGANG_{name}", value)

    def tell(self, path: str, **body: object) -> dict[str, Any]:
        """A tester's call."""
        answer: dict[str, Any] = (
            httpx.post(f"{self.served.url}/__admin{path}", json=body, trust_env=False).raise_for_status().json()
        )
        return answer

    def ask(self, path: str) -> dict[str, Any]:
        """A tester's look."""
        answer: dict[str, Any] = (
            httpx.get(f"{self.served.url}/__admin{path}", trust_env=False).raise_for_status().json()
        )
        return answer


@pytest.fixture(scope="session")
def shared_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A municipality after one night; nothing may be written in it."""
    with running(tmp_path_factory.mktemp("town"), citizens=150, cases=300) as served:
        town = Town(served)
        town.tell("/nights", **NIGHT)
        yield town


@pytest.fixture(scope="session")
def proposed(shared_town: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which dorthe's run has left its proposals."""
    folder = tmp_path_factory.mktemp("proposed") / "var"
    with pytest.MonkeyPatch.context() as patch:
        shared_town.point_at(patch)
        patch.setenv("SAGSGANG_DATA_DIR", str(folder))
        said = call("run", "address_update", "--without-prefect", "--as", "dorthe")
    assert said.code == 0, said.err
    return folder


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_town: Town) -> Path:
    """An empty data folder, with settings that lead to the shared municipality."""
    shared_town.point_at(monkeypatch)
    folder = tmp_path / "var"
    monkeypatch.setenv("SAGSGANG_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def with_proposals(data_dir: Path, proposed: Path) -> Path:
    """A data folder of the test's own in which proposals wait."""
    shutil.copytree(proposed, data_dir)
    return data_dir


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A municipality of the test's own, after one night, in which everything may happen."""
    with running(tmp_path / "town", citizens=150, cases=300) as served:
        own = Town(served)
        own.point_at(monkeypatch)
        monkeypatch.setenv("SAGSGANG_DATA_DIR", str(tmp_path / "own"))
        own.tell("/nights", **NIGHT)
        yield own


@pytest.fixture
def sagsgang() -> Sagsgang:
    """The command line."""
    return call


@pytest.fixture
def approvals(with_proposals: Path) -> list[dict[str, Any]]:
    """The proposals that wait, as erik sees the list."""
    waiting: list[dict[str, Any]] = call("approvals", "--json", "--as", "erik").document["approvals"]
    assert len(waiting) == WAITING
    return waiting


@pytest.fixture
def ordinary(approvals: list[dict[str, Any]]) -> dict[str, Any]:
    """A proposal that any approver may answer."""
    return next(each for each in approvals if each["ordinary"])


@pytest.fixture
def protected(approvals: list[dict[str, Any]]) -> dict[str, Any]:
    """A proposal about a citizen with a protected address."""
    return next(each for each in approvals if each["needs_role"] == "beskyttede_adresser")
