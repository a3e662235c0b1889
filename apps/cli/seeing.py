"""Who may see which part of a proposal.

What must stay true: an address is shown only to those whose work it is (case workers and approvers), a protected one
only with the role ``beskyttede_adresser`` besides, and what is hidden is said to be hidden.
"""

from __future__ import annotations

from casework.proposals import Proposal, ProposalRow
from foundation.actor import Actor, Role

_HIDDEN_PROTECTED = "(beskyttet; kræver rollen beskyttede adresser)"
_HIDDEN = "(skjult; kræver rollen sagsbehandler eller godkender)"
_OF_THE_WORK = frozenset({Role.SAGSBEHANDLER, Role.GODKENDER})


def hidden_from(row: ProposalRow, actor: Actor) -> str | None:
    """What stands instead of before and after; None when this person may see them."""
    if not _OF_THE_WORK & actor.roles:
        return _HIDDEN
    if row.is_protected and Role.BESKYTTEDE_ADRESSER not in actor.roles:
        return _HIDDEN_PROTECTED
    return None


def seen_lines(row: ProposalRow, lines: tuple[str, ...], actor: Actor) -> tuple[str, ...]:
    """Lines of before or after as this person may see them."""
    hidden = hidden_from(row, actor)
    return lines if hidden is None else (hidden,)


def row_document(row: ProposalRow, actor: Actor) -> dict[str, object]:
    """A row for ``--json``, masked in the same way."""
    return {
        "id": row.id,
        "case": row.case_number,
        "rule": row.rule,
        "ruling": row.ruling,
        "reason": row.reason,
        "protected": row.is_protected,
        "hidden": hidden_from(row, actor) is not None,
        "before": seen_lines(row, row.before, actor),
        "after": seen_lines(row, row.after, actor),
        "evidence": dict(row.evidence),
    }


def is_ordinary(proposal: Proposal) -> bool:
    """Whether it may be answered in a batch: nothing protected, and no row that must be looked at by itself."""
    return proposal.needs_role is None and all(row.ruling == "APPLY" for row in proposal.rows)
