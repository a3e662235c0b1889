"""What the flow of this process is handed besides its parameters, and what it hands back.

Parameters of a flow are kept by Prefect in clear, and results would be. What must stay true: whatever is more than an
opaque name goes this way, within the process, and never through Prefect.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from flows.running import RunReport
from flows.stopping import Tell, unheard
from flows.work_loop import Progress
from foundation.errors import SagsgangError
from foundation.settings import Settings


class OrchestratorError(SagsgangError):
    """Prefect does not answer, or did not carry a run through. Our queue is as it was; the run can be repeated."""

    code = "orchestrator"
    is_retryable = True


@dataclass
class RunRequest:
    """One run that was asked for in this process. The flow fills in ``report`` or ``error``."""

    settings: Settings
    progress: Progress | None = None
    #: Told how the run is being stopped, where somebody follows it.
    tell: Tell = unheard
    report: RunReport | None = None
    error: Exception | None = None


_asked: ContextVar[RunRequest | None] = ContextVar("sagsgang_run_request", default=None)


def current_request() -> RunRequest | None:
    """The request that this flow run answers; None when Prefect started it by schedule or from its page."""
    return _asked.get()


@contextmanager
def asking(request: RunRequest) -> Iterator[None]:
    """Let flows that are called within the block answer this request."""
    token = _asked.set(request)
    try:
        yield
    finally:
        _asked.reset(token)
