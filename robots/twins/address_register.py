"""The address register in memory: a handful of places that a test has planted.

What must stay true: washing guesses nothing. A text that spells a planted address is that address (A); every other
text is nobody's (C), with no candidate.
"""

from __future__ import annotations

from dataclasses import replace
from threading import RLock
from uuid import UUID, uuid5

from connectors.address_records import RegisteredAddress, RegisteredStatus, WashCategory, WashResult
from connectors.errors import ConnectorError
from foundation.address_parts import comparable
from foundation.addresses import CivilAddress, normalised, one_line
from foundation.kvhx import Kvhx
from robots.twins.failures import OrderedFailures

_PLACES = UUID("0c2f1a3e-8f4b-5b7a-9d0e-5f6a7b8c9d0e")
_LONGEST_TEXT = 100


class TwinAddressRegister:
    """``AddressRegister`` in memory; safe to share between threads."""

    def __init__(self, *, system: str = "twin_dar") -> None:
        self._system = system
        self._lock = RLock()
        self._places: dict[UUID, RegisteredAddress] = {}
        self._failures = OrderedFailures(frozenset({"get", "by_kvhx", "wash"}))
        #: Every question, as (method, text): addresses only, never a person.
        self.questions: list[tuple[str, str]] = []

    @property
    def system(self) -> str:
        """The name it was given."""
        return self._system

    def fail_next(self, method: str, error: ConnectorError) -> None:
        """Let the next call of a method fail."""
        self._failures.order(method, error, after_effect=False)

    def add_place(
        self,
        address: CivilAddress,
        *,
        address_id: UUID | None = None,
        status: RegisteredStatus = RegisteredStatus.CURRENT,
    ) -> RegisteredAddress:
        """Plant a place, or another spelling of the place with this id; its id is made up where none is given.

        C/o name and locality are not part of it: the register knows none.
        """
        with self._lock:
            bare = normalised(replace(address, care_of="", locality=""))
            id_ = address_id or bare.address_id or uuid5(_PLACES, one_line(bare))
            key = Kvhx.of(bare)
            place = RegisteredAddress(id_, status, replace(bare, address_id=id_), str(key) if key else "")
            self._places[id_] = place
            return place

    def get(self, address_id: UUID) -> RegisteredAddress | None:
        """The place with this id."""
        with self._lock, self._failures.around("get"):
            self.questions.append(("get", str(address_id)))
            return self._places.get(address_id)

    def by_kvhx(self, kvhx: Kvhx) -> RegisteredAddress | None:
        """The current place with this key, else one that was."""
        with self._lock, self._failures.around("by_kvhx"):
            self.questions.append(("by_kvhx", str(kvhx)))
            found = [place for place in self._places.values() if place.kvhx == str(kvhx)]
            return min(found, key=lambda place: place.status, default=None)

    def wash(self, text: str) -> WashResult:
        """Certain when the text spells one planted place, else a guess without a candidate.

        A text that is longer than the register takes is a guess without asking.
        """
        if len(text) > _LONGEST_TEXT:
            return WashResult(WashCategory.C, ())
        with self._lock, self._failures.around("wash"):
            self.questions.append(("wash", text))
            wanted = comparable(text)
            found = tuple(place for place in self._places.values() if comparable(one_line(place.address)) == wanted)
            if not found:
                return WashResult(WashCategory.C, ())
            return WashResult(WashCategory.A if len(found) == 1 else WashCategory.B, found)
