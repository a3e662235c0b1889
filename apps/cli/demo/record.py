"""The record proves itself: verified here, exported, verified by a stranger, and a forgery in a copy named.

What must stay true: the stranger's verifier runs in an empty folder with an empty environment and nothing but the
standard library, with a key that did not come in the bundle; and the forgery is made in a copy, never in the record.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from uuid import UUID

from apps.cli.demo.scene import AUDITOR, Scene
from apps.cli.program import shown_path
from audit.events import Event
from audit.export.bundle import Exported, write_bundle
from audit.export.receiver import Source
from audit.export.selection import Choice, count_selected
from audit.signer import Signer, open_signer
from audit.verification import Expected, Report, examine
from audit.vocabulary import EventType
from casework.business_records import BUSINESS_RECORDS
from casework.workplace import as_person
from flows.sequencing import settle_log
from foundation.database import Database

BUNDLE = "udtraek"
#: What the forger writes over: one letter of one event, which every reader of the list would overlook.
_FORGE = "UPDATE audit_event SET body = CAST(replace(CAST(body AS TEXT), ?, ?) AS BLOB) WHERE id = ?"
_FIND = "SELECT id, body FROM audit_event WHERE type = ? ORDER BY id LIMIT 1 OFFSET 3"
_SECONDS = 120.0


def show_verified(scene: Scene) -> None:
    """Every obligation of the record, each with its sentence."""
    signer = open_signer(scene.settings)
    settle_log(scene.place, signer)
    report = _examine(scene.place.database, signer, scene)
    scene.screen.lines(report.lines())
    scene.check("brudte forpligtelser i loggen = ingen", len(report.broken), 0)


def show_bundle(scene: Scene) -> None:
    """Export what concerns one citizen's item, and let the single file verify it where nothing else is."""
    signer = open_signer(scene.settings)
    folder = scene.settings.data_dir / BUNDLE
    exported = _export(scene, signer, folder)
    scene.screen.line(
        f"Udtrækket i {shown_path(folder)} har opgavens {exported.events} af loggens {exported.size} hændelser, med "
        "bevis for hver. Efterprøveren er én fil, og nøglen gives ad en anden vej:"
    )
    told = _by_a_stranger(folder, [key.to_text() for key in signer.known_keys()])
    scene.screen.lines(f"  {line}" for line in told.stdout.splitlines())
    scene.check("efterprøveren alene siger god for udtrækket", told.returncode, 0)


def show_forgery(scene: Scene) -> None:
    """Edit one event in a copy of the database, as its administrator could, and let the record name it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "kopi.db"
        original = Path(str(scene.place.database.engine.url.database))
        with closing(sqlite3.connect(original)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        forged = _forge(copy)
        database = Database(f"sqlite:///{copy.as_posix()}", scene.place.database.ring)
        try:
            report = _examine(database, open_signer(scene.settings), scene)
        finally:
            database.dispose()
    named = {str(finding.event) for finding in report.broken if finding.event is not None}
    scene.screen.line("I en kopi af databasen er én hændelse rettet med databasens egne midler. Loggen siger:")
    scene.screen.lines(f"  {finding.to_line()}" for finding in report.broken)
    scene.check("rettet hændelse = nævnt af efterprøvningen", int(forged in named), 1)


def _export(scene: Scene, signer: Signer, folder: Path) -> Exported:
    actor, place = scene.person(AUDITOR), scene.place
    choice = Choice(item=scene.followed[0]) if scene.followed is not None else Choice()
    with place.database.read() as session:
        count = count_selected(session, choice)
    with place.database.write() as session:
        event = Event(type=EventType.LOG_EXPORTED, actor=as_person(actor).actor, facts={"events": count})
        place.record(session, event)
    settle_log(place, signer)
    source = Source(origin=signer.origin, keys=signer.known_keys(), environment=place.environment.value, at=place.now())
    with place.database.read() as session:
        return write_bundle(session, folder, choice, source)


def _by_a_stranger(folder: Path, keys: Sequence[str]) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as empty:
        verifier = Path(empty) / "verify_bundle.py"
        verifier.write_bytes(files("audit").joinpath("verifier", "verify_bundle.py").read_bytes())
        words = [sys.executable, "-I", str(verifier), str(folder.resolve())]
        words += [word for key in keys for word in ("--key", key)]
        return subprocess.run(  # noqa: S603 - our own file and a folder that was just made.
            words, cwd=empty, env={}, capture_output=True, text=True, encoding="utf-8", timeout=_SECONDS, check=False
        )


def _forge(copy: Path) -> str:
    """Change one approval in the copy, as the owner of a database can; returns the event's id."""
    with closing(sqlite3.connect(copy)) as forger:
        names = forger.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_event'")
        for (name,) in names.fetchall():
            forger.execute(f'DROP TRIGGER "{name}"')
        event, body = forger.execute(_FIND, (EventType.DECISION_MADE.value,)).fetchone()
        before = '"id":"bo"' if b'"id":"bo"' in body else '"id":"erik"'
        forger.execute(_FORGE, (before, '"id":"anne"', event))
        forger.commit()
    return str(UUID(event))


def _examine(database: Database, signer: Signer, scene: Scene) -> Report:
    last = signer.folder.last_signed()
    expected = Expected(
        origin=signer.origin,
        keys=signer.known_keys(),
        copies=signer.copies,
        last_signed=last[0] if last is not None else None,
        business=BUSINESS_RECORDS,
    )
    return examine(database, expected, now=scene.place.now())
