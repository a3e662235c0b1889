"""What ``sagsgang doctor`` looks at in the record: what waits, what no signature covers, the signer and its copies.

What must stay true: looking makes no key, no folder and no database, and the window that nothing proves yet is told in
numbers also when it is narrow.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from apps.cli.checks import Finding, Mark, is_unmade
from audit.looking.windows import OpenWindow, open_window
from audit.signer import Signer, find_signer
from casework.schema import check
from foundation.clock import SystemClock, danish_time
from foundation.database import Database
from foundation.environment import Environment
from foundation.errors import SagsgangError
from foundation.sealing import open_key_ring
from foundation.settings import Settings

#: What ``audit verify`` takes for too long as well.
_LONGEST_WAIT = timedelta(minutes=15)
_LONGEST_WINDOW = timedelta(hours=24)


def examine_log(settings: Settings) -> list[Finding]:
    """The backlog, the unanchored window, the signer, and the write-once folder."""
    try:
        signer = find_signer(settings)
    except SagsgangError as error:
        mend = "Sæt SAGSGANG_AUDIT_SIGNER_DIR og SAGSGANG_AUDIT_ORIGIN."
        return [Finding("underskriver", Mark.BAD, str(error), mend)]
    if is_unmade(settings):
        return [Finding("log", Mark.NOT_HERE, "laves med databasen")]
    database = Database(settings.effective_database_url, open_key_ring(settings))
    try:
        check(database, environment=settings.environment)
        with database.read() as session:
            window = open_window(session)
    except SagsgangError:
        # The database's own finding tells what is wrong and what mends it.
        return [Finding("log", Mark.NOT_HERE, "ses først, når databasen er i orden")]
    finally:
        database.dispose()
    now = SystemClock().now()
    return [
        _backlog(window, now),
        _unanchored(window, now),
        _signer(settings, signer, window),
        _copies(settings, signer, window),
    ]


def _backlog(window: OpenWindow, now: datetime) -> Finding:
    name = "afventer indlemmelse"
    if window.pending_since is None:
        return Finding(name, Mark.GOOD, "ingen hændelser")
    told = f"{window.pending} hændelser, den ældste fra {danish_time(window.pending_since)}"
    return Finding(name, _mark_by_age(window.pending_since, now, _LONGEST_WAIT), told, "sagsgang audit sequence")


def _unanchored(window: OpenWindow, now: datetime) -> Finding:
    name = "uforankret vindue"
    outside = window.unsigned + window.pending
    if not outside:
        return Finding(name, Mark.GOOD, f"ingen; alle {window.signed} hændelser er skrevet under")
    since = [at for at in (window.unsigned_since, window.pending_since) if at is not None]
    oldest = min(since) if since else now
    told = f"de sidste {outside} hændelser, fra {danish_time(oldest)}; for dem beviser loggen intet endnu"
    return Finding(name, _mark_by_age(oldest, now, _LONGEST_WINDOW), told, "sagsgang audit checkpoint")


def _signer(settings: Settings, signer: Signer, window: OpenWindow) -> Finding:
    name, folder = "underskriver", signer.folder
    if not (folder.path / "signing.key").is_file():
        if settings.environment is Environment.SIMULATED and not window.signed:
            return Finding(name, Mark.NOT_HERE, "nøglen laves ved første underskrift (kun i simulated)")
        return Finding(name, Mark.BAD, "underskriftsnøglen mangler", "Gendan mappen SAGSGANG_AUDIT_SIGNER_DIR.")
    try:
        label = folder.signing_key().verifier.label
        last = folder.last_signed()
    except SagsgangError as error:
        return Finding(name, Mark.BAD, str(error), "Gendan mappen SAGSGANG_AUDIT_SIGNER_DIR.")
    size = 0 if last is None else last[0].size
    if size != window.signed:
        told = f"husker {size} hændelser, men databasens nyeste kontrolpunkt er for {window.signed}"
        return Finding(name, Mark.BAD, told, "sagsgang audit verify")
    return Finding(name, Mark.GOOD, f"{label}; skrev sidst under på {size} hændelser")


def _copies(settings: Settings, signer: Signer, window: OpenWindow) -> Finding:
    name, path = "skrivebeskyttet mappe", signer.copies.path
    if not window.signed:
        return Finding(name, Mark.NOT_HERE, "får sit første kontrolpunkt med den første underskrift")
    if not (path / f"{window.signed:018d}.checkpoint").is_file():
        told = f"mangler kontrolpunktet for {window.signed} hændelser"
        return Finding(name, Mark.BAD, told, "sagsgang audit checkpoint")
    if not os.access(path, os.W_OK):
        return Finding(name, Mark.BAD, "kan ikke skrives", "Giv kontoen skriveret til SAGSGANG_AUDIT_WRITE_ONCE_DIR.")
    place = "for sig selv" if _is_apart(settings, path) else "i data-mappen; bedst på en disk, som andre passer"
    return Finding(name, Mark.GOOD, f"har kontrolpunktet for {window.signed} hændelser; ligger {place}")


def _is_apart(settings: Settings, path: Path) -> bool:
    return not path.absolute().is_relative_to(settings.data_dir.absolute())


def _mark_by_age(oldest: datetime, now: datetime, longest: timedelta) -> Mark:
    return Mark.LOOK if oldest < now - longest else Mark.GOOD
