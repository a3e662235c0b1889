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
