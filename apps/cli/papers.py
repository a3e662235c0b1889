"""Papers that a command writes as files: pages in HTML, and files that their owner alone can read.

What must stay true: every text is escaped, the stamp stands on each page outside production, and a file is made for the
one who asked for it and nobody else.
"""

from __future__ import annotations

import html
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from foundation.environment import Environment
from foundation.spreadsheets import ENCODING, write_table

_OWNER_ONLY = 0o600


def open_private(path: Path, *, encoding: str = "utf-8", newline: str | None = None) -> TextIO:
    """A file, emptied if it was there, that only its owner can read, whatever the umask says."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
    if hasattr(os, "fchmod"):
        # One that was there keeps its rights otherwise; Windows has none of this kind.
        os.fchmod(number, _OWNER_ONLY)
    return os.fdopen(number, "w", encoding=encoding, newline=newline)


def write_sheet(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table for Danish Excel."""
    with open_private(path, encoding=ENCODING, newline="") as file:
        write_table(file, columns, list(rows))


def write_page(path: Path, *, title: str, body: str, environment: Environment) -> None:
    """A page that stands alone. ``body`` is HTML already; ``title`` is escaped here."""
    stamp = f'<p class="stamp">{html.escape(environment.stamp)}</p>' if environment.stamp else ""
    page = (
        f'<!doctype html>\n<html lang="da">\n<head><meta charset="utf-8"><title>{html.escape(title)}</title>\n'
        f"<style>{_STYLE}</style></head>\n<body>\n{stamp}\n<h1>{html.escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    )
    with open_private(path) as file:
        file.write(page)


def paragraph(text: str) -> str:
    """A paragraph, escaped."""
    return f"<p>{html.escape(text)}</p>"


def heading(text: str) -> str:
    """A heading below the title, escaped."""
    return f"<h2>{html.escape(text)}</h2>"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table, escaped cell by cell."""
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in columns)
    body = "\n".join(f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


_STYLE = (
    "body{font-family:sans-serif;margin:2rem}table{border-collapse:collapse}"
    "th,td{border:1px solid #767676;padding:.3rem .5rem;text-align:left;vertical-align:top}"
    ".stamp{border:3px solid #b00020;color:#b00020;display:inline-block;font-weight:700;padding:.2rem .8rem}"
)
