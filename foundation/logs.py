"""Run logs: one way out for everything that is logged, ours and the libraries', with personal data masked.

Logs go to stderr, because stdout is for results. What must stay true: nothing is logged past the mask, not by a
library with a handler of its own, and not before ``configure_logs`` was called.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import structlog
from structlog.stdlib import BoundLogger, LoggerFactory, ProcessorFormatter

from foundation.log_lines import (
    SURROUNDINGS,
    MaskingFileHandler,
    MaskingHandler,
    json_lines,
    mask_event,
    readable_lines,
)
from foundation.tracebacks import log_uncaught_exceptions

#: Libraries whose chatter is not wanted, and whose own handlers would go past the mask.
_QUIET: Final = ("httpx", "httpcore", "sqlalchemy", "uvicorn", "uvicorn.error", "uvicorn.access", "alembic")


def configure_logs(*, json: bool, level: str, file: Path | None = None) -> None:
    """Send all logs to stderr, as JSON lines or readable, and to ``file`` as JSON lines where one is given.

    ``level`` is a name such as ``INFO``. May be called again; the last call counts. Exceptions that nobody caught go
    the same way. Raises ``ValueError`` for an unknown level.
    """
    root = logging.getLogger()
    root.setLevel(level)
    for old in [handler for handler in root.handlers if isinstance(handler, MaskingHandler)]:
        root.removeHandler(old)
        old.close()
    screen = MaskingHandler(sys.stderr)
    screen.setFormatter(json_lines() if json else readable_lines(colors=_may_use_colors()))
    root.addHandler(screen)
    if file is not None:
        root.addHandler(_file_handler(file, is_new=False))
    for name in _QUIET:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SURROUNDINGS,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.PositionalArgumentsFormatter(),
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=LoggerFactory(),
        wrapper_class=BoundLogger,
        # Not cached, so that a logger that a module made early follows a later call.
        cache_logger_on_first_use=False,
    )
    log_uncaught_exceptions()


def get_logger(name: str | None = None) -> BoundLogger:
    """A logger; a module makes its own at the top, as ``log``, with its ``__name__``.

    Before ``configure_logs`` was called it writes masked JSON lines to stderr.
    """
    if not structlog.is_configured():
        structlog.configure(
            processors=[*SURROUNDINGS, mask_event, structlog.processors.JSONRenderer(ensure_ascii=False)],
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
            wrapper_class=BoundLogger,
            cache_logger_on_first_use=False,
        )
    logger: BoundLogger = structlog.stdlib.get_logger(*([name] if name else []))
    return logger


class RunLog:
    """The log of one run; its digest is known when the run is over."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sha256: str | None = None

    @property
    def sha256(self) -> str:
        """SHA-256 of the file in hex. Raises ``RuntimeError`` while lines may still be added."""
        if self._sha256 is None:
            raise RuntimeError("the run log is still being written; ask for its digest after the with block")
        return self._sha256

    def close(self) -> None:
        """Take the digest of what stands in the file."""
        with self.path.open("rb") as file:
            self._sha256 = hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def run_log(path: Path) -> Iterator[RunLog]:
    """Write all that this process logs within the block to a new file as well, as JSON lines.

    Raises ``FileExistsError`` rather than write over the log of another run.
    """
    handler = _file_handler(path, is_new=True)
    told = RunLog(path)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield told
    finally:
        root.removeHandler(handler)
        handler.close()
        told.close()


def _file_handler(path: Path, *, is_new: bool) -> MaskingFileHandler:
    handler = MaskingFileHandler(path, is_new=is_new)
    handler.setFormatter(json_lines())
    return handler


def _may_use_colors() -> bool:
    """Colours only at a terminal, unless NO_COLOR is set (no-color.org); on Windows they need colorama."""
    can_show = sys.platform != "win32" or find_spec("colorama") is not None
    return can_show and sys.stderr.isatty() and not os.environ.get("NO_COLOR")
