import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from audit.tables import AuditPrivateRow
from foundation.database import Database
from foundation.sealing import open_key_ring
from foundation.settings import load_settings
from tests.apps.conftest import Sagsgang

_PRIVATE = AuditPrivateRow.__table__


def test_the_auditor_reads_sentences_in_danish_time(sagsgang: Sagsgang, with_proposals: Path) -> None:
    said = sagsgang("audit", "show", "--as", "carla")
    assert said.code == 0
    assert "address_update (for dorthe) foreslog en ændring" in said.out
    assert " kl. " in said.out


@pytest.mark.parametrize("name", ["anne", "bo", "erik"])
def test_others_do_not_read_the_trail(sagsgang: Sagsgang, with_proposals: Path, name: str) -> None:
    said = sagsgang("audit", "show", "--as", name)
    assert said.code == 3
    assert "må ikke læse loggen" in said.err
    assert said.out == ""


def test_reading_is_recorded_with_who_and_how_much(sagsgang: Sagsgang, with_proposals: Path) -> None:
    item = sagsgang("items", "--json").document["items"][0]["id"]
    read = sagsgang("audit", "show", "--item", item[-12:], "--json", "--as", "carla").document["entries"]
    (entry, *_) = sagsgang("audit", "show", "--type", "log.read", "--json", "--as", "carla").document["entries"]
    assert entry["body"]["actor"]["id"] == "carla"
    assert entry["body"]["facts"] == {"asked_item": item, "entries": len(read)}


@pytest.mark.parametrize("option", ["--case", "--robot"])
def test_what_was_typed_is_sealed_beside_the_reading(sagsgang: Sagsgang, with_proposals: Path, option: str) -> None:
    assert sagsgang("audit", "show", option, "0709614452", "--type", "run.opened", "--as", "carla").code == 0
    settings = load_settings()
    database = Database(settings.effective_database_url, open_key_ring(settings))
    with database.read() as session:
        (row,) = session.execute(select(_PRIVATE.c.detail, _PRIVATE.c.retention)).all()
    database.dispose()
    assert json.loads(row.detail) == {option.strip("-"): "0709614452", "type": "run.opened"}
    assert row.retention == "lookup"
    files = [path for path in with_proposals.rglob("*") if path.is_file()]
    assert with_proposals / "sagsgang.db" in files
    assert not [path.name for path in files if b"0709614452" in path.read_bytes()]


def test_nobody_is_shown_how_long_a_person_took(sagsgang: Sagsgang, ordinary: dict[str, Any]) -> None:
    sagsgang("approvals", "approve", ordinary["reference"], "--yes", "--as", "bo")
    said = sagsgang("audit", "show", "--item", ordinary["item"], "--json", "--as", "carla")
    assert "approved" in {each["body"].get("decision", {}).get("humanReview") for each in said.document["entries"]}
    assert "personSeconds" not in said.out


def test_a_digital_agent_reads_what_his_robots_did(sagsgang: Sagsgang, with_proposals: Path) -> None:
    told = sagsgang("audit", "show", "--json", "--as", "dorthe").document["entries"]
    assert told
    assert {entry["body"]["process"]["key"] for entry in told} == {"address_update"}


def test_a_digital_agent_reads_no_other_robots_trail(sagsgang: Sagsgang, with_proposals: Path) -> None:
    assert sagsgang("audit", "show", "--robot", "en_anden", "--as", "dorthe").code == 3


def test_a_digital_agent_reads_the_whole_life_of_an_item_of_his(sagsgang: Sagsgang, with_proposals: Path) -> None:
    item = sagsgang("items", "--state", "awaiting_approval", "--json").document["items"][0]["short"]
    sagsgang("approvals", "show", item, "--as", "bo")
    told = sagsgang("audit", "show", "--item", item, "--json", "--as", "dorthe").document["entries"]
    assert "bo" in {entry["body"]["actor"]["id"] for entry in told}


def test_a_run_is_found_by_the_end_of_its_number(sagsgang: Sagsgang, with_proposals: Path) -> None:
    entries = sagsgang("audit", "show", "--type", "run.opened", "--json", "--as", "carla").document["entries"]
    run = entries[0]["body"]["run"]["run"]
    told = sagsgang("audit", "show", "--run", run[-12:], "--json", "--as", "dorthe").document["entries"]
    assert {entry["body"]["run"]["run"] for entry in told} == {run}


def test_an_unknown_type_is_a_mistake_in_usage(sagsgang: Sagsgang, with_proposals: Path) -> None:
    said = sagsgang("audit", "show", "--type", "hest", "--as", "carla")
    assert said.code == 2
    assert "docs/glossary.md" in said.err


def test_the_limit_gives_the_newest(sagsgang: Sagsgang, with_proposals: Path) -> None:
    everything = sagsgang("audit", "show", "--limit", "100000", "--json", "--as", "carla").document["entries"]
    newest = sagsgang("audit", "show", "--limit", "2", "--json", "--as", "carla").document["entries"]
    assert len(newest) == 2
    assert newest[0]["id"] == everything[-1]["id"]
