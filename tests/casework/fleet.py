"""Raises fleets of worker processes on one queue, which all begin at the same instant.

Run as a program. It imports Sagsgang once and forks a child for each worker. An order is a line of JSON on stdin, and
so is its answer on stdout:

    {"url": ..., "workers": 8, "folder": ..., "lease": 60, "seed": 100, "sleepers": 2}  ->  {"codes": [0, 0, ...]}

Each worker hands in the same ``seed`` references, claims, ends and takes back until nothing is left, and keeps its own
tally in ``folder``, a line for each thing that happened to it. A sleeper stops itself (SIGSTOP) with its first items in
its hands, and is woken when everybody else has gone home. What must stay true: the tally is written down by the worker
and not read from the database.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from audit.events import ActorRef
from audit.vocabulary import ActorKind
from casework.claiming import ClaimedItem, claim, reap
from casework.ending_many import Departure, move_many
from casework.errors import LeaseLostError
from casework.items import NewItem, enqueue, unfinished
from casework.moves import Detail, move
from casework.transitions import COMPLETE
from casework.workplace import Acting, Workplace
from foundation.clock import SystemClock
from foundation.database import Database
from foundation.environment import Environment
from foundation.identifiers import new_id
from foundation.sealing import KeyRing

ROBOT = "flåde"
ACTING = Acting(ActorRef(ActorKind.ROBOT, ROBOT, "program"))
#: Nobody fails for being slow: what is counted is who ends what.
_MAX_ATTEMPTS = 1000
#: However slow the machine is, a fleet comes home.
_LONGEST = timedelta(minutes=8).total_seconds()


class Hand:
    """One worker."""

    def __init__(self, order: dict[str, Any], number: int) -> None:
        self.order, self.number = order, number
        self.place = Workplace(Database(order["url"], KeyRing(bytes(range(32)))), SystemClock(), Environment.SIMULATED)
        self.id, self.run = new_id(), new_id()
        self.is_sleeper = number < order["sleepers"]
        self.chance = random.Random(number)
        self.tally = (Path(order["folder"]) / f"{number}.tally").open("w", encoding="ascii")

    def work(self) -> None:
        """From the first reference to the last ending."""
        give_up_at = time.monotonic() + _LONGEST
        self.hand_in()
        while time.monotonic() < give_up_at:
            claimed = self.claim()
            if claimed:
                self.end(claimed)
            else:
                reap(self.place, max_attempts=_MAX_ATTEMPTS)
                with self.place.database.read() as session:
                    if unfinished(session, robot=ROBOT) == 0:
                        break
                time.sleep(0.02)
        self.tally.close()
        self.place.database.dispose()

    def hand_in(self) -> None:
        """What every scheduler of the fleet hands in at once."""
        items = [NewItem(f"sag-{number}", b"{}") for number in range(self.order["seed"])]
        with self.place.database.write() as session:
            enqueue(session, self.place, ROBOT, items, acting=ACTING, run_id=self.run)

    def claim(self) -> list[ClaimedItem]:
        """A few."""
        lease, limit = self.order["lease"], self.chance.randint(1, 20)
        claimed = claim(
            self.place, ROBOT, worker=self.id, run_id=self.run, acting=ACTING, limit=limit, lease_seconds=lease
        )
        for each in claimed:
            self.tell("claimed", each.lease.item_id, each.lease.token)
        if claimed and self.is_sleeper:
            self.is_sleeper = False
            os.kill(os.getpid(), signal.SIGSTOP)
        return claimed

    def end(self, claimed: list[ClaimedItem]) -> None:
        """All in one transaction, or each by itself where that fails."""
        departures = [Departure(COMPLETE, each.lease, ACTING, {}, Detail()) for each in claimed]
        try:
            with self.place.database.write() as session:
                move_many(session, self.place, departures)
        except LeaseLostError:
            for each in claimed:
                self.end_alone(each)
        else:
            for each in claimed:
                self.tell("done", each.lease.item_id, each.lease.token)

    def end_alone(self, each: ClaimedItem) -> None:
        """One of a group that could not be ended together."""
        try:
            with self.place.database.write() as session:
                move(session, self.place, COMPLETE, each.lease.item_id, acting=ACTING, lease=each.lease)
        except LeaseLostError:
            self.tell("lost", each.lease.item_id, each.lease.token)
        else:
            self.tell("done", each.lease.item_id, each.lease.token)

    def tell(self, what: str, item: UUID, token: int) -> None:
        """Write it down."""
        self.tally.write(f"{what} {item} {token}\n")


def raise_fleet(order: dict[str, Any]) -> list[int]:
    """Fork, let go, wait until all have come home; returns their exit codes.

    Those who are to sleep go first, so that they have something in their hands when they fall asleep; the others go
    together, and wake them when they are done.
    """
    sleepers = _fork(order, range(order["sleepers"]))
    for pid in sleepers:
        stopped, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            sys.exit(f"worker {stopped} ended instead of falling asleep")
    others = _fork(order, range(order["sleepers"], order["workers"]))
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in others]
    for pid in sleepers:
        os.kill(pid, signal.SIGCONT)
    return codes + [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in sleepers]


def _fork(order: dict[str, Any], numbers: range) -> list[int]:
    """Workers that begin at the same instant; returns their process ids."""
    gate, opener = os.pipe()
    children = []
    for number in numbers:
        pid = os.fork()
        if pid == 0:
            os.close(opener)
            _be_a_worker(order, number, gate)
        children.append(pid)
    os.close(gate)
    # All of them read the end of the pipe at the same instant.
    os.close(opener)
    return children


def _be_a_worker(order: dict[str, Any], number: int, gate: int) -> None:
    code = 1
    try:
        # What it says goes where the tests can be asked for it, and never among the answers.
        os.dup2(2, 1)
        hand = Hand(order, number)
        os.read(gate, 1)
        hand.work()
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Take orders until stdin ends."""
    for line in sys.stdin:
        codes = raise_fleet(json.loads(line))
        sys.stdout.write(json.dumps({"codes": codes}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
