"""Bundles made to hurt whoever reads them: nothing outside or giant is read, and it ends in a sentence."""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.audit.receiving import Made, Verify, relist, said

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def _lines(bundle: Made) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (bundle.folder / "files.jsonl").read_bytes().splitlines()]


@pytest.mark.parametrize(
    "name",
    ["../outside", "/etc/passwd", "tile/../../outside", "proofs/..", "C:\\x", "tile\\0\\000", "", ".", "manifest.json",
     "files.jsonl", "CON", "proofs/\x00.tlog-proof", "tile/0/" + "x001/" * 40 + "000", "checkpoints/\u0661.checkpoint",
     "events.jsonl\n", "events.jsonl"],
)  # fmt: skip
def test_a_name_that_no_bundle_has_is_never_opened(
    verify: Verify, bundle: Made, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (bundle.folder.parent / "outside").write_bytes(b"secret")
    outside = {"name": name, "size": 6, "sha256": hashlib.sha256(b"secret").hexdigest()}
    lines = _lines(bundle)
    relist(bundle.folder, [*lines, outside], sum(one["size"] for one in lines) + 6)
    assert "som ikke må stå der" in said(verify, bundle)


@posix_only
@pytest.mark.parametrize("name", ["events.jsonl", "LAESMIG.md", "manifest.json", "files.jsonl", "checkpoint"])
def test_a_link_is_not_followed(verify: Verify, bundle: Made, name: str) -> None:
    elsewhere = bundle.folder.parent / "elsewhere"
    (bundle.folder / name).rename(elsewhere)
    (bundle.folder / name).symlink_to(elsewhere)
    assert "henvisning" in said(verify, bundle)


@posix_only
def test_a_folder_that_is_a_link_is_not_followed(verify: Verify, bundle: Made) -> None:
    elsewhere = bundle.folder.parent / "elsewhere"
    (bundle.folder / "tile").rename(elsewhere)
    (bundle.folder / "tile").symlink_to(elsewhere)
    assert "henvisning" in said(verify, bundle)


@posix_only
@pytest.mark.parametrize("name", ["keys", "manifest.json", "extra"])
def test_a_pipe_is_not_waited_for(verify: Verify, bundle: Made, name: str) -> None:
    (bundle.folder / name).unlink(missing_ok=True)
    os.mkfifo(bundle.folder / name)
    assert "ikke en almindelig fil" in said(verify, bundle)


@posix_only
def test_a_link_to_nowhere_beside_the_files_is_found(verify: Verify, bundle: Made) -> None:
    (bundle.folder / "extra").symlink_to("/dev/zero")
    assert "ikke en almindelig fil" in said(verify, bundle)


@pytest.mark.parametrize("name", ["extra", "proofs/extra", "new/extra", ".hidden"])
def test_a_file_that_is_not_listed_is_found(verify: Verify, bundle: Made, name: str) -> None:
    path = bundle.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    assert "hører ikke til" in said(verify, bundle)


@posix_only
def test_a_name_that_is_not_utf8_is_found(verify: Verify, bundle: Made) -> None:
    Path(os.fsdecode(os.fsencode(bundle.folder) + b"/\xff\x1b[2J")).write_bytes(b"")
    told = said(verify, bundle)
    assert "hører ikke til" in told
    assert "\x1b" not in told


def test_deep_folders_are_not_walked_to_their_end(verify: Verify, bundle: Made) -> None:
    bundle.folder.joinpath(*["d"] * 20).mkdir(parents=True)
    assert "for mange" in said(verify, bundle)


@posix_only
@pytest.mark.parametrize("name", ["events.jsonl", "checkpoint", "tile/0/000", "LAESMIG.md"])
def test_a_giant_file_is_not_read(verify: Verify, bundle: Made, name: str) -> None:
    os.truncate(bundle.folder / name, 2**43)
    lines = _lines(bundle)
    for line in lines:
        if line["name"] == name:
            line["size"] = 2**43
    relist(bundle.folder, lines, sum(one["size"] for one in lines))
    assert "så stor" in said(verify, bundle)


@posix_only
@pytest.mark.parametrize("name", ["manifest.json", "manifest.sha256"])
def test_a_giant_manifest_is_not_read(verify: Verify, bundle: Made, name: str) -> None:
    os.truncate(bundle.folder / name, 2**40)
    assert "større end" in said(verify, bundle)


@posix_only
def test_a_list_without_line_ends_is_not_read_to_its_end(verify: Verify, bundle: Made) -> None:
    os.truncate(bundle.folder / "files.jsonl", 0)
    os.truncate(bundle.folder / "files.jsonl", 2**40)
    assert "for lang" in said(verify, bundle)
