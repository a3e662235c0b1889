"""Looking many persons up at once, for a sweep.

One commit a person would cost more than all the rest of a sweep, so the look-ups of a portion are recorded together.
What must stay true: every look-up of a portion stands in the trail before the first answer is released, and all threads
keep to one rate limit and one circuit.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Final

from connectors.errors import NotFound
from connectors.guarded import all_looked_up
from connectors.ports import PersonRegister
from connectors.reader import Reader
from connectors.records import PersonSnapshot
from foundation.cpr import Cpr
from foundation.cpr_environment import require_allowed_here
from foundation.environment import Environment

#: More in one transaction would keep others waiting.
LARGEST_PORTION: Final = 200


class BulkPeople:
    """A person register for sweeps."""

    def __init__(self, register: PersonRegister, reader: Reader, *, threads: int = 4) -> None:
        """Ask ``register`` from so many threads at a time; ``reader`` has no lease, because there is no item yet."""
        self._register = register
        self._reader = reader
        self._threads = threads

    def lookup_all(self, cprs: Collection[Cpr]) -> Mapping[Cpr, PersonSnapshot | None]:
        """Each person as CPR describes him now; None for a number that CPR does not know.

        Args:
            cprs: at most ``LARGEST_PORTION`` different numbers.

        Raises:
            ValueError: there are more.
            TestNumberRefused, RealNumberRefused: a number does not belong in this environment; nothing is recorded and
                nobody is asked, so a caller that wants the others leaves it out.
            ConnectorError: what the system answered of some person; the look-ups stay recorded, because nobody can tell
                which of them were made.
        """
        wanted = list(dict.fromkeys(cprs))
        if len(wanted) > LARGEST_PORTION:
            raise ValueError(f"a portion holds at most {LARGEST_PORTION} persons, not {len(wanted)}")
        is_production = self._reader.place.environment is Environment.PRODUCTION
        for cpr in wanted:
            require_allowed_here(cpr, is_production=is_production)
        if not wanted:
            return {}
        system = self._register.system
        # In the order of the numbers, so that two portions that overlap cannot wait for each other's references.
        told = sorted(wanted, key=lambda cpr: cpr.digits)
        self._reader.record(lambda session: all_looked_up(session, self._reader, told, system=system))
        return self._ask(wanted)

    def _ask(self, wanted: list[Cpr]) -> dict[Cpr, PersonSnapshot | None]:
        has_failed = threading.Event()

        def lookup(cpr: Cpr) -> PersonSnapshot | None:
            if has_failed.is_set():
                # Its answer would be thrown away: the portion ends with the error.
                return None
            try:
                return self._lookup(cpr)
            except BaseException:
                has_failed.set()
                raise

        with ThreadPoolExecutor(self._threads, thread_name_prefix="lookup") as pool:
            try:
                # Log lines of the threads name the run, too.
                asked = {cpr: pool.submit(copy_context().run, lookup, cpr) for cpr in wanted}
                return {cpr: future.result() for cpr, future in asked.items()}
            finally:
                # Where one failed, or the run was interrupted, nobody waits for the rest.
                has_failed.set()

    def _lookup(self, cpr: Cpr) -> PersonSnapshot | None:
        try:
            return self._reader.try_call(self._register.system, "lookup", partial(self._register.lookup, cpr))
        except NotFound as error:
            # One that is only not visible yet may be asked for again.
            if error.is_retryable:
                raise
            return None
