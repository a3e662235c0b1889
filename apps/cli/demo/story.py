"""``sagsgang demo``: the whole way of a night of address changes, from event to proof.

What must stay true: everything it leaves lies in one folder, ``demo`` in the data folder; it works in ``simulated``
only; and it ends with exit code 0 only when every check holds.
"""

from __future__ import annotations

import time
from pathlib import Path
from uuid import UUID

from apps.cli.demo.answers import answer_all, answer_rest, show_close_up, show_refusals
from apps.cli.demo.drift import check_closed, closed_cases, go_through, plant, show_again, show_four
from apps.cli.demo.epilogue import show_case, show_trail
from apps.cli.demo.night import make_night
from apps.cli.demo.page import write_page
from apps.cli.demo.proof import show_fault, show_proof, show_rows, show_sums
from apps.cli.demo.record import show_bundle, show_forgery, show_verified
from apps.cli.demo.room import make_room
from apps.cli.demo.scene import AUDITOR, ROBOT, STARTER, Scene
from apps.cli.exits import Exit
from apps.cli.finding import short
from apps.cli.following import run_followed, waiting_work
from apps.cli.invocation import Invocation
from apps.cli.municipality import Tester, require_simulated, serving
from apps.cli.program import command, shown_path
from apps.cli.words import RESULTS
from casework.approvals import waiting
from flows.composition import open_workplace
from flows.running import RunReport

#: What ``up`` and ``simulator`` make of a municipality when nothing else is said.
_USUAL = {"seed": 1, "citizens": 2000, "cases": 5000}


def run(call: Invocation) -> int:
    """Tell the story; 0 when every check holds, 1 when one does not."""
    began = time.monotonic()
    options, screen = call.options, call.screen
    base = call.settings
    require_simulated(base)
    folder = base.data_dir / "demo"
    screen.heading("Sagsgang: robotten foreslår, et menneske beslutter, loggen beviser")
    screen.line("Alle borgere er opfundne, og alt foregår på denne maskine.")
    for told in make_room(folder, keep=options.keep):
        screen.say(told)
    screen.say(f"Starter prøvekommunen: {options.citizens} borgere, {options.cases} sager …")
    size = {"seed": options.seed, "citizens": options.citizens, "cases": options.cases}
    with serving(folder / "simulated", **size) as (served, _), Tester(served.url) as tester:
        planted = plant(tester, changes=options.changes, seed=options.seed)
        night = make_night(tester, changes=options.changes, seed=options.seed)
        closed = closed_cases(tester)
        settings = call.settings_with(
            data_dir=folder,
            database_url="",
            people_file=None,
            # One second is long enough for a neighbour on the same machine to show what it has written.
            settle_seconds=1.0,
            # The simulated CPR needs no rest.
            sweep_per_second=100_000.0,
            **served.settings(),
        )
        with open_workplace(settings) as place:
            scene = Scene(screen, settings, place, tester, night, planted=planted, closed=closed)
            counts = _tell(scene, with_prefect=not options.without_prefect)
            rest = _what_now(scene, is_usual=size == _USUAL)
            page = write_page(scene, counts=counts, commands=rest)
    return _end(scene, counts, rest, page, seconds=time.monotonic() - began)


