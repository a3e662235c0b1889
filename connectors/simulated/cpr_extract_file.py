"""CPR's extract in the shape of U12170-P: fixed-width ISO-8859-1, a whole picture of each person who is told of.

Positions and lengths are public knowledge (integration reference A.8.3); event codes of record 099 are our reading.
What must stay true: every line is exactly as long as its record type says, and the end record counts those before it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from connectors.simulated.particulars import Guardian, Particulars, read_particulars
from connectors.simulated.residence import (
    PastResidence,
    Residence,
    past_residences,
    present_residence,
)
from connectors.simulated.spelling import cpr_floor, cpr_house_number, standard_address
from connectors.simulated.store import Store

TASK = "110901"
_NO_STAMP = "0" * 12
_NO_NUMBER = "0" * 10
#: Persons with a status from here on have no record 002.
_FIRST_WITHOUT_ADDRESS = 30
_STATUS_CODES = {"90": "A74", "80": "A47", "60": "P02", "50": "P02"}
_CODES = {"CPR_Adresse": "A01", "CPR_Navn": "A13", "CPR_Beskyttelse": "A09", "CPR_Person": "A73"}


@dataclass(frozen=True, slots=True)
class Header:
    """The days of the start record; ``previous`` is None in a first delivery."""

    produced: date
    previous: date | None


def write_extract(header: Header, blocks: Sequence[Sequence[str]], *, extra: int = 0) -> bytes:
    """The whole file; with ``extra`` the end record counts so many lines that are not there."""
    previous = "00000000" if header.previous is None else f"{header.previous:%Y%m%d}"
    lines = [f"000{_NO_NUMBER}{TASK}{header.produced:%Y%m%d}{previous}"]
    lines += [line for block in blocks for line in block]
    lines.append(f"999{'9' * 10}{len(lines) - 1 + extra:08d}")
    return "".join(f"{line}\n" for line in lines).encode("latin-1", "replace")


def person_block(store: Store, row: sqlite3.Row, events: Sequence[sqlite3.Row], today: date) -> list[str]:
    """All lines about one person: the row of ``person``, and the events that are told of."""
    facts, pnr = read_particulars(row), row["pnr"]
    residence = present_residence(row, today)
    past = list(reversed(past_residences(store, row, today)))
    return [
        _person(row),
        *([_address(pnr, residence)] if residence and int(row["status"]) < _FIRST_WITHOUT_ADDRESS else []),
        _plain_address(row, residence),
        *_protections(row, facts),
        *_elsewhere(row, facts),
        _name(row),
        f"012{pnr}U{_NO_NUMBER}{'':10} {'':34} {_NO_STAMP} {_NO_STAMP}",
        *(f"014{pnr}{child}" for child in facts.children),
        *(
            f"016{pnr}{int(custody.kind):04d}{_day(custody.from_day)} {_day(custody.ended_on)}"
            f"{custody.number or _NO_NUMBER}{_day(custody.from_day if custody.number else None)}"
            for custody in facts.custody
        ),
        *(_guardian(pnr, facts.guardian) if facts.guardian else ()),
        *([f"021{pnr}{_day(facts.relocation_day)}{_text(facts.relocation_order, 40)}"] if _is_ordered(facts) else []),
        *(f"022{pnr}{number}{'':10} {'':10} " for number in facts.earlier_numbers),
        *(_past(pnr, earlier) for earlier in past),
        *_events(row, events),
    ]


def _person(row: sqlite3.Row) -> str:
    current = "" if row["current_pnr"] == row["pnr"] else row["current_pnr"]
    sex = "K" if int(row["pnr"][-1]) % 2 == 0 else "M"
    born = row["birth_day"]
    return (
        f"001{row['pnr']}{current:10}{int(row['status']):02d}{_stamp(row['status_day'])} {sex}{born} {born} "
        f"{'':10} {'':34}"
    )


def _address(pnr: str, residence: Residence) -> str:
    address, moved_in, mark = residence.address, _stamp(residence.moved_in), _mark(residence.is_uncertain)
    came_from = residence.moved_from
    arrived = moved_in if came_from else _NO_STAMP
    return (
        f"002{pnr}{_place(residence)}{'':4}{_text(address['careOf'], 34)}{moved_in}{mark}{arrived} "
        f"{came_from or '0000'}{arrived} {'0000'}{'':170}{'':10}{'':10}"
        f"{_text(address['roadName'], 40)}{_text(address['addressUuid'], 36)}"
    )


def _plain_address(row: sqlite3.Row, residence: Residence | None) -> str:
    name = _text(" ".join(part for part in (row["given_name"], row["middle_name"], row["surname"]) if part), 34)
    if residence is None:
        return f"003{row['pnr']}{name}{'':136}0000{'':20}00000000{'':10}{'':4}{'':20}"
    address = residence.address
    care_of = f"c/o {address['careOf']}" if address["careOf"] else ""
    return (
        f"003{row['pnr']}{name}{_text(care_of, 34)}{_text(address['locality'], 34)}"
        f"{_text(standard_address(address), 34)}{_text(address['town'], 34)}{address['postalCode'] or '0000'}"
        f"{_text(address['postalDistrict'], 20)}{_place(residence)}{'':4}{_text(address['roadName'], 20)}"
    )


def _protections(row: sqlite3.Row, facts: Particulars) -> Iterator[str]:
    if row["protected_from"] is not None:
        yield f"004{row['pnr']}0001{row['protected_from']}{row['protected_to'] or '':10}"
    for code, period in (("0002", facts.directory), ("0003", facts.marketing), ("0004", facts.research)):
        if period is not None:
            yield f"004{row['pnr']}{code}{_day(period.from_day)}{_day(period.to_day)}"


def _elsewhere(row: sqlite3.Row, facts: Particulars) -> Iterator[str]:
    """Records 005, 006 and 007: abroad, where letters go, and gone."""
    if (departure := facts.departure) is not None:
        left = departure.left_on
        day = _stamp(left.day.isoformat())
        lines = _lines(departure.lines)
        yield f"005{row['pnr']}{departure.country_code}{day}{_mark(left.is_uncertain)}{lines}"
    if (contact := facts.contact) is not None:
        yield f"006{row['pnr']}{_lines(contact.lines)}{_day(contact.from_day)}{_day(contact.to_day)}"
    if row["status"] == "70":
        yield f"007{row['pnr']}{_stamp(row['status_day'])} "


def _name(row: sqlite3.Row) -> str:
    full = " ".join(part for part in (row["given_name"], row["middle_name"], row["surname"]) if part)
    return (
        f"008{row['pnr']}{_text(row['given_name'], 50)} {_text(row['middle_name'], 40)} {_text(row['surname'], 40)} "
        f"{_stamp(row['birth_day'])} {_text(full, 34)}"
    )


def _guardian(pnr: str, guardian: Guardian) -> Iterator[str]:
    """Record 017, and 052, which alone tells whether the guardianship is full."""
    begun, kind = _day(guardian.from_day), "0001" if guardian.number else "0002"
    body = (
        f"{pnr}{begun} {_day(guardian.ended_on)}{kind}{guardian.number or _NO_NUMBER}"
        f"{begun if guardian.number else '':10}{_text(guardian.name, 34)}{'' if guardian.number else begun:10}"
        f"{_lines(guardian.lines)}"
    )
    yield f"017{body}"
    yield f"052{body}{guardian.kind:15}"


def _past(pnr: str, earlier: PastResidence) -> str:
    residence = earlier.residence
    return (
        f"023{pnr}{'A' if earlier.is_annulled else ' '}{_place(residence)}{'':4}"
        f"{_text(residence.address['careOf'], 34)}{_stamp(residence.moved_in)}{_mark(residence.is_uncertain)}"
        f"{_stamp(earlier.moved_out)}{_mark(earlier.is_end_uncertain)}"
    )


def _events(row: sqlite3.Row, events: Sequence[sqlite3.Row]) -> Iterator[str]:
    for event in {event["eventid"]: event for event in events}.values():
        stamp = "".join(character for character in event["registered_at"][:16] if character.isdigit())
        code = _CODES.get(event["entityname"]) or _STATUS_CODES.get(row["status"], "A01")
        yield f"099{row['pnr']}{stamp}{code}{'':2}{'':15}"


def _is_ordered(facts: Particulars) -> bool:
    return facts.relocation_order is not None


def _place(residence: Residence) -> str:
    """Municipality, road, house, floor and door: 18 characters, as 002, 003 and 023 have them."""
    address = residence.address
    house = _text(cpr_house_number(address["houseNumber"]), 4)
    floor, door = _text(cpr_floor(address["floor"]), 2), _text(address["door"], 4)
    return f"{address['municipalityCode'] or '0000'}{address['roadCode'] or '0000'}{house}{floor}{door}"


def _lines(lines: Sequence[str]) -> str:
    return "".join(_text(line, 34) for line in [*lines, *[""] * 5][:5])


def _text(text: str | None, width: int) -> str:
    return f"{text or '':{width}}"[:width]


def _stamp(day: str) -> str:
    return f"{day.replace('-', '')}0000"


def _day(day: date | None) -> str:
    return " " * 10 if day is None else day.isoformat()


def _mark(is_uncertain: bool) -> str:  # noqa: FBT001 - one mark, one argument.
    return "*" if is_uncertain else " "
