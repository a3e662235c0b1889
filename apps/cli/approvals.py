"""``sagsgang approvals``: the proposals that wait, and one of them close up.

What must stay true: what is shown is bound by the digest that stands beside it; addresses are masked as ``seeing``
says; and that a person looked at a proposal is recorded.
"""

from __future__ import annotations

from apps.cli.exits import Exit
from apps.cli.finding import find_item, short
from apps.cli.invocation import Invocation
from apps.cli.screens import Screen
from apps.cli.seeing import hidden_from, is_ordinary, row_document, seen_lines
from apps.cli.words import ruling_word
from audit.events import Event
from audit.vocabulary import EventType
from casework.approvals import WaitingApproval, may_answer, waiting
from casework.errors import UnknownItemError
from casework.workplace import Workplace, as_person
from foundation.actor import Actor
from foundation.clock import danish_time
from foundation.environment import Environment

#: More than ever wait at once; the list itself is cut by ``--limit``.
MOST = 100_000
DIGEST_SHOWN = 12


def show_list(call: Invocation) -> int:
    """The proposals that wait, oldest first, without addresses."""
    screen, actor = call.screen, call.actor
    with call.workplace() as place, place.database.read() as session:
        found = waiting(session, robot=call.options.robot, limit=call.options.limit)
    screen.heading(f"Forslag, der venter ({len(found)})")
    rows = [
        (
            reference(approval),
            approval.proposal.about,
            approval.proposal.title,
            "" if is_ordinary(approval.proposal) else _special(approval),
            "nej" if may_answer(approval, actor) else "ja",
        )
        for approval in found
    ]
    screen.table(("Opgave@kontrolsum", "Borger", "Forslag", "Særligt", f"Må {actor.id} svare?"), rows, empty=_EMPTY)
    if found:
        mine = next((one for one in found if may_answer(one, actor) is None), None)
        # In simulated one person may try out both sides; elsewhere somebody else must answer, on his own account.
        other = "erik" if mine is None and call.settings.environment is Environment.SIMULATED else None
        first = mine or found[0]
        screen.advise(
            call.command("approvals", "show", short(first.item_id), chosen=other),
            call.command("approvals", "approve", reference(first), chosen=other),
            call.command("approvals", "approve", "--all-ordinary", chosen=other),
        )
    screen.answer({"actor": actor.id, "approvals": [_brief(approval, actor) for approval in found]})
    return Exit.OK


def show_one(call: Invocation) -> int:
    """One proposal close up."""
    actor = call.actor
    with call.workplace() as place:
        approval = the_waiting(place, call.options.item)
        record_seen(place, approval, actor)
    call.screen.heading(f"Forslag til opgave {short(approval.item_id)}")
    present(call.screen, approval, actor)
    if may_answer(approval, actor) is None:
        call.screen.advise(
            call.command("approvals", "approve", reference(approval)),
            call.command("approvals", "return", reference(approval), "--reason", "…"),
            call.command("approvals", "take-over", reference(approval), "--reason", "…"),
        )
    rows = [row_document(row, actor) for row in approval.proposal.rows]
    call.screen.answer({**_brief(approval, actor), "digest": approval.digest, "rows": rows})
    return Exit.OK


def present(screen: Screen, approval: WaitingApproval, actor: Actor) -> None:
    """A proposal as this person sees it; also used where he is asked to answer."""
    proposal = approval.proposal
    why_not = may_answer(approval, actor)
    screen.facts(
        [
            ("Forslag", proposal.title),
            ("Borger", proposal.about),
            ("Robot", approval.robot),
            ("Spurgt", danish_time(approval.asked_at)),
            ("Udløber", danish_time(approval.expires_at)),
            ("Kontrolsum", approval.digest[:DIGEST_SHOWN]),
            (f"Må {actor.id} svare?", f"Nej. {why_not}" if why_not else "Ja"),
        ]
    )
    rows = [
        (
            row.id,
            f"{row.rule}\n{ruling_word(row.ruling)}",
            "\n".join(seen_lines(row, row.before, actor)),
            "\n".join(seen_lines(row, row.after, actor)) if hidden_from(row, actor) is None else "",
            row.reason,
        )
        for row in proposal.rows
    ]
    screen.table(("Linje", "Regel", "Før", "Efter", "Hvorfor"), rows)
    for label, value in proposal.rows[0].evidence if proposal.rows else ():
        screen.line(f"  {label}: {value}", style="dim")


def reference(approval: WaitingApproval) -> str:
    """What ``approve`` takes: the item and what was seen of it."""
    return f"{short(approval.item_id)}@{approval.digest[:DIGEST_SHOWN]}"


def the_waiting(place: Workplace, text: str) -> WaitingApproval:
    """The proposal of the item that is meant; raises ``UnknownItemError`` when none waits."""
    with place.database.read() as session:
        item_id = find_item(session, text.partition("@")[0])
        found = waiting(session, item_id=item_id)
    if not found:
        message = "Opgaven venter ikke på godkendelse. Se dem, der gør: sagsgang approvals"
        raise UnknownItemError(message)
    return found[0]


def record_seen(place: Workplace, approval: WaitingApproval, actor: Actor) -> None:
    """Write down that this person read the proposal, before it is shown."""
    acting = as_person(actor)
    is_hidden = any(hidden_from(row, actor) for row in approval.proposal.rows)
    event = Event(
        type=EventType.RECORD_READ,
        actor=acting.actor,
        run=acting.run(item=approval.item_id),
        facts={"what": "proposal", "masked": is_hidden},
    )
    with place.database.write() as session:
        place.record(session, event)


def _special(approval: WaitingApproval) -> str:
    return "beskyttet" if approval.needs_role else "ses enkeltvis"


def _brief(approval: WaitingApproval, actor: Actor) -> dict[str, object]:
    why_not = may_answer(approval, actor)
    return {
        "item": approval.item_id,
        "reference": reference(approval),
        "robot": approval.robot,
        "about": approval.proposal.about,
        "title": approval.proposal.title,
        "ordinary": is_ordinary(approval.proposal),
        "needs_role": approval.needs_role,
        "asked_at": approval.asked_at.isoformat(),
        "expires_at": approval.expires_at.isoformat(),
        "may_answer": why_not is None,
        "why_not": why_not,
    }


_EMPTY = "Ingen forslag venter. Kør en robot for at få nye: sagsgang run address_update"
