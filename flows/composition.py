"""The composition root: where settings become adapters, a database and a worker.

What must stay true: this is the only place that knows which product stands behind a port, and tests hand in their own
parts here and nowhere else.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy.exc import ProgrammingError

from audit.events import ActorRef
from audit.vocabulary import ActorKind
from casework.known_roles import note_roles
from casework.schema import check, upgrade
from casework.workers import Worker, enlist
from casework.workplace import Acting, Workplace
from connectors.bulk import BulkPeople
from connectors.circuit import Circuit
from connectors.cpr import open_events, open_register
from connectors.cpr.extract import open_extract
from connectors.dar import open_address_register
from connectors.http import Timeouts
from connectors.nova import open_nova
from connectors.ports import AddressRegister, CaseRegister, PersonEvents, PersonRegister
from connectors.rate import RateLimit
from connectors.reader import NothingUnstored, Reader, SystemLimits
from foundation.actor import Established, operating_system_account, resolve_actor, standings
from foundation.clock import Clock, SystemClock
from foundation.database import Database
from foundation.errors import ConfigurationError, NotAllowedError
from foundation.logs import get_logger
from foundation.sealing import open_key_ring
from foundation.settings import Settings

log = get_logger(__name__)
#: PostgreSQL's word for a right that the account has not (insufficient_privilege).
_MAY_NOT = "42501"


@dataclass(frozen=True, slots=True, kw_only=True)
class Systems:
    """The other systems, as ports."""

    cases: CaseRegister
    people: PersonRegister
    events: PersonEvents
    #: None where the municipality has no address register.
    addresses: AddressRegister | None = None


@dataclass(kw_only=True)
class Composition:
    """Everything that flows hand to robots. Use ``compose``; it is closed when the block ends."""

    settings: Settings
    place: Workplace
    systems: Systems
    worker: Worker
    _limits: dict[tuple[str, str], SystemLimits] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def locks(self) -> Path:
        """Where workers on this machine keep the locks that prove them alive."""
        return lock_folder(self.settings)

    def limits(self, robot: str, system: str) -> SystemLimits:
        """How this robot treats this system, the same for all threads of the process."""
        with self._lock:
            if (robot, system) not in self._limits:
                settings = self.settings
                self._limits[robot, system] = SystemLimits(
                    rate=RateLimit(self.place.clock, per_second=settings.calls_per_second),
                    circuit=Circuit(
                        self.place,
                        robot=robot,
                        system=system,
                        failures=settings.circuit_failures,
                        pause_seconds=settings.circuit_seconds,
                    ),
                )
            return self._limits[robot, system]

    def sweep_pace(self, robot: str) -> RateLimit:
        """How fast one sweep of this robot looks people up, within what the system gets in all."""
        return RateLimit(
            self.place.clock,
            per_second=self.settings.sweep_per_second,
            within=self.limits(robot, self.systems.people.system).rate,
        )

    def reader(self, robot: str, acting: Acting) -> Reader:
        """Reads outside the handling of an item, with the limits, retries and circuit of this robot's other calls."""
        return Reader(
            place=self.place,
            acting=acting,
            lease=None,
            unstored=NothingUnstored(),
            limits=lambda system: self.limits(robot, system),
        )

    def bulk_people(self, robot: str, acting: Acting, *, pace: RateLimit) -> BulkPeople:
        """CPR for this robot's sweeps: many persons at once, at this pace, with the circuit of all other calls."""
        reader = Reader(
            place=self.place,
            acting=acting,
            lease=None,
            unstored=NothingUnstored(),
            limits=lambda system: replace(self.limits(robot, system), rate=pace),
        )
        return BulkPeople(self.systems.people, reader, threads=self.settings.workers)


def lock_folder(settings: Settings) -> Path:
    """The folder of the workers' locks."""
    return settings.data_dir / "locks"


