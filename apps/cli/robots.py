"""``sagsgang robots``: the installed robots, and the card of one in full.

What must stay true: the card is shown whole; it is what an auditor asks for. A robot that cannot be loaded is listed
with what is wrong.
"""

from __future__ import annotations

from dataclasses import asdict

from apps.cli.exits import Exit
from apps.cli.invocation import Invocation
from apps.cli.words import ROLES
from foundation.actor import Role
from robots.card import Card
from robots.registry import BrokenRobotError, load_robot, robot_names


def run(call: Invocation) -> int:
    """The list, or one card."""
    call.settings  # noqa: B018 - the environment stands on every screen.
    return _list(call) if call.options.name is None else _card(call, load_robot(call.options.name).card)


def _list(call: Invocation) -> int:
    rows, documents = [], []
    for name in robot_names():
        try:
            card = load_robot(name).card
        except BrokenRobotError as error:
            rows.append((name, "", str(error), ""))
            documents.append({"name": name, "error": str(error)})
        else:
            rows.append((card.name, card.version, card.title, _roles(card.may_start)))
            documents.append({"name": card.name, "version": card.version, "title": card.title})
    call.screen.heading(f"Robotter ({len(rows)})")
    call.screen.table(("Robot", "Version", "Hvad", "Må startes af"), rows, empty="Ingen robotter er installeret.")
    call.screen.advise(*[call.command("robots", rows[0][0])] if rows else [])
    call.screen.answer({"robots": documents})
    return Exit.OK


def _card(call: Invocation, card: Card) -> int:
    call.screen.heading(f"{card.title} ({card.name})")
    call.screen.facts(
        [
            ("Version", card.version),
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
    call.screen.answer({**asdict(card), **lists})
    return Exit.OK


def _roles(names: frozenset[str]) -> str:
    return ", ".join(sorted(ROLES[Role(name)] if name in {role.value for role in Role} else name for name in names))
