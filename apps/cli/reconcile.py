"""``sagsgang reconcile``: does all that the robot did add up, and does it stand in the case system (ADR-54).

What must stay true: one figure that does not agree with another ends the command with exit code 1, and an alarm with 4;
nothing is written in any other system.
"""

from __future__ import annotations

from datetime import timedelta

from apps.cli.exits import Exit, UsageError
from apps.cli.invocation import Invocation
from apps.cli.words import ITEM_STATES, ROW_RESULTS, operation_word
from flows.books import Books, keep_books
from flows.comparing import Comparison, PartyClass, compare
from flows.composition import compose
from flows.noted import Noted, look_for_notes
from flows.opened_run import acting_of
from flows.sweeping import sweeps
from robots.registry import load_robot

PARTY_WORDS: dict[PartyClass, str] = {
    PartyClass.EQUAL: "er, som CPR siger",
    PartyClass.NOT_KEPT: "holdes ikke ajour (uden personnummer eller i en rolle, der ikke følges)",
    PartyClass.CLOSED: "på en lukket sag, uændret",
    PartyClass.CLOSED_CHANGED: "på en lukket sag, som er ændret: ALARM",
    PartyClass.DEFERRED: "venter på en dag, der kommer",
    PartyClass.HELD: "er spærret efter en tilbageførsel",
    PartyClass.AWAITING: "venter på godkendelse eller udførelse",
    PartyClass.FOR_A_PERSON: "er en medarbejders at afgøre",
    PartyClass.PROTECTED_MISSING_FLAG: "er beskyttet i CPR uden markering på sagen: ALARM",
    PartyClass.DRIFT_UNEXPLAINED: "afviger uden forklaring; en gennemgang foreslår rettelsen",
}
_SOURCES = {
    "event": "hændelser",
    "sweep": "gennemgang",
    "person": "én borger",
    "case": "én sag",
    "rollback": "tilbageførsel",
}


def run(call: Invocation) -> int:
    """Compare everybody, look for the notes and keep the books; with ``--books-only`` the last alone."""
    options, screen = call.options, call.screen
    robot = load_robot(options.name)
    call.actor.require(robot.card.may_start, f"afstemme {robot.card.name}")
    comparison: Comparison | None = None
    noted: Noted | None = None
    if options.books_only:
        with call.workplace() as place, place.database.read() as session:
            books = keep_books(session, robot=options.name)
    else:
        if not sweeps(robot):
            message = f"{options.name} kan ikke sammenlignes med CPR. Brug --books-only."
            raise UsageError(message)
        with compose(call.settings) as composition:
            comparison = compare(composition, robot, call.actor)
            since = composition.place.now() - timedelta(days=options.days)
            noted = look_for_notes(composition, options.name, acting_of(robot, call.actor), since=since)
            with composition.place.database.read() as session:
                books = keep_books(session, robot=options.name)
    screen.heading(f"Afstemning af {options.name}")
    show_books(call, books)
    if comparison is not None:
        show_comparison(call, comparison)
    if noted is not None:
        _show_noted(call, noted)
    screen.answer(_document(books, comparison, noted))
    if not books.add_up or (comparison is not None and not comparison.adds_up):
        screen.line("Tallene går ikke op. Giv robottens ejer og revisor besked.", style="bold red")
        return Exit.FAILED
    is_alarming = (comparison is not None and comparison.alarms) or (noted is not None and noted.missing)
    return Exit.NEEDS_PERSON if is_alarming else Exit.OK


def show_books(call: Invocation, books: Books) -> None:
    """The figures, and each check."""
    screen = call.screen
    screen.table(("Regnskab", "#Antal"), books_rows(books))
    screen.line()
    checks = [(check.name, check.one, check.other, "ja" if check.holds else "NEJ") for check in books.checks]
    screen.table(("Kontrol", "#Den ene side", "#Den anden", "Passer"), checks)


def books_rows(books: Books) -> list[tuple[str, int]]:
    """The figures with their Danish words, the parts indented under their sum."""
    return [
        ("hændelser", books.events),
        ("  borgere", books.people),
        ("  dubletter", books.duplicates),
        ("opgaver", sum(books.items.values())),
        *[(f"  fra {_SOURCES.get(source, source)}", number) for source, number in sorted(books.sources.items())],
        *[(f"  {ITEM_STATES[state]}", number) for state, number in sorted(books.items.items())],
        ("linjer (borger, sag, part)", books.rows.rows),
        *[(f"  {ROW_RESULTS[result]}", number) for result, number in sorted(books.rows.by_result.items())],
        ("opgaver til medarbejdere, talt for sig", books.rows.tasks),
        *[(f"udført: {operation_word(name)}", number) for name, number in sorted(books.written.items())],
    ]


def show_comparison(call: Invocation, comparison: Comparison) -> None:
    """Where every party stands."""
    rows = [(PARTY_WORDS[each], number) for each, number in comparison.classes.items()]
    call.screen.line()
    call.screen.table(("Parterne på alle sager", "#Antal"), [*rows, ("i alt", comparison.parties)])


def _show_noted(call: Invocation, noted: Noted) -> None:
    screen = call.screen
    screen.line()
    screen.line(
        f"{noted.looked_for} notater efterset på sagerne: {len(noted.missing)} mangler, "
        f"{len(noted.without_note)} ændringer er skrevet uden notat."
    )
    screen.table(
        ("Opgave", "Sag (systemets nummer)", "Hvad"),
        [
            *[(item, case, "notatet er væk") for item, case in noted.missing],
            *[(item, case, "ændret uden notat") for item, case in noted.without_note],
        ],
    )


def _document(books: Books, comparison: Comparison | None, noted: Noted | None) -> dict[str, object]:
    return {
        "events": books.events,
        "people": books.people,
        "duplicates": books.duplicates,
        "items": {state.value: number for state, number in books.items.items()},
        "sources": dict(books.sources),
        "rows": {result.value: number for result, number in books.rows.by_result.items()},
        "tasks": books.rows.tasks,
        "written": dict(books.written),
        "checks": [
            {"name": each.name, "one": each.one, "other": each.other, "holds": each.holds} for each in books.checks
        ],
        "parties": None if comparison is None else {each.value: number for each, number in comparison.classes.items()},
        "notes_missing": None if noted is None else [str(item) for item, _ in noted.missing],
        "writes_without_note": None if noted is None else [str(item) for item, _ in noted.without_note],
        "adds_up": books.add_up and (comparison is None or comparison.adds_up),
    }
