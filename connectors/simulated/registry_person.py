"""A person's page in "Folkeregister": what CPR says, what the cases show beside it, and what can be let happen.

What must stay true: whether a case differs from CPR is judged as the seed judges it (spelling does not count), and a
difference is told in words, not by colour alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from connectors.simulated.cpr_people import full_name
from connectors.simulated.markup import Html, tag
from connectors.simulated.particulars import Particulars, read_particulars
from connectors.simulated.registry_fields import show_form
from connectors.simulated.registry_forms import FORMS, STATUS_TEXTS, Form
from connectors.simulated.registry_style import frame
from connectors.simulated.residence import (
    PastResidence,
    coming_residence,
    is_protected,
    is_within,
    past_residences,
    present_residence,
)
from connectors.simulated.spelling import Address, is_same_place, standard_address
from connectors.simulated.store import from_json
from connectors.simulated.world import World

_CASES = """
SELECT esdh_case.number, esdh_case.title, esdh_case.progress, esdh_case.active_code, party.role, party.name,
  party.address, party.protected
FROM party JOIN esdh_case ON esdh_case.uuid = party.case_uuid
WHERE party.identification = ? ORDER BY esdh_case.progress = 'Afsluttet', esdh_case.seq
"""
_CUSTODY = {"3": "mor", "4": "far", "5": "anden", "6": "anden"}


def person_page(world: World, row: sqlite3.Row, *, done: Form | None, failed: Form | None, field: str) -> str:
    """The page of the person of this row of ``person``."""
    today = world.today()
    shield = tag("span", "Navne- og adressebeskyttet", class_="badge shield") if is_protected(row, today) else None
    acts = tag("div", *(show_form(form, row["uuid"], is_open=form is failed) for form in FORMS), class_="acts")
    return frame(
        full_name(row),
        tag("p", tag("a", "← Alle personer", href="/__admin/")),
        tag("h1", full_name(row), " ", shield),
        _message(done, failed, field),
        tag(
            "div",
            tag("section", tag("h2", "CPR siger"), tag("dl", *_facts(world, row)), class_="card"),
            tag("section", tag("h2", "Sagerne viser"), *_cases(world, row), class_="card"),
            class_="two",
        ),
        tag("section", tag("h2", "Tidligere adresser i CPR"), _history(world, row), class_="card"),
        tag("h2", "Lad noget ske"),
        acts,
    )


def _message(done: Form | None, failed: Form | None, field: str) -> Html | None:
    if done is not None:
        return tag("p", f"{done.title}: det er registreret i CPR.", class_="message", role="status")
    if failed is None:
        return None
    label = next((known.label for known in failed.fields if known.name == field), None)
    why = "personen er ikke i en tilstand, hvor det kan ske." if label is None else f"se på feltet »{label}«."
    return tag("p", f"{failed.title}: intet er ændret; {why}", class_="message failed", role="alert")


def _facts(world: World, row: sqlite3.Row) -> Iterator[Html]:
    today, facts = world.today(), read_particulars(row)
    residence, coming = present_residence(row, today), coming_residence(row, today)
    number = f"{row['pnr'][:6]}-{row['pnr'][6:]}"
    yield from _fact("Personnummer", number)
    if row["current_pnr"] != row["pnr"]:
        yield from _fact("Gældende nummer", f"{row['current_pnr'][:6]}-{row['current_pnr'][6:]}")
    if facts.earlier_numbers:
        yield from _fact("Tidligere numre", *(f"{earlier[:6]}-{earlier[6:]}" for earlier in facts.earlier_numbers))
    yield from _fact("Mærke", row["remark"])
    yield from _fact("Status", f"{STATUS_TEXTS.get(row['status'], row['status'])} (fra {row['status_day']})")
    if residence is None:
        yield from _fact("Adresse", "Ingen adresse i CPR")
    else:
        uncertain = " (usikker dato)" if residence.is_uncertain else ""
        yield from _fact("Adresse", *_lines(residence.address))
        yield from _fact("Tilflyttet", f"{residence.moved_in}{uncertain}")
        yield from _fact("Fra kommune", residence.moved_from)
        yield from _fact("Ret/fortryd", "Adressen gælder igen efter en rettelse" if residence.is_restored else "")
        yield from _fact("Delt bopæl", "Ja" if residence.is_shared else "")
    if coming is not None:
        yield from _fact(f"Flytter {coming.moved_in}", *_lines(coming.address))
    if row["protected_from"] is not None:
        until = "indtil videre" if row["protected_to"] is None else f"til {row['protected_to']}"
        yield from _fact("Adressebeskyttelse", f"fra {row['protected_from']}, {until}")
    yield from _particulars(world, facts)


def _particulars(world: World, facts: Particulars) -> Iterator[Html]:
    for label, period in (
        ("Vejviserbeskyttelse", facts.directory),
        ("Markedsføring", facts.marketing),
        ("Forskerbeskyttelse", facts.research),
    ):
        if period is not None:
            until = None if period.to_day is None else period.to_day.isoformat()
            is_running = is_within(period.from_day.isoformat(), until, world.today())
            yield from _fact(label, "Gælder" if is_running else "Ophørt")
    if (guardian := facts.guardian) is not None:
        kind = "Fuldt umyndiggjort" if guardian.kind == "FULD" else "Delvist værgemål"
        ended = "" if guardian.ended_on is None else f"Ophørt {guardian.ended_on}"
        yield from _fact("Værge", kind, guardian.number or "", guardian.name or "", *guardian.lines, ended)
    if (departure := facts.departure) is not None:
        yield from _fact("Udrejst", f"{departure.left_on.day} til {departure.country}", *departure.lines)
    if (contact := facts.contact) is not None:
        until = "" if contact.to_day is None else f"Ophørt {contact.to_day}"
        yield from _fact("Kontaktadresse", *contact.lines, until)
    yield from _fact("Børn", *facts.children)
    yield from _fact("Mor", facts.mother or "")
    yield from _fact("Far", facts.father or "")
    yield from _fact(
        "Forældremyndighed",
        *(
            f"{_CUSTODY[custody.kind]} {custody.number or ''}{'' if custody.ended_on is None else ' (ophørt)'}"
            for custody in facts.custody
        ),
    )
    yield from _fact("Flyttepåbud", facts.relocation_order or "")


def _fact(label: str, *lines: str) -> Iterator[Html]:
    """A term with its lines; nothing where there is nothing to tell."""
    told = [line for line in lines if line]
    if told:
        yield tag("dt", label)
        yield tag("dd", *_broken(told))


def _cases(world: World, row: sqlite3.Row) -> Iterator[Html]:
    residence, is_hidden = present_residence(row, world.today()), is_protected(row, world.today())
    rows = world.store.rows(_CASES, (row["pnr"],))
    if not rows:
        yield tag("p", "Personen er ikke part i nogen sag.")
        return
    columns = ("Sag", "Adresse på sagen", "Mod CPR")
    body = []
    for case in rows:
        on_case = None if case["address"] is None else from_json(case["address"])
        same = is_same_place(None if residence is None else residence.address, on_case)
        marks = [
            tag("span", "Ens", class_="badge same") if same else tag("span", "Afviger", class_="badge differs"),
        ]
        if bool(case["protected"]) is not is_hidden:
            marks.append(tag("span", "Mærket afviger", class_="badge differs"))
        if case["name"] != full_name(row):
            marks.append(tag("span", "Navnet afviger", class_="badge differs"))
        state = "Arkiveret" if case["active_code"] == "Arkiveret" else case["progress"]
        address = [tag("em", "Ingen adresse")] if on_case is None else _broken(_lines(on_case))
        body.append(
            tag(
                "tr",
                tag("td", *_broken([case["number"], case["title"], f"{case['role']} · {state}"])),
                tag("td", *address),
                tag("td", *marks),
            )
        )
    yield _table("Alle sager, hvor personen er part", columns, body)


def _history(world: World, row: sqlite3.Row) -> Html:
    past = past_residences(world.store, row, world.today())
    if not past:
        return tag("p", "CPR har ingen tidligere adresser.")
    return _table("Nyeste først", ("Fra", "Til", "Adresse", "Bemærkning"), [_past(earlier) for earlier in past])


def _past(earlier: PastResidence) -> Html:
    remarks = [
        "Annulleret (ret/fortryd)" if earlier.is_annulled else "",
        "Usikker dato" if earlier.residence.is_uncertain or earlier.is_end_uncertain else "",
        f"Fra kommune {earlier.residence.moved_from}" if earlier.residence.moved_from else "",
    ]
    return tag(
        "tr",
        tag("td", earlier.residence.moved_in, class_="number"),
        tag("td", earlier.moved_out, class_="number"),
        tag("td", ", ".join(_lines(earlier.residence.address))),
        tag("td", "; ".join(remark for remark in remarks if remark)),
    )


def _table(caption: str, columns: Sequence[str], body: Iterable[Html]) -> Html:
    head = tag("tr", *(tag("th", column, scope="col") for column in columns))
    return tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body))


def _lines(address: Address) -> list[str]:
    """An address as lines; one that has no parts (abroad) has lines of its own."""
    own: object = address.get("freeLines")
    free = [str(line) for line in own] if isinstance(own, list) else []
    lines = [
        f"c/o {address['careOf']}" if address["careOf"] else "",
        address["locality"],
        standard_address(address).replace(",", ", "),
        address["town"],
        f"{address['postalCode']} {address['postalDistrict']}".strip(),
        *free,
        address.get("country", ""),
    ]
    return [line for line in lines if line]


def _broken(lines: Sequence[str]) -> list[Html]:
    """Lines, each on its own."""
    return [tag("div", line) for line in lines]
