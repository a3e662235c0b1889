"""Why a file of CPR cannot be used, said so that a person can act on it.

What must stay true: an error names the file and the line and never what stands there; a file name that holds something
like a CPR number is not named.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final

from connectors.errors import DeliveryBroken
from foundation.cpr_search import find_cpr_candidates

SYSTEM: Final = "cpr_extract"
_LONGEST_NAME: Final = 80


class Fault(StrEnum):
    """What is wrong with a line or a file."""

    NO_START = "no_start_record"
    NO_END = "no_end_record"
    AFTER_END = "text_after_end_record"
    WRONG_COUNT = "wrong_count"
    WRONG_LENGTH = "wrong_length"
    UNREADABLE = "control_characters"
    NO_RECORD = "no_record_number"
    OTHER_PERSON = "outside_person"
    WRONG_CPR = "no_cpr_number"
    WRONG_DATE = "no_date"
    WRONG_NUMBER = "no_number"
    WRONG_ID = "no_address_id"
    WRONG_STATUS = "unknown_status"
    TOO_MANY_LINES = "too_many_lines_of_one_person"
    OTHER_ORDER = "other_order"
    GONE = "gone"


_DANISH: Final = {
    Fault.NO_START: "den begynder ikke med startrecorden 000",
    Fault.NO_END: "den er afbrudt før slutrecorden 999",
    Fault.AFTER_END: "der står noget efter slutrecorden 999",
    Fault.WRONG_COUNT: "antallet af linjer passer ikke med tallet i slutrecorden 999",
    Fault.WRONG_LENGTH: "linjen har en forkert længde",
    Fault.UNREADABLE: "linjen indeholder tegn, som ikke kan læses",
    Fault.NO_RECORD: "linjen begynder ikke med et recordnummer",
    Fault.OTHER_PERSON: "linjen hører ikke til den person, som den står under",
    Fault.WRONG_CPR: "et personnummer er ikke et personnummer",
    Fault.WRONG_DATE: "en dato findes ikke i kalenderen",
    Fault.WRONG_NUMBER: "der står andet end cifre, hvor der skal stå et tal",
    Fault.WRONG_ID: "adressens id er ikke et id",
    Fault.WRONG_STATUS: "personens statuskode er ukendt",
    Fault.TOO_MANY_LINES: "en person har usandsynligt mange linjer",
    Fault.OTHER_ORDER: "den hører til et andet opgavenummer end de andre filer i mappen",
    Fault.GONE: "den blev ændret, mens den blev læst",
}


def broken(name: str, line: int, fault: Fault) -> DeliveryBroken:
    """The error for a fault in line ``line`` (from 1) of a file, or in the file as a whole (0)."""
    shown = safe_name(name)
    error = DeliveryBroken(SYSTEM, "poll", f"{shown or 'file'}:{line}: {fault.value}")
    where = f" (linje {line})" if line else ""
    error.advice = (
        f"{f'Filen {shown}' if shown else 'En fil'} fra CPR kan ikke bruges: {_DANISH[fault]}{where}. Intet af den er "
        "brugt. Hent filen igen, eller bed CPR-kontoret om at sende den igen."
    )
    return error


def gone(produced: date) -> DeliveryBroken:
    """The error for a file that was taken away while persons in it had not been handed out."""
    error = DeliveryBroken(SYSTEM, "poll", f"{produced.isoformat()}: {Fault.GONE.value}")
    error.advice = (
        f"Filen fra CPR af {produced.isoformat()} er fjernet fra mappen, før alt i den var læst. Læg den tilbage, så "
        "fortsætter robotten, hvor den slap."
    )
    return error


def safe_name(name: str) -> str:
    """The name of a file as it may be shown; empty when it holds something like a CPR number or cannot be printed."""
    may_be_shown = name.isprintable() and len(name) <= _LONGEST_NAME and not find_cpr_candidates(name)
    return name if may_be_shown else ""
