"""CPR's look-up of a person, with the field names of SF1520, and Nova's own little look-up.

What must stay true: the answer is what holds on the day of the call, and earlier addresses are always told, newest
first.
"""

from __future__ import annotations

import re
import sqlite3
from datetime import date

from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.particulars import read_particulars, spell_particulars
from connectors.simulated.refusals import Refusal, bad_request, not_found
from connectors.simulated.residence import (
    PastResidence,
    Residence,
    coming_residence,
    is_protected,
    past_residences,
    present_residence,
)
from connectors.simulated.spelling import cpr_address
from connectors.simulated.store import Store


def read_person(call: Call) -> JsonObject:
    """``GET /persons/{pnr}``; 404 with CPR's own error list for an unknown number.

    ``fremtidigAdresse`` is assumed: SF1520 does not document how it tells of a move that lies ahead.
    """
    row = _find(call, call.path["pnr"], "pnr")
    if row is None:
        raise Refusal(404, {"ErrorList": [{"ErrorCode": "PNR_NOT_FOUND", "ErrorText": "PNR not found"}]})
    return spell_person(call.world.store, row, call.world.today())


def spell_person(store: Store, row: sqlite3.Row, today: date) -> dict[str, object]:
    """Everything that CPR tells of the person of this row of ``person``."""
    person: dict[str, object] = {
        "personnummer": row["pnr"],
        "gaeldendePersonnummer": row["current_pnr"],
        "navn": {
            "personadresseringsnavn": full_name(row),
            "fornavn": row["given_name"],
            "mellemnavn": row["middle_name"],
            "efternavn": row["surname"],
        },
        "foedselsdato": row["birth_day"],
        "status": row["status"],
        "statusdato": row["status_day"],
        "adressebeskyttelse": {
            "beskyttet": is_protected(row, today),
            "startdato": row["protected_from"],
            "slutdato": row["protected_to"],
        },
        "aktuelAdresse": _spell(present_residence(row, today)),
        "adresseHistorik": [_spell_past(past) for past in past_residences(store, row, today)],
        **spell_particulars(read_particulars(row), today),
    }
    coming = coming_residence(row, today)
    if coming is not None:
        person["fremtidigAdresse"] = _spell(coming)
    return person


def read_address(call: Call) -> JsonObject:
    """``GET api/Cpr/GetAddressByCpr``: name and address in the case system's spelling."""
    if not call.query.get("TransactionId"):
        raise bad_request("MissingField", "TransactionId")
    row = _find(call, call.query.get("Cpr", ""), "Cpr")
    if row is None:
        raise not_found("person")
    residence = present_residence(row, call.world.today())
    return {"name": full_name(row), "address": None if residence is None else residence.address}


def full_name(row: sqlite3.Row) -> str:
    """Given name, middle name and surname."""
    return " ".join(part for part in (row["given_name"], row["middle_name"], row["surname"]) if part)


def _find(call: Call, pnr: str, field: str) -> sqlite3.Row | None:
    if re.fullmatch(r"[0-9]{10}", pnr) is None:
        raise bad_request("InvalidField", field)
    return call.world.store.one("SELECT * FROM person WHERE pnr = ?", (pnr,))


def _spell(residence: Residence | None) -> dict[str, object] | None:
    if residence is None:
        return None
    return {
        **cpr_address(
            residence.address,
            moved_in=residence.moved_in,
            is_uncertain=residence.is_uncertain,
            registered_at=residence.registered_at,
        ),
        "retFortrydMarkering": residence.is_restored,
        "fraflytningskommunekode": residence.moved_from,
        "DeltBopaelMarkering": residence.is_shared,
    }


def _spell_past(past: PastResidence) -> dict[str, object]:
    return {
        **(_spell(past.residence) or {}),
        "fraflytningsdato": {"dato": past.moved_out, "usikkerhedsmarkering": past.is_end_uncertain},
        "retFortrydMarkering": past.is_annulled,
    }
