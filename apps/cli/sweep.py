"""``sagsgang sweep``: everybody on open cases compared with CPR, and items made for those who differ.

What must stay true: the sums of the sweep are shown and checked; and a sweep that was broken off, by Ctrl-C, by a page
limit or because the robot was paused or stopped, ends after the page it is at and goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable

from apps.cli.exits import Exit, UsageError
from apps.cli.invocation import Invocation
from apps.cli.words import ruling_word
from casework.states import SweepState
from casework.sweeps import SweepView
from flows.composition import compose
from flows.stopping import OF_SWEEP, Stopping, stopped_by_signals
from flows.sweeping import SweepReport, sweep, sweeps
from robots.registry import load_robot

#: The classes of parties with their Danish words; the demonstration shows the same.
PARTY_CLASSES = (
    ("equal", "allerede ajour"),
    ("skipped", "sprunget over (lukket, uden personnummer eller ikke holdt ajour)"),
    ("new", "fik en ny opgave"),
    ("joined", "hører til en opgave fra samme gennemgang"),
    ("waiting", "hører til en opgave, der venter fra før"),
    ("known", "er behandlet før og står, som da"),
)
_RULED = "ruled_"


def run(call: Invocation) -> int:
    """Sweep, or go on with the sweep that was broken off."""
    robot = load_robot(call.options.name)
    if not sweeps(robot):
        message = f"{call.options.name} arbejder ikke ved gennemgang af alle sager."
        raise UsageError(message)
    stopping, grace = Stopping(), call.settings.stop_grace_seconds
    with (
        compose(call.settings) as composition,
        stopped_by_signals(stopping, grace_seconds=grace, tell=call.screen.say, words=OF_SWEEP),
    ):
        report = sweep(
            composition, robot, call.actor, most_pages=call.options.pages, passed=_teller(call), stopping=stopping
        )
    _show(call, report)
    if not report.adds_up:
        return Exit.FAILED
    return Exit.INTERRUPTED if stopping.is_asked and report.sweep.state is SweepState.RUNNING else Exit.OK


def _teller(call: Invocation) -> Callable[[SweepView], None]:
    def tell(view: SweepView) -> None:
        counts = view.counts
        call.screen.say(f"  {counts.get('cases', 0)} sager, {counts.get('parties', 0)} parter, {_items(view)} opgaver")

    return tell


def _items(view: SweepView) -> int:
    return view.counts.get("items", 0)


def _show(call: Invocation, report: SweepReport) -> None:
    screen, view, counts = call.screen, report.sweep, report.sweep.counts
    is_done = view.state is SweepState.FINISHED
    screen.heading(f"Gennemgang af alle sager for {view.robot}{'' if is_done else ' (ikke færdig)'}")
    rows = [(name, counts.get(key, 0)) for key, name in PARTY_CLASSES]
    screen.table(("Parterne", "#Antal"), [*rows, ("i alt", counts.get("parties", 0))])
    ruled = [
        (ruling_word(key.removeprefix(_RULED).upper()), number)
        for key, number in sorted(counts.items())
        if key.startswith(_RULED)
    ]
    screen.line()
    screen.table(("Reglerne siger", "#Parter"), ruled)
    screen.line(f"{report.looked_up} opslag i CPR. {_items(view)} nye opgaver, én for hver borger.")
    if not report.adds_up:
        screen.line("Tallene går ikke op: en part er talt to gange eller slet ikke. Giv robottens ejer besked.")
    screen.advise(call.command("run", view.robot) if is_done else call.command("sweep", view.robot))
    screen.answer(
        {
            "sweep": view.id,
            "state": view.state.value,
            "counts": dict(counts),
            "looked_up": report.looked_up,
            "adds_up": report.adds_up,
        }
    )
