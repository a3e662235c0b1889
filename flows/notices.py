"""Telling people: what there is to tell goes into the outbox, and from there to every target.

What must stay true: nothing here keeps a run from its work, makes it fail or holds it up for long; a notice is taken
when its turn has come and not before, so that a process that dies leaves one in doubt and not all; a target that
refuses once is left alone until the next time; and what is sent holds no personal data (``casework.matters``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from casework.matters import matters
from casework.notices import Matter, mark_refused, mark_sent, put, take
from casework.workplace import Workplace
from foundation.environment import Environment
from foundation.logs import get_logger
from foundation.settings import Settings

if TYPE_CHECKING:
    from connectors.notices import Target

log = get_logger(__name__)

#: At one time, and seconds after which no further one is begun; the rest next time.
_MOST, _LONGEST = 50, 60.0
_PURPOSE = "notice target"


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one go: ``new`` notices were laid in the outbox."""

    targets: int
    new: int
    sent: int
    refused: int


def tell_people(place: Workplace, settings: Settings) -> Told:
    """Look for what there is to tell, and send what waits.

    Raises:
        ConfigurationError: an address in the setting is none, or not one for this environment.
    """
    targets = _targets(place, settings)
    if not targets:
        return Told(0, 0, 0, 0)
    with place.database.read() as session:
        found = matters(
            session, place, deadline_hours=settings.notice_hours, approval_hours=settings.notice_approval_hours
        )
    new = 0
    if found:
        with place.database.write() as session:
            new = put(session, place, [_stamped(each, place) for each in found], targets=targets)
    sent, refused = _send(place, targets)
    return Told(len(targets), new, sent, refused)


def tell_people_quietly(place: Workplace, settings: Settings) -> None:
    """The same after a run: whatever goes wrong is logged by its kind, and told by ``sagsgang doctor``."""
    try:
        told = tell_people(place, settings)
    except Exception as error:  # noqa: BLE001 - the run is over and must not fail for this.
        log.warning("notices.failed", kind=type(error).__name__)
    else:
        if told.targets:
            log.info("notices.told", new=told.new, sent=told.sent, refused=told.refused)


def _send(place: Workplace, targets: dict[str, Target]) -> tuple[int, int]:
    from connectors.notices import Sent  # noqa: PLC0415 - it imports apprise, which most runs do without.

    sent = refused = 0
    heard = dict(targets)
    until = place.clock.monotonic() + _LONGEST
    for _ in range(_MOST):
        if place.clock.monotonic() >= until:
            log.info("notices.out_of_time", sent=sent)
            break
        taken = take(place, targets=heard, limit=1)
        if not taken:
            break
        (notice,) = taken
        if targets[notice.target].send(title=notice.title, body=notice.body) is Sent.TAKEN:
            mark_sent(place, notice)
            sent += 1
        else:
            mark_refused(place, notice)
            del heard[notice.target]
            refused += 1
            log.warning("notice.refused", target=targets[notice.target].number, attempt=notice.attempt)
    return sent, refused


def _targets(place: Workplace, settings: Settings) -> dict[str, Target]:
    """Each target by the keyed digest under which the outbox knows it."""
    urls = settings.notice_urls.get_secret_value()
    if not urls.strip():
        return {}
    from connectors.notices import open_targets  # noqa: PLC0415 - the same.

    ring = place.database.ring
    opened = open_targets(urls, environment=settings.environment)
    return {ring.lookup_token(target.url, purpose=_PURPOSE): target for target in opened}


def _stamped(matter: Matter, place: Workplace) -> Matter:
    """Outside production the title says that it is none."""
    if place.environment is Environment.PRODUCTION:
        return matter
    return replace(matter, title=f"{place.environment.stamp}: {matter.title}")
