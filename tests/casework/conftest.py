"""What the tests of this room share: a worker with its lock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.workers import Worker, enlist
from casework.workplace import Workplace


@pytest.fixture
def locks(tmp_path: Path) -> Path:
    """The folder of the workers' lock files."""
    return tmp_path / "locks"


@pytest.fixture
def worker(place: Workplace, locks: Path) -> Iterator[Worker]:
    """A worker that may intend, and says goodbye after the test."""
    enlisted = enlist(place, locks=locks)
    yield enlisted
    enlisted.stop()
