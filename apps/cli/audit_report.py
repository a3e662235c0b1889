"""``sagsgang audit report``: what the robots did in a period, as figures with their sources.

What must stay true: no figure is shown without where it comes from, and none about one employee.
"""

from __future__ import annotations

from apps.cli.audit_access import Act, record_reading, require
from apps.cli.exits import Exit
from apps.cli.invocation import Invocation
from apps.cli.papers import heading, paragraph, table, write_page
from apps.cli.program import shown_path
from audit.looking.figures import Section
from audit.looking.period_report import report_period
from audit.looking.periods import Period, parse_day

_COLUMNS = ("Hvad", "Tal", "Kommer fra")


def run(call: Invocation) -> int:
    """Count, record, and show."""
    options, actor, screen = call.options, call.actor, call.screen
    require(actor, Act.REPORT)
    period = Period(*(parse_day(day) for day in options.period))
    with call.workplace() as place:
        with place.database.read() as session:
            report = report_period(session, period)
        record_reading(place, actor, "report", facts={"period": period.to_text()}, typed={})
    title = f"Rapport over loggen, {period.in_danish()}"
    if options.html is not None:
        body = "\n".join(_in_html(section) for section in report.sections)
        write_page(options.html, title=title, body=body, environment=call.settings.environment)
        screen.say(f"Rapporten er skrevet i {shown_path(options.html)}.")
    screen.heading(title)
    for section in report.sections:
        screen.line()
        screen.line(section.title, style="bold")
        screen.table(_COLUMNS, _rows(section))
        screen.lines(section.notes)
    if report.differences:
        screen.advise(call.command("audit", "verify"))
    screen.answer(
        {
            "period": period.to_text(),
            "sections": [
                {
                    "title": section.title,
                    "figures": [
                        {"label": each.label.strip(), "value": each.value, "source": each.source}
                        for each in section.figures
                    ],
                    "notes": list(section.notes),
                }
                for section in report.sections
            ],
            "differences": report.differences,
        }
    )
    return Exit.OK


def _rows(section: Section) -> list[tuple[object, ...]]:
    return [(each.label, each.value, each.source) for each in section.figures]


def _in_html(section: Section) -> str:
    return "\n".join([heading(section.title), table(_COLUMNS, _rows(section)), *map(paragraph, section.notes)])
