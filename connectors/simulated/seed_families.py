"""Some families among the invented citizens: children who live with a parent, and who has custody over them.

What must stay true: the home of a child is that of the parent whom it lives with, both in CPR and, as for everybody
when the municipality is new, on its cases.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import cycle
from random import Random

from connectors.simulated.numbers import birthday
from connectors.simulated.particulars import NOTHING, Custody
from connectors.simulated.seed_people import Citizen

#: Born on this day or later is a child in the years that the simulator is used.
_FIRST_CHILD = date(2009, 1, 2)
_PARENTS = (date(1970, 1, 2), date(1990, 12, 31))
#: One child in so many has a family in CPR; one family in so many shares the residence.
_EVERY_CHILD = 5
_EVERY_SHARED = 4


def add_families(random: Random, citizens: list[Citizen]) -> list[Citizen]:
    """The citizens with family, in the same order. Two parents each; the child lives with the first."""
    known = {citizen.pnr: citizen for citizen in citizens}
    invented = [citizen for citizen in citizens if citizen.origin == "generated"]
    children = [child for child in invented if _may_be_child(child)][::_EVERY_CHILD]
    adults = [adult for adult in invented if _PARENTS[0] <= birthday(adult.pnr) <= _PARENTS[1]]
    random.shuffle(adults)
    mothers = iter([adult for adult in adults if _is_woman(adult)])
    fathers = iter([adult for adult in adults if not _is_woman(adult)])
    for number, (child, lives_with_mother) in enumerate(zip(children, cycle((True, False)))):
        mother, father = next(mothers, None), next(fathers, None)
        if mother is None or father is None:
            break
        home = mother if lives_with_mother else father
        is_shared = number % _EVERY_SHARED == 0
        known[child.pnr] = _child(child, mother, father, home, is_shared=is_shared)
        for parent in (mother, father):
            known[parent.pnr] = replace(
                parent,
                particulars=NOTHING.model_copy(update={"children": (child.pnr,)}),
                remark=parent.remark or "forælder",
            )
    return [known[citizen.pnr] for citizen in citizens]


def _child(child: Citizen, mother: Citizen, father: Citizen, home: Citizen, *, is_shared: bool) -> Citizen:
    born = birthday(child.pnr)
    custody = tuple(
        Custody(kind=kind, from_day=born, number=parent.pnr) for kind, parent in (("3", mother), ("4", father))
    )
    return replace(
        child,
        name=(child.name[0], "", home.name[2]),
        address=home.address | {"careOf": ""},
        moved_in=max(child.moved_in, home.moved_in),
        particulars=NOTHING.model_copy(update={"mother": mother.pnr, "father": father.pnr, "custody": custody}),
        is_shared=is_shared,
        remark="barn; delt bopæl" if is_shared else "barn",
    )


def _may_be_child(citizen: Citizen) -> bool:
    return birthday(citizen.pnr) >= _FIRST_CHILD and citizen.remark == ""


def _is_woman(citizen: Citizen) -> bool:
    return int(citizen.pnr[-1]) % 2 == 0
