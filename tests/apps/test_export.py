"""``sagsgang audit export`` and ``audit verifier``: out of the house, and into the record."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from audit.tables import AuditPrivateRow
from foundation.database import Database
from foundation.sealing import open_key_ring
from foundation.settings import load_settings
from tests.apps.conftest import Sagsgang, Said
from tests.audit.receiving import load, run_verifier


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return tmp_path / "udtræk"


def _verified(said: Said, bundle: Path) -> str:
    assert said.code == 0, said.err
    verdict = run_verifier(load(), bundle, "--key", said.document["keys"][-1])
    assert verdict.code == 0, verdict.out
    return verdict.out


def test_an_auditor_exports_the_whole_log_and_it_verifies(
    sagsgang: Sagsgang, with_proposals: Path, bundle: Path
) -> None:
    said = sagsgang("audit", "export", str(bundle), "--zip", "--json", "--as", "carla")
    assert "alle hændelser til og med kontrolpunktet" in _verified(said, bundle)
    assert Path(said.document["zip"]).is_file()


def test_the_export_itself_is_the_last_event_of_the_bundle(
    sagsgang: Sagsgang, with_proposals: Path, bundle: Path
) -> None:
    said = sagsgang("audit", "export", str(bundle), "--json", "--as", "carla")
    last = json.loads((bundle / "events.jsonl").read_bytes().splitlines()[-1])
    assert (last["type"], last["actor"]["id"]) == ("log.exported", "carla")
    assert last["facts"] == {"events": said.document["events"] - 1}


def test_what_is_selected_is_recorded_and_what_was_typed_is_sealed(
    sagsgang: Sagsgang, with_proposals: Path, bundle: Path
) -> None:
    item = sagsgang("items", "--json").document["items"][0]["id"]
    said = sagsgang("audit", "export", str(bundle), "--item", item[-12:], "--robot", "address_update",
                    "--from", "2020-01-01", "--to", "31.12.2030", "--json", "--as", "carla")  # fmt: skip
    assert f"{said.document['events']} udvalgte" in _verified(said, bundle)
    (entry,) = sagsgang("audit", "show", "--type", "log.exported", "--json", "--as", "carla").document["entries"]
    assert entry["body"]["facts"] == {
        "events": said.document["events"],
        "asked_item": item,
        "asked_from": "2019-12-31T23:00:00.000000Z",
        "asked_to": "2030-12-31T23:00:00.000000Z",
    }
    settings = load_settings()
    database = Database(settings.effective_database_url, open_key_ring(settings))
    with database.read() as session:
        details = session.execute(select(AuditPrivateRow.__table__.c.detail)).scalars().all()
    database.dispose()
    assert b'{"robot": "address_update"}' in details


def test_a_number_typed_in_the_wrong_place_comes_into_no_file(
    sagsgang: Sagsgang, with_proposals: Path, bundle: Path
) -> None:
    said = sagsgang("audit", "export", str(bundle), "--case", "0709614452", "--as", "carla")
    assert said.code == 3
    assert "Der er intet at udlevere" in said.err
    assert "0709614452" not in said.err
    assert not bundle.exists()
    files = [path for path in with_proposals.rglob("*") if path.is_file()]
    assert not [path.name for path in files if b"0709614452" in path.read_bytes()]


@pytest.mark.parametrize("name", ["anne", "bo", "erik", "dorthe"])
def test_others_do_not_export_the_log(sagsgang: Sagsgang, with_proposals: Path, bundle: Path, name: str) -> None:
    said = sagsgang("audit", "export", str(bundle), "--as", name)
    assert said.code == 3
    assert "må ikke udlevere" in said.err
    assert not bundle.exists()


def test_a_folder_in_use_stops_the_export_before_it_is_recorded(
    sagsgang: Sagsgang, with_proposals: Path, bundle: Path
) -> None:
    bundle.mkdir()
    (bundle / "mine").write_text("mit", encoding="utf-8")
    assert sagsgang("audit", "export", str(bundle), "--as", "carla").code == 3
    assert not sagsgang("audit", "show", "--type", "log.exported", "--json", "--as", "carla").document["entries"]


@pytest.mark.parametrize("words", [("--from", "hest"), ("--from", "2026-02-01", "--to", "2026-01-01")])
def test_days_that_are_none_or_in_the_wrong_order_are_refused(
    sagsgang: Sagsgang, with_proposals: Path, bundle: Path, words: tuple[str, ...]
) -> None:
    said = sagsgang("audit", "export", str(bundle), *words, "--as", "carla")
    assert said.code != 0
    assert not bundle.exists()


def test_when_nothing_new_can_be_signed_the_last_checkpoint_serves_and_that_is_said(
    sagsgang: Sagsgang, with_proposals: Path, bundle: Path
) -> None:
    signed = sagsgang("audit", "export", str(bundle), "--json", "--as", "carla").document["size"]
    for path in (with_proposals / "signer").glob("last-signed-*"):
        path.unlink()
    again = bundle.with_name("igen")
    said = sagsgang("audit", "export", str(again), "--json", "--as", "carla")
    assert "under det seneste kontrolpunkt" in said.err
    assert said.document["size"] == signed
    _verified(said, again)


def test_the_key_and_the_next_commands_are_shown(sagsgang: Sagsgang, with_proposals: Path, bundle: Path) -> None:
    said = sagsgang("audit", "export", str(bundle), "--as", "carla")
    assert "ad en anden vej" in said.out
    assert "verify_bundle.py" in said.out + said.err


def test_the_verifier_is_handed_out_on_its_own_and_runs_alone(
    sagsgang: Sagsgang, with_proposals: Path, bundle: Path, tmp_path: Path
) -> None:
    key = sagsgang("audit", "export", str(bundle), "--json", "--as", "carla").document["keys"][-1]
    file = tmp_path / "verify_bundle.py"
    assert sagsgang("audit", "verifier", str(file)).code == 0
    command = [sys.executable, "-I", str(file), str(bundle), "--key", key]
    assert subprocess.run(command, check=False, capture_output=True, cwd=tmp_path).returncode == 0  # noqa: S603  # our own file


def test_the_verifier_is_never_written_over_something(sagsgang: Sagsgang, data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("mit", encoding="utf-8")
    assert sagsgang("audit", "verifier", str(file)).code == 3
    assert file.read_text(encoding="utf-8") == "mit"
