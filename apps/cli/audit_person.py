"""``sagsgang audit person``: what was looked up and changed about one citizen, for an answer to him (GDPR article 15).

What must stay true: the number is asked for and never an argument, and is shown masked; that somebody read about this
citizen is recorded, with the purpose and under the citizen's own reference, before a line is shown, so that it stands
in his next report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

from apps.cli.asking import ask_number
from apps.cli.audit_access import Act, record_reading, require, require_text
from apps.cli.exits import Exit, UsageError
from apps.cli.invocation import Invocation
from apps.cli.papers import open_private, paragraph, table, write_page, write_sheet
from apps.cli.program import shown_path
from audit.events import SubjectRef
from audit.looking.person import Line, PersonReport, report_on
from audit.subjects import find_references
from foundation.clock import danish_time
from foundation.environment import Environment
from robots.registry import load_robot, robot_names

COLUMNS = ("Tidspunkt", "Hvad", "Hvem", "Formål", "Hjemmel", "Sag")
_MOST_YEARS = 20
_BEFORE = (
    "Her står, hvad kommunens robotter og medarbejdere har slået op og ændret om dig gennem Sagsgang, hvornår, til "
    "hvilket formål og med hvilken hjemmel (databeskyttelsesforordningens artikel 15)."
)


def run(call: Invocation) -> int:
    """Read, record, and show."""
    options, actor, screen = call.options, call.actor, call.screen
    require(actor, Act.READ_PERSON)
    if options.with_employees:
        require(actor, Act.READ_PERSON_WITH_NAMES)
    purpose = require_text(options.purpose, "Skriv med --purpose, hvorfor du læser om borgeren.")
    with call.workplace() as place:
        this_year = place.now().year
        years = _years(options.from_year or this_year - 1, options.to_year or this_year)
        cpr = ask_number()
        with place.database.read() as session:
            references = find_references(session, place.database.ring, identity=cpr.digits, years=years)
            report = report_on(session, references, with_employees=options.with_employees, limit=options.limit)
        files = [path for path in (options.csv, options.html, options.text) if path is not None]
        record_reading(
            place,
            actor,
            "person",
            facts={
                "years": f"{years.start}-{years.stop - 1}",
                "entries": len(report.lines),
                "with_employees": options.with_employees,
                "files": len(files),
            },
            typed={"purpose": purpose},
            # The newest; a reference is not made for one who has none.
            subject=SubjectRef(max(references)) if references else None,
        )
    letter = Letter(cpr.masked(), years, report, with_employees=options.with_employees)
    _write_files(call, letter)
    screen.heading(letter.title)
    screen.line(letter.before)
    screen.table(COLUMNS, letter.rows, empty="Loggen siger intet om borgeren i de år.")
    screen.lines(letter.after)
    screen.answer(
        {
            "citizen": cpr.masked(),
            "years": [years.start, years.stop - 1],
            "lines": [_document(line) for line in report.lines],
            "shared_items": report.shared_items,
            "cut": report.is_cut,
            "with_employees": options.with_employees,
        }
    )
    return Exit.OK


class Letter:
    """The report as it is given to the citizen, whatever it is written on."""

    def __init__(self, masked: str, years: range, report: PersonReport, *, with_employees: bool) -> None:
        """A letter about the citizen with this masked number."""
        span = str(years.start) if len(years) == 1 else f"{years.start} til {years.stop - 1}"
        self.title = f"Indsigt i loggen for personnummer {masked}, {span}"
        self.before = _BEFORE
        self.rows = [_row(line) for line in report.lines]
        self.after = tuple(_after(report, with_employees=with_employees))

    def to_text(self, environment: Environment) -> str:
        """As plain text."""
        lines = [environment.stamp] if environment.stamp else []
        lines += [self.title, "", self.before, ""]
        for at, what, who, *rest in self.rows:
            details = "; ".join(
                f"{name.lower()}: {value}" for name, value in zip(COLUMNS[3:], rest, strict=True) if value
            )
            lines.append(f"{at}: {what} Af {who}.{f' ({details})' if details else ''}")
        lines += ["" if self.rows else "Loggen siger intet om dig i de år.", *self.after]
        return "\n".join(lines) + "\n"

    def to_html(self) -> str:
        """As the body of a page."""
        shown = table(COLUMNS, self.rows) if self.rows else paragraph("Loggen siger intet om dig i de år.")
        return "\n".join([paragraph(self.before), shown, *map(paragraph, self.after)])


def _after(report: PersonReport, *, with_employees: bool) -> list[str]:
    told = []
    if not with_employees:
        told.append(
            "Medarbejdernes navne står her ikke. Du har ret til at vide, hvornår og hvorfor der er set på dine "
            "oplysninger, men som regel ikke hvem der gjorde det (EU-Domstolens dom i sag C-579/21)."
        )
    if report.shared_items:
        told.append(
            f"I {report.shared_items} opgaver er der også set på andre personers oplysninger. Opslagene på dig er med "
            "her; hvad der ellers skete i de opgaver, er udeladt af hensyn til de andre."
        )
    if report.is_cut:
        told.append("Der er flere linjer, end der er vist her. Bed om resten.")
    told.append(
        "Sagsgang ved kun, hvad Sagsgang har gjort. Opslag, som medarbejdere har lavet direkte i kommunens "
        "fagsystemer, står i de systemers egne logge. Du kan klage til Datatilsynet."
    )
    return told


def _years(first: int, last: int) -> range:
    if not first <= last < first + _MOST_YEARS:
        message = f"Vælg højst {_MOST_YEARS} år, det første først."
        raise UsageError(message)
    return range(first, last + 1)


def _row(line: Line) -> tuple[str, ...]:
    return danish_time(line.at), line.what, line.who, _in_words(line.purpose), line.legal_basis, line.case


def _in_words(purpose: str) -> str:
    """The purpose as the robot's card says it today; the record holds the robot's name, which stays when it is gone."""
    if purpose not in robot_names():
        return purpose
    return load_robot(purpose).card.purpose


def _document(line: Line) -> dict[str, str]:
    return {
        "at": line.at.isoformat(),
        "what": line.what,
        "who": line.who,
        "purpose": _in_words(line.purpose),
        "legal_basis": line.legal_basis,
        "case": line.case,
    }


def _write_files(call: Invocation, letter: Letter) -> None:
    options, environment = call.options, call.settings.environment

    def as_sheet(path: Path) -> None:
        stamp: Sequence[tuple[str, ...]] = [(environment.stamp, *[""] * 5)] if environment.stamp else []
        write_sheet(path, COLUMNS, chain(stamp, letter.rows))

    def as_page(path: Path) -> None:
        write_page(path, title=letter.title, body=letter.to_html(), environment=environment)

    def as_text(path: Path) -> None:
        with open_private(path) as file:
            file.write(letter.to_text(environment))

    writers: tuple[tuple[Path | None, Callable[[Path], None]], ...] = (
        (options.csv, as_sheet),
        (options.html, as_page),
        (options.text, as_text),
    )
    for path, write in writers:
        if path is not None:
            write(path)
            call.screen.say(f"Skrevet i {shown_path(path)}.")
