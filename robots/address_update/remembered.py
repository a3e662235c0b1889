"""What the robot remembers about one citizen from one work item to the next, in one sealed value.

Three things: which of CPR's versions was last written (ADR-04); which standing facts a person was already told of on
which row, so that a guardian who is still the guardian gives no new task (ADR-22 to ADR-28); and which item last wrote
a row, so that an item that is planned anew does not call its own write "nothing to do". What must stay true: a value
that an earlier version of the robot stored is read as it was meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter

from robots.address_update.ruling import AppliedVersion


@dataclass(frozen=True, slots=True)
class ToldFact:
    """One standing fact that a person was told of."""

    #: The code of the reason.
    reason: str
    #: What the fact was like; another fingerprint is another fact.
    fingerprint: str
    #: The reference of the work item that told of it.
    item: str
    #: The fingerprint that was told of before that item, or None.
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """The memory of one citizen; empty where nothing was ever done."""

    applied: AppliedVersion | None = None
    #: Told facts by row (case number and party).
    told: Mapping[str, tuple[ToldFact, ...]] = field(default_factory=dict)
    #: The reference of the item that last wrote a row, by row.
    written: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def from_json(text: str | None) -> Remembered:
        """The memory in ``text``; the form of version 1 was the applied version alone."""
        if text is None:
            return Remembered()
        if "registered_at" in json.loads(text):
            return Remembered(applied=AppliedVersion.from_json(text))
        return _ADAPTER.validate_json(text)

    def to_json(self) -> str:
        """The memory as text, for the desk to remember."""
        return _ADAPTER.dump_json(self).decode()

    def told_on(self, row: str, *, but_by: str) -> dict[str, str]:
        """Reason to fingerprint of what was told on this row, as it was before the item ``but_by`` told of anything.

        An item that is handled again must rule as it did the first time; its reminder has the same key, so that
        nobody is told twice.
        """
        known = {
            fact.reason: fact.before if fact.item == but_by else fact.fingerprint for fact in self.told.get(row, ())
        }
        return {reason: fingerprint for reason, fingerprint in known.items() if fingerprint is not None}

    def with_written(self, row: str, *, item: str, version: AppliedVersion | None) -> Remembered:
        """The memory after the item wrote the row, and with it this version of the address, if any."""
        return replace(self, applied=version or self.applied, written={**self.written, row: item})

    def with_told(self, row: str, tells: Iterable[tuple[str, str]], *, item: str) -> Remembered:
        """The memory after a person was told of these facts on this row."""
        earlier = self.told_on(row, but_by=item)
        new = {reason: ToldFact(reason, fingerprint, item, earlier.get(reason)) for reason, fingerprint in tells}
        kept = tuple(fact for fact in self.told.get(row, ()) if fact.reason not in new)
        return replace(self, told={**self.told, row: (*kept, *new.values())}) if new else self


_ADAPTER: TypeAdapter[Remembered] = TypeAdapter(Remembered)
