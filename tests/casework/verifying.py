"""What the eleventh obligation, alone, says of a workplace's rows and events."""

from datetime import timedelta

from audit.obligations.finding import Finding, Verdict
from audit.sequencer import drain
from audit.verification import Expected, examine
from casework.business_records import BUSINESS_RECORDS
from casework.workplace import Workplace


def eleventh(place: Workplace) -> Finding:
    """Obligation 11, when everything that waits has come into the tree."""
    drain(place.database, now=place.now, environment="simulated")
    patient = timedelta(days=999)
    expected = Expected(
        origin="prøve.example/log", keys=(), business=BUSINESS_RECORDS, longest_wait=patient, longest_window=patient
    )
    return examine(place.database, expected, now=place.now()).findings[10]


def broken(place: Workplace) -> str:
    """The sentence of obligation 11, which does not hold."""
    finding = eleventh(place)
    assert finding.verdict is Verdict.BROKEN
    return finding.sentence
