"""``sagsgang audit keys``, ``erase-person`` and ``prune``: what an administrator does to the record by rule.

What must stay true: no auditor does any of it; each has a reason; it is confirmed before and told in the record; and it
is said what becomes of what stays.
"""

from __future__ import annotations

from datetime import UTC, datetime

from apps.cli.asking import ask_number, confirm
from apps.cli.audit_access import Act, require, require_text
from apps.cli.exits import Exit, UsageError
from apps.cli.invocation import Invocation
from audit.pruning import Letting, erase_details, finish_pruning, prune_before_year
from audit.signer import open_signer
from audit.subjects import erase
from audit.vocabulary import RetentionClass
from casework.workplace import as_person
from foundation.cpr_search import find_cpr_candidates

#: Before this there was no log.
_FIRST_YEAR = 2020
_LAST_YEAR = 9999
_WHOLE_EVENTS = "events"


def show_keys(call: Invocation) -> int:
    """The keys the log is verified with; with ``--rotate`` a new one."""
    options, screen = call.options, call.screen
    require(call.actor, Act.LET_GO if options.rotate else Act.SEE_KEYS)
    signer = open_signer(call.settings)
    made = None
    if options.rotate:
        reason = require_text(options.reason, "Skriv med --reason, hvorfor nøglen skiftes.")
        confirm(call, "Loggens underskriftsnøgle bliver skiftet, og den gamle kan ikke bruges igen.", word="skift")
        with call.workplace() as place:
            actor = as_person(call.actor).actor
            made = signer.rotate(
                place.database, actor=actor, now=place.now, environment=place.environment.value, reason=reason
            )
    keys = [key.to_text() for key in signer.known_keys()]
    screen.heading(f"Nøgler til loggen {signer.origin}, den ældste først ({len(keys)})")
    screen.lines(keys)
    screen.line("Giv dem til revisor ad en anden vej end loggen selv; ellers beviser de intet.")
    screen.answer({"origin": signer.origin, "keys": keys, "rotated_to": made})
    return Exit.OK


def erase_person(call: Invocation) -> int:
    """Delete which person the log's references stand for."""
    screen = call.screen
    require(call.actor, Act.LET_GO)
    reason = require_text(call.options.reason, "Skriv med --reason, hvorfor borgeren slettes fra loggen.")
    with call.workplace() as place:
        cpr = ask_number()
        confirm(call, f"Koblingen mellem loggen og {cpr.masked()} slettes og kan ikke genskabes.", word="slet")
        years = range(_FIRST_YEAR, place.now().year + 1)
        with place.database.write() as session:
            count = erase(
                session,
                place.database.ring,
                identity=cpr.digits,
                years=years,
                actor=as_person(call.actor).actor,
                at=place.now(),
                environment=place.environment.value,
                reason=reason,
            )
    screen.heading(f"{count} referencer til {cpr.masked()} peger ikke længere på nogen.")
    screen.lines(_WHAT_BECOMES)
    screen.advise(call.command("audit", "verify"))
    screen.answer({"erased": count, "years": [years.start, years.stop - 1], "actor": call.actor.id})
    return Exit.OK


def prune(call: Invocation) -> int:
    """Delete old sealed details of a class, or whole old events."""
    options, screen = call.options, call.screen
    require(call.actor, Act.LET_GO)
    reason = require_text(options.reason, "Skriv med --reason, efter hvilken regel der slettes.")
    if find_cpr_candidates(reason):
        raise UsageError("Reglen står læseligt i loggen for altid og må ikke nævne en person. Skriv kun reglen.")
    year = options.before
    if not _FIRST_YEAR < year <= _LAST_YEAR:
        raise UsageError(f"Skriv et år efter {_FIRST_YEAR}.")
    what = "Hændelser" if options.retention == _WHOLE_EVENTS else f"Lukkede oplysninger ({options.retention})"
    with call.workplace() as place:
        if year > place.now().year:
            raise UsageError("Kun hele år, der er gået, kan slettes. Skriv det første år, der beholdes.")
        confirm(call, f"{what} fra før {year} slettes og kan ikke genskabes.", word=str(year))
        letting = Letting(as_person(call.actor).actor, place.now(), place.environment.value, reason)
        if options.retention == _WHOLE_EVENTS:
            # First what an earlier pruning that was broken off has left.
            finish_pruning(place.database)
            with place.database.write() as session:
                count = prune_before_year(session, year, letting=letting)
            count += finish_pruning(place.database)
        else:
            before = datetime(year, 1, 1, tzinfo=UTC)
            with place.database.write() as session:
                count = erase_details(session, RetentionClass(options.retention), before=before, letting=letting)
    screen.heading(f"{what} fra før {year}: {count} er slettet af {call.actor.id}.")
    screen.line("Blade, træ og underskrifter er der stadig; loggen kan efterprøves og siger selv, hvad der er slettet.")
    screen.advise(call.command("audit", "verify"))
    screen.answer({"deleted": count, "class": options.retention, "before": year, "actor": call.actor.id})
    return Exit.OK


_WHAT_BECOMES = (
    "Hændelserne står der stadig og kan efterprøves, men ingen kan se, hvem de handler om.",
    "Borgeren får ikke længere noget svar af: sagsgang audit person.",
    "Lukkede oplysninger ved hændelserne slettes efter deres egen klasse: sagsgang audit prune.",
    "Opgaver, fagsystemer og sikkerhedskopier har deres egne regler; dem ændrer dette ikke.",
)
