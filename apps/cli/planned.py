"""The plan of a dry run as files: CSV for Danish Excel, and HTML with the stamp.

What must stay true: no cell can be taken for a formula, every text is escaped, addresses are masked as on the screen,
and a file is made for the one who asked for it and nobody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from apps.cli.papers import table, write_page, write_sheet
from apps.cli.seeing import seen_lines
from apps.cli.words import planned_word, ruling_word
from flows.dry_run import PlannedItem
from foundation.actor import Actor
from foundation.environment import Environment

COLUMNS = ("reference", "udfald", "borger", "sag", "linje", "regel", "udslag", "foer", "efter", "hvorfor")


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
    write_sheet(path, COLUMNS, rows)


def write_html(path: Path, rows: Sequence[Sequence[str]], *, title: str, environment: Environment) -> None:
    """A page that stands alone, with the stamp outside production."""
    write_page(path, title=title, body=table(COLUMNS, rows), environment=environment)
