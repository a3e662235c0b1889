"""``sagsgang approvals approve | return | take-over``: a person's answers.

What must stay true: an answer is given to what was shown, by digest; without a terminal nothing is approved unless the
digest is written and ``--yes`` said; and the seconds counted are those a person sat in front of it, none for a script.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from apps.cli.approvals import MOST, present, record_seen, reference, the_waiting
from apps.cli.exits import Exit, UsageError
from apps.cli.finding import short
from apps.cli.invocation import Invocation
from apps.cli.program import command
from apps.cli.seeing import is_ordinary
from casework.approvals import Answer, WaitingApproval, may_answer, waiting
from casework.approvals import approve as approve_batch
from casework.approvals import send_back as send_back_one
from casework.approvals import take_over as take_over_one
from casework.errors import ApprovalRefusedError
from casework.workplace import Workplace
from foundation.actor import Actor
from foundation.environment import Environment

_FEWEST_OF_DIGEST = 12
_DIGEST_LENGTH = 64
_YES = "ja"


class _Asked(NamedTuple):
    """How a person is asked whether he means it."""

    act: str
    means: str
    otherwise: str


_APPROVE = _Asked(
    "godkende {} forslag",
    "Når du godkender, skriver robotten det viste på sagerne og noterer det i journalen.",
    "Intet er godkendt.",
)
_SEND_BACK = _Asked(
    "sende forslaget tilbage",
    "Når du sender forslaget tilbage, slår robotten op igen og laver et nyt.",
    "Intet er sendt tilbage.",
)
_TAKE_OVER = _Asked(
    "overtage opgaven",
    "Når du overtager opgaven, gør robotten ikke mere ved den.",
    "Intet er overtaget.",
)


def approve(call: Invocation) -> int:
    """Approve the named proposals, or all ordinary ones, as one act: all or none."""
    options, actor, screen = call.options, call.actor, call.screen
    if bool(options.items) == options.all_ordinary:
        message = "Skriv, hvad der skal godkendes: OPGAVE@KONTROLSUM, eller --all-ordinary."
        raise UsageError(message)
    if options.leave_out and len(options.items) != 1:
        message = "--leave-out gælder ét forslag ad gangen."
        raise UsageError(message)
    if options.all_ordinary and options.yes and not may_approve_unseen(call.settings.environment):
        message = "--all-ordinary med --yes godkender noget, ingen har set; det findes kun i simulated. Udelad --yes."
        raise UsageError(message)
    if not screen.is_terminal and not options.yes:
        message = "Uden terminal kræver en godkendelse --yes."
        raise UsageError(message)
    began = time.monotonic()
    with call.workplace() as place:
        chosen = (
            _all_ordinary(place, actor)
            if options.all_ordinary
            else _named(place, options.items, needs_digest=options.yes)
        )
        if not chosen:
            screen.heading("Ingen almindelige forslag venter på dig.")
            screen.answer({"approved": [], "actor": actor.id})
            return Exit.OK
        _require_rows(chosen, options.leave_out)
        if not options.yes:
            _ask(call, place, chosen, _APPROVE)
        answers = [Answer(one.item_id, one.digest, frozenset(options.leave_out)) for one in chosen]
        # A script reads nothing: only a person in front of a screen spends time on a decision.
        seconds = 0 if options.yes else round(time.monotonic() - began)
        approve_batch(place, answers, actor=actor, person_seconds=seconds, reason=options.reason or "")
    screen.heading(f"{len(chosen)} forslag godkendt af {actor.id}.")
    # An approver may as a rule not start the robot: whoever runs it does so under his own name.
    screen.advise(command("run", chosen[0].robot, data_dir=call.data_dir))
    screen.answer({"approved": [one.item_id for one in chosen], "actor": actor.id, "person_seconds": seconds})
    return Exit.OK


def may_approve_unseen(environment: Environment) -> bool:
    """Whether a script may approve whatever waits: only where everybody is invented."""
    return environment is Environment.SIMULATED


def send_back(call: Invocation) -> int:
    """Return one proposal; the robot makes a new one."""
    return _one(call, send_back_one, _SEND_BACK, "sendt tilbage; robotten laver et nyt forslag ved næste kørsel")


def take_over(call: Invocation) -> int:
    """Take one item over by hand."""
    return _one(call, take_over_one, _TAKE_OVER, "overtaget manuelt; robotten gør ikke mere ved den")


def _one(call: Invocation, act: Callable[..., UUID], asked: _Asked, told: str) -> int:
    reason = call.options.reason or ""
    began = time.monotonic()
    with call.workplace() as place:
        (approval,) = _named(place, [call.options.item])
        # Without a reason it is refused anyway, so nobody is asked first.
        is_asked = call.screen.is_terminal and bool(reason.strip())
        if is_asked:
            _ask(call, place, [approval], asked)
        seconds = round(time.monotonic() - began) if is_asked else 0
        answer = Answer(approval.item_id, approval.digest)
        act(place, answer, actor=call.actor, person_seconds=seconds, reason=reason)
    number = short(approval.item_id)
    call.screen.heading(f"Opgave {number} er {told}.")
    call.screen.advise(call.command("items", "show", number))
    call.screen.answer({"item": approval.item_id, "actor": call.actor.id})
    return Exit.OK


def _all_ordinary(place: Workplace, actor: Actor) -> list[WaitingApproval]:
    with place.database.read() as session:
        found = waiting(session, limit=MOST)
    return [one for one in found if is_ordinary(one.proposal) and may_answer(one, actor) is None]


def _named(place: Workplace, texts: list[str], *, needs_digest: bool = False) -> list[WaitingApproval]:
    """The proposals that are meant, each with the digest that was written, or about to be shown."""
    found = []
    for text in texts:
        _, at, digest = text.partition("@")
        approval = the_waiting(place, text)
        if not at and needs_digest:
            message = "Skriv også kontrolsummen, så det er det sete, der godkendes. Se den: sagsgang approvals"
            raise UsageError(message)
        if at and not _is_of(approval, digest):
            message = "Forslaget er ændret, siden du så det. Se det igen: sagsgang approvals"
            raise ApprovalRefusedError(message)
        found.append(approval)
    return found


def _is_of(approval: WaitingApproval, digest: str) -> bool:
    written = digest.strip().lower()
    return _FEWEST_OF_DIGEST <= len(written) <= _DIGEST_LENGTH and approval.digest.startswith(written)


def _require_rows(chosen: list[WaitingApproval], left_out: list[str]) -> None:
    """Refuse to leave out a row that is not there, naming those that are and not what was typed."""
    if not left_out:
        return
    rows = [row.id for one in chosen for row in one.proposal.rows]
    if not set(left_out) <= set(rows):
        message = f"--leave-out nævner en linje, som forslaget ikke har. Det har: {', '.join(rows)}."
        raise ApprovalRefusedError(message)


def _ask(call: Invocation, place: Workplace, chosen: list[WaitingApproval], asked: _Asked) -> None:
    """Show what the answer is about, and have it confirmed; raises ``UsageError`` when it is not."""
    screen, actor = call.screen, call.actor
    for approval in chosen:
        record_seen(place, approval, actor)
        screen.heading(f"Forslag {reference(approval)}")
        present(screen, approval, actor)
    screen.line(asked.means)
    if screen.ask(f"Skriv {_YES} for at {asked.act.format(len(chosen))} som {actor.id}: ").lower() != _YES:
        raise UsageError(asked.otherwise)