@contextmanager
def open_workplace(settings: Settings, *, clock: Clock | None = None) -> Iterator[Workplace]:
    """The database, brought up to date when it is the embedded one, and checked when it is shared.

    Raises:
        SchemaNotCurrentError: a shared database is not at the program's revision.
        EnvironmentLockedError: the database belongs to another environment.
    """
    clock = clock or SystemClock()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    # Each thread needs a connection; one is held for the worker's lock, and the heart beats on one of its own.
    database = Database(
        settings.effective_database_url,
        open_key_ring(settings),
        pool_size=settings.workers + 3,
        longest_transaction=settings.longest_transaction,
    )
    try:
        if settings.database_url:
            check(database, environment=settings.environment)
        else:
            upgrade(database, environment=settings.environment, now=clock.now())
        place = Workplace(database, clock, settings.environment)
        _note_roles(settings, place)
        yield place
    finally:
        database.dispose()


def _note_roles(settings: Settings, place: Workplace) -> None:
    """Record whose roles were changed in the file since anybody last looked (``casework.known_roles``)."""
    if settings.people_file is None:
        return
    try:
        people = standings(settings)
    except ConfigurationError as error:
        # Who needs to know who acts is told what is wrong with the file; a service that does not goes on without it.
        log.warning("roles.unreadable", code=error.code)
        return
    try:
        actor = resolve_actor(settings)
        finder = ActorRef(ActorKind.PERSON, actor.id, actor.established.value)
    except NotAllowedError:
        finder = ActorRef(ActorKind.SYSTEM, operating_system_account(), Established.OS_ACCOUNT.value)
    try:
        note_roles(place, people, finder=finder)
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _MAY_NOT:
            raise
        # The account of a worker adds events and reads none: it leaves the finding to those who may.
        log.info("roles.not_looked_at")


@contextmanager
def open_systems(settings: Settings, *, clock: Clock | None = None) -> Iterator[Systems]:
    """The adapters that the settings name."""
    timeouts = Timeouts(connect=settings.connect_timeout, read=settings.read_timeout, write=settings.read_timeout)
    cpr_token = settings.cpr_token.get_secret_value()
    with (
        closing(
            open_nova(
                url=settings.nova_url,
                token_url=settings.nova_token_url,
                client_id=settings.nova_client_id,
                client_secret=settings.nova_client_secret.get_secret_value(),
                address_write=settings.nova_address_write,
                settle_seconds=settings.settle_seconds,
                timeouts=timeouts,
                clock=clock,
            )
        ) as cases,
        closing(open_register(url=settings.cpr_url, token=cpr_token, timeouts=timeouts, clock=clock)) as people,
        ExitStack() as stack,
    ):
        events: PersonEvents
        if settings.cpr_extract_dir is None:
            feed = open_events(url=settings.cpr_url, token=cpr_token, timeouts=timeouts)
            events = stack.enter_context(closing(feed))
        else:
            events = open_extract(settings.cpr_extract_dir)
        addresses: AddressRegister | None = None
        if settings.dar_url:
            token = settings.dar_token.get_secret_value()
            register = open_address_register(url=settings.dar_url, token=token, timeouts=timeouts, clock=clock)
            addresses = stack.enter_context(closing(register))
        yield Systems(cases=cases, people=people, events=events, addresses=addresses)


@contextmanager
def compose(settings: Settings, *, clock: Clock | None = None, systems: Systems | None = None) -> Iterator[Composition]:
    """Everything, from settings; ``systems`` replaces the adapters in tests."""
    with open_workplace(settings, clock=clock) as place:
        if systems is not None:
            with _enlisted(settings, place) as worker:
                yield Composition(settings=settings, place=place, systems=systems, worker=worker)
            return
        try:
            with open_systems(settings, clock=clock) as opened, _enlisted(settings, place) as worker:
                yield Composition(settings=settings, place=place, systems=opened, worker=worker)
        finally:
            _settle(settings, place)


@contextmanager
def _enlisted(settings: Settings, place: Workplace) -> Iterator[Worker]:
    worker = enlist(place, locks=lock_folder(settings))
    try:
        yield worker
    finally:
        worker.stop()


def _settle(settings: Settings, place: Workplace) -> None:
    """Put what was recorded into the log's tree, and sign it, when the work with other systems is over."""
    from flows.sequencing import settle_after_work  # noqa: PLC0415 - it imports this module.

    settle_after_work(settings, place)
