"""``sagsgang audit sample`` and ``audit finding``: the log control by random sample.

What must stay true: the seed is the auditor's or a checkpoint's; who is also an administrator brings no seed; the draw
is recorded before it is shown, and the population and every earlier draw are shown with it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from apps.cli.audit_access import Act, require, require_text
from apps.cli.exits import Exit, UsageError
from apps.cli.finding import short
from apps.cli.invocation import Invocation
from apps.cli.papers import write_sheet
from apps.cli.program import shown_path
from apps.cli.trail import event_type
from apps.cli.words import tell
from audit.errors import LookingRefusedError
from audit.looking.findings import Answer, events_of, find_draw, record_finding
from audit.looking.periods import Period, parse_day
from audit.looking.sampling import (
    USES,
    Draw,
    Drawn,
    Seed,
    checkpoint_seed,
    draw,
    earlier_draws,
    record_draw,
    typed_seed,
)
from audit.reading import Entry
from audit.signer import open_signer
from audit.vocabulary import EventType
from casework.workplace import as_person
from foundation.actor import Role
from foundation.clock import danish_time
from foundation.errors import NotAllowedError
from foundation.spreadsheets import ENCODING

#: The form of the log control; the last two columns are the controller's.
COLUMNS = (
    "nr", "haendelse", "tidspunkt", "hvad", "formaal", "hjemmel", "sag", "borgerreference",
    "berettiget (ja/nej)", "hvad blev der gjort",
)  # fmt: skip
_ALGORITHM = (
    "Udvalgt sådan: for hver hændelse HMAC-SHA-256 med frøet som nøgle og hændelsens nummer som besked; "
    "de mindste værdier er stikprøven."
)
_YES, _NO = "ja", "nej"


def draw_sample(call: Invocation) -> int:
    """Draw, record, and show."""
    options, actor, screen = call.options, call.actor, call.screen
    require(actor, Act.CONTROL)
    purpose = require_text(options.purpose, "Skriv med --purpose, hvad stikprøven skal kontrollere.")
    period = Period(*(parse_day(day) for day in options.period))
    types = tuple(dict.fromkeys(_type(text) for text in options.type)) or USES
    with call.workplace() as place:
        if period.end > place.now():
            raise LookingRefusedError("Perioden er ikke slut endnu. Træk stikprøven, når den er.")
        with place.database.read() as session:
            seed = _seed(call, session, period)
            earlier = earlier_draws(session, period)
            drawn = draw(session, period, size=options.size, seed=seed, types=types)
        with place.database.write() as session:
            sample = record_draw(
                session,
                drawn,
                period=period,
                seed=seed,
                purpose=purpose,
                actor=as_person(actor).actor,
                at=place.now(),
                environment=place.environment.value,
            )
    if options.csv is not None:
        write_sheet(options.csv, COLUMNS, form_rows(drawn.events))
        screen.say(f"Skemaet er skrevet i {shown_path(options.csv)}.")
    _show(call, sample, period, seed, drawn, earlier, types)
    return Exit.OK


def tell_finding(call: Invocation) -> int:
    """Record what the control found."""
    options, actor, screen = call.options, call.actor, call.screen
    require(actor, Act.CONTROL)
    if (options.form is None) == (not options.all_justified):
        message = "Skriv enten --form med det udfyldte skema eller --all-justified."
        raise UsageError(message)
    with call.workplace() as place:
        with place.database.read() as session:
            chosen = find_draw(session, options.sample)
            listed = events_of(session, chosen)
        answers = (
            [Answer(event, is_justified=True, what_was_done="") for event in listed]
            if options.form is None
            else read_form(options.form)
        )
        with place.database.write() as session:
            found = record_finding(
                session,
                chosen.id,
                answers,
                actor=as_person(actor).actor,
                at=place.now(),
                environment=place.environment.value,
            )
    screen.heading(f"Resultatet af stikprøve {short(chosen.id)} er skrevet i loggen af {actor.id}.")
    screen.facts([("Berettigede", found.justified), ("Ikke berettigede", str(found.not_justified))])
    screen.advise(call.command("audit", "prove", str(found.id)))
    screen.answer(
        {
            "finding": found.id,
            "sample": chosen.id,
            "justified": found.justified,
            "not_justified": found.not_justified,
            "actor": actor.id,
        }
    )
    return Exit.OK


def form_rows(entries: Sequence[Entry]) -> list[tuple[str, ...]]:
    """One row for each event, with two empty cells for the controller."""
    rows: list[tuple[str, ...]] = []
    for number, entry in enumerate(entries, start=1):
        body = entry.body
        purpose, case = body.get("purpose", {}), body.get("case", {})
        rows.append(
            (
                str(number),
                str(entry.id),
                danish_time(entry.at),
                tell(entry),
                purpose.get("code", ""),
                purpose.get("legalBasis", ""),
                f"{case['system']} {case['ref']}" if case else "",
                body.get("subject", {}).get("ref", ""),
                "",
                "",
            )
        )
    return rows


def read_form(path: Path) -> list[Answer]:
    """The answers of a form that was filled in.

    Raises:
        UsageError: the file is no such form, or a row is not answered with ja or nej. Nothing of it is repeated.
    """
    message = "Filen er ikke et skema til en stikprøve. Brug det, som audit sample skrev, gemt som CSV med semikolon."
    answers: list[Answer] = []
    try:
        with path.open(encoding=ENCODING, newline="") as file:
            for row in csv.DictReader(file, delimiter=";"):
                answer = row[COLUMNS[-2]].strip().lower()
                if answer not in {_YES, _NO}:
                    number = len(answers) + 1
                    raise UsageError(f"Række {number} i skemaet mangler et svar. Skriv ja eller nej.")
                answers.append(Answer(UUID(row[COLUMNS[1]]), answer == _YES, row[COLUMNS[-1]].strip()))
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, AttributeError, ValueError):
        raise UsageError(message) from None
    return answers


def _type(text: str) -> EventType:
    found = event_type(text)
    if found is None:
        raise UsageError("Skriv en slags hændelse efter --type.")
    return found


def _seed(call: Invocation, session: Session, period: Period) -> Seed:
    options = call.options
    if options.checkpoint:
        if options.seed is not None:
            raise UsageError("Frøet er enten dit eget (--seed) eller et kontrolpunkts (--checkpoint).")
        signer = open_signer(call.settings)
        return checkpoint_seed(session, period, signer.known_keys(), origin=signer.origin)
    if Role.ADMINISTRATOR in call.actor.roles:
        message = "Den, der også er administrator, vælger ikke selv frøet. Brug --checkpoint."
        raise NotAllowedError(message)
    typed = options.seed
    if typed is None and call.screen.is_terminal:
        typed = call.screen.ask("Frø, mindst otte tegn, som du selv vælger: ")
    if typed is None:
        raise UsageError("Giv et frø med --seed, eller tag det fra et kontrolpunkt med --checkpoint.")
    return typed_seed(typed)


def _show(
    call: Invocation,
    sample: UUID,
    period: Period,
    seed: Seed,
    drawn: Drawn,
    earlier: Sequence[Draw],
    types: Sequence[EventType],
) -> None:
    screen, rule = call.screen, ", ".join(types)
    screen.heading(f"Stikprøve {short(sample)} af loggen, {period.in_danish()}, trukket af {call.actor.id}")
    screen.facts(
        [
            ("Population", f"{drawn.population} hændelser af slagsen: {rule}"),
            *((f"  {kind}", count) for kind, count in drawn.by_type.items()),
            ("Stikprøve", f"{len(drawn.events)} hændelser"),
            ("Frø", f"{_source(seed.source)}; SHA-256 {seed.digest}"),
        ]
    )
    screen.line(_ALGORITHM)
    columns = ("Trukket", "Af", "Periode", "#Population", "#Antal", "Frø")
    screen.line()
    screen.line("Tidligere stikprøver af de samme dage:")
    screen.table(
        columns,
        [
            (
                danish_time(each.at),
                each.by,
                each.period.in_danish(),
                each.population,
                each.size,
                _source(each.seed_source),
            )
            for each in earlier
        ],
        empty="Ingen.",
    )
    screen.line()
    form = [(*row[:4], f"{row[4]} {row[5]}".strip(), "", "") for row in form_rows(drawn.events)]
    shown = ("#Nr.", "Hændelse", "Tidspunkt", "Hvad", "Formål og hjemmel", "Berettiget?", "Hvad blev der gjort?")
    screen.table(shown, form, empty="Der var ingen hændelser at trække af.")
    screen.advise(call.command("audit", "finding", short(sample), "--all-justified"))
    screen.answer(
        {
            "sample": sample,
            "period": period.to_text(),
            "population": drawn.by_type,
            "rule": list(types),
            "seed_source": seed.source,
            "seed_digest": seed.digest,
            "algorithm": "HMAC-SHA-256(key=seed, message=event id); smallest first",
            "sample_digest": drawn.digest,
            "events": [{"id": entry.id, "at": entry.at.isoformat(), "sentence": tell(entry)} for entry in drawn.events],
            "earlier": [
                {
                    "sample": each.id,
                    "at": each.at.isoformat(),
                    "by": each.by,
                    "period": each.period.to_text(),
                    "size": each.size,
                    "seed_digest": each.seed_digest,
                }
                for each in earlier
            ],
        }
    )


def _source(source: str) -> str:
    kind, _, size = source.partition(":")
    return f"kontrolpunktet for {size} hændelser" if kind == "checkpoint" else "valgt af revisor"
