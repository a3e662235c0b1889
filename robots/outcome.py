"""What handling one work item came to.

What must stay true: these four and a raised exception are all there is, and the work loop matches them exhaustively.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from casework.proposals import Proposal


@dataclass(frozen=True, slots=True)
class Completed:
    """The work is done. ``code`` says how (``applied``, ``already_current`` …), ``counts`` what was done how often."""

    code: str
    message: str = ""
    counts: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Automatic:
    """On which policy a proposal may be carried out without a person, and how often one looks all the same."""

    #: Per hundred of such proposals that wait for a person; drawn at random, and the draw is recorded.
    sample_percent: int


@dataclass(frozen=True, slots=True)
class NeedsApproval:
    """A person must decide on this proposal first; the item is parked and the run goes on with others."""

    proposal: Proposal
    #: Seconds of working time (``foundation.working_time``: no weekends, no public holidays) after which an
    #: unanswered proposal is made anew, because the facts may have changed.
    valid_for: float = 24 * 3600.0
    #: Set where the policy lets this proposal be carried out without a person, unless the draw says otherwise.
    automatic: Automatic | None = None
    #: Ids of people who may not approve it, beside the run's starter and, where the card says so, the authors.
    barred: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Deferred:
    """There is nothing to do until then (aware UTC)."""

    until: datetime
    code: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A business exception: a person must act, and trying again is pointless.

    ``message`` is Danish, without personal data.
    """

    code: str
    message: str


Outcome = Completed | NeedsApproval | Deferred | Rejected
