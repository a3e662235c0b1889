"""What a municipality decides for itself, and widens step by step (docs/adr 0013).

A policy is put forward by one person and put in force by another (``casework.policies``); the robot reads the one in
force from its desk. What must stay true: without a policy every change waits for a person, and no policy can let a row
that needs review (``APPLY_REVIEW``) pass without one.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from connectors.records import PartyRole
from robots.address_update.reasons import Reason


class Mode(StrEnum):
    """How far the robot goes by itself with rows of one rule that would be ``APPLY``."""

    #: Says what it would do, and does nothing: no change, no reminder.
    SHADOW = "shadow"
    #: Every row waits for a person; the default.
    APPROVE_ALL = "approve_all"
    #: Written without a person, except for a random sample that waits for one; every draw is recorded.
    SAMPLE = "sample"


class Policy(BaseModel):
    """The policy of this robot. Field names are those of the JSON file that ``sagsgang policy propose`` takes."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    #: The municipality's own four-digit code. Empty: a move between two municipalities is always another's.
    municipality_code: str = Field(default="", pattern=r"^(\d{4})?$")
    #: Days that a person has for a reminder.
    reminder_days: int = Field(default=14, ge=1, le=365)
    #: Working time (``foundation.working_time``) after which an unanswered proposal is made anew.
    approval_seconds: float = Field(default=24 * 3600.0, gt=0)
    #: The mode of each rule (``ADR-01`` …); those that are not named have ``default_mode``.
    modes: dict[str, Mode] = Field(default_factory=dict)
    default_mode: Mode = Mode.APPROVE_ALL
    #: Per hundred of the rows in mode ``sample`` that wait for a person all the same.
    sample_percent: int = Field(default=10, ge=1, le=100)
    #: Write also where only the spelling differs (ADR-02).
    normalise: bool = False
    #: Roles of parties that are kept up to date (ADR-41).
    roles: frozenset[PartyRole] = frozenset(PartyRole)
    #: KLE groups (``27``, ``27.12`` or ``27.12.00``) in which we go on acting for people who moved away (ADR-38).
    keeps_kle: frozenset[str] = frozenset()
    #: KLE groups in which where somebody lives decides the case (ADR-16), or where custody does (ADR-26).
    residence_kle: frozenset[str] = frozenset()
    custody_kle: frozenset[str] = frozenset()
    #: Whether a contact address is kept on the case (ADR-17, ADR-19).
    keeps_contact_address: bool = True
    #: More people with changes than this in one intake, or more than so many per hundred of those compared in a
    #: sweep, stop the run until a second person lets it go on (ADR-50). 0 switches a limit off.
    mass_people: int = Field(default=3000, ge=0)
    mass_percent: int = Field(default=25, ge=0, le=100)
    #: Days without an open case before the subscription to a person is ended (ADR-39).
    unsubscribe_days: int = Field(default=7, ge=0)

    def mode_of(self, reason: Reason) -> Mode:
        """The mode of the reason's rule."""
        return self.modes.get(reason.rule, self.default_mode)


def is_in_kle(kle: str | None, groups: frozenset[str]) -> bool:
    """Whether a KLE subject (``27.12.00``, also with a facet) lies in one of the groups."""
    return kle is not None and any(kle == group or kle.startswith((f"{group}.", f"{group}-")) for group in groups)
