"""A database that goes away in the middle of a run, and comes back.

Nothing of that is the robot's fault: its items come back with their leases, and effects are looked for before anything
is repeated. What must stay true: the run ends with a code that says so, an incident tells of it as soon as the database
takes one, and waiting for that ends after a while.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from structlog.stdlib import BoundLogger

from casework.incidents import report
from casework.workplace import Workplace
from foundation.database_faults import REFUSED, DatabaseFault, fault_of

#: A server that is restarted is back within this time; a longer loss is told by the next run, which finds ours dead.
PATIENCE_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 0.5


def loss_of(error: BaseException) -> DatabaseFault | None:
    """What keeps the database from working; None for anything else, also for a statement that it refuses."""
    fault = fault_of(error)
    return None if fault is REFUSED else fault


def when_it_answers(act: Callable[[], None], *, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Do what must be written down, again and again while the database is away.

    Raises:
        DBAPIError: it did not come back in time, or is wrong in a way that does not pass.
    """
    give_up_at = time.monotonic() + patience_seconds
    while True:
        try:
            act()
        except Exception as error:
            fault = fault_of(error)
            if fault is None or not fault.is_retryable or time.monotonic() >= give_up_at:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def report_loss(place: Workplace, robot: str, fault: DatabaseFault) -> None:
    """Open an incident for a run that lost its database, or count one more on the open one."""
    with place.database.write() as session:
        report(session, place, robot=robot, system="", code=fault.code, message=fault.message)


def log_missed(logger: BoundLogger, what: str, error: Exception) -> None:
    """Log what is tried again by itself: a database that is away by its code alone, anything else with its trace."""
    fault = fault_of(error)
    if fault is None:
        logger.error(what, exc_info=error)
    else:
        logger.warning(what, code=fault.code)
