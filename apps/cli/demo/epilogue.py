"""The end of the story: one citizen's case as the register shows it, and what the trail says of it.

What must stay true: the case is read from the municipality's side, and the trail as an auditor, who leaves a trace.
"""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

from apps.cli.demo.scene import AUDITOR, Scene
from apps.cli.finding import short
from apps.cli.trail import read_as
from apps.cli.words import tell
from audit.reading import Selection
from foundation.clock import danish_time
from foundation.cpr import Cpr

#: Lines of the trail that fit a screen.
_SHOWN = 18


def show_case(scene: Scene) -> None:
    """One case with party and journal note, as the case workers of the municipality see it."""
    if scene.followed is None:
        scene.screen.line("Ingen almindelig flytning blev godkendt i denne demo.")
        return
    _, number = scene.followed
    pnr, uuid = scene.night.cases[number]
    case = next(each for each in scene.tester.cases_of(pnr) if each["common"]["uuid"] == uuid)
    party = next(each for each in case["caseParties"] if each["identification"] == pnr)
    scene.screen.facts(
        [
            ("Sag", f"{number}, {case['caseAttributes']['title']}"),
            ("Borger", Cpr.parse(pnr).masked()),
            ("Adresse nu", _one_line(party["address"])),
        ]
    )
    written = {entry["target"] for entry in scene.tester.ledger() if entry["case"] == uuid and entry["committed"]}
    # The case may have notes from before; ours are those that the municipality's ledger names.
    notes = [each["journalNoteAttributes"] for each in case["journalNotes"] if each["uuid"] in written]
    scene.check("robottens journalnotater på sagen = ét", len(notes), 1)
    for note in notes:
        scene.screen.line(f"  Journalnotat: {note['title']}")
        scene.screen.lines(f"    {line}" for line in _text(note).splitlines())


def show_trail(scene: Scene) -> None:
    """What the trail says of the followed citizen's item, read as the auditor."""
    if scene.followed is None:
        return
    item, _ = scene.followed
    selection = Selection(item=item, limit=500)
    entries = read_as(scene.place, scene.person(AUDITOR), selection)
    scene.screen.line(f"Opgave {short(UUID(item))}, {len(entries)} hændelser; de seneste:")
    scene.screen.lines(f"  {danish_time(entry.at)}  {tell(entry)}" for entry in entries[-_SHOWN:])


def _one_line(address: dict[str, Any]) -> str:
    road = f"{address['roadName']} {address['houseNumber']}"
    flat = " ".join(part for part in (address["floor"], address["door"]) if part)
    place = f"{address['postalCode']} {address['postalDistrict']}"
    care_of = f"c/o {address['careOf']}" if address["careOf"] else ""
    return ", ".join(part for part in (care_of, road, flat, address["town"], place) if part)


def _text(note: dict[str, Any]) -> str:
    return base64.b64decode(note["note"]).decode()
