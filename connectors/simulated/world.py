"""All that the simulated systems share while they run.

What must stay true: everything that must survive a restart is in the store; what stands only here (tokens, faults,
counts of reads) may be forgotten.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.simulated.faults import FaultPlan
from connectors.simulated.settings import Settings
from connectors.simulated.store import Store

_DENMARK = ZoneInfo("Europe/Copenhagen")
_SETTINGS = "settings"

#: The one system account that each simulated system knows. They open nothing but the simulator.
NOVA_CLIENTS = {"sagsgang": "kun-til-simulatoren"}
CPR_BEARER = "kun-til-simulatoren"
DAR_BEARER = "kun-til-simulatoren"


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happens in CPR, and who hears of it."""

    #: The day it is in CPR.
    today: date
    #: The instant of registration, by the systems' own clock, which may be wrong.
    at: str
    #: The instant on the day that it is in CPR; the delivery of events goes by it.
    told_at: str
    #: Whether only those who are subscribed to are told of.
    subscribers_only: bool


@dataclass(slots=True)
class World:
    """The running municipality. ``tokens`` maps each token to the monotonic second when it expires."""

    store: Store
    seed: int
    citizens: int
    cases: int
    settings: Settings = field(default_factory=Settings)
    faults: FaultPlan = field(default_factory=FaultPlan)
    reads: Counter[str] = field(default_factory=Counter)
    tokens: dict[str, float] = field(default_factory=dict)
    #: When the vendor last looked at CPR, in monotonic seconds; the latest event by then; the hours he waits.
    vendor_looked: tuple[float, int, float] = (float("-inf"), -1, 0.0)

    def __post_init__(self) -> None:
        kept = self.store.read_meta(_SETTINGS)
        if kept is not None:
            self.settings = Settings.model_validate_json(kept)

    def change_settings(self, settings: Settings) -> None:
        """Behave like this from now on, also after a restart."""
        with self.store.transaction():
            self.store.write_meta(_SETTINGS, settings.model_dump_json(by_alias=True))
        self.settings = settings

    def today(self) -> date:
        """The day it is in CPR."""
        return self.settings.today or datetime.now(_DENMARK).date()

    def clock(self) -> datetime:
        """What the systems' own clock shows, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.settings.clock_skew_seconds)

    def register_time(self) -> datetime:
        """The time of day, in Denmark, on the day that it is in CPR."""
        real = datetime.now(_DENMARK)
        return datetime.combine(self.today(), real.timetz())

    def moment(self) -> Moment:
        """Now, for what happens."""
        told_at = self.register_time().isoformat()
        return Moment(self.today(), self.clock().isoformat(), told_at, self.settings.subscriptions_enforced)


def now() -> str:
    """This instant in UTC, as the store and the wire write it."""
    return datetime.now(UTC).isoformat()
