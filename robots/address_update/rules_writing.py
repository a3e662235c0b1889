"""Whether this system takes from us what is to be written (ADR-01, ADR-35, ADR-56).

What must stay true: the answer comes from the system's capabilities, never from the product's name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from foundation.clock import local_date
from foundation.working_time import add_working_days, is_working_day
from robots.address_update.facts import Facts
from robots.address_update.reasons import Reason
from robots.address_update.rules_move import certain_day, effect_of

_DAY_SECONDS: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why nothing is written here, and the day on which to look again where that helps."""

    reason: Reason
    until: date | None = None


def may_write(facts: Facts) -> bool:
    """Whether a party's fields can be written for this case alone."""
    able = facts.capabilities
    return able.party_address_write == "API" and able.party_model != "SHARED_MASTER"


def obstacle(facts: Facts) -> Obstacle | None:
    """Why the difference cannot or may not be written here, or None."""
    if may_write(facts):
        return None
    writes = facts.capabilities.party_address_write
    if writes == "SYNCED_BY_VENDOR":
        until = _end_of_grace(facts)
        is_late = until is None or until <= facts.today
        return Obstacle(Reason.SYNCED_BY_VENDOR) if is_late else Obstacle(Reason.VENDOR_GRACE, until)
    return Obstacle(Reason.SHARED_MASTER if writes == "API" else Reason.NO_ADDRESS_WRITE)


def _end_of_grace(facts: Facts) -> date | None:
    """The first day on which the vendor has surely had his time, or None where CPR does not say when it began.

    Counted in working days from the later of registration and effect, since vendors fetch on working days, and one
    day on, since only the day of the registration is counted from and not the hour.
    """
    registered_at = facts.snapshot.registered_at
    if registered_at is None:
        return None
    effect = certain_day(effect_of(facts.snapshot))
    begin = max(local_date(registered_at), effect or date.min)
    days = math.ceil(facts.capabilities.vendor_grace_seconds / _DAY_SECONDS)
    last = add_working_days(begin, days) if days > 0 else begin
    after = last + timedelta(days=1)
    while not is_working_day(after):
        after += timedelta(days=1)
    return after
