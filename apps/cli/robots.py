"""``sagsgang robots``: the installed robots, and the card of one in full.

What must stay true: the card is shown whole; it is what an auditor asks for. A robot that cannot be loaded is listed
with what is wrong.
"""

from __future__ import annotations

from dataclasses import asdict

from apps.cli.exits import Exit
from apps.cli.invocation import Invocation
from apps.cli.pausing import condition_words, resting_robots
from apps.cli.words import ROLES
from casework.pausing import RobotCondition
from casework.states import RobotState
from foundation.actor import Role
from robots.card import Card
from robots.registry import BrokenRobotError, load_robot, robot_names


def show_list(call: Invocation) -> int:
    """The robots, and which of them rest."""
    rests = resting_robots(call)
    rows, documents = [], []
    for name in robot_names():
        condition = rests.get(name, RobotCondition(name, RobotState.ACTIVE))
        try:
            card = load_robot(name).card
        except BrokenRobotError as error:
            rows.append((name, "", condition_words(condition), str(error), ""))
            documents.append({"name": name, "state": condition.state.value, "error": str(error)})
        else:
            rows.append((card.name, card.version, condition_words(condition), card.title, _roles(card.may_start)))
            documents.append(
                {"name": card.name, "version": card.version, "state": condition.state.value, "title": card.title}
            )
    call.screen.heading(f"Robotter ({len(rows)})")
    columns = ("Robot", "Version", "Tilstand", "Hvad", "Må startes af")
    call.screen.table(columns, rows, empty="Ingen robotter er installeret.")
    call.screen.advise(*[call.command("robots", rows[0][0])] if rows else [])
    call.screen.answer({"robots": documents})
    return Exit.OK


def show_card(call: Invocation) -> int:
    """One card."""
    card = load_robot(call.options.name).card
    return _card(call, card, resting_robots(call).get(card.name, RobotCondition(card.name, RobotState.ACTIVE)))


def _card(call: Invocation, card: Card, condition: RobotCondition) -> int:
    call.screen.heading(f"{card.title} ({card.name})")
    call.screen.facts(
        [
            ("Version", card.version),
            ("Tilstand", condition_words(condition)),
            ("Fordi", condition.reason if condition.state is not RobotState.ACTIVE else None),
            ("Ejer", card.owner),
            ("Lavet af", ", ".join(sorted(card.authors))),
            ("Formål", card.purpose),
            ("Hjemmel", card.legal_basis),
            ("KLE-emne", card.kle),
            ("Personoplysninger", "; ".join(card.data_categories)),
            ("Må startes af", _roles(card.may_start)),
            ("Godkendes af", _roles(card.may_approve)),
            ("Må laveren godkende?", "ja" if card.author_may_approve else "nej"),
            ("Minutter i dag", f"{card.minutes_per_item:g} for hver opgave (skøn)".replace(".", ",")),
        ]
    )
    call.screen.advise(call.command("run", card.name, "--dry-run"), call.command("run", card.name))
    lists = {name: sorted(getattr(card, name)) for name in ("authors", "may_start", "may_approve")}
    call.screen.answer({**asdict(card), **lists, "state": condition.state.value})
    return Exit.OK


def _roles(names: frozenset[str]) -> str:
    return ", ".join(sorted(ROLES[Role(name)] if name in {role.value for role in Role} else name for name in names))
