"""What a command shows, where there is no terminal."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apps.cli.screens import Screen


def _told(*, expected: int, done: int) -> list[str]:
    talk = io.StringIO()
    with Screen(as_json=False, out=io.StringIO(), talk=talk).bar("Opgaver", expected) as bar:
        for _ in range(done):
            bar.advance()
    return [line.strip() for line in talk.getvalue().splitlines()]


def test_progress_without_a_terminal_is_a_line_for_each_tenth() -> None:
    told = _told(expected=300, done=300)
    assert len(told) == 10
    assert (told[0], told[-1]) == ("Opgaver: 30 af 300", "Opgaver: 300 af 300")


def test_few_items_are_told_one_by_one() -> None:
    assert _told(expected=2, done=2) == ["Opgaver: 1 af 2", "Opgaver: 2 af 2"]


def test_what_a_run_fetches_besides_does_not_flood_the_screen() -> None:
    told = _told(expected=2, done=612)
    assert told[:4] == ["Opgaver: 1 af 2", "Opgaver: 2 af 2", "Opgaver: 4", "Opgaver: 8"]
    assert len(told) == 10


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no broken pipes between processes")
def test_a_reader_who_has_seen_enough_is_no_failure(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        ended = subprocess.run(  # noqa: S603 - our own module with fixed arguments.
            [sys.executable, "-m", "apps.cli.main", "robots", "--data-dir", str(tmp_path)],
            stdout=nobody,
            stderr=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if not name.startswith("SAGSGANG_")},
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (0, b"")
