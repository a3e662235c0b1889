"""A bundle as a zip file is read as it is, and a zip file made to hurt is refused."""

import struct
import zipfile
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audit.receiving import BROKEN, Made, Verify, run_verifier, said


def _zip(bundle: Made, *, packing: int = zipfile.ZIP_DEFLATED) -> Path:
    target = bundle.folder.parent / "bundle.zip"
    with zipfile.ZipFile(target, "w", packing) as packed:
        for path in sorted(bundle.folder.rglob("*")):
            packed.write(path, path.relative_to(bundle.folder).as_posix())
    return target


def test_a_zip_file_is_verified_without_being_unpacked(verify: Verify, bundle: Made) -> None:
    before = {path.name for path in bundle.folder.parent.iterdir()} | {"bundle.zip"}
    assert verify(_zip(bundle), "--key", bundle.key).code == 0
    assert {path.name for path in bundle.folder.parent.iterdir()} == before


@pytest.mark.parametrize("name", ["../outside", "/outside", "proofs/../../outside", "keys"])
def test_a_zip_that_would_write_elsewhere_or_twice_is_refused(verify: Verify, bundle: Made, name: str) -> None:
    path = _zip(bundle)
    warned = pytest.warns(UserWarning, match="Duplicate") if name == "keys" else nullcontext()
    with warned, zipfile.ZipFile(path, "a") as packed:
        packed.writestr(name, b"x")
    told = said(verify, Made(path, bundle.key))
    assert "hører ikke til" in told or "samme navn" in told


def test_a_zip_bomb_is_not_unpacked(verify: Verify, bundle: Made) -> None:
    (bundle.folder / "manifest.json").write_bytes(bytes(50_000_000))
    assert "større end" in said(verify, Made(_zip(bundle), bundle.key))


@pytest.mark.parametrize("packing", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_packing_that_unpacks_all_at_once_is_refused(verify: Verify, bundle: Made, packing: int) -> None:
    assert "pakket på en måde" in said(verify, Made(_zip(bundle, packing=packing), bundle.key))


@pytest.mark.parametrize("place", ["directory", "sixty_four", "cut", "empty", "text"])
def test_a_zip_with_a_false_directory_is_refused(verify: Verify, bundle: Made, place: str) -> None:
    path = _zip(bundle)
    data = bytearray(path.read_bytes())
    if place == "directory":
        data[-10:-6] = struct.pack("<L", 0x7FFFFFFF)
    elif place == "sixty_four":
        data[-22:-22] = b"PK\6\7" + bytes(16)
    path.write_bytes({"cut": bytes(data[:-50]), "empty": b"", "text": b"hej"}.get(place, bytes(data)))
    assert "Pak den ud" in said(verify, Made(path, bundle.key))


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_a_damaged_zip_ends_in_a_sentence(verifier: ModuleType, packed_bundle: Made, data: st.DataObject) -> None:
    before = packed_bundle.folder.read_bytes()
    spoilt = bytearray(before)
    spoilt[data.draw(st.integers(0, len(before) - 1) | st.integers(len(before) - 5000, len(before) - 1))] ^= 0xFF
    path = packed_bundle.folder.with_name("spoilt.zip")
    path.write_bytes(spoilt)
    verdict = run_verifier(verifier, path, "--key", packed_bundle.key)
    assert verdict.code in {0, BROKEN}, verdict.out
    assert "Traceback" not in verdict.out
