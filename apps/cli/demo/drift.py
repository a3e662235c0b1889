"""What no event told: addresses that drifted away from CPR, found by going through all cases.

What must stay true: the drift is planted through the tester's calls before the story begins, the sweep knows nothing of
it, and what it finds is compared with what was planted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.cli.approvals import MOST, present, record_seen
from apps.cli.demo.scene import ROBOT, STARTER, Scene
from apps.cli.municipality import Tester
from apps.cli.sweep import PARTY_CLASSES
from casework.approvals import WaitingApproval, waiting
from flows.composition import compose
from flows.sweeping import SweepReport, sweep
from robots.address_update.robot import AddressUpdate

#: One address drifts for so many who move, by kind; at least one of each.
_SHARES = {"outdated": 25, "manual": 75, "closed": 75, "protected": 150}


def plant(tester: Tester, *, changes: int, seed: int) -> dict[str, list[str]]:
    """Let addresses drift; returns the numbers of the cases by kind, fewer where there are not as many parties.

    Raises ``SimulatorError``.
    """
    told = tester.tell("/drift", seed=seed, **{kind: max(1, changes // share) for kind, share in _SHARES.items()})
    cases: dict[str, list[str]] = told["cases"]
    return cases


def closed_cases(tester: Tester) -> dict[str, str]:
    """A digest of everything on each case that is closed now."""
    closed: dict[str, str] = tester.ask("/cases/closed")["closed"]
    return closed


def go_through(scene: Scene) -> SweepReport:
    """Sweep once, and show where the parties stand."""
    with compose(scene.settings) as composition:
        report = sweep(composition, AddressUpdate(), scene.person(STARTER))
    counts = report.sweep.counts
    rows = [(words, counts.get(key, 0)) for key, words in PARTY_CLASSES]
    scene.screen.table(("Parterne på alle sager", "#Antal"), [*rows, ("i alt", counts.get("parties", 0))])
    scene.screen.line(
        f"{report.looked_up} opslag i CPR om {counts.get('parties', 0)} parter; {counts.get('items', 0)} opgaver."
    )
    scene.check("parter = summen af det, de kom i", int(report.adds_up), 1)
    return report


def show_four(scene: Scene, planted: dict[str, list[str]]) -> None:
    """Four rows close up: ordinary, protected and masked, closed and untouched, typed by hand and made a task."""
    bo = scene.person("bo")
    with scene.place.database.read() as session:
        found = waiting(session, robot=ROBOT, limit=MOST)
    for title, kind in (
        ("En forældet adresse fra CPR", "outdated"),
        ("En borger med navne- og adressebeskyttelse, set af en uden rollen", "protected"),
    ):
        approval = _on(found, planted[kind])
        if approval is not None:
            record_seen(scene.place, approval, bo)
            scene.screen.line()
            scene.screen.line(f"{title}:", style="italic")
            present(scene.screen, approval, bo)
    _show_closed(scene, planted["closed"])
    _show_task(scene, planted["manual"])
    proposed = {row.case_number for approval in found for row in approval.proposal.rows}
    scene.check("plantet forældede = foreslået", len(planted["outdated"]), len(proposed & set(planted["outdated"])))
    scene.check("plantet beskyttede = foreslået", len(planted["protected"]), len(proposed & set(planted["protected"])))
    scene.check("tastet i hånden = ingen foreslået", len(proposed & set(planted["manual"])), 0)
    scene.check("på lukkede sager = ingen foreslået", len(proposed & set(planted["closed"])), 0)


def _show_closed(scene: Scene, numbers: Sequence[str]) -> None:
    if not numbers:
        return
    case = _case(scene.tester, numbers[0])
    scene.screen.line()
    scene.screen.line("En lukket sag med en forældet adresse:", style="italic")
    scene.screen.line(
        f"  {numbers[0]} ({case['state']['progressState']}): robotten slår ingen op, skriver intet og foreslår intet. "
        "Sagen skal vise det, den viste, da den blev lukket."
    )


def _show_task(scene: Scene, numbers: Sequence[str]) -> None:
    if not numbers:
        return
    made = 0
    for number in numbers:
        made += any("CPR" in task["title"] for task in _case(scene.tester, number)["tasks"])
    case = _case(scene.tester, numbers[0])
    scene.screen.line()
    scene.screen.line("En adresse, som en sagsbehandler har tastet:", style="italic")
    for task in case["tasks"][-1:]:
        scene.screen.line(f"  Opgave på {numbers[0]}: {task['title']} (frist {task['deadline']})")
        scene.screen.lines(f"    {line}" for line in task["description"].splitlines())
    scene.check("tastet i hånden = opgaver på sagerne", len(numbers), made)


def check_closed(scene: Scene, before: dict[str, str]) -> None:
    """Every case that was closed when the story began stands byte for byte as it stood."""
    now = closed_cases(scene.tester)
    same = sum(now.get(case) == digest for case, digest in before.items())
    scene.screen.line(f"{len(before)} lukkede sager er efterset: alle {same} står byte for byte, som de stod.")
    scene.check("lukkede sager = uændrede", len(before), same)


def show_again(scene: Scene) -> None:
    """A second sweep proposes no ordinary update."""
    with compose(scene.settings) as composition:
        counts = sweep(composition, AddressUpdate(), scene.person(STARTER)).sweep.counts
    left = counts.get("ruled_apply", 0)
    scene.screen.line(
        f"En gennemgang til finder {counts.get('equal', 0)} ajour og foreslår {left} almindelige rettelser."
    )
    scene.check("almindelige rettelser i anden gennemgang = ingen", left, 0)


def _on(found: Sequence[WaitingApproval], numbers: Sequence[str]) -> WaitingApproval | None:
    wanted = set(numbers)
    return next((one for one in found if any(row.case_number in wanted for row in one.proposal.rows)), None)


def _case(tester: Tester, number: str) -> dict[str, Any]:
    case: dict[str, Any] = tester.ask(f"/cases/by-number/{number}")["cases"][0]
    return case
