"""Bundles that somebody has changed: each change is found, also when the manifest was written anew to fit."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.checkpoints import parse_checkpoint
from audit.notes import SigningKey, parse_note, sign_note
from tests.audit.receiving import BROKEN, UNPROVEN, USAGE, Made, Verify, reseal, rewrite_manifest, run_verifier, said


def test_the_bundle_itself_holds(verify: Verify, shared_bundle: Made) -> None:
    verdict = verify(shared_bundle.folder, "--key", shared_bundle.key)
    assert verdict.code == 0, verdict.out
    assert verdict.out.count(". ok: ") == 9
    assert "alle hændelser til og med kontrolpunktet" in verdict.out


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_changed_byte_in_any_file_is_found(verifier: ModuleType, shared_bundle: Made, data: st.DataObject) -> None:
    names = sorted(path for path in shared_bundle.folder.rglob("*") if path.is_file() and path.stat().st_size)
    top = [path for path in names if path.parent == shared_bundle.folder]
    path = data.draw(st.sampled_from(top) | st.sampled_from(names))
    before = path.read_bytes()
    spoilt = bytearray(before)
    spoilt[data.draw(st.integers(0, len(before) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        path.write_bytes(spoilt)
        verdict = run_verifier(verifier, shared_bundle.folder, "--key", shared_bundle.key)
    finally:
        path.write_bytes(before)
    assert verdict.code == BROKEN, verdict.out


@pytest.mark.parametrize("change", ["cut", "grown", "gone", "emptied"])
@pytest.mark.parametrize("name", ["manifest.json", "manifest.sha256", "files.jsonl", "events.jsonl", "tile/1/000.p/1"])
def test_a_file_that_is_shorter_longer_or_gone_is_found(verify: Verify, bundle: Made, name: str, change: str) -> None:
    path = bundle.folder / name
    data = path.read_bytes()
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes({"cut": data[:-1], "grown": data + b"\n", "emptied": b""}[change])
    said(verify, bundle)


def _edit_event(folder: Path) -> None:
    for path in (folder / "events.jsonl", folder / "tile/entries/000"):
        path.write_bytes(path.read_bytes().replace(b'"number":7}', b'"number":8}', 1))


def _edit_line(folder: Path) -> None:
    path = folder / "events.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"number":7}', b'"number":8}', 1))


def _swap_lines(folder: Path) -> None:
    path = folder / "events.jsonl"
    first, second, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([second, first, *rest]))


def _repeat_line(folder: Path) -> None:
    path = folder / "events.jsonl"
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[-1])


def _drop_newline(folder: Path) -> None:
    path = folder / "events.jsonl"
    path.write_bytes(path.read_bytes()[:-1])


def _drop_line(folder: Path) -> None:
    for name in ("events.jsonl", "events.csv"):
        kept = (folder / name).read_bytes().splitlines(keepends=True)[:-1]
        (folder / name).write_bytes(b"".join(kept))


def _edit_leaf(folder: Path) -> None:
    path = folder / "tile/0/000"
    path.write_bytes(bytes(32) + path.read_bytes()[32:])


def _edit_leaf_at_the_edge(folder: Path) -> None:
    path = folder / "tile/0/001.p/4"
    path.write_bytes(bytes(32) + path.read_bytes()[32:])


def _cut_tile(folder: Path) -> None:
    path = folder / "tile/0/001.p/4"
    path.write_bytes(path.read_bytes()[:-32])


def _narrow_tile(folder: Path) -> None:
    (folder / "tile/0/001.p/4").rename(folder / "tile/0/001.p/3")


def _add_tile(folder: Path) -> None:
    (folder / "tile/2").mkdir()
    (folder / "tile/2/000").write_bytes(bytes(8192))


def _cut_entries(folder: Path) -> None:
    path = folder / "tile/entries/001.p/4"
    path.write_bytes(path.read_bytes()[:-1])


def _grow_entries(folder: Path) -> None:
    path = folder / "tile/entries/001.p/4"
    path.write_bytes(path.read_bytes() + b"\0\0")


def _move_entries(folder: Path) -> None:
    (folder / "tile/entries/001.p/4").rename(folder / "tile/entries/002")


def _lie_in_entries(folder: Path) -> None:
    path = folder / "tile/entries/001.p/4"
    path.write_bytes(b"\xff\xff" + path.read_bytes()[2:])


def _swap_proofs(folder: Path) -> None:
    first, second, *_ = sorted((folder / "proofs").iterdir())
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)


def _drop_proof(folder: Path) -> None:
    next((folder / "proofs").iterdir()).unlink()


def _edit_table(folder: Path) -> None:
    path = folder / "events.csv"
    path.write_bytes(path.read_bytes().replace(b";anne;", b";bo;", 1))


def _add_row(folder: Path) -> None:
    path = folder / "events.csv"
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[-1])


def _break_table(folder: Path) -> None:
    path = folder / "events.csv"
    path.write_bytes(path.read_bytes() + b'"a"b;\x00\r\n')


def _drop_newest_copy(folder: Path) -> None:
    max((folder / "checkpoints").iterdir()).unlink()


def _rename_checkpoint(folder: Path) -> None:
    path = min((folder / "checkpoints").iterdir())
    path.rename(path.with_name(f"{7:018d}.checkpoint"))


FORGED: list[tuple[Callable[[Path], None], str]] = [
    (_edit_event, "giver ikke sit blad"), (_edit_line, "er ikke en hændelse i loggen"), (_swap_lines, "events.csv"),
    (_repeat_line, "er ikke en hændelse"), (_drop_newline, "er ikke en hændelse"), (_drop_line, "siger"),
    (_edit_leaf, "laget over"), (_edit_leaf_at_the_edge, "ikke det, der er skrevet under på"),
    (_cut_tile, "skal have 128"), (_narrow_tile, "mangler"), (_add_tile, "tiles"),
    (_cut_entries, "giver ikke sit blad"),
    (_grow_entries, "mere end"), (_move_entries, "uden for loggen"), (_lie_in_entries, "giver ikke sit blad"),
    (_edit_table, "events.csv"), (_add_row, "flere rækker"),
    (_break_table, ""), (_drop_newest_copy, "mangler i mappen"), (_rename_checkpoint, "passer ikke med navnet"),
]  # fmt: skip


@pytest.mark.parametrize(("forge", "sentence"), FORGED, ids=[forge.__name__ for forge, _ in FORGED])
def test_a_forger_who_writes_a_manifest_that_fits_is_found(
    verify: Verify, bundle: Made, forge: Callable[[Path], None], sentence: str
) -> None:
    forge(bundle.folder)
    reseal(bundle.folder)
    assert sentence in said(verify, bundle)


@pytest.mark.parametrize(("forge", "sentence"), [(_swap_proofs, "fører ikke til"), (_drop_proof, "mangler")])
def test_a_forged_proof_of_a_selection_is_found(
    verify: Verify, selected: Made, forge: Callable[[Path], None], sentence: str
) -> None:
    assert verify(selected.folder, "--key", selected.key).code == 0
    forge(selected.folder)
    reseal(selected.folder)
    assert sentence in said(verify, selected)


def test_a_selection_cannot_be_called_one_that_needs_no_proofs(verify: Verify, selected: Made) -> None:
    shutil.rmtree(selected.folder / "proofs")
    counts = json.loads((selected.folder / "manifest.json").read_bytes())["counts"]
    reseal(selected.folder, counts={**counts, "proofs": 0})
    assert "mangler" in said(verify, selected)


def test_a_whole_log_with_proofs_as_it_was_once_exported_holds(verify: Verify, selected: Made) -> None:
    reseal(selected.folder, selection={})
    verdict = verify(selected.folder, "--key", selected.key)
    assert verdict.code == 0, verdict.out
    assert "260 beviser fører hver" in verdict.out


def test_the_first_bad_event_is_named(verify: Verify, bundle: Made) -> None:
    _edit_event(bundle.folder)
    reseal(bundle.folder)
    assert "nr. 8 i tile/entries/000" in said(verify, bundle)


def _resign(bundle: Made, key: SigningKey, *, name: str = "checkpoint", **changes: object) -> None:
    path = bundle.folder / name
    checkpoint = parse_checkpoint(parse_note(path.read_text(encoding="utf-8")).text)
    lines = {"origin": checkpoint.origin, "size": checkpoint.size, **changes}
    text = f"{lines['origin']}\n{lines['size']}\n" + parse_note(path.read_text(encoding="utf-8")).text.split("\n")[2]
    path.write_text(sign_note(text + "\n", key).to_text(), encoding="utf-8")


def test_a_bundle_with_its_own_forged_key_does_not_pass_for_the_log(verify: Verify, bundle: Made) -> None:
    forger = SigningKey("prøve.example/log", bytes(32))
    names = ["checkpoint", *(f"checkpoints/{path.name}" for path in (bundle.folder / "checkpoints").iterdir())]
    for name in names:
        _resign(bundle, forger, name=name)
    (bundle.folder / "keys").write_text(forger.verifier.to_text() + "\n", encoding="utf-8")
    (bundle.folder / "policy").write_text(f"log {forger.verifier.to_text()}\nquorum none\n", encoding="utf-8")
    reseal(bundle.folder)
    assert "ikke underskrevet med en nøgle, du har givet" in said(verify, bundle)
    # Without a key from elsewhere it hangs together, and that is said to prove nothing.
    verdict = verify(bundle.folder)
    assert verdict.code == UNPROVEN
    assert "IKKE EFTERPRØVET, HVIS LOG DET ER" in verdict.out


def test_a_checkpoint_of_a_giant_tree_ends_at_the_first_missing_tile(verify: Verify, bundle: Made) -> None:
    key = SigningKey("prøve.example/log", bytes(32))
    _resign(bundle, key, size=10**17)
    for path in (bundle.folder / "checkpoints").iterdir():
        path.unlink()
    reseal(bundle.folder)
    assert "mangler" in said(verify, Made(bundle.folder, key.verifier.to_text()))


def test_a_log_that_was_changed_backwards_is_found_by_its_earlier_checkpoint(verify: Verify, bundle: Made) -> None:
    key = SigningKey("prøve.example/log", bytes(32))
    newest = max((bundle.folder / "checkpoints").iterdir())
    earlier = min((bundle.folder / "checkpoints").iterdir())
    text = parse_note(newest.read_text(encoding="utf-8")).text.split("\n")
    for name in ("checkpoint", f"checkpoints/{newest.name}"):
        _resign(bundle, key, name=name)
    # The earlier one says the newer tree's root of its own size: two histories under one key.
    note = sign_note(f"prøve.example/log\n{int(earlier.name[:18])}\n{text[2]}\n", key).to_text()
    earlier.write_text(note, encoding="utf-8")
    reseal(bundle.folder)
    assert "ændret bagud eller delt" in said(verify, Made(bundle.folder, key.verifier.to_text()))


def test_without_a_key_everything_else_is_verified_and_the_exit_code_is_3(verify: Verify, shared_bundle: Made) -> None:
    verdict = verify(shared_bundle.folder)
    assert verdict.code == UNPROVEN
    assert verdict.out.count(". ok: ") == 9
    assert "EGNE nøgler, og det beviser intet" in verdict.out


def test_a_policy_from_elsewhere_serves_as_key(verify: Verify, shared_bundle: Made, tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text(f"log {shared_bundle.key}\nquorum none\n", encoding="utf-8")
    assert verify(shared_bundle.folder, "--policy", policy).code == 0


def test_a_policy_whose_witnesses_have_not_signed_is_not_met(
    verify: Verify, shared_bundle: Made, tmp_path: Path
) -> None:
    witness = "vidne+" + hashlib.sha256(b"vidne\n\x04" + bytes(32)).hexdigest()[:8] + "+BAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    policy = tmp_path / "policy"
    policy.write_text(f"log {shared_bundle.key}\nwitness v {witness}AAAAAAAAAAAAAAAA\nquorum v\n", encoding="utf-8")
    verdict = verify(shared_bundle.folder, "--policy", policy)
    assert (verdict.code, "de vidner" in verdict.out) == (BROKEN, True), verdict.out


@pytest.mark.parametrize(
    "arguments", [(), ("--hest",), ("findes-ikke",), ("findes-ikke", "--key", "x"), (".", "--policy", "findes-ikke")]
)
def test_wrong_usage_is_exit_code_2(verify: Verify, arguments: tuple[str, ...]) -> None:
    verdict = verify(*arguments)
    assert (verdict.code, verdict.out.startswith("Forkert brug")) == (USAGE, True)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"null", b"1", b"\xff", b"{", b"[" * 100_000, b'{"a":' * 100_000, b'{"format":NaN}',
        b'{"format":Infinity}', b'{"format":1.5}', b'{"format":"a","format":"b"}', b'{"n":' + b"9" * 5000 + b"}",
        b'{"format":"sagsgang-audit-bundle/1"}', b'{"format":"sagsgang-audit-bundle/2"}', b"\xef\xbb\xbf{}",
    ],
)  # fmt: skip
def test_a_manifest_that_is_no_manifest_ends_in_a_sentence(verify: Verify, bundle: Made, data: bytes) -> None:
    rewrite_manifest(bundle.folder, data)
    assert "manifest" in said(verify, bundle)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_FIELDS = ("format", "origin", "environment", "selection", "counts", "pruned", "checkpoint", "files")


@given(st.sampled_from(_FIELDS), _JSON)
@settings(max_examples=50, deadline=None)
def test_any_other_value_of_a_field_of_the_manifest_is_found(
    verifier: ModuleType, shared_bundle: Made, field: str, value: object
) -> None:
    kept = [(shared_bundle.folder / name, (shared_bundle.folder / name).read_bytes())
            for name in ("manifest.json", "manifest.sha256")]  # fmt: skip
    told = json.loads(kept[0][1])
    if value == told[field]:
        return
    try:
        rewrite_manifest(shared_bundle.folder, json.dumps({**told, field: value}).encode())
        verdict = run_verifier(verifier, shared_bundle.folder, "--key", shared_bundle.key)
    finally:
        for path, data in kept:
            path.write_bytes(data)
    assert verdict.code == BROKEN, verdict.out


@pytest.mark.parametrize(
    "selection",
    [{"robot": "en anden"}, {"from": "2027"}, {"to": "2020"}, {"case": "x"}, {"x": ""}, {"robot": 1}, {"from": 1}],
)
def test_a_selection_that_the_events_do_not_fit_is_found(
    verify: Verify, bundle: Made, selection: dict[str, object]
) -> None:
    reseal(bundle.folder, selection=selection)
    said(verify, bundle)


def test_events_left_out_cannot_be_called_a_whole_log(verify: Verify, bundle: Made) -> None:
    _drop_line(bundle.folder)
    lines = (bundle.folder / "events.jsonl").read_bytes().splitlines()
    counts = json.loads((bundle.folder / "manifest.json").read_bytes())["counts"]
    reseal(bundle.folder, counts={**counts, "events": len(lines)})
    assert "flere mangler" in said(verify, bundle)


def test_a_pruning_that_the_log_does_not_tell_of_is_found(verify: Verify, bundle: Made) -> None:
    for name, kept in (("events.jsonl", 0), ("events.csv", 1)):
        rows = (bundle.folder / name).read_bytes().splitlines(keepends=True)
        (bundle.folder / name).write_bytes(b"".join(rows[:kept] + rows[kept + 5 :]))
    left = {json.loads(line)["id"] for line in (bundle.folder / "events.jsonl").read_bytes().splitlines()}
    counts = json.loads((bundle.folder / "manifest.json").read_bytes())["counts"]
    told = {**counts, "events": len(left)}
    reseal(bundle.folder, counts=told, pruned={"below": 5, "told": []})
    assert "uden at loggen fortæller" in said(verify, bundle)
