"""``sagsgang policy`` and ``sagsgang intake``: how far a robot may go by itself, decided by two people.

What must stay true: who puts a policy forward does not put it in force; a policy that the robot cannot read is refused
at the border; and everything that changes is shown beside what it was before it is decided.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

from apps.cli.exits import Exit, UsageError
from apps.cli.finding import find_policy, short
from apps.cli.invocation import Invocation
from apps.cli.program import command
from apps.cli.words import POLICY_STATES
from casework.acceptances import accept
from casework.policies import (
    PolicyView,
    get_policy,
    list_policies,
    policy_in_force,
    propose_policy,
    put_in_force,
    reject_policy,
)
from casework.states import AcceptanceKind
from foundation.clock import danish_time
from robots.registry import load_robot


def show(call: Invocation) -> int:
    """The policies of a robot, and the one in force in full."""
    screen, name = call.screen, call.options.name
    load_robot(name)
    with call.workplace() as place, place.database.read() as session:
        found = list_policies(session, robot=name)
        in_force = policy_in_force(session, robot=name)
    screen.heading(f"Politikker for {name}")
    rows = [
        (
            short(each.id),
            each.version,
            POLICY_STATES[each.state],
            each.proposed_by,
            danish_time(each.proposed_at),
            each.decided_by,
        )
        for each in found
    ]
    empty = "Ingen politik er sat i kraft: alt venter på en godkendelse."
    screen.table(("Politik", "#Version", "Tilstand", "Foreslået af", "Hvornår", "Besluttet af"), rows, empty=empty)
    if in_force is not None:
        screen.line()
        screen.line(f"I kraft, version {in_force.version}:")
        screen.lines(_lines(in_force.body))
    waiting = [each for each in found if each.decided_by is None]
    screen.advise(*[call.command("policy", "approve", short(each.id), "--reason", "…") for each in waiting[:1]])
    screen.answer({"policies": [_document(each) for each in found]})
    return Exit.OK


def propose(call: Invocation) -> int:
    """Put a policy forward from a JSON file."""
    options, screen, actor = call.options, call.screen, call.actor
    try:
        body = options.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        message = "Filen kan ikke læses. Den skal være JSON i UTF-8."
        raise UsageError(message) from None
    with call.workplace() as place:
        made = propose_policy(
            place,
            robot=options.name,
            body=body,
            actor=actor,
            reason=options.reason or "",
            validate=_validator(options.name),
        )
        with place.database.read() as session:
            before = policy_in_force(session, robot=options.name)
    screen.heading(f"Politik {short(made.id)} (version {made.version}) er foreslået af {actor.id}.")
    screen.lines(differences(before.body if before is not None else None, made.body))
    screen.line("En anden person med rollen robotejer skal sætte den i kraft.")
    screen.advise(call.command("policy", "approve", short(made.id), "--reason", "…"))
    screen.answer(_document(made))
    return Exit.OK


def approve(call: Invocation) -> int:
    """Put a policy in force."""
    return _decide(call, is_approved=True)


def reject(call: Invocation) -> int:
    """Reject a policy."""
    return _decide(call, is_approved=False)


def accept_intake(call: Invocation) -> int:
    """Let a stopped intake go on once."""
    options, screen = call.options, call.screen
    load_robot(options.name)
    with call.workplace() as place:
        what = AcceptanceKind(options.what)
        accept(place, robot=options.name, what=what, mark=options.mark, actor=call.actor, reason=options.reason or "")
    screen.heading(f"{options.name} må fortsætte én gang. En anden end {call.actor.id} skal starte kørslen.")
    # Whoever let it go on may not start it himself.
    screen.advise(command("run", options.name, data_dir=call.data_dir))
    screen.answer({"robot": options.name, "what": options.what, "mark": options.mark, "actor": call.actor.id})
    return Exit.OK


def differences(before: str | None, after: str) -> list[str]:
    """What changes, a line for each setting."""
    old: dict[str, object] = json.loads(before) if before is not None else {}
    new: dict[str, object] = json.loads(after)
    lines = []
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            was, becomes = (_shown(side.get(name)) for side in (old, new))
            lines.append(f"  {name}: {was} → {becomes}")
    return lines or ["  Intet er ændret i forhold til den, der er i kraft."]


def _decide(call: Invocation, *, is_approved: bool) -> int:
    options, screen, reason = call.options, call.screen, call.options.reason or ""
    with call.workplace() as place:
        with place.database.read() as session:
            policy_id: UUID = find_policy(session, options.policy)
            asked = get_policy(session, policy_id)
            before = policy_in_force(session, robot=asked.robot)
        if is_approved:
            validate = _validator(asked.robot)
            decided = put_in_force(place, policy_id, actor=call.actor, reason=reason, validate=validate)
        else:
            decided = reject_policy(place, policy_id, actor=call.actor, reason=reason)
    told = "sat i kraft" if is_approved else "afvist"
    screen.heading(f"Politik {short(decided.id)} for {decided.robot} er {told} af {call.actor.id}.")
    if is_approved:
        screen.lines(differences(before.body if before is not None else None, decided.body))
    screen.advise(call.command("policy", "show", decided.robot))
    screen.answer(_document(decided))
    return Exit.OK


def _validator(name: str) -> Callable[[str], None]:
    """The robot's own reading of a policy; raises what the robot raises."""
    robot = load_robot(name)
    check = getattr(robot, "check_policy", None)
    if check is None:
        message = f"{name} følger ingen politik."
        raise UsageError(message)
    validate: Callable[[str], None] = check
    return validate


def _lines(body: str) -> list[str]:
    return [f"  {name}: {_shown(value)}" for name, value in sorted(json.loads(body).items())]


def _shown(value: object) -> str:
    return "(standard)" if value is None else json.dumps(value, ensure_ascii=False)


def _document(policy: PolicyView) -> dict[str, object]:
    return {
        "policy": policy.id,
        "robot": policy.robot,
        "version": policy.version,
        "state": policy.state.value,
        "proposed_by": policy.proposed_by,
        "decided_by": policy.decided_by,
        "body": json.loads(policy.body),
    }
