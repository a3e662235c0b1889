"""``sagsgang run``: one run of one robot, or a dry run of it.

What must stay true: a dry run writes in no other system; a plan that leaves the screen as a file is recorded first; and
the exit code tells a script whether a person is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from apps.cli.asking import ask_number
from apps.cli.exits import Exit, UsageError, exit_of
from apps.cli.following import run_followed, waiting_work
from apps.cli.invocation import Invocation
from apps.cli.planned import plan_rows, write_csv, write_html
from apps.cli.program import shown_path
from apps.cli.seeing import row_document
from apps.cli.words import RESULTS, operation_word, stop_words
from audit.events import Event
from audit.vocabulary import EventType
from casework.incidents import open_incidents
from casework.workplace import Workplace, as_person
from flows.asked_for import ask_for_case, ask_for_person
from flows.collecting import CollectedElsewhereError
from flows.composition import compose
from flows.dry_run import PlannedItem, dry_run
from flows.ending import Result
from flows.running import RESTS, RunReport, collects
from flows.sweeping import sweeps
from foundation.actor import Actor
from robots.registry import load_robot


def run(call: Invocation) -> int:
    """Run the robot."""
    options = call.options
    if (options.csv or options.html) and not options.dry_run:
        message = "--csv og --html hører til en prøvekørsel (--dry-run)."
        raise UsageError(message)
    if (options.person or options.case) and (options.dry_run or (options.person and options.case)):
        message = "--person og --case er én borger eller én sag nu; de kan ikke stå sammen eller med --dry-run."
        raise UsageError(message)
    robot = load_robot(options.name)
    call.actor.require(robot.card.may_start, f"starte {robot.card.name}")
    return _plan(call) if options.dry_run else _work(call)


def _work(call: Invocation) -> int:
    options, screen = call.options, call.screen
    asked = _ask_for(call) if options.person or options.case else None
    if asked == 0:
        screen.heading("Ingen af sagens parter skal holdes ajour.")
        screen.answer({"run": None, "asked": 0})
        return Exit.OK
    with call.workplace() as place:
        expected = asked or waiting_work(place, options.name)
    report = run_followed(
        call.settings,
        options.name,
        screen,
        chosen=call.chosen,
        limit=asked or options.limit,
        with_prefect=not options.without_prefect,
        expected=expected,
    )
    _show(call, report)
    return exit_for(report)


def _ask_for(call: Invocation) -> int:
    """Make the items of one person or one case; returns how many."""
    options, robot = call.options, load_robot(call.options.name)
    if not sweeps(robot):
        message = f"{options.name} kan ikke bedes om én borger eller én sag."
        raise UsageError(message)
    cpr = ask_number() if options.person else None
    with compose(call.settings) as composition:
        if cpr is not None:
            return ask_for_person(composition, robot, call.actor, cpr)
        return ask_for_case(composition, robot, call.actor, options.case)


def exit_for(report: RunReport) -> Exit:
    """What a run means to a script: proposals that wait are no failure, but what went wrong is."""
    counts = report.summary.counts
    if report.summary.stopped_by is not None:
        return exit_of(report.summary.stopped_by, is_retryable=report.summary.stopped_by == "circuit_open")
    if report.needs_person:
        return Exit.NEEDS_PERSON
    if report.collect_error is not None:
        return exit_of(report.collect_error, is_retryable=True)
    if counts[Result.IN_DOUBT] or counts[Result.FAILED]:
        return Exit.NEEDS_PERSON
    return Exit.REJECTED if counts[Result.REJECTED] else Exit.OK


def _show(call: Invocation, report: RunReport) -> None:
    screen, summary, collected = call.screen, report.summary, report.collected
    screen.heading(f"Kørsel af {call.options.name}")
    if collected is not None:
        screen.line(
            f"Hentet: {collected.events} hændelser, {collected.duplicates} gentagelser, {collected.items} opgaver."
        )
    if report.collect_error is not None:
        screen.line(f"Nyt kunne ikke hentes ({report.collect_error}); det, der ventede, er behandlet.")
    ordered = sorted(summary.counts.items())
    rows = [(RESULTS[result], number) for result, number in ordered]
    screen.table(("Opgaverne blev", "#Antal"), rows, empty="Der var ingen opgaver at behandle.")
    if summary.stopped_by is not None:
        why = stop_words(summary.stopped_by)
        screen.line(f"Kørslen blev standset: {why} ({summary.stopped_by}). Opgaverne ligger klar til næste kørsel.")
    screen.advise(*_next_after(call, report), call.command("audit", "show", "--run", str(summary.run_id)))
    screen.answer(
        {
            "run": summary.run_id,
            "collected": None
            if collected is None
            else {"events": collected.events, "duplicates": collected.duplicates, "items": collected.items},
            "collect_error": report.collect_error,
            "counts": {result.value: number for result, number in ordered},
            "stopped_by": summary.stopped_by,
        }
    )


def _next_after(call: Invocation, report: RunReport) -> list[str]:
    """What helps after this run; incidents are named only where there are any to be seen."""
    robot, summary = call.options.name, report.summary
    commands = []
    if summary.counts[Result.AWAITING_APPROVAL]:
        commands.append(call.command("approvals"))
    if summary.counts[Result.IN_DOUBT]:
        commands.append(call.command("items", "--state", "in_doubt"))
    is_shut_out = report.collect_error is not None and not report.needs_person
    if (summary.counts[Result.FAILED] or summary.stopped_by or report.collect_error) and _has_incident(call, robot):
        commands.append(call.command("incidents"))
    if summary.stopped_by in RESTS:
        commands.append(call.command("robots", "resume", robot, "--reason", "…"))
    elif summary.stopped_by == "asked_to_stop" or report.collect_error == CollectedElsewhereError.code:
        commands.append(call.command("run", robot))
    elif is_shut_out or summary.stopped_by not in {None, "robot_failing"}:
        # Which system is silent, and what mends it, it can tell at once.
        commands.append(call.command("doctor"))
    return commands


def _has_incident(call: Invocation, robot: str) -> bool:
    with call.workplace() as place, place.database.read() as session:
        return any(one.robot == robot for one in open_incidents(session))


def _plan(call: Invocation) -> int:
    options, screen, actor = call.options, call.screen, call.actor
    robot = load_robot(options.name)
    if not collects(robot):
        message = f"{options.name} henter ikke selv sit arbejde og kan ikke prøvekøres."
        raise UsageError(message)
    with compose(call.settings) as composition:
        planned = dry_run(composition, robot, actor, limit=options.limit)
        rows = plan_rows(planned, actor)
        for _ in filter(None, (options.csv, options.html)):
            _record_file(composition.place, actor, rows=len(rows))
    title = f"Prøvekørsel af {options.name}: {len(planned)} opgaver, intet er skrevet"
    screen.heading(title)
    columns = ("Udfald", "Borger", "Linje", "Regel", "Før", "Efter", "Hvorfor")
    empty = "Ingen nye hændelser. I simulated kan du lave nogle med: sagsgang simulator night"
    screen.table(columns, [(row[1], row[2], row[4], row[5], row[7], row[8], row[9]) for row in rows], empty=empty)
    _show_writes(call, planned)
    if options.csv:
        write_csv(options.csv, rows)
        screen.say(f"Planen er skrevet i {shown_path(options.csv)}.")
    if options.html:
        write_html(options.html, rows, title=title, environment=call.settings.environment)
        screen.say(f"Planen er skrevet i {shown_path(options.html)}.")
    screen.advise(call.command("run", options.name))
    screen.answer({"dry_run": True, "items": [_document(item, actor) for item in planned]})
    return Exit.OK


def _record_file(place: Workplace, actor: Actor, *, rows: int) -> None:
    """Write down that this person takes a plan with addresses away in a file."""
    facts: dict[str, str | int] = {"what": "plan_file", "rows": rows}
    with place.database.write() as session:
        place.record(session, Event(type=EventType.RECORD_READ, actor=as_person(actor).actor, facts=facts))


def _show_writes(call: Invocation, planned: Sequence[PlannedItem]) -> None:
    """What would be written before anybody approves, such as reminders."""
    operations = sorted(operation for item in planned for operation, _ in item.writes)
    for operation, group in groupby(operations):
        number = len(list(group))
        call.screen.line(f"Uden godkendelse ville blive gjort: {operation_word(operation)} ({number})")


def _document(item: PlannedItem, actor: Actor) -> dict[str, object]:
    rows = item.proposal.rows if item.proposal is not None else ()
    return {
        "reference": item.reference,
        "result": item.result,
        "code": item.code,
        "message": item.message,
        "about": item.proposal.about if item.proposal is not None else None,
        "rows": [row_document(row, actor) for row in rows],
        "writes": [{"operation": operation, "target": target} for operation, target in item.writes],
    }
