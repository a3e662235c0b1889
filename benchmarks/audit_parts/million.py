"""A million events: verified, exported and pruned, with the peak of memory, and the size of one proof.

What must stay true: each act is a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.queues import Queue
from pathlib import Path

from audit.events import ActorRef
from audit.export.bundle import write_bundle
from audit.export.proofs import proof_text
from audit.export.receiver import Source
from audit.export.selection import Choice
from audit.pruning import Letting, prune_before_year
from audit.sequencer import drain
from audit.signer import Signer
from audit.signer_folder import SignerFolder
from audit.tiles import StoredTree
from audit.verification import Expected, verify
from audit.vocabulary import ActorKind
from audit.write_once import WriteOnceFolder
from benchmarks.audit_parts.filling import ENVIRONMENT, fill
from benchmarks.audit_parts.writers import opened

_ORIGIN = "benchmark.example/log"
MILLION = 1_000_000
LARGEST_PROOF = 2000
LARGEST_PEAK = 2048
#: Old enough to be pruned before this year.
_LONG_AGO = datetime(2020, 6, 1, tzinfo=UTC)


def look_at_a_million(make: Callable[[], str], folder: Path, *, count: int) -> None:
    """Fill, sign, verify, export and prune, and print what each took."""
    url = make()
    for act in (_fill_and_sign, _verify_hashes, _verify_everything, _export, _prune):
        context = multiprocessing.get_context("spawn")
        answers: Queue[tuple[str, float, float]] = context.Queue()
        process = context.Process(target=_measured, args=(act.__name__, url, str(folder), count, answers))
        process.start()
        sentence, seconds, peak = answers.get(timeout=7200)
        process.join()
        verdict = "" if peak <= LARGEST_PEAK else f"; MISSED the limit of {LARGEST_PEAK} MiB"
        print(f"{count:,} events, {sentence}: {seconds:.0f} s, at most {peak:,.0f} MiB resident{verdict}")


def _measured(name: str, url: str, folder: str, count: int, answers: Queue[tuple[str, float, float]]) -> None:
    begun = time.perf_counter()
    sentence = _ACTS[name](url, Path(folder), count)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answers.put((sentence, time.perf_counter() - begun, peak))


def _signer(folder: Path) -> Signer:
    own = SignerFolder(folder / "signer", _ORIGIN)
    own.create_key()
    return Signer(own, WriteOnceFolder(folder / "copies"))


def _now() -> datetime:
    return datetime.now(UTC)


def _fill_and_sign(url: str, folder: Path, count: int) -> str:
    with opened(url) as database:
        for start in range(0, count, 10_000):
            fill(database, min(10_000, count - start), at=_LONG_AGO)
            drain(database, now=_now, environment=ENVIRONMENT)
        note = _signer(folder).sign(database, now=_now()) or ""
        with database.read() as session:
            size = proof_size(StoredTree(session), count, note)
    verdict = "reached" if size <= LARGEST_PROOF else "MISSED"
    return f"written, sequenced and signed; a proof has {size} bytes (target {LARGEST_PROOF} {verdict})"


def proof_size(tree: StoredTree, size: int, note: str) -> int:
    """Bytes of the proof of the first event."""
    return len(proof_text(0, tree.prove_inclusion(0, size), note).encode())


def _verify_hashes(url: str, folder: Path, _count: int) -> str:
    _verified(url, folder, is_thorough=False)
    return "verified, hashes only"


def _verify_everything(url: str, folder: Path, _count: int) -> str:
    _verified(url, folder, is_thorough=True)
    return "verified, every obligation of the log"


def _verified(url: str, folder: Path, *, is_thorough: bool) -> None:
    signer = _signer(folder)
    expected = Expected(origin=_ORIGIN, keys=signer.known_keys(), copies=signer.copies, is_thorough=is_thorough)
    with opened(url) as database:
        verify(database, expected, now=_now())


def _export(url: str, folder: Path, _count: int) -> str:
    signer = _signer(folder)
    with opened(url) as database, database.read() as session:
        source = Source(origin=_ORIGIN, keys=signer.known_keys(), environment=ENVIRONMENT, at=_now())
        done = write_bundle(session, folder / "bundle", Choice(), source)
    return f"exported: {done.files:,} files, {done.bytes / 2**20:,.0f} MiB"


def _prune(url: str, _folder: Path, _count: int) -> str:
    letting = Letting(ActorRef(ActorKind.PERSON, "carla", "os_account"), _now(), ENVIRONMENT, "Fem år")
    with opened(url) as database, database.write() as session:
        gone = prune_before_year(session, 2021, letting=letting)
    return f"{gone:,} pruned"


_ACTS = {act.__name__: act for act in (_fill_and_sign, _verify_hashes, _verify_everything, _export, _prune)}
