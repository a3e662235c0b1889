"""How this very program is called, so that a command that is shown can be pasted.

What must stay true: what is shown works in the shell that the command came from, from the same folder.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path


def program() -> str:
    """For example ``sagsgang``, ``.venv/bin/sagsgang`` or ``uv run sagsgang``."""
    if os.environ.get("UV"):
        return "uv run sagsgang"
    called = Path(sys.argv[0])
    if not called.name.startswith("sagsgang"):
        return "sagsgang"
    found = shutil.which("sagsgang")
    if found is not None and Path(found).resolve() == called.resolve():
        return "sagsgang"
    return _quote(shown_path(called))


def command(*words: str, data_dir: Path | None = None, chosen: str | None = None) -> str:
    """A whole command line, ready to paste.

    Args:
        words: the command and its arguments.
        data_dir: the data folder, where it was named on the command line.
        chosen: the person to act as (``--as``).
    """
    parts = [_quote(word) for word in words]
    if data_dir is not None:
        parts += ["--data-dir", _quote(shown_path(data_dir))]
    if chosen is not None:
        parts += ["--as", _quote(chosen)]
    return " ".join([program(), *parts])


def shown_path(path: Path) -> str:
    """The path as one would type it here: relative when it lies below this folder."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _quote(word: str) -> str:
    # cmd.exe knows double quotes only; POSIX shells take them for words without $ and ` as well.
    if sys.platform == "win32":
        return f'"{word}"' if " " in word else word
    return shlex.quote(word)
