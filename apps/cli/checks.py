"""What ``sagsgang doctor`` looks at, one function for each part of the house.

What must stay true: looking changes nothing: no database is made, no key, and no person is looked up.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import httpx
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from apps.cli.municipality import Tester
from apps.cli.words import ROBOT_STATES
from casework.incidents import open_incidents
from casework.matters import count_long_waiting, waiting_since
from casework.notices import count_unsent
from casework.pausing import resting
from casework.schema import check
from casework.states import ItemState, NoticeState
from casework.tables import RunRow, WorkItemRow
from casework.workplace import Workplace
from connectors.errors import ConnectorError, NotFound
from connectors.records import CaseRef
from flows.composition import Systems, open_systems
from flows.prefect_environment import API_URL, prefect_environment, require_api_allowed
from foundation.actor import resolve_actor
from foundation.clock import SystemClock, danish_time
from foundation.database import Database
from foundation.database_faults import REFUSED, fault_of
from foundation.environment import Environment
from foundation.errors import SagsgangError
from foundation.sealing import open_key_ring
from foundation.settings import Settings

_OLDEST_PYTHON = (3, 11)
_LEAST_DISK_GB = 1.0
_GB = 1024**3
_PREFECT_SECONDS = 3.0
#: A case and a place in the feed that cannot be: asking for them proves the way there and reads nobody.
_NO_CASE = "00000000-0000-4000-8000-000000000000"
_PAST_ALL_EVENTS = "999999999999999"
_ITEM = WorkItemRow.__table__
_RUN = RunRow.__table__
#: Longer than the longest night's work and a sweep of all cases.
_LONG_RUN_SECONDS = 86_400.0
#: A notice that is not sent by then has been refused, or nobody runs anything.
_LATE_NOTICE_SECONDS = 3600.0
#: What is older says nothing of today: what still holds is told anew each day.
_OLD_NOTICE_SECONDS = 2 * 86_400.0


class Mark(Enum):
    """How it stands."""

    GOOD = "ok"
    BAD = "wrong"
    #: Somebody must look, but the house itself works.
    LOOK = "look"
    NOT_HERE = "not_applicable"


class Finding(NamedTuple):
    """One line: what was looked at, how it stands, and what mends it."""

    name: str
    mark: Mark
    told: str
    mend: str = ""


def examine_house(settings: Settings, *, chosen: str | None) -> list[Finding]:
    """Python, environment, settings, key, people and disk."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    is_new = sys.version_info[:2] >= _OLDEST_PYTHON
    stamp = f" ({settings.environment.stamp})" if settings.environment.stamp else ""
    return [
        Finding("Python", _mark(is_new), version, "Installér Python 3.11 eller nyere."),
        Finding("miljø", Mark.GOOD, f"{settings.environment.value}{stamp}"),
        Finding("indstillinger", Mark.GOOD, "alle er gyldige"),
        _key(settings),
        _person(settings, chosen),
        _disk(settings),
    ]


def examine_work(settings: Settings) -> list[Finding]:
    """The database, leases of dead workers, and open incidents.

    The last two are told and are no fault: the next run takes such leases back, and an incident tells of the work.
    Whoever restarts what is unhealthy must not restart a worker because of them.
    """
    if is_unmade(settings):
        return [Finding("database", Mark.NOT_HERE, "laves ved første brug")]
    database = Database(settings.effective_database_url, open_key_ring(settings))
    try:
        try:
            check(database, environment=settings.environment)
        except SagsgangError as error:
            return [Finding("database", Mark.BAD, str(error), "sagsgang database upgrade")]
        except SQLAlchemyError as error:
            return [Finding("database", Mark.BAD, (fault_of(error) or REFUSED).message)]
        with database.read() as session:
            late = (_ITEM.c.state == ItemState.IN_PROGRESS.value, _ITEM.c.lease_expires_at <= SystemClock().now())
            dead: int = session.execute(select(func.count()).select_from(_ITEM).where(*late)).scalar_one()
            incidents = len(open_incidents(session))
            operating = _operating(session, database, settings)
        kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    finally:
        database.dispose()
    return [
        Finding("database", Mark.GOOD, f"{kind}; revision, værn og miljø passer"),
        Finding("døde lån", Mark.LOOK if dead else Mark.GOOD, f"{dead} opgaver", "sagsgang run address_update"),
        Finding("driftshændelser", Mark.LOOK if incidents else Mark.GOOD, f"{incidents} åbne", "sagsgang incidents"),
        *operating,
    ]


