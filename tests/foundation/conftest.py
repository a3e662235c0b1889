"""What the tests of this room share."""

import logging
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture
def clean_logs() -> Iterator[None]:
    """Give every test that configures logging the process back as it was."""
    root = logging.getLogger()
    handlers, level, hooks = list(root.handlers), root.level, (sys.excepthook, threading.excepthook)
    libraries = {name: logging.getLogger(name).level for name in ("httpx", "httpcore", "sqlalchemy", "alembic")}
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    yield
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    for name, before in libraries.items():
        logging.getLogger(name).setLevel(before)
    sys.excepthook, threading.excepthook = hooks
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()
