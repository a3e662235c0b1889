"""The proposal that a person is asked to approve, from rows that were planned.

What must stay true: what the approver reads of a row and what the plan does with it come from the same planned row.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import Final

from pydantic import TypeAdapter

from casework.proposals import Proposal, ProposalRow
from connectors.records import PersonSnapshot
from foundation.clock import danish_time
from robots.address_update import texts
from robots.address_update.payload import AddressChange
from robots.address_update.plan import Plan, PlannedRow
from robots.address_update.reasons import Reason
from robots.address_update.rules_move import effect_of

#: What an approver must hold besides his own role when a row concerns a protected person.
PROTECTED_ROLE: Final = "beskyttede_adresser"


def proposal_of(
    work: AddressChange,
    snapshot: PersonSnapshot | None,
    plan: Plan,
    *,
    sentences: Sequence[str],
    tasks: Sequence[tuple[Reason, ...]],
) -> Proposal:
    """The proposal to carry out ``plan``.

    Args:
        work: what made the item.
        snapshot: the look-up that the plan rests on; None where CPR does not know the person.
        plan: the plan.
        sentences: why, for each row of the plan.
        tasks: what a person was told of beside each row.
    """
    nonce = secrets.token_hex(16)
    evidence = _evidence(work, snapshot, nonce)
    rows = tuple(
        _row(row, sentence, (*evidence, *_remarks(row, told)))
        for row, sentence, told in zip(plan.rows, sentences, tasks, strict=True)
    )
    return Proposal(
        title=texts.proposal_title(
            rows=len(rows), cases=len({row.case_number for row in rows}), is_rollback=work.source == "rollback"
        ),
        rows=rows,
        plan=plan.to_json(),
        needs_role=PROTECTED_ROLE if any(row.is_protected for row in rows) else None,
        about=work.cpr.masked(),
        nonce=nonce,
    )


def _row(row: PlannedRow, sentence: str, evidence: tuple[tuple[str, str], ...]) -> ProposalRow:
    return ProposalRow(
        id=row.id,
        case_number=row.case_number,
        rule=row.reason.rule,
        ruling=row.kind.value,
        reason=sentence,
        before=texts.before_lines(row),
        after=texts.after_lines(row),
        is_protected=row.is_protected,
        evidence=evidence,
    )


def _evidence(work: AddressChange, snapshot: PersonSnapshot | None, nonce: str) -> tuple[tuple[str, str], ...]:
    """What the rulings rest on. The digest is salted with the sealed nonce: an address alone could be guessed."""
    made_by = texts.occasion(work.source, work.event_ids)
    if snapshot is None:
        return (made_by, ("Slået op i CPR", "personnummeret findes ikke"))
    digest = hashlib.sha256(nonce.encode() + _SNAPSHOT.dump_json(snapshot)).hexdigest()[:12]
    return (
        made_by,
        ("Slået op i CPR", danish_time(snapshot.looked_up_at)),
        ("Gælder fra", texts.effect_text(effect_of(snapshot))),
        ("Kontrolsum af opslaget", digest),
    )


def _remarks(row: PlannedRow, tasks: tuple[Reason, ...]) -> tuple[tuple[str, str], ...]:
    remarks = [("Bemærk", mention.sentence) for mention in row.mentions]
    return (*remarks, *(("Opgave på sagen", task.sentence) for task in tasks))


_SNAPSHOT: TypeAdapter[PersonSnapshot] = TypeAdapter(PersonSnapshot)