def _operating(session: Session, database: Database, settings: Settings) -> list[Finding]:
    """Robots that rest, the proposal that has waited longest, and notices that did not go."""
    place = Workplace(database, SystemClock(), settings.environment)
    rests = resting(session)
    named = ", ".join(f"{one.robot} {ROBOT_STATES[one.state]}" for one in rests) or "alle er i drift"
    asked = [moment for moments in waiting_since(session).values() for moment in moments]
    hours = settings.notice_approval_hours
    long = count_long_waiting(sorted(asked), now=place.now(), hours=hours)
    oldest = f"det ældste er fra {danish_time(min(asked))}" if asked else "ingen venter"
    return [
        _long_runs(session, place),
        Finding("robotter", Mark.LOOK if rests else Mark.GOOD, named, "sagsgang robots"),
        Finding("ventende forslag", Mark.LOOK if long else Mark.GOOD, oldest, "sagsgang approvals"),
        _notices(session, place, settings),
    ]


def _long_runs(session: Session, place: Workplace) -> Finding:
    """Runs that should be over: one that hangs keeps every scheduled run of its robot away, and nothing fails."""
    long = (_RUN.c.ended_at.is_(None), _RUN.c.started_at <= place.now() - timedelta(seconds=_LONG_RUN_SECONDS))
    query = select(_RUN.c.robot, _RUN.c.started_at).where(*long).order_by(_RUN.c.started_at)
    found = [f"{robot} siden {danish_time(started)}" for robot, started in session.execute(query)]
    if not found:
        return Finding("kørsler", Mark.GOOD, "ingen har været i gang i mere end et døgn")
    told = f"i gang i mere end et døgn: {', '.join(found)}. Er processen død, rydder næste kørsel op"
    return Finding("kørsler", Mark.LOOK, told, "Se i loggen, om den arbejder. Ellers genstart arbejderen.")


def _notices(session: Session, place: Workplace, settings: Settings) -> Finding:
    """Whether there is anybody to tell, whether he can be told, and what did not reach him."""
    counts = count_unsent(session, place, older_than=_LATE_NOTICE_SECONDS, younger_than=_OLD_NOTICE_SECONDS)
    urls, waiting = settings.notice_urls.get_secret_value(), counts[NoticeState.WAITING]
    if urls.strip():
        # It imports apprise, which most commands do without.
        from connectors.notices import open_targets  # noqa: PLC0415 - the reason above.

        try:
            open_targets(urls, environment=settings.environment)
        except SagsgangError as error:
            return Finding("beskeder", Mark.BAD, str(error), "Ret SAGSGANG_NOTICE_URLS.")
    elif not counts:
        return Finding("beskeder", Mark.NOT_HERE, "SAGSGANG_NOTICE_URLS er ikke sat")
    lost = counts.total() - waiting
    told = f"{waiting} venter på at blive sendt, {lost} er opgivet eller uvisse" if counts else "alle er sendt"
    mend = "sagsgang notices send" if waiting else "Se i modtagerens postkasse; det, der stadig gælder, siges igen."
    return Finding("beskeder", Mark.LOOK if counts else Mark.GOOD, told, mend)


def examine_outside(settings: Settings, *, inside: Collection[str] = ()) -> list[Finding]:
    """The other systems, the simulated municipality and Prefect; ``inside`` as in ``require_api_allowed``."""
    findings = [_simulator(settings)]
    start = "sagsgang simulator" if settings.environment is Environment.SIMULATED else ""
    with open_systems(settings) as systems:
        findings += [_cases(systems, start), _events(systems, start)]
    return [*findings, *_prefect(settings, inside)]


def _key(settings: Settings) -> Finding:
    if not settings.seal_key.get_secret_value() and not (settings.data_dir / "keys" / "seal.key").is_file():
        return Finding("nøgle", Mark.NOT_HERE, "laves i data-mappen ved første brug (kun i simulated)")
    try:
        open_key_ring(settings)
    except SagsgangError as error:
        return Finding("nøgle", Mark.BAD, str(error), "openssl rand -hex 32")
    return Finding("nøgle", Mark.GOOD, "er der")


