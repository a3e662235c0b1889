"""``sagsgang audit verify``, ``clock``, ``sequence`` and ``checkpoint``: is the record whole; and let it be signed now.

What must stay true: a broken record ends with exit code 5 and names the first bad event; what verification came to is
itself recorded; and what was not looked at is said.
"""

from __future__ import annotations

from apps.cli.audit_access import Act, require, require_text
from apps.cli.exits import Exit
from apps.cli.invocation import Invocation
from apps.cli.known_log import KnownLog, know_log
from audit.checkpoints import parse_checkpoint
from audit.clock_skew import acknowledge_skew
from audit.events import Event, Scalar
from audit.looking.proving import find_event
from audit.looking.windows import open_window
from audit.notes import parse_note
from audit.obligations.finding import Finding, Verdict
from audit.sequencer import drain
from audit.signer import open_signer
from audit.verification import Expected, Report, examine
from audit.vocabulary import EventType, Outcome
from casework.business_records import BUSINESS_RECORDS
from casework.workplace import Workplace, as_person
from foundation.actor import Actor

_STYLES = {Verdict.HOLDS: "green", Verdict.BROKEN: "bold red", Verdict.NOT_EXAMINED: "dim"}


def verify_log(call: Invocation) -> int:
    """Look at every obligation; 5 when one is broken."""
    options, actor, screen = call.options, call.actor, call.screen
    require(actor, Act.VERIFY)
    expected = _expected(know_log(call.settings, options.keys), is_thorough=not options.hash_only)
    with call.workplace() as place:
        report = examine(place.database, expected, now=place.now())
        _record(place, actor, report, is_thorough=expected.is_thorough)
    screen.heading(f"Efterprøvning af loggen ({report.size} hændelser i træet), for {actor.id}")
    for finding in report.findings:
        screen.line(finding.to_line(), style=_STYLES[finding.verdict])
    screen.line()
    screen.line(_verdict(report, is_thorough=expected.is_thorough))
    if report.broken:
        screen.advise(call.command("doctor"))
    screen.answer(
        {
            "whole": not report.broken,
            "thorough": expected.is_thorough,
            "size": report.size,
            "first_broken_event": _first_event(report),
            "obligations": [
                {
                    "number": one.number,
                    "verdict": one.verdict.value,
                    "sentence": one.sentence,
                    "event": None if one.event is None else str(one.event),
                }
                for one in report.findings
            ],
        }
    )
    return Exit.RECORD_BROKEN if report.broken else Exit.OK


def explain_clock(call: Invocation) -> int:
    """A person has looked into why the clock was set back before this event."""
    actor, screen = call.actor, call.screen
    require(actor, Act.EXPLAIN_CLOCK)
    reason = require_text(call.options.reason, "Skriv med --reason, hvorfor uret var stillet tilbage.")
    with call.workplace() as place:
        with place.database.read() as session:
            event = find_event(session, call.options.event)
        with place.database.write() as session:
            told = acknowledge_skew(
                session,
                event,
                actor=as_person(actor).actor,
                reason=reason,
                at=place.now(),
                environment=place.environment.value,
            )
    screen.heading(f"{actor.id} har undersøgt, hvorfor uret var stillet tilbage før hændelse {event}.")
    screen.advise(call.command("audit", "sequence"), call.command("audit", "verify"))
    screen.answer({"event": event, "told": told, "actor": actor.id})
    return Exit.OK


def sequence(call: Invocation) -> int:
    """Put what waits into the tree."""
    require(call.actor, Act.SEQUENCE)
    with call.workplace() as place:
        done = drain(place.database, now=place.now, environment=place.environment.value)
    if done.is_leader:
        call.screen.heading(f"{done.count} hændelser er indlemmet; loggens træ har nu {done.size}.")
    else:
        call.screen.heading("En anden indlemmer er i gang; intet er gjort her.")
    call.screen.advise(call.command("audit", "checkpoint"))
    call.screen.answer({"sequenced": done.count, "size": done.size, "is_leader": done.is_leader})
    return Exit.OK


def sign_now(call: Invocation) -> int:
    """Put what waits into the tree, and sign it."""
    require(call.actor, Act.SEQUENCE)
    signer = open_signer(call.settings)
    with call.workplace() as place:
        drain(place.database, now=place.now, environment=place.environment.value)
        note = signer.sign(place.database, now=place.now())
        with place.database.read() as session:
            window = open_window(session)
    if note is None:
        call.screen.heading("Loggen er tom; der er intet at skrive under på.")
        call.screen.answer({"size": 0, "checkpoint": None})
        return Exit.OK
    checkpoint = parse_checkpoint(parse_note(note).text)
    call.screen.heading(f"Der er skrevet under på {checkpoint.size} hændelser ({window.unsigned} er uden underskrift).")
    call.screen.lines(note.splitlines())
    call.screen.answer({"size": checkpoint.size, "checkpoint": note, "unsigned": window.unsigned})
    return Exit.OK


def _expected(known: KnownLog, *, is_thorough: bool) -> Expected:
    return Expected(
        origin=known.origin,
        keys=known.keys,
        copies=known.copies,
        last_signed=known.last_signed,
        business=BUSINESS_RECORDS,
        is_thorough=is_thorough,
    )


def _record(place: Workplace, actor: Actor, report: Report, *, is_thorough: bool) -> None:
    facts: dict[str, Scalar] = {"size": report.size, "thorough": is_thorough}
    if report.broken:
        facts["broken"] = ",".join(str(one.number) for one in report.broken)
        facts["event"] = _first_event(report)
    event = Event(
        type=EventType.LOG_VERIFIED,
        actor=as_person(actor).actor,
        outcome=Outcome.FAILED if report.broken else Outcome.OK,
        facts=facts,
    )
    with place.database.write() as session:
        place.record(session, event)


def _first_event(report: Report) -> str | None:
    return next((str(one.event) for one in report.broken if one.event is not None), None)


def _verdict(report: Report, *, is_thorough: bool) -> str:
    broken: tuple[Finding, ...] = report.broken
    if broken:
        named = _first_event(report)
        where = f" Første hændelse, der er noget galt med: {named}." if named is not None else ""
        return f"Loggen er IKKE hel: {len(broken)} af forpligtelserne er brudt.{where} Ret intet; giv revisor besked."
    return "Loggen er hel." if is_thorough else "Blade, træ, underskrifter og kopier er i orden; resten er ikke set."
