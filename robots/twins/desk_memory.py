"""What a twin desk remembers from one handling to the next, as the real one remembers in its database.

What must stay true: a step that was stored and an effect that was done survive a crash, and nothing else does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic import TypeAdapter

from casework.results import RowResult
from connectors.errors import ConnectorError, OutcomeUnknown
from connectors.records import IdempotencyKey, LookUp, Sighting, WriteReceipt
from foundation.cpr import Cpr

T = TypeVar("T")


class Crash(BaseException):
    """The process died here. Not an ``Exception``: no robot can catch its own death."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fact that a robot recorded."""

    label: str
    facts: tuple[tuple[str, str | int | bool], ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """One write: what was asked for, and what it answered; ``receipt`` is None while nobody knows."""

    operation: str
    target: str
    intent: str
    request_digest: str
    receipt: WriteReceipt | None = None


@dataclass
class DeskMemory:
    """The memory of one work item, and a count of the points at which a process could die."""

    item: str = "item-1"
    steps: dict[tuple[str, str], bytes] = field(default_factory=dict)
    effects: dict[str, Effect] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)
    #: What the robot remembers about citizens; hand the same dictionary to the next item's memory.
    remembered: dict[Cpr, str] = field(default_factory=dict)
    #: What became of each row, by row; a later word about a row stands in place of an earlier one.
    results: dict[str, RowResult] = field(default_factory=dict)
    #: Rows on hold; hand the same set to the next item's memory. A test releases a row by taking it out.
    held: set[str] = field(default_factory=set)
    #: Every reading, as (operation, target); for a person the target is the masked number.
    reads: list[tuple[str, str]] = field(default_factory=list)
    #: The points passed, in order; a test crashes at each in turn.
    points: list[str] = field(default_factory=list)
    #: The number of points that pass before the process dies, or None to let it live.
    dies_after: int | None = None

    def pass_point(self, name: str) -> None:
        """Go past a point at which a process could die; raises ``Crash`` where it is to die."""
        self.points.append(name)
        if self.dies_after is not None and len(self.points) > self.dies_after:
            self.dies_after = None
            raise Crash(name)

    def once(
        self,
        wanted: Effect,
        key: IdempotencyKey,
        *,
        call: Callable[[IdempotencyKey], WriteReceipt],
        look: Callable[[IdempotencyKey], LookUp],
        system: str,
    ) -> WriteReceipt:
        """Do the write unless it is done: look before acting when an earlier call's answer was never seen.

        Raises:
            ValueError: the key was used for another request, which is a fault in the robot.
            OutcomeUnknown: nobody can tell whether an earlier call happened.
        """
        earlier = self.effects.get(key.value)
        if earlier is not None:
            if earlier.request_digest != wanted.request_digest:
                raise ValueError(f"{wanted.operation}: the same step and intent asked for two different things")
            receipt = earlier.receipt or self._found(wanted, look(key), system)
            if receipt is not None:
                self.effects[key.value] = replace(wanted, receipt=receipt)
                return replace(receipt, replayed=True)
        self.effects[key.value] = wanted
        self.pass_point(f"{wanted.operation} intended")
        try:
            receipt = call(key)
        except OutcomeUnknown:
            raise
        except ConnectorError:
            # It was refused, so nothing happened and nothing is to be looked for.
            del self.effects[key.value]
            raise
        self.pass_point(f"{wanted.operation} called")
        self.effects[key.value] = replace(wanted, receipt=receipt)
        self.pass_point(f"{wanted.operation} done")
        return receipt

    def _found(self, wanted: Effect, seen: LookUp, system: str) -> WriteReceipt | None:
        if seen.sighting is Sighting.UNCLEAR:
            raise OutcomeUnknown(system, wanted.operation)
        return WriteReceipt(seen.remote_id or wanted.target) if seen.sighting is Sighting.PRESENT else None


def request_digest(*parts: object) -> str:
    """SHA-256 over what is asked for, by which the same key with another request is found."""
    joined = b"\0".join(adapter_of(type(part)).dump_json(part) for part in parts)
    return hashlib.sha256(joined).hexdigest()


def adapter_of(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - any type that pydantic knows.
    """What writes values of this type as JSON and reads them back; made once, because making one is slow."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}
