"""The cases of the simulated municipality, made from a number.

What must stay true: the address of a party is that of CPR when the municipality is new, so only what happens later
makes a difference; the few that are spelled differently are spelled so on purpose (rule ADR-02).
"""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from connectors.simulated.municipality import CASEWORKERS, COMPANIES, FREE_PARTIES, SUBJECTS
from connectors.simulated.numbers import make_cvr
from connectors.simulated.seed_people import NAMESPACE, Citizen
from connectors.simulated.spelling import spell_differently
from connectors.simulated.store import Value, to_json

_OPEN = ("Opstaaet", "Oplyst", "Afgjort", "Bestilt", "Udfoert")
_SENSITIVITIES = ("IkkeFortrolige", "Fortrolige", "Følsomme")
_FIRST_CASE = date(2022, 1, 3)
_CASE_DAYS = (date(2026, 10, 30) - _FIRST_CASE).days
_LAST_DOCUMENT = date(2026, 11, 13)
_OFFICE_HOURS = time(10)
_DOCUMENTS = (
    ("Indgående", "Henvendelse fra borgeren"),
    ("Indgående", "Dokumentation"),
    ("Udgående", "Kvittering for henvendelse"),
    ("Udgående", "Partshøring"),
    ("Udgående", "Afgørelse"),
    ("Internt", "Notat til sagen"),
)
_SHARE_CLOSED = 0.25
_SHARE_ARCHIVED_OF_CLOSED = 0.10
_SHARE_NOTES = 0.30
#: So many citizens have a case; the other cases are spread over all.
_SHARE_WITH_CASE = 0.80
_SHARE_IMPERSONAL = 0.03
_SHARE_SECOND_CITIZEN = 0.15
_SHARE_SECOND_OTHER = 0.05


@dataclass(slots=True)
class CaseRows:
    """Rows for the tables ``esdh_case``, ``party``, ``note`` and ``document``, in the order of their columns."""

    cases: list[tuple[Value, ...]]
    parties: list[tuple[Value, ...]]
    notes: list[tuple[Value, ...]]
    documents: list[tuple[Value, ...]]


def make_cases(random: Random, citizens: list[Citizen], count: int, seed: int) -> CaseRows:
    """``count`` cases; every published person that there is room for gets an open one."""
    rows = CaseRows([], [], [], [])
    published = [citizen for citizen in citizens if citizen.origin == "published"]
    others = [citizen for citizen in citizens if citizen.origin != "published"]
    random.shuffle(others)
    first_round = published + others[: int(len(others) * _SHARE_WITH_CASE)]
    contacts = {citizen.pnr: _contact(random, citizen) for citizen in citizens}
    for position in range(count):
        is_first = position < len(first_round)
        citizen = first_round[position] if is_first else random.choice(citizens)
        is_kept_open = is_first and citizen.origin == "published"
        case = str(uuid.uuid5(NAMESPACE, f"{seed}:case:{position}"))
        day = _FIRST_CASE + timedelta(days=random.randrange(_CASE_DAYS))
        rows.cases.append(_case(random, position, case, day, is_kept_open=is_kept_open))
        is_impersonal = not is_first and random.random() < _SHARE_IMPERSONAL
        primary = _impersonal(random) if is_impersonal else contacts[citizen.pnr]
        rows.parties.append((case, "1", *primary[:2], "Primær", *primary[2:]))
        second = _second_party(random, citizens, contacts, citizen)
        if second is not None:
            rows.parties.append((case, "2", *second[:2], "Sekundær", *second[2:]))
        rows.notes += _notes(random, case, day)
    rows.documents = _documents(Random(f"{seed}:documents"), rows.cases)
    return rows


def _contact(random: Random, citizen: Citizen) -> tuple[Value, ...]:
    """Identification type, identification, name, address and mark; the same on all cases of a citizen."""
    address = spell_differently(citizen.address, random) if citizen.is_cosmetic else citizen.address
    return ("CprNummer", citizen.pnr, citizen.full_name, to_json(address), int(citizen.is_protected))


def _case(random: Random, position: int, case: str, day: date, *, is_kept_open: bool) -> tuple[Value, ...]:
    kle, facet, title = random.choice(SUBJECTS)
    progress, active = random.choice(_OPEN), "Aktiv"
    if random.random() < _SHARE_CLOSED and not is_kept_open:
        progress = "Afsluttet"
        active = "Arkiveret" if random.random() < _SHARE_ARCHIVED_OF_CLOSED else "Aktiv"
    sensitivity = random.choice(_SENSITIVITIES)
    caseworker = random.randrange(len(CASEWORKERS))
    number = f"S{day.year}-{position + 1:05d}"
    documents = random.randrange(12)
    return (case, number, title, day.isoformat(), kle, facet, active, progress, sensitivity, caseworker, documents)


def _impersonal(random: Random) -> tuple[Value, ...]:
    if random.random() < 0.7:  # noqa: PLR2004 - a share like those above, of companies among parties without a CPR.
        return ("CvrNummer", make_cvr(random), random.choice(COMPANIES), None, 0)
    name = random.choice(FREE_PARTIES)
    return ("Frit", name, name, None, 0)


def _second_party(
    random: Random, citizens: list[Citizen], contacts: dict[str, tuple[Value, ...]], first: Citizen
) -> tuple[Value, ...] | None:
    draw = random.random()
    if draw < _SHARE_SECOND_OTHER:
        return _impersonal(random)
    other = random.choice(citizens)
    if draw < _SHARE_SECOND_OTHER + _SHARE_SECOND_CITIZEN and other.pnr != first.pnr:
        return contacts[other.pnr]
    return None


def _notes(random: Random, case: str, day: date) -> list[tuple[Value, ...]]:
    count = random.choice((1, 1, 2)) if random.random() < _SHARE_NOTES else 0
    at = f"{day.isoformat()}T09:00:00+00:00"
    text = base64.b64encode("Sagen er oprettet. Prøvenotat fra den simulerede kommune.".encode()).decode()
    return [
        (str(uuid.uuid5(NAMESPACE, f"{case}:note:{number}")), case, 1, at, "Oprettelse", text, at)
        for number in range(count)
    ]


def _documents(random: Random, cases: list[tuple[Value, ...]]) -> list[tuple[Value, ...]]:
    """As many documents as each case says, between its first day and the last one, by a generator of their own."""
    documents: list[tuple[Value, ...]] = []
    for case in cases:
        uuid_, first, count = str(case[0]), date.fromisoformat(str(case[3])), int(case[10] or 0)
        span = (_LAST_DOCUMENT - first).days + 1
        for number in range(count):
            kind, title = random.choice(_DOCUMENTS)
            at = datetime.combine(first + timedelta(days=random.randrange(span)), _OFFICE_HOURS, UTC)
            name = str(uuid.uuid5(NAMESPACE, f"{uuid_}:document:{number}"))
            documents.append((name, uuid_, title, kind, at.isoformat()))
    return documents
