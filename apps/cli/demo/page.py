"""The page that the demonstration leaves: what was checked, and where to look on.

What must stay true: it stands alone, fetches nothing, escapes every text, carries the stamp, and shows no address and
no citizen.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from apps.cli.demo.record import BUNDLE
from apps.cli.demo.scene import Check, Scene
from apps.cli.words import ITEM_STATES
from casework.states import ItemState

NAME = "index.html"


def write_page(scene: Scene, *, counts: dict[str, int], commands: Sequence[str]) -> Path:
    """Write the page into the demonstration's folder; returns where it stands."""
    stamp = scene.settings.environment.stamp
    broken = [check for check in scene.checks if not check.holds]
    verdict = (
        f"Alle {len(scene.checks)} kontroller holder."
        if not broken
        else f"{len(broken)} af {len(scene.checks)} kontroller holder ikke."
    )
    parts = [
        f'<p class="stamp">{html.escape(stamp)}</p>' if stamp else "",
        "<h1>Sagsgang: robotten foreslår, et menneske beslutter, loggen beviser</h1>",
        f"<p><strong>{html.escape(verdict)}</strong> Alle borgere er opfundne.</p>",
        "<h2>Opgaverne</h2>",
        _table(
            ("Tilstand", "Antal"),
            [(ITEM_STATES[ItemState(name)], str(number)) for name, number in sorted(counts.items())],
        ),
        "<h2>Kontrollerne</h2>",
        _table(("Kontrol", "Den ene side", "Den anden", "Holder"), [_row(check) for check in scene.checks]),
        "<h2>Loggen</h2>",
        (
            f'<p>Udtrækket ligger i mappen <a href="{BUNDLE}/LAESMIG.md">{BUNDLE}</a>. '
            f'Hændelserne som regneark: <a href="{BUNDLE}/events.csv">events.csv</a>.</p>'
        ),
        "<h2>Gå videre</h2>",
        "".join(f"<p><code>{html.escape(command)}</code></p>" for command in commands),
    ]
    page = (
        '<!doctype html>\n<html lang="da">\n<head><meta charset="utf-8"><title>Sagsgang, prøvekørsel</title>\n'
        f'<meta name="viewport" content="width=device-width">\n<style>{_STYLE}</style></head>\n<body>\n'
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )
    target = scene.settings.data_dir / NAME
    target.write_text(page, encoding="utf-8")
    return target


def _row(check: Check) -> tuple[str, ...]:
    return check.name, str(check.ours), str(check.theirs), "ja" if check.holds else "NEJ"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in columns)
    body = "\n".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


_STYLE = (
    "body{font-family:system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;line-height:1.5}"
    "table{border-collapse:collapse;margin:.5rem 0 1.5rem}th,td{border:1px solid #767676;padding:.25rem .6rem;"
    "text-align:left;vertical-align:top}td:nth-child(n+2){text-align:right}"
    ".stamp{border:3px solid #b00020;color:#b00020;display:inline-block;font-weight:700;padding:.2rem .8rem}"
    "code{background:#f2f2f2;padding:.15rem .4rem;overflow-wrap:anywhere}"
)
