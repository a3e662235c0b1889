"""The plan of a dry run as files: CSV for Danish Excel, and HTML with the stamp.

What must stay true: no cell can be taken for a formula, every text is escaped, addresses are masked as on the screen,
and a file is made for the one who asked for it and nobody else.
"""

from __future__ import annotations

import csv
import html
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from apps.cli.seeing import seen_lines
from apps.cli.words import planned_word, ruling_word
from flows.dry_run import PlannedItem
from foundation.actor import Actor
from foundation.environment import Environment

COLUMNS = ("reference", "udfald", "borger", "sag", "linje", "regel", "udslag", "foer", "efter", "hvorfor")
#: What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_OWNER_ONLY = 0o600


def plan_rows(planned: Sequence[PlannedItem], actor: Actor) -> list[tuple[str, ...]]:
    """One line for each row of each proposal, and one for each item without."""
    lines: list[tuple[str, ...]] = []
    for item in planned:
        head = (item.reference, planned_word(item.result))
        if item.proposal is None:
            lines.append((*head, "", "", "", "", "", "", "", item.message))
            continue
        about = item.proposal.about
        lines += [
            (
                *head,
                about,
                row.case_number,
                row.id,
                row.rule,
                ruling_word(row.ruling),
                ", ".join(seen_lines(row, row.before, actor)),
                ", ".join(seen_lines(row, row.after, actor)),
                row.reason,
            )
            for row in item.proposal.rows
        ]
    return lines


def write_csv(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Semicolons and a byte order mark, as Danish Excel wants them."""
    with _open_private(path, encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(COLUMNS)
        writer.writerows([safe_cell(cell) for cell in row] for row in rows)


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before it when a spreadsheet would calculate it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_html(path: Path, rows: Sequence[Sequence[str]], *, title: str, environment: Environment) -> None:
    """A page that stands alone, with the stamp outside production."""
    stamp = f'<p class="stamp">{html.escape(environment.stamp)}</p>' if environment.stamp else ""
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in COLUMNS)
    body = "\n".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    page = (
        f'<!doctype html>\n<html lang="da">\n<head><meta charset="utf-8"><title>{html.escape(title)}</title>\n'
        f"<style>{_STYLE}</style></head>\n<body>\n{stamp}\n<h1>{html.escape(title)}</h1>\n"
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</body>\n</html>\n"
    )
    with _open_private(path, encoding="utf-8") as file:
        file.write(page)


def _open_private(path: Path, *, encoding: str, newline: str | None = None) -> TextIO:
    """A file, emptied if it was there, that only its owner can read, whatever the umask says."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
    if hasattr(os, "fchmod"):
        # One that was there keeps its rights otherwise; Windows has none of this kind.
        os.fchmod(number, _OWNER_ONLY)
    return os.fdopen(number, "w", encoding=encoding, newline=newline)


_STYLE = (
    "body{font-family:sans-serif;margin:2rem}table{border-collapse:collapse}"
    "th,td{border:1px solid #767676;padding:.3rem .5rem;text-align:left;vertical-align:top}"
    ".stamp{border:3px solid #b00020;color:#b00020;display:inline-block;font-weight:700;padding:.2rem .8rem}"
)
