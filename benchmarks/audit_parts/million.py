"""A million events: verified, exported and pruned, with the peak of memory, and the size of one proof.

What must stay true: each act is a process of its own, so that its peak of memory is its own; and an act that fails
ends the measurement at once.
"""

from __future__ import annotations

import multiprocessing
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import func, select
from sqlmodel import Session

from audit.events import ActorRef
from audit.export.bundle import Exported, write_bundle
from audit.export.proofs import proof_text
from audit.export.receiver import Source
from audit.export.selection import Choice
from audit.pruning import Letting, finish_pruning, prune_before_year
from audit.sequencer import drain
from audit.signer import Signer
from audit.signer_folder import SignerFolder
from audit.tables import AuditEventRow, AuditLeafRow
from audit.tiles import StoredTree
from audit.verification import Expected, verify
from audit.vocabulary import ActorKind
from audit.write_once import WriteOnceFolder
from benchmarks.audit_parts.filling import ENVIRONMENT, fill
from benchmarks.audit_parts.writers import opened

_ORIGIN = "benchmark.example/log"
_VERIFIER = Path(__file__).parents[2] / "audit" / "verifier" / "verify_bundle.py"
MILLION = 1_000_000
LARGEST_PROOF = 2000
LARGEST_PEAK = 2048
_PORTION = 10_000


def look_at_a_million(make: Callable[[], str], folder: Path, *, count: int) -> None:
    """Fill, sign, verify, export and prune, and print what each took."""
    url = make()
    for act in _ACTS:
        context = multiprocessing.get_context("spawn")
        answer, answers = context.Pipe(duplex=False)
        process = context.Process(target=_measured, args=(act, url, str(folder), count, answers))
        process.start()
        # Without our own end open, the other's end closing is noticed when it dies.
        answers.close()
        try:
            sentence, seconds, busy, peak = answer.recv()
        except EOFError:
            message = f"{act} did not come to its end; what it said stands above"
            raise SystemExit(message) from None
        process.join()
        verdict = "" if peak <= LARGEST_PEAK else f"; MISSED the limit of {LARGEST_PEAK} MiB"
        print(
            f"{count:,} events, {sentence}: {seconds:.0f} s ({busy:.0f} s of processor), at most {peak:,.0f} MiB "
            f"resident{verdict}",
            flush=True,
        )


def _measured(name: str, url: str, folder: str, count: int, answers: Connection) -> None:
    begun = time.perf_counter()
    sentence = _ACTS[name](url, Path(folder), count)
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    busy = own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
    # The single file that verifies a bundle is a process of its own; whichever is larger counts.
    peak = max(own.ru_maxrss, others.ru_maxrss) / 1024
    answers.send((sentence, time.perf_counter() - begun, busy, peak))


def _signer(folder: Path) -> Signer:
    own = SignerFolder(folder / "signer", _ORIGIN)
    own.create_key()
    return Signer(own, WriteOnceFolder(folder / "copies"))


def _now() -> datetime:
    return datetime.now(UTC)


def _fill_and_sign(url: str, folder: Path, count: int) -> str:
    with opened(url) as database:
        for start in range(0, count, _PORTION):
            fill(database, min(_PORTION, count - start))
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
    with opened(url) as database, database.read() as session:
        done = _exported(session, folder, "bundle", Choice())
    return f"exported whole: {done.files:,} files, {done.bytes / 2**20:,.0f} MiB"


def _verify_bundle(_url: str, folder: Path, _count: int) -> str:
    _run_verifier(folder, "bundle")
    return "the whole bundle verified by the single file"


def _export_selected(url: str, folder: Path, _count: int) -> str:
    with opened(url) as database, database.read() as session:
        done = _exported(session, folder, "selected", Choice(since=_last_tenth(session)))
    return f"the last {done.events:,} selected and exported: {done.files:,} files, {done.bytes / 2**20:,.0f} MiB"


def _verify_selected(_url: str, folder: Path, _count: int) -> str:
    _run_verifier(folder, "selected")
    shutil.rmtree(folder / "selected")
    return "the selected bundle verified by the single file"


def _last_tenth(session: Session) -> datetime:
    """The time from which on about a tenth of the events are."""
    event, leaf = AuditEventRow.__table__, AuditLeafRow.__table__
    size = session.execute(select(func.count()).select_from(leaf)).scalar_one()
    at: datetime = session.execute(
        select(event.c.at).join(leaf, leaf.c.event_id == event.c.id).where(leaf.c.seq == size * 9 // 10)
    ).scalar_one()
    return at


def _exported(session: Session, folder: Path, name: str, choice: Choice) -> Exported:
    source = Source(origin=_ORIGIN, keys=_signer(folder).known_keys(), environment=ENVIRONMENT, at=_now())
    return write_bundle(session, folder / name, choice, source)


def _run_verifier(folder: Path, name: str) -> None:
    (key,) = _signer(folder).known_keys()
    command = [sys.executable, "-I", str(_VERIFIER), str(folder / name), "--key", key.to_text()]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own file and our own words.


def _prune(url: str, _folder: Path, _count: int) -> str:
    letting = Letting(ActorRef(ActorKind.PERSON, "carla", "os_account"), _now(), ENVIRONMENT, "Fem år")
    with opened(url) as database:
        with database.write() as session:
            # The year that has not come yet: all of them go.
            gone = prune_before_year(session, _now().year + 1, letting=letting)
        gone += finish_pruning(database)
    return f"{gone:,} pruned"


def _verify_pruned(url: str, folder: Path, _count: int) -> str:
    with opened(url) as database:
        drain(database, now=_now, environment=ENVIRONMENT)
        _signer(folder).sign(database, now=_now())
    _verified(url, folder, is_thorough=True)
    return "verified again after the pruning"


_ACTS = {
    act.__name__: act
    for act in (
        _fill_and_sign,
        _verify_hashes,
        _verify_everything,
        _export,
        _verify_bundle,
        _export_selected,
        _verify_selected,
        _prune,
        _verify_pruned,
    )
}
