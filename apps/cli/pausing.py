"""``sagsgang robots pause|stop|resume``: whether a robot may work.

What must stay true: each is an act of a named person with a reason, and it says what becomes of what is begun.
"""

from __future__ import annotations

from apps.cli.exits import Exit
from apps.cli.invocation import Invocation
from apps.cli.words import ROBOT_STATES
from casework.pausing import RobotCondition, resting, set_state
from casework.states import RobotState
from foundation.clock import danish_time
from robots.registry import load_robot

_TOLD: dict[RobotState, str] = {
    RobotState.PAUSED: "tager intet nyt. Det, der er begyndt, bliver færdigt.",
    RobotState.STOPPED: "henter og tager intet. Begyndte opgaver lægges tilbage efter det trin, de er i.",
    RobotState.ACTIVE: "er i drift igen og tager fat ved næste kørsel.",
}


def pause(call: Invocation) -> int:
    """No new claims."""
    return _set(call, RobotState.PAUSED)


def stop(call: Invocation) -> int:
    """Nothing at all."""
    return _set(call, RobotState.STOPPED)


def resume(call: Invocation) -> int:
    """To work again."""
    return _set(call, RobotState.ACTIVE)


def condition_words(condition: RobotCondition) -> str:
    """How a robot stands, for a table: ``på pause siden 02.03.2026 kl. 12.00 (dorthe)``."""
    word = ROBOT_STATES[condition.state]
    if condition.state is RobotState.ACTIVE or condition.changed_at is None:
        return word
    return f"{word} siden {danish_time(condition.changed_at)} ({condition.changed_by})"


def resting_robots(call: Invocation) -> dict[str, RobotCondition]:
    """The robots that are paused or stopped, by name; a list of robots must not make a database to know it."""
    settings = call.settings
    if not settings.database_url and not (settings.data_dir / "sagsgang.db").is_file():
        return {}
    with call.workplace() as place, place.database.read() as session:
        return {condition.robot: condition for condition in resting(session)}


def _set(call: Invocation, state: RobotState) -> int:
    name = load_robot(call.options.name).card.name
    with call.workplace() as place:
        made = set_state(place, name, state, actor=call.actor, reason=call.options.reason or "")
    call.screen.heading(f"{name} {_TOLD[state]}")
    following = ("robots",) if state is RobotState.ACTIVE else ("robots", "resume", name, "--reason", "…")
    call.screen.advise(call.command(*following))
    call.screen.answer({"robot": name, "state": made.state.value, "actor": made.changed_by})
    return Exit.OK
