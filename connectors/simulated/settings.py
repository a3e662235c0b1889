"""How the simulated systems behave; a tester changes it while they run.

What must stay true: the defaults are the strict ones, and a store that is opened again behaves as it was left.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Settings(BaseModel):
    """The switches. Field names in JSON are in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, strict=True, frozen=True)

    #: The assumed calls of Nova (party addresses); off = 404, and the fields are left out.
    assumed_address_write: bool = True
    #: Hours after a registration in CPR when the ESDH's vendor puts the address on open cases by himself; None = never.
    vendor_sync_hours: float | None = Field(default=None, ge=0, le=24 * 366)
    #: What a repeated client uuid of a note or a task meets.
    repeat_mode: Literal["upsert", "conflict"] = "upsert"
    #: Seconds that a token lives.
    token_seconds: float = Field(default=300.0, ge=0)
    #: Nova's fault of storing notes whose base64 ends in padding with their end cut off.
    quirk_base64: bool = False
    #: Nova's fault of breaking Danish letters in notes.
    quirk_letters: bool = False
    #: Whether fields that the contract does not know are refused.
    strict: bool = True
    #: The day it is in CPR; None is the real one in Denmark. For trying future moves without waiting.
    today: date | None = None
    #: Events registered on a Saturday or Sunday are not told before Monday.
    weekend_silence: bool = False
    #: Hours that pass before an event is told.
    delay_hours: float = Field(default=0.0, ge=0, le=24 * 365)
    #: Events of a page come in another order than that of their numbers.
    shuffle_events: bool = False
    #: Seconds by which the systems' own clock runs ahead of the real one; below 0 behind.
    clock_skew_seconds: float = Field(default=0.0, ge=-86_400 * 365, le=86_400 * 365)
    #: Only what happens to people who are subscribed to when it happens becomes an event.
    subscriptions_enforced: bool = False
