"""Errors as text: type, masked message and frames.

What must stay true: the values of local variables are never in it, because a robot's locals are people.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType

from foundation.masking import mask_text


def written_exception(error: BaseException) -> str:
    """The error with its causes and, for a group, its members: types, masked messages and frames without locals."""
    told = traceback.TracebackException.from_exception(error, capture_locals=False)
    return mask_text("".join(told.format()).rstrip("\n"))


def log_uncaught_exceptions() -> None:
    """Send what nobody caught, in the main thread or another, to the log instead of bare to stderr.

    A hook that somebody else has put there, such as pytest's, is left alone.
    """
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _log_uncaught
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _log_uncaught_in_thread


def _log_uncaught(kind: type[BaseException], error: BaseException, frames: TracebackType | None) -> None:
    if not issubclass(kind, Exception):
        # Ctrl-C is an answer and no fault.
        sys.__excepthook__(kind, error, frames)
        return
    logging.getLogger(__name__).critical("nobody caught this", exc_info=(kind, error, frames))


def _log_uncaught_in_thread(what: threading.ExceptHookArgs) -> None:
    if what.exc_value is not None and issubclass(what.exc_type, Exception):
        logging.getLogger(__name__).critical(
            "nobody caught this in a thread", exc_info=(what.exc_type, what.exc_value, what.exc_traceback)
        )
