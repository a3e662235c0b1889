"""A process that runs a robot of three slow steps, for a test that tells it to stop."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from casework.items import NewItem, enqueue
from casework.workplace import as_person
from flows.composition import Systems, compose
from flows.running import run_robot
from foundation.actor import resolve_actor
from foundation.logs import configure_logs
from foundation.settings import load_settings
from robots.address_update.card import CARD
from robots.desk import Desk
from robots.outcome import Completed, Outcome
from robots.robot import WorkItem
from robots.twins.case_register import TwinCaseRegister
from robots.twins.person_events import TwinPersonEvents
from robots.twins.person_register import TwinPersonRegister
from tests.flows.test_ending import Nothing

STEPS = 3


class Slow:
    """Says when it begins, and takes its time."""

    card = CARD
    payload_type = Nothing

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def handle(self, _item: WorkItem, desk: Desk) -> Outcome:
        for number in range(STEPS):
            desk.step(f"step-{number}", self._take_time, returns=int)
        return Completed("fine")

    def _take_time(self) -> int:
        # One write, because two threads say it at once; the test waits for it.
        sys.stdout.write("step\n")
        sys.stdout.flush()
        time.sleep(self._seconds)
        return 1


def main() -> None:
    folder, seconds, grace, items = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    configure_logs(json=True, level="INFO")
    settings = load_settings(data_dir=folder, workers=2, claim_batch=items, stop_grace_seconds=grace)
    systems = Systems(cases=TwinCaseRegister(), people=TwinPersonRegister(), events=TwinPersonEvents())
    with compose(settings, systems=systems) as composition:
        place, dorthe = composition.place, resolve_actor(settings, chosen="dorthe")
        new = [NewItem(f"slow-{number}", b"{}") for number in range(items)]
        with place.database.write() as session:
            enqueue(session, place, CARD.name, new, acting=as_person(dorthe), run_id=None)
        report = run_robot(composition, Slow(seconds), dorthe)
    print(report.summary.stopped_by, flush=True)  # noqa: T201 - the same.


if __name__ == "__main__":
    main()