def _person(settings: Settings, chosen: str | None) -> Finding:
    try:
        actor = resolve_actor(settings, chosen=chosen)
    except SagsgangError as error:
        return Finding("personer", Mark.BAD, str(error), "Ret filen i SAGSGANG_PEOPLE_FILE.")
    roles = ", ".join(sorted(role.value for role in actor.roles)) or "ingen roller"
    source = "prøvepersoner" if settings.people_file is None else "SAGSGANG_PEOPLE_FILE"
    return Finding("personer", Mark.GOOD, f"{source}; du er {actor.id} ({roles})")


def _disk(settings: Settings) -> Finding:
    folder = next(
        each for each in (settings.data_dir.absolute(), *settings.data_dir.absolute().parents) if each.is_dir()
    )
    free = shutil.disk_usage(folder).free / _GB
    told = f"{free:.1f} GB fri".replace(".", ",")
    if not os.access(folder, os.W_OK):
        return Finding("disk", Mark.BAD, "data-mappen kan ikke skrives", "Giv kontoen skriveret til SAGSGANG_DATA_DIR.")
    return Finding("disk", _mark(free >= _LEAST_DISK_GB), told, "Ryd op, eller flyt SAGSGANG_DATA_DIR.")


def _simulator(settings: Settings) -> Finding:
    if settings.environment is not Environment.SIMULATED:
        return Finding("prøvekommune", Mark.NOT_HERE, "findes kun i simulated")
    try:
        with Tester.of(settings) as tester:
            told = tester.ask("/health")
    except SagsgangError as error:
        return Finding("prøvekommune", Mark.BAD, str(error), "sagsgang simulator")
    return Finding("prøvekommune", Mark.GOOD, f"{told['citizens']} borgere, {told['cases']} sager")


def _cases(systems: Systems, start: str) -> Finding:
    name = f"ESDH ({systems.cases.system})"
    try:
        systems.cases.get_case(CaseRef(systems.cases.system, _NO_CASE))
    except NotFound:
        return Finding(name, Mark.GOOD, "svarer og giver adgang")
    except ConnectorError as error:
        return Finding(name, Mark.BAD, f"{error.advice} ({error.code})", start)
    return Finding(name, Mark.BAD, "kender en sag, der ikke kan findes", start)


def _events(systems: Systems, start: str) -> Finding:
    name = "CPR"
    try:
        systems.events.poll(after=_PAST_ALL_EVENTS, limit=1)
    except ConnectorError as error:
        return Finding(name, Mark.BAD, f"{error.advice} ({error.code})", start)
    return Finding(name, Mark.GOOD, "svarer og giver adgang")


def _prefect(settings: Settings, inside: Collection[str]) -> list[Finding]:
    quiet = prefect_environment(settings)["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    own = Finding("telemetri", _mark(quiet), "slået fra i den Prefect, Sagsgang starter")
    url = os.environ.get(API_URL)
    if not url:
        return [
            Finding("Prefect", Mark.NOT_HERE, f"{API_URL} er ikke sat; en server startes, når den skal bruges"),
            own,
        ]
    try:
        require_api_allowed(url, settings=settings, inside=inside)
    except SagsgangError as error:
        return [Finding("Prefect", Mark.BAD, str(error), f"Ret {API_URL}."), own]
    try:
        with httpx.Client(timeout=_PREFECT_SECONDS) as client:
            client.get(f"{url.rstrip('/')}/health").raise_for_status()
            admin = client.get(f"{url.rstrip('/')}/admin/settings")
            analytics = admin.json() if admin.is_success else None
    except (httpx.HTTPError, ValueError):
        return [Finding("Prefect", Mark.BAD, "serveren svarer ikke", "sagsgang up"), own]
    if not isinstance(analytics, dict):
        # It asks for a password, which is not for this command to know.
        hidden = Finding("telemetri", Mark.NOT_HERE, "serveren siger ikke, om den sender")
        return [Finding("Prefect", Mark.GOOD, "serveren svarer"), hidden]
    told = analytics.get("server", {}).get("analytics_enabled")
    mend = "Sæt PREFECT_SERVER_ANALYTICS_ENABLED=false hos serveren."
    return [
        Finding("Prefect", Mark.GOOD, "serveren svarer"),
        Finding("telemetri", _mark(told is not True), "sendes" if told else "sendes ikke", mend),
    ]


def is_unmade(settings: Settings) -> bool:
    """Whether the embedded database is not made yet."""
    return not settings.database_url and not (Path(settings.data_dir) / "sagsgang.db").is_file()


def _mark(is_good: bool) -> Mark:  # noqa: FBT001 - one word in, one word out.
    return Mark.GOOD if is_good else Mark.BAD
