"""Everything on one machine: the simulated municipality, the log's sequencer, Prefect, and the worker.

Each is a child process. What must stay true: nothing is started again behind anybody's back. When one part ends, it is
told and all of them are stopped; no part outlives this process, however it ends (``flows.child``); and the log is the
last to stop that has anything to write down.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from audit.signer import open_signer
from flows.child import Child, answers, start_child, wait_for
from flows.composition import open_workplace
from flows.prefect_environment import API_URL, prefect_environment, settings_environment
from flows.prefect_server import START_SECONDS, USUAL_PORT, api_url_of, free_port, is_ours, start_prefect_server
from flows.stopping import SIGNALS
from foundation.environment import Environment
from foundation.errors import SagsgangError
from foundation.settings import Settings

MUNICIPALITY, SEQUENCER, PREFECT, WORKER = "kommune", "indlemmer", "prefect", "arbejder"

#: The worker lets runs go on for this long when it is stopped; then it has them stop.
_DRAIN_SECONDS = 5.0
_TIDYING_SECONDS = 15.0
#: Generous: a busy machine takes its time, and whoever does not want to wait presses Ctrl-C again.
_GRACE_SECONDS = {MUNICIPALITY: 30.0, SEQUENCER: 30.0, PREFECT: 45.0}
_LOOK_SECONDS = 0.5

Tell = Callable[[str, str], None]


class PartStoppedError(SagsgangError):
    """A part did not start, or stopped by itself. All others were stopped as well."""

    code = "part_stopped"
    is_retryable = True


def run_local_stack(settings: Settings, *, tell: Tell, stop: threading.Event) -> bool:
    """Bring the database up to date, start every part in order, and wait until told to stop.

    Args:
        settings: the settings; in ``simulated`` the municipality is started where ``nova_url`` points, unless something
            answers there.
        tell: told the part and, in Danish, how it goes.
        stop: set it to end; SIGINT, SIGTERM and CTRL-BREAK set it as well when this is the main thread, and a second
            one ends everything at once.

    Returns:
        Whether it ended in order; False after a second signal: what was in hand then comes back by its lease.

    Raises:
        PartStoppedError: a part did not come up in time, or ended by itself.
        DatabaseError: the database is not one for this program and environment.
        ConfigurationError: the log has no key to be signed with.
    """
    with open_workplace(settings):
        tell("database", "Databasen er klar.")
    stack = _Stack(settings, tell, stop)
    with _stopped_by_signals(stop, stack.hurry):
        try:
            stack.start()
            stack.watch()
        finally:
            stack.stop_all()
    return not stack.hurry.is_set()


@dataclass
class _Stack:
    settings: Settings
    tell: Tell
    stop: threading.Event
    #: Set by the second signal: nothing has time any more.
    hurry: threading.Event = field(default_factory=threading.Event)
    _children: list[Child] = field(default_factory=list)

    def start(self) -> None:
        """Each part when the one before it answers; nothing more once ``stop`` is set."""
        for begin in (self._start_municipality, self._start_sequencer, self._start_prefect):
            if not self.stop.is_set():
                begin()

    def watch(self) -> None:
        """Return when told to stop; raise when a part ends."""
        # Not ``stop.wait``: a signal's handler runs in this thread, and could wait for ever for the lock of that wait.
        while not self.stop.is_set():
            time.sleep(_LOOK_SECONDS)
            for child in self._children:
                if child.has_ended:
                    raise self._stopped(child, "er standset af sig selv")

    def stop_all(self) -> None:
        """The last to start is the first to stop, so that no run loses its server; at once, when in a hurry."""
        for child in reversed(self._children):
            if not self.hurry.is_set():
                self.tell(child.name, self._farewell(child))
            went = child.stop(grace_seconds=self._grace_of(child), hurry=self.hurry.is_set)
            if not self.hurry.is_set():
                self.tell(child.name, "Standset." if went else "Standsede ikke i tide og blev afbrudt.")

    def _farewell(self, child: Child) -> str:
        if child.name != WORKER:
            return "Standser."
        return "Standser, når det, der er begyndt, er færdigt eller lagt tilbage. Ctrl-C igen afbryder alt straks."

    def _grace_of(self, child: Child) -> float:
        """Seconds to end by itself; the worker's runs have theirs, and their processes some to end in."""
        if child.name == WORKER:
            return _DRAIN_SECONDS + self.settings.stop_grace_seconds + _TIDYING_SECONDS
        return _GRACE_SECONDS[child.name]

    def _start_municipality(self) -> None:
        if self.settings.environment is not Environment.SIMULATED:
            return
        parts = urlsplit(self.settings.nova_url)
        health = f"{parts.scheme}://{parts.netloc}/__admin/health"
        if answers(health):
            self.tell(MUNICIPALITY, f"Den simulerede kommune kører allerede på {parts.netloc}.")
            return
        self.tell(MUNICIPALITY, "Starter den simulerede kommune.")
        arguments = ("--store", str((self.settings.data_dir / "simulated").resolve()), "--port", str(parts.port or 80))
        child = self._child(MUNICIPALITY, "connectors.simulated", arguments)
        self._wait(child, lambda: answers(health), seconds=START_SECONDS)
        self.tell(MUNICIPALITY, f"Den simulerede kommune svarer på http://{parts.netloc}.")

    def _start_sequencer(self) -> None:
        """It comes before what it keeps the record of, and so it stops after that, with the last event signed."""
        if self.settings.audit_kept_elsewhere:
            self.tell(SEQUENCER, "Loggen føres af en tjeneste for sig (SAGSGANG_AUDIT_KEPT_ELSEWHERE).")
            return
        # A log without a key is refused here, with the sentence of why, and not in a file that nobody reads.
        open_signer(self.settings)
        self.tell(SEQUENCER, "Starter indlemmeren, som fører loggen.")
        ready = self._ready_file(SEQUENCER)
        child = self._child(SEQUENCER, "flows.sequencing", ("--ready", str(ready)))
        if self._wait(child, ready.exists, seconds=START_SECONDS):
            often, signed = (
                f"{seconds:g}".replace(".", ",")
                for seconds in (self.settings.audit_sequence_seconds, self.settings.audit_checkpoint_seconds)
            )
            self.tell(SEQUENCER, f"Loggen indlemmes hvert {often}. sekund og skrives under hvert {signed}. sekund.")

    def _start_prefect(self) -> None:
        self.tell(PREFECT, "Starter Prefect. Det tager 10-20 sekunder, på en travl maskine længere.")
        port = free_port(USUAL_PORT)
        if not self._is_up(port):
            if self.stop.is_set():
                return
            child = self._children[-1]
            if not child.has_ended or free_port(port) == port:
                raise self._stopped(child, "kom ikke op")
            # Somebody else took the port between our looking and our server's.
            self._children.pop().stop(grace_seconds=0)
            port = free_port()
            if not self._is_up(port):
                if self.stop.is_set():
                    return
                raise self._stopped(self._children[-1], "kom ikke op")
        self.tell(PREFECT, f"Prefects side er på http://127.0.0.1:{port} (kun for digitale agenter).")
        self._start_worker(api_url_of(port))

    def _is_up(self, port: int) -> bool:
        child = start_prefect_server(self.settings, port=port, schedules=True)
        self._children.append(child)
        return wait_for(lambda: is_ours(port, self.settings), child, seconds=START_SECONDS, stop=self.stop)

    def _start_worker(self, api_url: str) -> None:
        self.tell(WORKER, "Starter arbejderen.")
        ready = self._ready_file(WORKER)
        arguments = ("--ready", str(ready), "--drain-seconds", str(_DRAIN_SECONDS))
        child = self._child(WORKER, "flows.serving", arguments, {API_URL: api_url})
        if self._wait(child, ready.exists, seconds=START_SECONDS):
            self.tell(WORKER, "Arbejderen er klar og følger tidsplanen.")

    def _ready_file(self, name: str) -> Path:
        """The file that the part makes when it has begun."""
        ready = self.settings.data_dir.resolve() / "ready" / name
        ready.parent.mkdir(parents=True, exist_ok=True)
        ready.unlink(missing_ok=True)
        return ready

    def _child(
        self, name: str, module: str, arguments: tuple[str, ...], environment: dict[str, str] | None = None
    ) -> Child:
        shared = {**prefect_environment(self.settings), **settings_environment(self.settings)}
        log = self.settings.data_dir / "logs" / f"{name}.log"
        child = start_child(name, module, arguments, environment={**shared, **(environment or {})}, log=log)
        self._children.append(child)
        return child

    def _wait(self, child: Child, is_ready: Callable[[], bool], *, seconds: float) -> bool:
        """Whether it is ready; False when we are told to stop meanwhile."""
        if wait_for(is_ready, child, seconds=seconds, stop=self.stop):
            return True
        if self.stop.is_set():
            return False
        raise self._stopped(child, "kom ikke op")

    def _stopped(self, child: Child, how: str) -> PartStoppedError:
        message = f"{child.name} {how}. Se {child.log.name} i mappen logs. Alt standses."
        self.tell(child.name, message)
        return PartStoppedError(message)


@contextmanager
def _stopped_by_signals(stop: threading.Event, hurry: threading.Event) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def set_stop(_signal: int, _frame: FrameType | None) -> None:
        # Nothing is raised: in the middle of stopping it would leave parts behind.
        (hurry if stop.is_set() else stop).set()

    before = {number: signal.signal(number, set_stop) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
