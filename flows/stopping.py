"""How a run is told to stop, and how hard: by a signal, by Prefect, or by a person who pauses or stops the robot.

    asked      claim nothing more; what is only claimed is laid back; what is begun goes on
    halted     begun items are laid back too, after the step they are in; after two thirds of the grace period
    given up   the process ends on the spot when the grace is over, or at a second signal

What must stay true: a process that gives up says no goodbye and lets go of no lock by itself: only its death shows
others that nobody is in the middle of a call any more. Its leases run out, and the guard looks before anything is
repeated.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Final, Self

from flows.database_loss import log_missed
from foundation.logs import get_logger

log = get_logger(__name__)

#: What a process that gave up ends with: the same as an interrupted command (``apps/cli/exits.py``).
GAVE_UP: Final = 130
#: The part of the grace period in which begun items may go on to their end.
_WHOLE_ITEMS: Final = 2 / 3
#: SIGBREAK is what CTRL-BREAK, and a console that is closed, sends on Windows.
SIGNALS: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name))


#: Told in Danish, by another thread than the main one, how a run is being stopped.
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class StopWords:
    """What is told when a first signal asks to stop, and when the process ends on the spot."""

    asked: str
    gave_up: str


OF_RUN: Final = StopWords(
    "Stopper: det trin, der er i gang, bliver færdigt, og resten lægges tilbage.",
    "Afbrudt straks. Opgaver, der var i gang, kommer tilbage af sig selv, når deres lån udløber.",
)
OF_SWEEP: Final = StopWords(
    "Stopper: den side, der er i gang, bliver færdig, og næste gennemgang fortsætter derfra.",
    "Afbrudt straks. Den side, der var i gang, tages forfra, når gennemgangen startes igen.",
)
_HOW_LONG = "Det tager højst {seconds} sekunder. Ctrl-C igen afbryder straks."


def unheard(_message: str) -> None:
    """Where nobody follows the run."""


class Stopping:
    """What a run asks whether it may go on; safe between threads."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._halted = threading.Event()
        self._ended = threading.Event()

    @property
    def is_asked(self) -> bool:
        """Whether nothing more may be claimed or begun."""
        return self._asked.is_set()

    @property
    def is_halted(self) -> bool:
        """Whether begun items are to be laid back between two steps."""
        return self._halted.is_set()

    def ask(self) -> None:
        """Claim nothing more; what is begun goes on to its end."""
        self._asked.set()

    def halt(self) -> None:
        """Lay back what is begun as well, between two steps."""
        self._asked.set()
        self._halted.set()

    def ended(self) -> None:
        """The run is over: nobody gives up any more."""
        self._ended.set()

    def ask_within(self, grace_seconds: float, *, give_up: Callable[[], None]) -> None:
        """Ask, halt after two thirds of the grace, and call ``give_up`` when it is over and the run is not.

        Returns at once.
        """
        self.ask()

        def wait() -> None:
            if self._ended.wait(grace_seconds * _WHOLE_ITEMS):
                return
            self.halt()
            if not self._ended.wait(grace_seconds * (1 - _WHOLE_ITEMS)):
                give_up()

        threading.Thread(target=wait, name="grace", daemon=True).start()


def give_up(tell: Tell = unheard, words: StopWords = OF_RUN) -> None:
    """End this process on the spot, with its logs on the disk and nothing else tidied."""
    # Whatever becomes of the goodbye, this process ends.
    try:
        tell(words.gave_up)
        log.warning("stopping.gave_up")
        flush_logs()
    finally:
        os._exit(GAVE_UP)


def flush_logs() -> None:
    """Bring what was logged to the disk."""
    for handler in logging.getLogger().handlers:
        handler.flush()


@contextmanager
def stopped_by_signals(
    stopping: Stopping, *, grace_seconds: float, tell: Tell = unheard, words: StopWords = OF_RUN
) -> Iterator[None]:
    """Let SIGINT, SIGTERM and CTRL-BREAK stop the run within the block; a second one ends the process at once.

    ``tell`` is told of both, in these words. In another thread than the main one nothing is changed: there signals are
    somebody else's.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    signals = 0

    def obey(number: int, _frame: FrameType | None) -> None:
        # A signal comes between two instructions of the main thread, perhaps in the middle of a log line, so that
        # another thread has to do the talking.
        nonlocal signals
        signals += 1
        if signals > 1:
            threading.Thread(target=give_up, args=(tell, words), daemon=True).start()
            return
        threading.Thread(target=_tell, args=(number, grace_seconds, tell, words), daemon=True).start()
        stopping.ask_within(grace_seconds, give_up=partial(give_up, tell, words))

    before = {number: signal.signal(number, obey) for number in SIGNALS}
    try:
        yield
    finally:
        stopping.ended()
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(number: int, grace_seconds: float, tell: Tell, words: StopWords) -> None:
    log.warning("stopping.asked", signal=signal.Signals(number).name, grace_seconds=grace_seconds)
    how_long = _HOW_LONG.format(seconds=f"{grace_seconds:g}".replace(".", ","))
    tell(f"{words.asked} {how_long}")


class Watch:
    """Looks every other second whether somebody has stopped the robot, and halts the run then."""

    def __init__(self, is_stopped: Callable[[], bool], stopping: Stopping, *, every_seconds: float = 2.0) -> None:
        """``is_stopped`` asks the database."""
        self._is_stopped = is_stopped
        self._stopping = stopping
        self._every = every_seconds
        self._quiet = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._quiet.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._quiet.wait(self._every):
            try:
                if self._is_stopped():
                    self._stopping.halt()
                    return
            except Exception as error:  # noqa: BLE001 - the next look may succeed, and each claim asks as well.
                log_missed(log, "watch.missed", error)
