"""A proof of one event, made by the receiver out of a whole log."""

import json
from pathlib import Path

import pytest

from audit.checkpoints import open_checkpoint
from audit.events import leaf_hash
from audit.merkle import verify_inclusion
from audit.notes import VerifierKey
from tests.audit.receiving import USAGE, Made, Verify, load


def _event(bundle: Made, place: int) -> tuple[str, bytes]:
    line = (bundle.folder / "events.jsonl").read_bytes().splitlines()[place]
    return json.loads(line)["id"], line


@pytest.mark.parametrize("place", [0, 7, 255, 256, 259])
def test_the_proof_holds_by_the_logs_own_functions_and_is_the_one_a_selection_has(
    verify: Verify, bundle: Made, selected: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    monkeypatch.chdir(tmp_path)
    event, line = _event(bundle, place)
    verdict = verify(bundle.folder, "--key", bundle.key, "--proof", event)
    assert (verdict.code, verdict.out.endswith("holder.\n")) == (0, True)
    data = (tmp_path / f"{event}.tlog-proof").read_bytes()
    index, path, note = load().parse_proof(data)
    key = VerifierKey.from_text(bundle.key)
    checkpoint, _ = open_checkpoint(note.decode(), (key,), origin=key.name)
    assert index == place
    verify_inclusion(leaf_hash(line), index, checkpoint.size, path, checkpoint.root)
    assert data == (selected.folder / "proofs" / f"{event}.tlog-proof").read_bytes()


@pytest.mark.parametrize("event", ["../outside", "hest", "", "01a204bc-0621-7754-a6a3-3fd8a91d771"])
def test_what_is_no_events_number_is_refused_and_no_file_is_written(
    verify: Verify, bundle: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert verify(bundle.folder, "--key", bundle.key, "--proof", event).code == USAGE
    assert sorted(tmp_path.rglob("*")) == before


def test_an_event_that_is_not_in_the_bundle_is_refused(
    verify: Verify, bundle: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    verdict = verify(bundle.folder, "--key", bundle.key, "--proof", "01a204bc-0621-7754-a6a3-3fd8a91d7711")
    assert (verdict.code, "ingen hændelse" in verdict.out) == (USAGE, True)


def test_a_proof_is_never_written_over_something(
    verify: Verify, bundle: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    event, _line = _event(bundle, 3)
    (tmp_path / f"{event}.tlog-proof").write_text("mit", encoding="utf-8")
    assert verify(bundle.folder, "--key", bundle.key, "--proof", event).code == USAGE
    assert (tmp_path / f"{event}.tlog-proof").read_text(encoding="utf-8") == "mit"


def test_no_proof_is_made_of_a_bundle_that_does_not_hold(
    verify: Verify, bundle: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    event, line = _event(bundle, 3)
    path = bundle.folder / "events.jsonl"
    path.write_bytes(path.read_bytes().replace(line, line.replace(b"anne", b"ansa")))
    assert verify(bundle.folder, "--key", bundle.key, "--proof", event).code == 1
    assert not (tmp_path / f"{event}.tlog-proof").exists()
