"""The receiver of a bundle: the verifier as a file, and what a forger would do to a bundle on its way."""

import contextlib
import hashlib
import importlib.util
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from audit.export.bundle import write_bundle
from audit.export.receiver import Source
from audit.export.selection import Choice
from audit.signer import Signer
from casework.workplace import Workplace

VERIFIER = Path(__file__).parents[2] / "audit" / "verifier" / "verify_bundle.py"


BROKEN, USAGE, UNPROVEN = 1, 2, 3


class Verdict(NamedTuple):
    """What the verifier said of a bundle."""

    code: int
    out: str


Verify = Callable[..., Verdict]


def load() -> ModuleType:
    """The verifier as a module of its own, not as one of ours."""
    spec = importlib.util.spec_from_file_location("handed_out_verifier", VERIFIER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def run_verifier(module: ModuleType, *arguments: object) -> Verdict:
    """What it says, with both its streams in one."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = module.main([str(one) for one in arguments])
    return Verdict(code, said.getvalue())


def export(place: Workplace, signer: Signer, folder: Path, **chosen: Any) -> Path:  # noqa: ANN401 - as in Choice.
    """A bundle of what was signed last."""
    source = Source(origin=signer.origin, keys=signer.known_keys(), environment=place.environment.value, at=place.now())
    with place.database.read() as session:
        write_bundle(session, folder, Choice(**chosen), source)
    return folder


def key_of(signer: Signer) -> str:
    """The vkey that a receiver is given."""
    return signer.folder.signing_key().verifier.to_text()


class Made(NamedTuple):
    """A bundle with the key that a receiver has from elsewhere."""

    folder: Path
    key: str


def reseal(folder: Path, **manifest: object) -> None:
    """What a forger does after a change: list all files anew and write a manifest that fits."""
    outside = {"manifest.json", "manifest.sha256", "files.jsonl"}
    lines, total = [], 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in outside:
            data = path.read_bytes()
            total += len(data)
            lines.append({"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()})
    relist(folder, lines, total, **manifest)


def relist(folder: Path, lines: list[dict[str, Any]], total: int, **manifest: object) -> None:
    """Write this list of files, and a manifest that fits."""
    listed = "".join(json.dumps(line) + "\n" for line in lines).encode()
    (folder / "files.jsonl").write_bytes(listed)
    told = {**json.loads((folder / "manifest.json").read_bytes()), **manifest}
    told["files"] = {"count": len(lines), "bytes": total, "sha256": hashlib.sha256(listed).hexdigest()}
    rewrite_manifest(folder, json.dumps(told).encode())


def rewrite_manifest(folder: Path, data: bytes) -> None:
    """Write these bytes as the manifest, with their digest."""
    (folder / "manifest.json").write_bytes(data)
    (folder / "manifest.sha256").write_text(f"{hashlib.sha256(data).hexdigest()}  manifest.json\n", encoding="ascii")


def said(verify: Verify, bundle: Made) -> str:
    """The sentence by which a bundle is refused."""
    verdict = verify(bundle.folder, "--key", bundle.key)
    assert verdict.code == BROKEN, verdict.out
    assert "Traceback" not in verdict.out
    assert "holder IKKE" in verdict.out
    return verdict.out.split("BRUDT: ")[1]
