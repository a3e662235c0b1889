"""Every command answers with one JSON document; a command that is missing here fails the last test."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from apps.cli import up
from apps.cli.grammar import COMMANDS
from foundation.settings import Settings
from tests.apps.conftest import Sagsgang

_SAMPLE = ("--size", "3", "--seed", "prøvefrø-1", "--purpose", "x", "--as", "carla")
#: Words of each command, and the exit code on a data folder in which proposals wait.
CALLS: dict[tuple[str, ...], tuple[list[str], int]] = {
    ("up",): ([], 0),
    ("doctor",): ([], 0),
    ("robots", "list"): ([], 0),
    ("robots", "show"): (["address_update"], 0),
    ("robots", "pause"): (["address_update", "--reason", "x", "--as", "dorthe"], 0),
    ("robots", "stop"): (["address_update", "--reason", "x", "--as", "frida"], 0),
    ("robots", "resume"): (["address_update", "--reason", "x", "--as", "dorthe"], 3),
    ("run",): (["address_update", "--without-prefect", "--limit", "1"], 0),
    ("sweep",): (["address_update", "--pages", "1", "--as", "dorthe"], 0),
    ("reconcile",): (["address_update", "--books-only", "--as", "dorthe"], 0),
    ("rollback",): (["0123456789ab", "--reason", "x", "--as", "dorthe"], 2),
    ("holds", "list"): ([], 0),
    ("holds", "release"): (["address_update", "S2026-1/1", "--reason", "x", "--as", "dorthe"], 2),
    ("policy", "show"): (["address_update"], 0),
    ("policy", "propose"): (["address_update", "er-der-ikke.json", "--reason", "x", "--as", "dorthe"], 2),
    ("policy", "approve"): (["0123456789ab", "--reason", "x", "--as", "frida"], 2),
    ("policy", "reject"): (["0123456789ab", "--reason", "x", "--as", "frida"], 2),
    ("intake", "accept"): (["address_update", "gap", "cpr_events:1", "--reason", "x", "--as", "dorthe"], 0),
    ("items", "list"): ([], 0),
    ("items", "show"): (["0123456789ab"], 2),
    ("items", "cancel"): (["0123456789ab", "--reason", "x"], 2),
    ("items", "reopen"): (["0123456789ab", "--reason", "x"], 2),
    ("items", "settle"): (["0123456789ab", "--happened", "--saw", "x", "--as", "bo"], 2),
    ("approvals", "list"): ([], 0),
    ("approvals", "show"): (["0123456789ab"], 2),
    ("approvals", "approve"): (["--all-ordinary", "--yes", "--as", "bo"], 0),
    ("approvals", "return"): (["0123456789ab", "--reason", "x"], 2),
    ("approvals", "take-over"): (["0123456789ab", "--reason", "x"], 2),
    ("incidents", "list"): ([], 0),
    ("incidents", "show"): (["0123456789ab"], 2),
    ("incidents", "acknowledge"): (["0123456789ab", "--note", "x", "--as", "dorthe"], 2),
    ("incidents", "retry"): (["0123456789ab", "--reason", "x", "--as", "dorthe"], 2),
    ("notices", "send"): ([], 0),
    ("pool", "drain"): (["p", "--as", "dorthe"], 6),
    ("pool", "resume"): (["p", "--as", "dorthe"], 6),
    ("incidents", "close"): (["0123456789ab", "--reason", "x", "--as", "dorthe"], 2),
    ("audit", "show"): (["--as", "carla"], 0),
    ("audit", "sample"): (
        [
            *[
                "--period",
                "2026-01-01",
                "2026-01-31",
                "--size",
                "3",
                "--seed",
                "prøvefrø-1",
                "--purpose",
                "x",
                "--as",
                "carla",
            ]
        ],
        0,
    ),
    ("audit", "finding"): (["0123456789ab", "--all-justified", "--as", "carla"], 2),
    ("audit", "prove"): (["0123456789ab", "--as", "carla"], 2),
    ("audit", "report"): (["--period", "2026-01-01", "2026-01-31", "--as", "carla"], 0),
    ("audit", "verify"): (["--as", "carla"], 0),
    ("audit", "clock"): (["0123456789ab", "--reason", "x", "--as", "carla"], 2),
    ("audit", "sequence"): (["--as", "carla"], 0),
    ("audit", "checkpoint"): (["--as", "carla"], 0),
    ("audit", "keys"): (["--as", "carla"], 0),
    ("audit", "first-key"): (["--as", "gitte"], 6),
    ("audit", "begin-again"): (
        ["--origin", "prøve.invalid/ny", "--copies", "ny", "--reason", "x", "--yes", "--as", "gitte"],
        5,
    ),
    ("audit", "prune"): (
        ["--before", "2021", "--class", "lookup", "--reason", "13 måneder", "--yes", "--as", "gitte"],
        0,
    ),
    ("database", "upgrade"): ([], 0),
    ("deployments",): ([], 0),
    ("version",): ([], 0),
}
#: These have tests of their own, with ``--json``, in ``test_demo``, ``test_simulator``, ``test_export`` and
#: ``test_audit_commands``.
ELSEWHERE = {
    ("demo",),
    ("simulator", "serve"),
    ("simulator", "night"),
    ("audit", "person"),
    ("audit", "erase-person"),
    ("audit", "export"),
    ("audit", "verifier"),
}


@pytest.fixture
def no_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is started by ``up``."""

    def told_at_once(_settings: Settings, *, tell: Callable[[str, str], None], stop: threading.Event) -> bool:
        assert not stop.is_set()
        tell("database", "Databasen er klar.")
        return True

    monkeypatch.setattr(up, "run_local_stack", told_at_once)


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_a_command_answers_with_one_document(
    sagsgang: Sagsgang, with_proposals: Path, no_stack: None, words: tuple[str, ...]
) -> None:
    arguments, code = CALLS[words]
    said = sagsgang(*words, *arguments, "--json")
    assert said.code == code, said.err
    document = json.loads(said.out)
    assert isinstance(document, dict)
    assert ("error" in document) == (code not in {0, 1})
    assert words == ("version",) or document["environment"] == "simulated"


def test_every_command_is_tried() -> None:
    assert {command.words for command in COMMANDS} == set(CALLS) | ELSEWHERE
