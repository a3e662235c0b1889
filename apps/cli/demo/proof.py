"""The proof: our trail against what the municipality itself says it received.

What must stay true: the two sides are read from two places that know nothing of each other, and compared line by line,
not by totals.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from apps.cli.demo.scene import ROBOT, Scene
from apps.cli.reconcile import books_rows
from apps.cli.words import fact_word, operation_word
from audit.reading import Entry, Selection, read_entries
from audit.vocabulary import EventType
from connectors.records import WriteOperation
from flows.books import keep_books

#: What the municipality calls our writing methods.
_THEIR_NAMES = {
    "update_party_address": WriteOperation.UPDATE_PARTY_CONTACT,
    "add_journal_note": WriteOperation.APPEND_JOURNAL_NOTE,
    "import_task": WriteOperation.CREATE_REMINDER,
}
_ALL = 10_000_000

#: One write: operation, case, and the party's index or the number of the note or reminder.
Line = tuple[str, str, str]


def show_proof(scene: Scene) -> None:
    """Compare, line by line; every comparison becomes a check."""
    entries = _done(scene)
    ours = Counter(_our_line(entry) for entry in entries)
    written = [entry for entry in scene.tester.ledger() if entry["committed"] and not entry["replay"]]
    theirs = Counter(_their_line(entry) for entry in written)
    rows = []
    for operation in WriteOperation:
        mine = _only(ours, operation)
        given = _only(theirs, operation)
        same = (mine & given).total()
        words = operation_word(operation.value)
        rows.append((words, mine.total(), given.total(), same))
        scene.check(f"{words}: vores log = modtagebogen", mine.total(), given.total())
        scene.check(f"{words}: de samme linjer", same, max(mine.total(), given.total()))
    scene.screen.table(("Ændring", "#Vores log", "#Kommunens modtagebog", "#Samme linje"), rows)
    once = [line for line, number in theirs.items() if line[0] != WriteOperation.UPDATE_PARTY_CONTACT]
    twice = [line for line in once if theirs[line] > 1]
    scene.check("notater og erindringer, der står to gange = ingen", len(twice), 0)


def show_rows(scene: Scene, *, closed: int) -> None:
    """What became of each approved row, as the robot noted it; ``closed`` cases were closed after the approval."""
    with scene.place.database.read() as session:
        noted = read_entries(session, Selection(type=EventType.EVIDENCE_GIVEN, limit=_ALL))
    results = Counter(entry.body["facts"]["result"] for entry in noted if "result" in entry.body["facts"])
    rows = [(fact_word(result), number) for result, number in sorted(results.items())]
    scene.screen.table(("Linjerne i forslagene blev", "#Antal"), rows)
    scene.check("lukket imens = ladt være", closed, results["closed_since_plan"])


def show_fault(scene: Scene) -> None:
    """The ordered fault struck, and the note it struck stands once."""
    struck = sum(fault["struck"] for fault in scene.tester.ask("/faults")["faults"])
    found = [entry for entry in _done(scene) if entry.body["facts"].get("found")]
    lines = {_our_line(entry) for entry in found}
    standing = sum(
        _their_line(entry) in lines for entry in scene.tester.ledger() if entry["committed"] and not entry["replay"]
    )
    scene.screen.line(
        f"Én gang svarede ESDH ikke, selv om notatet var skrevet ({struck}). Robotten sendte det ikke igen, "
        f"men slog op og fandt det ({len(found)}). På sagen står det {standing} gang."
    )
    scene.check("fejl, der ramte = notater fundet ved opslag", struck, len(found))
    scene.check("fundet ved opslag = står på sagen", len(found), standing)


def show_sums(scene: Scene) -> dict[str, int]:
    """The books of the robot, with every check; returns the items by state."""
    with scene.place.database.read() as session:
        books = keep_books(session, robot=ROBOT)
    scene.screen.line()
    scene.screen.table(("Regnskab", "#Antal"), books_rows(books))
    scene.check("hændelser sendt = hændelser modtaget", scene.night.events, books.events)
    for check in books.checks:
        scene.check(check.name, check.one, check.other)
    return {state.value: number for state, number in books.items.items()}


def _done(scene: Scene) -> list[Entry]:
    with scene.place.database.read() as session:
        return list(read_entries(session, Selection(type=EventType.EFFECT_DONE, limit=_ALL)))


def _our_line(entry: Entry) -> Line:
    facts, case = entry.body["facts"], str(entry.body["case"]["ref"])
    return str(facts["operation"]), case, str(facts["remote"]).removeprefix(f"{case}/")


def _their_line(entry: dict[str, Any]) -> Line:
    return _THEIR_NAMES[entry["operation"]].value, str(entry["case"]), str(entry["target"])


def _only(lines: Counter[Line], operation: WriteOperation) -> Counter[Line]:
    return Counter({line: number for line, number in lines.items() if line[0] == operation.value})
