"""CPR in memory, with the means to let people move.

What must stay true: it knows exactly the persons that were planted, keeps a history of where each of them lived, and
keeps whom it was asked about, so that a test can show that nobody was looked up without need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import RLock

from connectors.errors import ConnectorError, NotFound
from connectors.person_details import PastAddress, UncertainDate
from connectors.records import AddressProtection, PendingMove, PersonSnapshot, PersonStatus
from foundation.addresses import CivilAddress
from foundation.clock import Clock, SystemClock, local_date
from foundation.cpr import Cpr, CprKind
from robots.twins.failures import OrderedFailures

#: When planted persons are registered where nobody says otherwise.
_LONG_AGO = datetime(2020, 2, 3, 4, 5, tzinfo=UTC)
#: How long a planted person lived at each of the addresses before.
_STAY = timedelta(days=700)


class TwinPersonRegister:
    """``PersonRegister`` in memory; safe to share between threads."""

    def __init__(self, *, system: str = "twin_cpr", clock: Clock | None = None) -> None:
        self._system = system
        self._clock = clock or SystemClock()
        self._lock = RLock()
        self._people: dict[Cpr, PersonSnapshot] = {}
        self._failures = OrderedFailures(frozenset({"lookup"}))
        #: Whom it was asked about, in order.
        self.lookups: list[Cpr] = []

    @property
    def system(self) -> str:
        """The name it was given."""
        return self._system

    def fail_next(self, error: ConnectorError) -> None:
        """Let the next look-up fail."""
        self._failures.order("lookup", error, after_effect=False)

    def add_person(
        self,
        cpr: Cpr,
        *,
        address: CivilAddress | None,
        name: str = "Test Prøvesen",
        past: Sequence[CivilAddress] = (),
    ) -> PersonSnapshot:
        """Plant an unprotected resident who has lived at the address since 2020, and before that at ``past``.

        ``past`` is newest first.
        """
        left = _LONG_AGO.date()
        return self.put(
            PersonSnapshot(
                cpr=cpr,
                current_cpr=cpr,
                addressing_name=name,
                status=PersonStatus.RESIDENT,
                status_day=None,
                protection=AddressProtection(is_protected=False),
                address=address,
                moved_in=UncertainDate(None if address is None else left),
                registered_at=None if address is None else _LONG_AGO,
                looked_up_at=self._clock.now(),
                history=tuple(
                    PastAddress(
                        earlier, UncertainDate(left - _STAY * (number + 1)), UncertainDate(left - _STAY * number)
                    )
                    for number, earlier in enumerate(past)
                ),
                birth_day=cpr.birth_date,
            )
        )

    def put(self, person: PersonSnapshot) -> PersonSnapshot:
        """Plant a person, or put another description in place of the one that stood; returns it."""
        with self._lock:
            self._people[person.cpr] = person
        return person

    def person(self, cpr: Cpr) -> PersonSnapshot:
        """The person as he stands, without a look-up being counted: what ``put(replace(...))`` begins with."""
        with self._lock:
            return self._people[cpr]

    def move(self, cpr: Cpr, address: CivilAddress, *, effect_from: date) -> PersonSnapshot:
        """Let a person move; where he lived goes into his history. A day ahead becomes a pending move, as in CPR."""
        with self._lock:
            person = self._people[cpr]
            now = self._clock.now()
            if effect_from > local_date(now):
                return self.put(replace(person, pending=PendingMove(address, effect_from)))
            left = self._left(person, effect_from)
            return self.put(
                replace(
                    person,
                    address=address,
                    moved_in=UncertainDate(effect_from),
                    registered_at=now,
                    pending=None,
                    is_correction=False,
                    history=(*left, *(person.history or ())),
                    moved_from_municipality=_left_municipality(person.address, address),
                )
            )

    def correct(self, cpr: Cpr) -> PersonSnapshot:
        """Let CPR take the last move back (ret/fortryd): the address before it stands again, as from when it did.

        Raises:
            ValueError: the person has no earlier address.
        """
        with self._lock:
            person = self._people[cpr]
            if not person.history:
                raise ValueError("there is no earlier address that could stand again")
            again, *rest = person.history
            annulled = (replace(past, is_annulled=True) for past in self._left(person, local_date(self._clock.now())))
            return self.put(
                replace(
                    person,
                    address=again.address,
                    moved_in=again.moved_in,
                    registered_at=self._clock.now(),
                    is_correction=True,
                    history=(*annulled, *rest),
                    moved_from_municipality="",
                )
            )

    def protect(self, cpr: Cpr, *, is_protected: bool) -> PersonSnapshot:
        """Give or take a person's name and address protection."""
        with self._lock:
            return self.put(replace(self._people[cpr], protection=AddressProtection(is_protected)))

    def set_status(self, cpr: Cpr, status: PersonStatus) -> PersonSnapshot:
        """Change a person's status from today on."""
        with self._lock:
            return self.put(replace(self._people[cpr], status=status, status_day=local_date(self._clock.now())))

    def lookup(self, cpr: Cpr) -> PersonSnapshot:
        """The person as he was planted; a replacement number is never known."""
        with self._lock, self._failures.around("lookup"):
            self.lookups.append(cpr)
            person = self._people.get(cpr)
            if person is None or cpr.kind is CprKind.REPLACEMENT:
                raise NotFound(self._system, "lookup", "person")
            return replace(person, looked_up_at=self._clock.now())

    def _left(self, person: PersonSnapshot, day: date) -> tuple[PastAddress, ...]:
        if person.address is None:
            return ()
        return (PastAddress(person.address, person.moved_in, UncertainDate(day)),)


def _left_municipality(old: CivilAddress | None, new: CivilAddress) -> str:
    """Fraflytningskommune: told only where the two differ."""
    code = "" if old is None else old.municipality_code
    return code if code != new.municipality_code else ""
