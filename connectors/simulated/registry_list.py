"""The first page of "Folkeregister": a search, and the citizens with what each is there to show.

What must stay true: a search with nothing in it lists everybody, the published test persons first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.simulated.cpr_people import full_name
from connectors.simulated.markup import Html, tag
from connectors.simulated.registry_forms import STATUS_TEXTS
from connectors.simulated.registry_style import frame
from connectors.simulated.residence import is_protected
from connectors.simulated.store import Value
from connectors.simulated.world import World

_ON_A_PAGE = 50
_KINDS = {
    "": ("Alle", "1"),
    "special": ("Med særligt mærke", "remark <> ''"),
    "protected": ("Navne- og adressebeskyttede", "protected_from IS NOT NULL AND protected_to IS NULL"),
    "published": ("Offentliggjorte testpersoner", "origin = 'published'"),
    "away": ("Uden bopæl her (død, udrejst, forsvundet …)", "status NOT IN ('1', '3', '5', '7')"),
    "waiting": ("Med en flytning, der venter", "next_from IS NOT NULL"),
}


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; ``page`` counts from 0."""

    text: str = ""
    kind: str = ""
    page: int = 0

    @classmethod
    def read(cls, sent: Mapping[str, str]) -> Search:
        """From what the browser sent; nonsense is as if it were not there."""
        page, kind = sent.get("page", "0"), sent.get("kind", "")
        is_page = page.isascii() and page.isdigit() and len(page) <= 5  # noqa: PLR2004 - far beyond all pages.
        return cls(sent.get("text", "").strip(), kind if kind in _KINDS else "", int(page) if is_page else 0)


def list_page(world: World, search: Search) -> str:
    """The page."""
    where, values = _where(search)
    total = world.store.count(f"SELECT count(*) FROM person WHERE {where}", values)  # noqa: S608 - own conditions.
    rows = world.store.rows(
        "SELECT person.*, (SELECT count(*) FROM party JOIN esdh_case ON esdh_case.uuid = party.case_uuid"  # noqa: S608 - own conditions.
        "  WHERE party.identification = person.pnr AND esdh_case.progress <> 'Afsluttet') AS open_cases"
        f" FROM person WHERE {where} ORDER BY origin DESC, remark = '', pnr LIMIT ? OFFSET ?",
        [*values, _ON_A_PAGE, search.page * _ON_A_PAGE],
    )
    first = search.page * _ON_A_PAGE + 1
    told = (
        f"{first} til {first + len(rows) - 1} af {total} personer" if rows else "Ingen personer passer til søgningen."
    )
    columns = ("Navn", "Personnummer", "Mærke", "Åbne sager")
    table = tag(
        "table",
        tag("caption", told),
        tag("thead", tag("tr", *(tag("th", column, scope="col") for column in columns))),
        tag("tbody", *(_line(row, world) for row in rows)),
    )
    return frame(
        "Søg",
        tag("h1", "Personer"),
        tag("section", _form(search), class_="card"),
        tag("section", table, _turn(search, total), class_="card"),
    )


def _where(search: Search) -> tuple[str, list[Value]]:
    where = _KINDS[search.kind][1]
    if not search.text:
        return where, []
    pattern = f"%{search.text.replace('-', '') if search.text[:6].isdigit() else search.text}%"
    name = "replace(given_name || ' ' || middle_name || ' ' || surname, '  ', ' ')"
    matches = f"(pnr LIKE ? OR {name} LIKE ? OR remark LIKE ?)"
    return f"{where} AND {matches}", [pattern] * 3


def _form(search: Search) -> Html:
    options = [tag("option", text, value=kind, selected=kind == search.kind) for kind, (text, _) in _KINDS.items()]
    return tag(
        "form",
        tag("div", tag("label", "Navn, personnummer eller mærke", for_="text"), _text_field(search)),
        tag("div", tag("label", "Vis", for_="kind"), tag("select", *options, id="kind", name="kind")),
        tag("div", tag("button", "Søg", type="submit")),
        method="post",
        action="/__admin/",
        class_="search",
        role="search",
    )


def _text_field(search: Search) -> Html:
    return tag("input", id="text", name="text", value=search.text, autocomplete="off")


def _line(row: sqlite3.Row, world: World) -> Html:
    badges = []
    if is_protected(row, world.today()):
        badges.append(tag("span", "Beskyttet", class_="badge shield"))
    if row["status"] != "1":
        badges.append(tag("span", STATUS_TEXTS.get(row["status"], row["status"]), class_="badge"))
    link = tag("a", full_name(row), href=f"/__admin/citizens/{row['uuid']}")
    return tag(
        "tr",
        tag("td", link),
        tag("td", f"{row['pnr'][:6]}-{row['pnr'][6:]}", class_="number"),
        tag("td", row["remark"], " " if row["remark"] and badges else None, *badges),
        tag("td", str(row["open_cases"]), class_="number"),
    )


def _turn(search: Search, total: int) -> Html | None:
    """A button for the next page, which sends the search again."""
    if (search.page + 1) * _ON_A_PAGE >= total:
        return None
    return tag(
        "form",
        tag("input", type="hidden", name="text", value=search.text),
        tag("input", type="hidden", name="kind", value=search.kind),
        tag("input", type="hidden", name="page", value=search.page + 1),
        tag("button", "Næste side", type="submit"),
        method="post",
        action="/__admin/",
    )