def _tell(scene: Scene, *, with_prefect: bool) -> dict[str, int]:
    scene.chapter(1, "Natten: det, CPR fortæller")
    scene.screen.line(
        f"{len(scene.night.moved)} borgere med åbne sager flyttede. CPR sendte {scene.night.events} hændelser; "
        "nogle er gentagelser, og én flytning gælder først om 14 dage."
    )
    if scene.night.closed_case:
        scene.screen.line(f"En af borgerne er også part i sagen {scene.night.closed_case}, som blev lukket i går.")

    scene.chapter(2, "Robotten foreslår")
    if with_prefect:
        scene.screen.say("Kører gennem Prefect, som den ville i drift.")
    report = _run(scene, with_prefect=with_prefect)
    _show_report(scene, report)

    scene.chapter(3, "Et menneske beslutter")
    show_close_up(scene)
    show_refusals(scene)
    answered = answer_all(scene)

    scene.chapter(4, "Robotten skriver det godkendte, læser efter og journaliserer")
    if answered.to_close is not None:
        number = answered.to_close.proposal.rows[0].case_number
        scene.tester.tell("/cases/close", case=scene.night.cases[number][1])
        scene.screen.line(f"Imens lukker en sagsbehandler sagen {number}. Den må robotten nu lade være.")
    scene.tester.tell("/faults", route="nova.case.update", kind="timeout_after_commit", skip=1, seconds=0.2)
    _show_report(scene, _run(scene, with_prefect=False))
    show_rows(scene, closed=int(answered.to_close is not None))

    scene.chapter(5, "Gennemgangen: det, ingen hændelse fortæller")
    go_through(scene)
    _show_report(scene, _run(scene, with_prefect=False))
    show_four(scene, scene.planted)
    answer_rest(scene)
    _show_report(scene, _run(scene, with_prefect=False))
    show_again(scene)
    check_closed(scene, scene.closed)

    scene.chapter(6, "Loggen beviser")
    show_proof(scene)
    show_fault(scene)
    counts = show_sums(scene)

    scene.chapter(7, "En borgers sag, som ESDH viser den nu")
    show_case(scene)
    scene.chapter(8, f"Hvad loggen siger om den, læst af revisoren {AUDITOR}")
    show_trail(scene)
    scene.chapter(9, "Loggen efterprøves: her, af en fremmed, og i en forfalsket kopi")
    show_verified(scene)
    show_bundle(scene)
    show_forgery(scene)
    return counts


def _run(scene: Scene, *, with_prefect: bool) -> RunReport:
    expected = waiting_work(scene.place, ROBOT) or len(scene.night.moved)
    report = run_followed(
        scene.settings,
        ROBOT,
        scene.screen,
        chosen=STARTER,
        with_prefect=with_prefect,
        expected=expected,
    )
    scene.reports.append(report)
    return report


def _show_report(scene: Scene, report: RunReport) -> None:
    if report.collected is not None and report.collected.events:
        collected = report.collected
        scene.screen.line(
            f"{collected.events} hændelser hentet, {collected.duplicates} var gentagelser; "
            f"de blev til {collected.items} opgaver, én for hver borger."
        )
    rows = [(RESULTS[result], number) for result, number in sorted(report.summary.counts.items())]
    scene.screen.table(("Opgaverne blev", "#Antal"), rows)
    scene.check("kørslen blev ikke standset", int(report.summary.stopped_by is not None), 0)


def _what_now(scene: Scene, *, is_usual: bool) -> list[str]:
    """Commands that go on from here; they need no running municipality."""
    folder = scene.settings.data_dir
    with scene.place.database.read() as session:
        left = waiting(session, limit=1)
    commands = [command("items", data_dir=folder)]
    if left:
        commands.append(command("approvals", "show", short(left[0].item_id), data_dir=folder, chosen="bo"))
    if scene.followed is not None:
        item = short(UUID(scene.followed[0]))
        commands.append(command("audit", "show", "--item", item, data_dir=folder, chosen=AUDITOR))
    # The whole stack can go on from here where the demonstration was of the usual size.
    return [*commands, command("up", data_dir=folder if is_usual else None)]


def _end(scene: Scene, counts: dict[str, int], rest: list[str], page: Path, *, seconds: float) -> int:
    screen = scene.screen
    broken = [check for check in scene.checks if not check.holds]
    screen.line()
    if broken:
        screen.table(("Passer ikke", "#Den ene side", "#Den anden"), [tuple(check) for check in broken])
        screen.say(f"{len(broken)} af {len(scene.checks)} kontroller holder ikke. Se loggene i demo-mappen.")
    else:
        screen.line(f"Alle {len(scene.checks)} kontroller holder. Det tog {seconds:.0f} sekunder.", style="bold green")
    screen.line(f"Alt ligger i {shown_path(scene.settings.data_dir)}. Se {shown_path(page)} i en browser.")
    screen.advise(*rest)
    screen.answer(
        {
            "seconds": round(seconds, 1),
            "events": scene.night.events,
            "moved": len(scene.night.moved),
            "items": counts,
            "checks": [{**check._asdict(), "holds": check.holds} for check in scene.checks],
            "holds": not broken,
            "next": rest,
            "page": str(page),
        }
    )
    return Exit.FAILED if broken else Exit.OK
