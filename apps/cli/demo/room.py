"""The folder of the demonstration, made empty for each one.

What must stay true: only a folder that a demonstration made is ever removed, and it is said.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from apps.cli.program import shown_path
from foundation.errors import ConfigurationError

#: Marks a folder as ours.
_MARK = ".sagsgang-demo"


def make_room(folder: Path, *, keep: bool) -> list[str]:
    """Make the folder new; an earlier one is removed, or moved aside with ``keep``. Returns what was done, in Danish.

    Raises ``ConfigurationError`` where something else stands there.
    """
    told = []
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).is_file():
            message = f"{shown_path(folder)} er ikke lavet af en demo og røres ikke. Flyt den, eller brug --data-dir."
            raise ConfigurationError(message)
        if keep:
            aside = folder.with_name(f"{folder.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}")
            folder.rename(aside)
            told.append(f"Den forrige demo er flyttet til {shown_path(aside)}.")
        else:
            shutil.rmtree(folder)
            told.append(f"Den forrige demo i {shown_path(folder)} er slettet.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    return told
