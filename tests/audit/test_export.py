"""A bundle says what the log says, byte for byte, and nothing that was not selected."""

import csv
import json
import os
import stat
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoints import open_checkpoint
from audit.errors import ExportRefusedError
from audit.events import ActorRef, CaseEventRef, DecisionRef, Event, ProcessRef, RunRef, leaf_hash
from audit.export.folder import BundleFolder, zip_folder
from audit.export.selection import Choice, count_selected
from audit.export.table import COLUMNS, table_row
from audit.merkle import verify_inclusion
from audit.pruning import Letting, prune_before_year
from audit.signer import Signer
from audit.vocabulary import ActorKind, EventType
from casework.workplace import Workplace
from foundation.clock import ManualClock
from tests.audit.receiving import BROKEN, export, key_of, load, run_verifier
from tests.audit.tampering import Fill
from tests.workbench import raw, rows

needs_rights = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no rights of this kind")
PERSON = ActorRef(ActorKind.PERSON, "anne", "os_account")


def _manifest(bundle: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((bundle / "manifest.json").read_bytes())
    return told


def _lines(bundle: Path) -> list[bytes]:
    return (bundle / "events.jsonl").read_bytes().splitlines()


def _table(bundle: Path) -> list[list[str]]:
    text = (bundle / "events.csv").read_text(encoding="utf-8-sig")
    return list(csv.reader(text.splitlines(), delimiter=";"))


def _holds(bundle: Path, *keys: str) -> str:
    verdict = run_verifier(load(), bundle, *(word for key in keys for word in ("--key", key)))
    assert verdict.code == 0, verdict.out
    return verdict.out


def _work(place: Workplace, number: int, robot: str = "address_update") -> Event:
    return Event(
        type=EventType.EFFECT_DONE,
        actor=ActorRef(ActorKind.ROBOT, robot, "os_account", "anne"),
        process=ProcessRef(robot, "1.0"),
        run=RunRef(run=f"kørsel-{number}", item=f"opgave-{number}"),
        case=CaseEventRef("nova", f"sag-{number}"),
        decision=DecisionRef(person_seconds=77_777),
    )


@pytest.fixture
def mixed(place: Workplace, fill: Fill, signer: Signer) -> Workplace:
    """A signed log with 300 plain events, of which each of nos. 201, 202 and 203 is about a case of its own."""
    fill(200)
    with place.database.write() as session:
        place.record(session, *(_work(place, number) for number in (1, 2, 3)))
    fill(99)
    signer.sign(place.database, now=place.now())
    return place


def test_a_whole_log_holds_and_its_lines_are_the_bodies_in_the_order_of_the_tree(
    mixed: Workplace, signer: Signer, tmp_path: Path
) -> None:
    bundle = export(mixed, signer, tmp_path / "bundle")
    assert "alle hændelser til og med kontrolpunktet" in _holds(bundle, key_of(signer))
    query = "SELECT e.body FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id ORDER BY l.seq"
    assert _lines(bundle) == [bytes(row["body"]) for row in rows(mixed, query)]


@pytest.mark.parametrize("chosen", [{"case": "sag-2"}, {"run": "kørsel-2"}, {"item": "opgave-2"}])
def test_nothing_but_the_selected_event_is_anywhere_in_the_bundle(
    mixed: Workplace, signer: Signer, tmp_path: Path, chosen: dict[str, str]
) -> None:
    bundle = export(mixed, signer, tmp_path / "bundle", **chosen)
    assert "1 udvalgte af" in _holds(bundle, key_of(signer))
    everything = b"".join(path.read_bytes() for path in bundle.rglob("*") if path.is_file())
    assert b"sag-2" in everything
    assert b"sag-1" not in everything
    assert b"sag-3" not in everything
    assert not (bundle / "tile/entries").exists()
    assert len(list((bundle / "proofs").iterdir())) == 1


def test_a_robots_events_are_selected(mixed: Workplace, signer: Signer, tmp_path: Path) -> None:
    bundle = export(mixed, signer, tmp_path / "bundle", robot="address_update")
    assert len(_lines(bundle)) == 3
    _holds(bundle, key_of(signer))


def test_a_period_has_its_first_moment_and_not_its_last(
    place: Workplace, fill: Fill, signer: Signer, clock: ManualClock, tmp_path: Path
) -> None:
    start = place.now()
    for _ in range(4):
        fill(2)
        clock.advance(timedelta(days=1).total_seconds())
    signer.sign(place.database, now=place.now())
    bundle = export(
        place, signer, tmp_path / "bundle", since=start + timedelta(days=1), until=start + timedelta(days=3)
    )
    assert len(_lines(bundle)) == 4
    assert _manifest(bundle)["selection"] == {
        "from": "2026-03-03T11:00:00.000000Z",
        "to": "2026-03-05T11:00:00.000000Z",
    }
    _holds(bundle, key_of(signer))


def test_entries_are_written_where_all_256_are_selected_and_nowhere_else(
    place: Workplace, fill: Fill, signer: Signer, clock: ManualClock, tmp_path: Path
) -> None:
    start = place.now()
    fill(400)
    clock.advance(60)
    fill(10)
    signer.sign(place.database, now=place.now())
    bundle = export(place, signer, tmp_path / "bundle", until=start + timedelta(seconds=30))
    assert [path.name for path in (bundle / "tile/entries").iterdir()] == ["000"]
    assert _manifest(bundle)["counts"]["entries"] == 256
    _holds(bundle, key_of(signer))


def test_each_proof_holds_by_the_logs_own_functions(mixed: Workplace, signer: Signer, tmp_path: Path) -> None:
    bundle = export(mixed, signer, tmp_path / "bundle", since=datetime(2000, 1, 1, tzinfo=UTC))
    verifier = load()
    for line in _lines(bundle)[::37]:
        proof = (bundle / "proofs" / f"{json.loads(line)['id']}.tlog-proof").read_bytes()
        index, path, note = verifier.parse_proof(proof)
        checkpoint, _ = open_checkpoint(note.decode(), signer.known_keys(), origin=signer.origin)
        verify_inclusion(leaf_hash(line), index, checkpoint.size, path, checkpoint.root)


def test_a_whole_log_has_no_file_for_each_event_and_says_how_a_proof_is_made(
    mixed: Workplace, signer: Signer, tmp_path: Path
) -> None:
    bundle = export(mixed, signer, tmp_path / "bundle")
    assert not (bundle / "proofs").exists()
    assert "--proof HÆNDELSE" in (bundle / "LAESMIG.md").read_text(encoding="utf-8")
    assert "bevis, der kan stå alene, laves med --proof" in _holds(bundle, key_of(signer))


def test_a_pruned_log_is_exported_with_its_whole_tree_and_says_what_went_and_why(
    place: Workplace, fill: Fill, signer: Signer, clock: ManualClock, tmp_path: Path
) -> None:
    fill(260)
    clock.advance(timedelta(days=365).total_seconds())
    fill(10)
    signer.sign(place.database, now=place.now())
    with place.database.write() as session:
        prune_before_year(session, 2027, letting=Letting(PERSON, place.now(), "simulated", "Logpolitikken, § 4"))
    fill(1)
    signer.sign(place.database, now=place.now())
    bundle = export(place, signer, tmp_path / "bundle")
    assert "De første 261 er slettet" in _holds(bundle, key_of(signer))
    (told,) = _manifest(bundle)["pruned"]["told"]
    assert (told["below"], told["reason"]) == (261, "Logpolitikken, § 4")
    assert "Logpolitikken, § 4" in (bundle / "LAESMIG.md").read_text(encoding="utf-8")
    assert (bundle / "tile/0/000").stat().st_size == 8192
    assert not (bundle / "tile/entries").exists()


def test_a_deleted_event_is_missed_in_a_whole_export(mixed: Workplace, signer: Signer, tmp_path: Path) -> None:
    with mixed.database.write() as session:
        prune_before_year(session, 2027, letting=Letting(PERSON, mixed.now(), "simulated", "Snyd"))
    # What tells of the pruning is not under a signature yet.
    with pytest.raises(ExportRefusedError):
        export(mixed, signer, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_after_a_change_of_keys_the_receiver_needs_both(
    mixed: Workplace, fill: Fill, signer: Signer, tmp_path: Path
) -> None:
    old = key_of(signer)
    signer.rotate(mixed.database, actor=PERSON, now=mixed.now, environment="simulated")
    fill(1)
    signer.sign(mixed.database, now=mixed.now())
    bundle = export(mixed, signer, tmp_path / "bundle")
    _holds(bundle, old, key_of(signer))
    verdict = run_verifier(load(), bundle, "--key", key_of(signer))
    assert (verdict.code, "den gamle gives med --key" in verdict.out) == (BROKEN, True)


def test_what_no_checkpoint_covers_is_told(mixed: Workplace, fill: Fill, signer: Signer, tmp_path: Path) -> None:
    fill(3)
    fill(2, into_tree=False)
    bundle = export(mixed, signer, tmp_path / "bundle")
    assert _manifest(bundle)["unanchored"] == {"since": mixed.now().isoformat(), "events": 5}
    assert "5 hændelser siden" in (bundle / "LAESMIG.md").read_text(encoding="utf-8")
    assert len(_lines(bundle)) == _manifest(bundle)["checkpoint"]["size"]


def test_what_others_said_of_a_checkpoint_is_in_the_bundle(mixed: Workplace, signer: Signer, tmp_path: Path) -> None:
    at = "2026-03-02 11:00:00.000000" if mixed.database.is_sqlite else datetime(2026, 3, 2, 11, tzinfo=UTC)
    raw(
        mixed,
        "INSERT INTO audit_anchor (size, kind, name, data, at) SELECT size, 'rfc3161', '../tsa', :data, :at "
        "FROM audit_checkpoint",
        data=b"svar",
        at=at,
    )
    bundle = export(mixed, signer, tmp_path / "bundle")
    told = json.loads((bundle / "anchors/index.jsonl").read_bytes())
    assert ((bundle / told["file"]).read_bytes(), told["name"]) == (b"svar", "../tsa")
    _holds(bundle, key_of(signer))


def test_the_table_is_for_danish_excel_and_times_nobody(mixed: Workplace, signer: Signer, tmp_path: Path) -> None:
    bundle = export(mixed, signer, tmp_path / "bundle", case="sag-2")
    assert (bundle / "events.csv").read_bytes().startswith(b"\xef\xbb\xbfnr;haendelse;")
    head, row = _table(bundle)
    told = dict(zip(head, row, strict=True))
    assert (told["robot"], told["sag"], told["dansk_tid"]) == ("address_update", "sag-2", "02.03.2026 kl. 12.00")
    assert "77777" not in (bundle / "events.csv").read_text(encoding="utf-8")


@given(st.text(max_size=20), st.sampled_from(["effect.done", "log.read"]))
def test_a_row_has_a_cell_for_each_column_and_repeats_the_body(text: str, kind: str) -> None:
    body = {"id": text, "ts": "2026-03-02T11:00:00.000000Z", "type": kind, "outcome": "ok", "actor": {"id": text}}
    row = table_row(7, json.dumps(body).encode())
    assert len(row) == len(COLUMNS)
    assert row[:2] == ["7", text]


def test_a_cell_that_a_spreadsheet_would_calculate_still_verifies(
    place: Workplace, fill: Fill, signer: Signer, tmp_path: Path
) -> None:
    with place.database.write() as session:
        place.record(session, _work(place, 1, robot='=HYPERLINK("x";"y")'))
    fill(1)
    signer.sign(place.database, now=place.now())
    bundle = export(place, signer, tmp_path / "bundle")
    assert '\'=HYPERLINK("x";"y")' in [row[COLUMNS.index("robot")] for row in _table(bundle)]
    _holds(bundle, key_of(signer))


@needs_rights
def test_a_bundle_is_for_its_owner_alone(mixed: Workplace, signer: Signer, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir(mode=0o755)
    before = os.umask(0)
    try:
        bundle = export(mixed, signer, tmp_path / "bundle")
        packed = zip_folder(bundle)
    finally:
        os.umask(before)
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [packed, *bundle.rglob("*")]}
    assert modes == {0o600, 0o700}


def test_a_folder_with_anything_in_it_is_never_written_to(mixed: Workplace, signer: Signer, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "mine").write_text("mit", encoding="utf-8")
    with pytest.raises(ExportRefusedError, match="ikke tom"):
        export(mixed, signer, tmp_path / "bundle")
    assert [path.name for path in (tmp_path / "bundle").iterdir()] == ["mine"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "bundle").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ExportRefusedError):
        BundleFolder(tmp_path / "bundle")


def test_a_zip_is_written_beside_and_never_over(mixed: Workplace, signer: Signer, tmp_path: Path) -> None:
    bundle = export(mixed, signer, tmp_path / "bundle", case="sag-2")
    packed = zip_folder(bundle)
    with zipfile.ZipFile(packed) as read:
        assert "manifest.json" in read.namelist()
    _holds(packed, key_of(signer))
    with pytest.raises(ExportRefusedError):
        zip_folder(bundle)


def test_a_log_that_is_not_signed_is_not_exported(place: Workplace, fill: Fill, signer: Signer, tmp_path: Path) -> None:
    fill(3)
    with pytest.raises(ExportRefusedError, match="ikke skrevet under"):
        export(place, signer, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_a_selection_that_fits_nothing_makes_no_bundle(mixed: Workplace, signer: Signer, tmp_path: Path) -> None:
    with pytest.raises(ExportRefusedError, match="Ingen hændelser"):
        export(mixed, signer, tmp_path / "bundle", case="findes ikke")
    assert not (tmp_path / "bundle").exists()


def test_half_a_bundle_has_no_manifest_and_does_not_hold(tmp_path: Path) -> None:
    folder = BundleFolder(tmp_path / "bundle")
    folder.put("events.jsonl", b"{}\n")
    folder.close()
    assert run_verifier(load(), folder.path).code == BROKEN


def test_counting_and_reading_select_the_same(mixed: Workplace, signer: Signer, tmp_path: Path) -> None:
    with mixed.database.read() as session:
        assert count_selected(session, Choice(robot="address_update")) == 3
        assert count_selected(session, Choice(robot="address_update", case="sag-1")) == 1
        assert count_selected(session, Choice()) == 303
