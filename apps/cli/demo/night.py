"""The night: what happens to citizens in CPR while the municipality sleeps.

What must stay true: it is made through the tester's calls of the simulated municipality, so that the robot meets it as
it would meet a real night.
"""

from __future__ import annotations

from typing import Any

from apps.cli.demo.scene import Night, number_of, open_cases
from apps.cli.municipality import Tester

#: Of so many who move, one has protection, one moves to a c/o address, one move is told of twice.
_SHARE = 10
#: Who has a case closed beforehand has at least this many open ones.
_SEVERAL = 2


def make_night(tester: Tester, *, changes: int, seed: int) -> Night:
    """Let citizens move; returns what happened. Raises ``SimulatorError``."""
    few = -(-changes // _SHARE)
    is_mixed = changes > few * 3
    special = {"protected": few, "careOf": few, "future": 1, "duplicates": few} if is_mixed else {}
    told = tester.tell("/nights", moves=changes, seed=seed, **special)
    moved: list[str] = told["personnumre"]
    cases: dict[str, tuple[str, str]] = {}
    closed: str | None = None
    for pnr in moved:
        own = tester.cases_of(pnr)
        cases |= {number_of(case): (pnr, str(case["common"]["uuid"])) for case in own}
        if closed is None and is_mixed:
            closed = _close_one(tester, own)
    return Night(told["events"], moved, cases, closed)


def _close_one(tester: Tester, cases: list[dict[str, Any]]) -> str | None:
    """Close one of several open cases of a person, so that the robot must leave one alone and write on another."""
    found = open_cases(cases)
    if len(found) < _SEVERAL or found[-1]["caseParties"][0]["nameAddressProtected"]:
        return None
    tester.tell("/cases/close", case=found[-1]["common"]["uuid"])
    return number_of(found[-1])
