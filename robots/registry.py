"""Where robots are found, so that a municipality can keep its own in a repository of its own.

What must stay true: a robot is known by the name of its entry point, that name is the one on its card, and a robot
that cannot be loaded stops only itself.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable

from foundation.errors import SagsgangError
from robots.card import Card
from robots.robot import Robot

#: A package offers robots in this group: ``[project.entry-points."sagsgang.robots"]``.
GROUP = "sagsgang.robots"


class UnknownRobotError(SagsgangError):
    """No installed package offers a robot of that name."""

    code = "unknown_robot"


class BrokenRobotError(SagsgangError):
    """A package offers the robot, but it cannot be loaded, or it is not a robot."""

    code = "broken_robot"


def installed_robots() -> tuple[importlib.metadata.EntryPoint, ...]:
    """The entry points of all installed robots, by name; nothing is imported yet."""
    return tuple(sorted(importlib.metadata.entry_points(group=GROUP), key=lambda point: (point.name, point.value)))


def robot_names(entry_points: Iterable[importlib.metadata.EntryPoint] | None = None) -> tuple[str, ...]:
    """The names by which robots can be loaded, in alphabetical order, each once."""
    points = installed_robots() if entry_points is None else entry_points
    return tuple(sorted({point.name for point in points}))


def load_robot(name: str, entry_points: Iterable[importlib.metadata.EntryPoint] | None = None) -> Robot:
    """The robot of this name, made new.

    Args:
        name: the name on its card.
        entry_points: where to look; the installed packages when left out.

    Raises:
        UnknownRobotError: naming the robots there are.
        BrokenRobotError: naming the entry point and what is wrong with it, without the text of the fault itself,
            which may hold anything; the fault is chained for the log.
    """
    points = installed_robots() if entry_points is None else tuple(entry_points)
    offers = {point.value: point for point in points if point.name == name}
    if not offers:
        known = ", ".join(robot_names(points)) or "ingen"
        # The name that was asked for is not repeated: anything can be typed there, a CPR number too.
        message = f"Den robot findes ikke. Installerede robotter: {known}."
        raise UnknownRobotError(message)
    if len(offers) > 1:
        message = f"Robotten {name} findes i flere pakker: {', '.join(sorted(offers))}. Afinstallér alle på nær en."
        raise BrokenRobotError(message)
    (point,) = offers.values()
    try:
        robot = point.load()()
    except Exception as error:
        # A robot from elsewhere can fail in any way while it is imported or made.
        message = f"Robotten {name} kan ikke indlæses fra {point.value} ({type(error).__name__}). Ret pakken."
        raise BrokenRobotError(message) from error
    return _checked(robot, point)


def _checked(robot: object, point: importlib.metadata.EntryPoint) -> Robot:
    card = getattr(robot, "card", None)
    missing = [part for part in ("payload_type", "handle") if not hasattr(robot, part)]
    if not isinstance(card, Card) or missing:
        lacking = ", ".join(missing if isinstance(card, Card) else ["card", *missing])
        message = f"{point.value} er ikke en robot: den mangler {lacking}. Se robots/README.md."
        raise BrokenRobotError(message)
    if card.name != point.name:
        message = f"{point.value} hedder {card.name} på sit kort, men {point.name} i pakken. De skal være ens."
        raise BrokenRobotError(message)
    found: Robot = robot  # type: ignore[assignment]  # each part of the protocol was looked for above
    return found
