"""The life of a work item, as data.

    new ──claim──► in_progress ──complete──► completed
     ▲               ├──park──► awaiting_approval ──approve──► new
     │               │                            ──send_back, lapse──► new
     │               │                            ──take_over──► cancelled
     │               ├──defer──► deferred ──wake──► new
     │               ├──doubt──► in_doubt ──settle──► new
     │               ├──reject──► rejected
     │               └──fail──► failed
     └── expire_lease, give_back, replan ──┘
    cancel: from every state that is not final. reopen: from every state that is.

What must stay true: this table is all there is; the database refuses every other change (``casework.triggers``),
and each transition writes its event in its own transaction (``casework.moves``).
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.vocabulary import EventType
from casework.states import ItemState

FINAL = frozenset({ItemState.COMPLETED, ItemState.REJECTED, ItemState.FAILED, ItemState.CANCELLED})
NOT_FINAL = frozenset(ItemState) - FINAL


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow of the picture: from any of ``sources`` to ``target``, told by ``event``."""

    name: str
    sources: frozenset[ItemState]
    target: ItemState
    event: EventType
    #: Why it exists, for a person who is refused.
    reason: str


def _arrow(
    name: str, sources: frozenset[ItemState] | ItemState, target: ItemState, event: EventType, reason: str
) -> Transition:
    return Transition(name, frozenset({sources}) if isinstance(sources, ItemState) else sources, target, event, reason)


CLAIM = _arrow("claim", ItemState.NEW, ItemState.IN_PROGRESS, EventType.ITEM_CLAIMED, "kun nye opgaver kan tages")
COMPLETE = _arrow(
    "complete",
    ItemState.IN_PROGRESS,
    ItemState.COMPLETED,
    EventType.ITEM_COMPLETED,
    "kun den, der har opgaven, kan færdiggøre den",
)
PARK = _arrow(
    "park",
    ItemState.IN_PROGRESS,
    ItemState.AWAITING_APPROVAL,
    EventType.ITEM_PARKED,
    "kun en opgave i gang kan sendes til godkendelse",
)
DEFER = _arrow(
    "defer", ItemState.IN_PROGRESS, ItemState.DEFERRED, EventType.ITEM_DEFERRED, "kun en opgave i gang kan udskydes"
)
WAKE = _arrow("wake", ItemState.DEFERRED, ItemState.NEW, EventType.ITEM_RESUMED, "kun en udskudt opgave kan vækkes")
DOUBT = _arrow(
    "doubt", ItemState.IN_PROGRESS, ItemState.IN_DOUBT, EventType.ITEM_IN_DOUBT, "kun en opgave i gang kan blive uvis"
)
REJECT = _arrow(
    "reject", ItemState.IN_PROGRESS, ItemState.REJECTED, EventType.ITEM_REJECTED, "kun en opgave i gang kan afvises"
)
FAIL = _arrow("fail", ItemState.IN_PROGRESS, ItemState.FAILED, EventType.ITEM_FAILED, "kun en opgave i gang kan fejle")
EXPIRE_LEASE = _arrow(
    "expire_lease",
    ItemState.IN_PROGRESS,
    ItemState.NEW,
    EventType.ITEM_LEASE_EXPIRED,
    "kun en opgave i gang har en lejetid",
)
GIVE_BACK = _arrow(
    "give_back", ItemState.IN_PROGRESS, ItemState.NEW, EventType.ITEM_RESUMED, "kun en opgave i gang kan lægges tilbage"
)
REPLAN = _arrow(
    "replan",
    ItemState.IN_PROGRESS,
    ItemState.NEW,
    EventType.ITEM_REPLANNED,
    "kun en opgave i gang kan få et nyt forslag",
)
APPROVE = _arrow(
    "approve",
    ItemState.AWAITING_APPROVAL,
    ItemState.NEW,
    EventType.DECISION_MADE,
    "kun en opgave, der venter, kan godkendes",
)
SEND_BACK = _arrow(
    "send_back",
    ItemState.AWAITING_APPROVAL,
    ItemState.NEW,
    EventType.DECISION_MADE,
    "kun en opgave, der venter, kan sendes tilbage",
)
TAKE_OVER = _arrow(
    "take_over",
    ItemState.AWAITING_APPROVAL,
    ItemState.CANCELLED,
    EventType.DECISION_MADE,
    "kun en opgave, der venter, kan overtages",
)
LAPSE = _arrow(
    "lapse",
    ItemState.AWAITING_APPROVAL,
    ItemState.NEW,
    EventType.DECISION_EXPIRED,
    "kun en opgave, der venter, kan udløbe",
)
SETTLE = _arrow("settle", ItemState.IN_DOUBT, ItemState.NEW, EventType.EFFECT_SETTLED, "kun en uvis opgave kan afgøres")
CANCEL = _arrow(
    "cancel", NOT_FINAL, ItemState.CANCELLED, EventType.ITEM_CANCELLED, "en afsluttet opgave kan ikke annulleres"
)
REOPEN = _arrow("reopen", FINAL, ItemState.NEW, EventType.ITEM_REOPENED, "kun en afsluttet opgave kan genåbnes")

TRANSITIONS: tuple[Transition, ...] = (
    CLAIM, COMPLETE, PARK, DEFER, WAKE, DOUBT, REJECT, FAIL, EXPIRE_LEASE, GIVE_BACK, REPLAN, APPROVE, SEND_BACK,
    TAKE_OVER, LAPSE, SETTLE, CANCEL, REOPEN,
)  # fmt: skip


def allowed_pairs() -> frozenset[tuple[ItemState, ItemState]]:
    """Every (from, to) that some transition allows."""
    return frozenset((source, arrow.target) for arrow in TRANSITIONS for source in arrow.sources)
