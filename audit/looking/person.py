"""What was looked up or changed about one citizen, as sentences the citizen can be given (GDPR article 15).

A change carries no reference to a person: it belongs to him through the work item in which he was looked up. What must
stay true: the names of employees are left out unless they are asked for (C-579/21); and of an item that concerns other
people too, only what carries his own reference is told, so that nobody is told about somebody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session

from audit.reading import Entry, as_entry
from audit.tables import AuditEventRow
from audit.vocabulary import ActorKind, EventType

_EVENT = AuditEventRow.__table__
#: Portions of item numbers; below the databases' limit of parameters.
_PORTION = 500
#: What is told of an item that concerns nobody else.
_OF_ITEM = (
    EventType.RECORD_READ,
    EventType.DECISION_PROPOSED,
    EventType.DECISION_MADE,
    EventType.EFFECT_DONE,
    EventType.EFFECT_REFUSED,
    EventType.EFFECT_IN_DOUBT,
    EventType.EFFECT_SETTLED,
)
_LOG_WAS_READ = "Loggen over, hvad der er gjort med dine oplysninger, blev læst."
_PLAIN = {
    EventType.PERSON_LOOKED_UP: "Dine oplysninger blev slået op i CPR.",
    EventType.RECORD_SEARCHED: "Der blev søgt efter dine sager.",
    EventType.DECISION_PROPOSED: "En robot foreslog en ændring af dine oplysninger på en sag.",
    EventType.EFFECT_REFUSED: "En ændring blev forsøgt, men fagsystemet sagde nej. Intet blev ændret.",
    EventType.EFFECT_IN_DOUBT: "En ændring blev forsøgt, og det var uvist, om den blev gennemført.",
    EventType.LOG_READ: _LOG_WAS_READ,
    EventType.LOG_EXPORTED: _LOG_WAS_READ,
}
_READ = {
    "case": "En sag, du er part i, blev læst.",
    "journal": "Journalen på en sag, du er part i, blev læst.",
    "documents": "Listen over dokumenter på en sag, du er part i, blev læst.",
    "proposal": "Forslaget til en ændring blev læst.",
}
_WRITTEN = {
    "update_party_contact": "Dine kontaktoplysninger på sagen blev ændret ({fields}).",
    "append_journal_note": "Der blev skrevet et notat i sagens journal.",
    "create_reminder": "Der blev lagt en påmindelse til en medarbejder på sagen.",
}
_FIELDS = {"address": "adresse", "protection": "navne- og adressebeskyttelse"}
_ANSWERS = {
    "approved": "Forslaget blev godkendt.",
    "policy": "Forslaget blev godkendt af kommunens politik for robotten, uden at en medarbejder så på det.",
    "returned": "Forslaget blev sendt tilbage.",
    "taken_over": "En medarbejder overtog arbejdet fra robotten.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was done. Texts are Danish and speak to the citizen."""

    at: datetime
    what: str
    #: By a robot or a person; with names only where they were asked for.
    who: str
    purpose: str
    legal_basis: str
    #: The system and its own number of the case; empty where there was none.
    case: str


@dataclass(frozen=True, slots=True)
class PersonReport:
    """Everything about one citizen, oldest first."""

    lines: tuple[Line, ...]
    #: Items in which he was looked up together with others: what was changed there is not among the lines.
    shared_items: int
    #: There is more than was asked for.
    is_cut: bool


