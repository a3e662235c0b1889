"""The log's own work: events into the tree, and the tree under a signature.

Runs at the end of every run (``settle_log``), beside the worker in ``sagsgang up``, and as a service of its own
(``python -m flows.sequencing``). What must stay true: it stops for nothing but a signature that is refused, which it
says loudly and goes on saying; and nobody's work waits for it.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from sqlalchemy.exc import SQLAlchemyError

from audit.errors import AuditError, LeafRefusedError
from audit.sequencer import Sequenced, drain
from audit.signer import Signer, open_signer
from casework.workplace import Workplace
from flows.composition import open_workplace
from foundation import database_faults
from foundation.database_faults import fault_of
from foundation.errors import DatabaseError, SagsgangError
from foundation.logs import configure_logs, get_logger
from foundation.settings import Settings, load_settings

log = get_logger(__name__)

STOPPED, REFUSED = 0, 2


@dataclass(frozen=True, slots=True)
class Settled:
    """What settling the log came to. ``error`` is the code of what kept it from being signed."""

    sequenced: Sequenced
    is_signed: bool
    error: str | None = None


def settle_log(place: Workplace, signer: Signer) -> Settled:
    """Put what waits into the tree and sign it; for the end of a run, which must not fail because of it.

    Returns:
        What was done. What could not be is logged as an error and found by ``sagsgang audit verify``.
    """
    sequenced, error = _sequence(place)
    signed, refused = _sign(place, signer)
    return Settled(sequenced, signed, error or refused)


def settle_after_work(settings: Settings, place: Workplace) -> Settled | None:
    """``settle_log`` with the signer that the settings name; None, and an error in the log, where there is none.

    None, too, where a service keeps the log: a second signer with a memory of its own would be refused, and rightly.
    """
    if settings.audit_kept_elsewhere:
        return None
    try:
        signer = open_signer(settings)
    except (SagsgangError, OSError) as error:
        _told("log.not_signed", error)
        return None
    return settle_log(place, signer)


def keep_log(place: Workplace, signer: Signer, *, settings: Settings, stop: threading.Event) -> None:
    """Go on until told to stop: sequence every couple of seconds, and sign at least every minute.

    Args:
        place: the workplace.
        signer: the signer.
        settings: the two periods.
        stop: set it to end; what has been written by then is sequenced and signed first.
    """
    signed_at = place.clock.monotonic()
    while not stop.wait(settings.audit_sequence_seconds):
        _sequence(place)
        if place.clock.monotonic() - signed_at >= settings.audit_checkpoint_seconds:
            signed_at = place.clock.monotonic()
            _sign(place, signer)
    settle_log(place, signer)


def main(arguments: Sequence[str] | None = None) -> int:
    """Keep the log until told to stop; 0 when it ended in order, 2 when it could not begin."""
    parser = argparse.ArgumentParser(prog="python -m flows.sequencing", description="Keeps the audit log.")
    parser.add_argument("--ready", type=Path, help="a file that is made when the log is being kept")
    ready: Path | None = parser.parse_args(arguments).ready
    stop = threading.Event()
    _stop_on_signals(stop.set)
    try:
        settings = load_settings()
        configure_logs(json=settings.uses_json_logs, level=settings.log_level)
        with open_workplace(settings) as place:
            signer = open_signer(settings)
            if ready is not None:
                ready.touch()
            keep_log(place, signer, settings=settings, stop=stop)
    except SagsgangError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    except SQLAlchemyError as error:
        # Only before the log is being kept; after that a database that is away is waited for.
        sys.stderr.write(f"{(fault_of(error) or database_faults.REFUSED).message}\n")
        return REFUSED
    return STOPPED


def _sequence(place: Workplace) -> tuple[Sequenced, str | None]:
    try:
        return drain(place.database, now=place.now, environment=place.environment.value), None
    except LeafRefusedError as error:
        return Sequenced(quarantined=error.events), _told("log.quarantined", error)
    except (AuditError, DatabaseError, SQLAlchemyError) as error:
        return Sequenced(is_leader=False), _told("log.not_sequenced", error)


def _sign(place: Workplace, signer: Signer) -> tuple[bool, str | None]:
    try:
        return signer.sign(place.database, now=place.now()) is not None, None
    except (SagsgangError, SQLAlchemyError, OSError) as error:
        return False, _told("log.not_signed", error)


def _told(what: str, error: Exception) -> str:
    """The error in the program's log, by its code; what it says is ours, and only ours is repeated."""
    fault = fault_of(error)
    if fault is not None:
        log.error(what, code=fault.code, advice=fault.message)
        return fault.code
    is_ours = isinstance(error, SagsgangError)
    code = error.code if isinstance(error, SagsgangError) else type(error).__name__
    log.error(what, code=code, advice=str(error) if is_ours else "Prøves igen af sig selv.")
    return code


def _stop_on_signals(stop: Callable[[], None]) -> None:
    def told(_signal: int, _frame: FrameType | None) -> None:
        # By another thread: this one may be in the middle of the lock of the event that it waits for.
        threading.Thread(target=stop, daemon=True).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, told)


if __name__ == "__main__":
    sys.exit(main())
