"""From what was logged to one masked line: the formatters, and the handler that is the last net.

What must stay true: masking is the last thing before a line is written out, whoever logged it and however it was
formatted.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Final, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from foundation.masking import mask_mapping, mask_text
from foundation.tracebacks import written_exception


class MaskingHandler(logging.StreamHandler[TextIO]):
    """Writes records to a stream, masked whatever formatter it is given."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; our own formatter has masked each value already, and masking its JSON again could break it."""
        line = super().format(record)
        return line if isinstance(self.formatter, ProcessorFormatter) else mask_text(line)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - The name is the standard library's.
        """Tell that a line was lost; the standard library would print the record's arguments in clear."""
        kind = sys.exc_info()[0]
        sys.stderr.write(f"A log line of {record.name} was lost ({kind.__name__ if kind else 'unknown'}).\n")


class MaskingFileHandler(MaskingHandler):
    """Writes records to a file that only its owner may read, and makes them last when it is closed."""

    def __init__(self, path: Path, *, is_new: bool) -> None:
        """Add to ``path``, or with ``is_new`` raise ``FileExistsError`` where there is one already."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if_there = os.O_EXCL if is_new else os.O_APPEND
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | if_there, 0o600)
        # The same line ends on every platform, so that the digest of a run log can be compared anywhere.
        super().__init__(open(descriptor, "w", encoding="utf-8", newline="\n"))  # noqa: PTH123, SIM115 - By descriptor.

    def close(self) -> None:
        """Bring the lines to the disk; may be called again."""
        if not self.stream.closed:
            self.stream.flush()
            os.fsync(self.stream.fileno())
            self.stream.close()
        super().close()


def json_lines() -> ProcessorFormatter:
    """One JSON object a line."""
    return _formatter(structlog.processors.JSONRenderer(ensure_ascii=False))


def readable_lines(*, colors: bool) -> ProcessorFormatter:
    """Lines for a person at a terminal."""
    return _formatter(structlog.dev.ConsoleRenderer(colors=colors))


def mask_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor that writes the exception out and masks every value; stands right before the renderer."""
    exc_info = event.pop("exc_info", None)
    error = _exception_of(exc_info)
    if error is not None:
        event["exception"] = written_exception(error)
    return mask_mapping(event)


#: What is added to every event: what the surroundings have bound (run, item, step, effect), time, level.
SURROUNDINGS: Final[tuple[Processor, ...]] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
)


def _formatter(renderer: Processor) -> ProcessorFormatter:
    return ProcessorFormatter(
        foreign_pre_chain=[*SURROUNDINGS, structlog.stdlib.add_logger_name],
        processors=[ProcessorFormatter.remove_processors_meta, mask_event, renderer],
        use_get_message=True,
    )


def _exception_of(exc_info: object) -> BaseException | None:
    """The error behind any of the forms that logging and structlog take it in."""
    match exc_info:
        case BaseException():
            return exc_info
        case (_, BaseException() as error, _):
            return error
        case _ if exc_info:
            return sys.exc_info()[1]
        case _:
            return None
