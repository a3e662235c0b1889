import json
from pathlib import Path

import pytest

from apps.cli.policy import differences
from tests.apps.conftest import Sagsgang, Town

NAME = "address_update"


@pytest.fixture
def wider(tmp_path: Path) -> Path:
    """A policy that lets ordinary moves pass, but for a sample."""
    file = tmp_path / "politik.json"
    file.write_text(json.dumps({"modes": {"ADR-01": "sample"}, "sample_percent": 50}), encoding="utf-8")
    return file


def _propose(sagsgang: Sagsgang, file: Path) -> str:
    said = sagsgang("policy", "propose", NAME, str(file), "--reason", "Vi udvider", "--as", "dorthe", "--json")
    assert said.code == 0, said.err
    policy: str = said.document["policy"]
    return policy


def _states(sagsgang: Sagsgang) -> list[str]:
    return [each["state"] for each in sagsgang("policy", "show", NAME, "--json").document["policies"]]


def test_a_policy_is_put_forward_by_one_and_put_in_force_by_another(
    sagsgang: Sagsgang, data_dir: Path, wider: Path
) -> None:
    policy = _propose(sagsgang, wider)
    assert _states(sagsgang) == ["proposed"]
    assert sagsgang("policy", "approve", policy, "--reason", "Enig", "--as", "frida").code == 0
    assert _states(sagsgang) == ["in_force"]
    shown = sagsgang("policy", "show", NAME)
    assert "sample_percent: 50" in shown.out


def test_who_put_a_policy_forward_does_not_put_it_in_force(sagsgang: Sagsgang, data_dir: Path, wider: Path) -> None:
    said = sagsgang("policy", "propose", NAME, str(wider), "--reason", "Vi udvider", "--as", "frida", "--json")
    assert said.code == 0, said.err
    refused = sagsgang("policy", "approve", said.document["policy"], "--reason", "Enig", "--as", "frida")
    assert refused.code == 3
    assert _states(sagsgang) == ["proposed"]


def test_a_policy_takes_its_owner_to_be_put_in_force(sagsgang: Sagsgang, data_dir: Path, wider: Path) -> None:
    policy = _propose(sagsgang, wider)
    assert sagsgang("policy", "approve", policy, "--reason", "Enig", "--as", "bo").code == 3
    assert _states(sagsgang) == ["proposed"]


def test_a_policy_may_be_rejected(sagsgang: Sagsgang, data_dir: Path, wider: Path) -> None:
    policy = _propose(sagsgang, wider)
    assert sagsgang("policy", "reject", policy, "--reason", "For tidligt", "--as", "frida").code == 0
    assert _states(sagsgang) == ["rejected"]


@pytest.mark.parametrize(
    "body", ['{"modes": {"ADR-01": "alt"}}', '{"uventet": 1}', '{"modes":', "[]", '"tekst"', "\xff"]
)
def test_a_policy_that_the_robot_cannot_read_is_refused_at_the_border(
    sagsgang: Sagsgang, data_dir: Path, tmp_path: Path, body: str
) -> None:
    file = tmp_path / "politik.json"
    file.write_bytes(body.encode("latin-1"))
    said = sagsgang("policy", "propose", NAME, str(file), "--reason", "Prøve", "--as", "dorthe")
    assert said.code != 0
    assert "Traceback" not in said.err
    assert "fejlede (" not in said.err
    assert _states(sagsgang) == []


def test_a_policy_file_that_is_not_there_is_told(sagsgang: Sagsgang, data_dir: Path, tmp_path: Path) -> None:
    said = sagsgang("policy", "propose", NAME, str(tmp_path / "ingen.json"), "--reason", "Prøve", "--as", "dorthe")
    assert (said.code, "kan ikke læses" in said.err) == (2, True)


def test_without_a_policy_everything_waits(sagsgang: Sagsgang, data_dir: Path) -> None:
    assert "alt venter på en godkendelse" in sagsgang("policy", "show", NAME).out


def test_adr_49_a_gap_is_accepted_by_another_than_who_runs_the_robot(sagsgang: Sagsgang, town: Town) -> None:
    run = ("run", NAME, "--without-prefect", "--as", "dorthe")
    sagsgang(*run)
    town.tell("/people/lose-events", count=2)
    town.tell("/nights", moves=1, seed=9)
    assert sagsgang(*run).code == 4
    (incident,) = sagsgang("incidents", "--json").document["incidents"]
    command = incident["message"].split("sagsgang ")[-1].split()
    assert command[:4] == ["intake", "accept", NAME, "gap"]
    assert sagsgang(*command, "--reason", "Sammenlignet med CPR", "--as", "dorthe").code == 0
    assert sagsgang(*run).code == 4
    assert sagsgang(*command, "--as", "bo").code == 2
    assert sagsgang(*command, "--reason", "Sammenlignet med CPR", "--as", "bo").code == 0
    assert sagsgang(*run).code == 0


def test_adr_49_who_accepted_is_not_advised_to_start_the_run(sagsgang: Sagsgang, data_dir: Path) -> None:
    words = ("intake", "accept", NAME, "gap", "cpr_events:1", "--reason", "Prøve")
    said = sagsgang(*words, "--as", "bo")
    assert said.code == 0, said.err
    assert said.out.rstrip().endswith(f"run {NAME}")


def test_adr_49_accepting_takes_a_role(sagsgang: Sagsgang, data_dir: Path) -> None:
    words = ("intake", "accept", NAME, "gap", "cpr_events:1", "--reason", "Prøve")
    assert sagsgang(*words, "--as", "carla").code == 3


def test_differences_are_told_setting_by_setting() -> None:
    assert differences(None, '{"sample_percent": 5}') == ["  sample_percent: (standard) → 5"]
    assert differences('{"sample_percent": 5}', '{"sample_percent": 5}') == [
        "  Intet er ændret i forhold til den, der er i kraft."
    ]
    assert differences('{"sample_percent": 5}', "{}") == ["  sample_percent: 5 → (standard)"]