def report_on(session: Session, references: Sequence[str], *, with_employees: bool, limit: int) -> PersonReport:
    """What the trail says about the citizen whom these references stand for.

    Args:
        session: a session of ``Database.read``.
        references: what ``audit.subjects.find_references`` found, of any number of years.
        with_employees: name the employees who acted or started the robot.
        limit: at most so many lines, the oldest.
    """
    if not references:
        return PersonReport((), 0, is_cut=False)
    own = _EVENT.c.subject_ref.in_(references)
    items = [item for item in session.execute(select(_EVENT.c.item_id).where(own).distinct()).scalars() if item]
    alone = [item for portion in _portions(items) for item in _only_his(session, portion, references)]
    entries = {entry.id: entry for entry in _read(session, own, limit + 1)}
    kinds = _EVENT.c.type.in_([kind.value for kind in _OF_ITEM])
    for portion in _portions(alone):
        entries |= {entry.id: entry for entry in _read(session, _EVENT.c.item_id.in_(portion) & kinds, limit + 1)}
    ordered = sorted(entries.values(), key=lambda entry: (entry.at, entry.id))
    told = [line for entry in ordered if (line := _line(entry, with_employees=with_employees)) is not None]
    return PersonReport(tuple(told[:limit]), len(items) - len(alone), is_cut=len(told) > limit)


def _only_his(session: Session, items: Sequence[str], references: Sequence[str]) -> list[str]:
    """Those of these items in which nobody else was looked up."""
    others = func.count().filter(_EVENT.c.subject_ref.not_in(references))
    query = select(_EVENT.c.item_id).where(_EVENT.c.item_id.in_(items), _EVENT.c.subject_ref.is_not(None))
    return list(session.execute(query.group_by(_EVENT.c.item_id).having(others == 0)).scalars())


def _read(session: Session, wanted: ColumnElement[bool], limit: int) -> list[Entry]:
    query = select(_EVENT.c.id, _EVENT.c.at, _EVENT.c.body).where(wanted).order_by(_EVENT.c.at, _EVENT.c.id)
    return [as_entry(row) for row in session.execute(query.limit(limit))]


def _line(entry: Entry, *, with_employees: bool) -> Line | None:
    what = _what(entry)
    if what is None:
        return None
    body = entry.body
    purpose, case = body.get("purpose", {}), body.get("case", {})
    return Line(
        at=entry.at,
        what=what,
        who=_who(body["actor"], with_employees=with_employees),
        purpose=purpose.get("code", ""),
        legal_basis=purpose.get("legalBasis", ""),
        case=f"{case['system']} {case['ref']}" if case else "",
    )


def _what(entry: Entry) -> str | None:
    facts = entry.body.get("facts", {})
    match entry.type:
        case EventType.RECORD_READ:
            return _READ.get(facts.get("what", ""), "Oplysninger om dig blev læst.")
        case EventType.DECISION_MADE:
            return _ANSWERS.get(entry.body.get("decision", {}).get("humanReview", ""), "Der blev taget stilling.")
        case EventType.EFFECT_DONE:
            return _written(entry.body)
        case EventType.EFFECT_SETTLED:
            happened = "gennemført" if facts.get("happened") else "ikke gennemført"
            return f"En medarbejder undersøgte en uvis ændring: den var {happened}."
        case _:
            # What carries his reference and was added later is better told plainly than left out.
            other = "Noget blev gjort, der vedrører dig." if "subject" in entry.body else None
            return _PLAIN.get(entry.type, other)


def _written(body: dict[str, Any]) -> str:
    operation = body.get("facts", {}).get("operation", "")
    fields = ", ".join(_FIELDS.get(name, name) for name in body.get("change", {}).get("fields", ()))
    return _WRITTEN.get(operation, "Noget blev skrevet på en sag, du er part i.").format(fields=fields or "oplysninger")


def _who(actor: dict[str, str], *, with_employees: bool) -> str:
    starter = actor.get("onBehalfOf")
    if actor["kind"] == ActorKind.PERSON.value:
        return actor["id"] if with_employees else "en medarbejder"
    name = f"robotten {actor['id']}" if actor["kind"] == ActorKind.ROBOT.value else "Sagsgang selv"
    if starter is None:
        return name
    return f"{name}, startet af {starter if with_employees else 'en medarbejder'}"


def _portions(items: Sequence[str]) -> list[Sequence[str]]:
    return [items[start : start + _PORTION] for start in range(0, len(items), _PORTION)]
