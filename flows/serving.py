"""``python -m flows.serving``: the worker. Registers our deployments with Prefect and runs what falls due.

What must stay true: asked to stop, it takes no new run, lets those that go on come to their end for a while, and then
has them stop: what they have begun is ended, what they only claimed goes back to the queue.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from flows.deployments import deployments_of
from flows.prefect_environment import API_URL, prefect_environment, require_api_allowed, settings_environment
from foundation.errors import ConfigurationError, SagsgangError
from foundation.logs import configure_logs, get_logger
from foundation.settings import load_settings

log = get_logger(__name__)

STOPPED, REFUSED = 0, 2
#: Shorter than the stop_grace_period in docker/compose.yaml.
DRAIN_SECONDS = 120.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; 0 when it ended in order, 2 when it could not begin."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings()
        api_url = os.environ.get(API_URL)
        if not api_url:
            raise ConfigurationError(f"{API_URL} mangler. Den skal være adressen på Prefect-serverens API.")
        require_api_allowed(api_url, settings=settings, inside=options.inside)
        # Before Prefect is imported; the runs are processes of their own and read the same.
        os.environ.update(prefect_environment(settings) | settings_environment(settings))
    except SagsgangError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    configure_logs(json=settings.uses_json_logs, level=settings.log_level)
    from flows.runner import serve  # noqa: PLC0415 - it imports Prefect, which reads its settings while it does.

    def ready() -> None:
        if options.ready is not None:
            options.ready.touch()

    asyncio.run(
        serve(
            deployments_of(settings),
            settings=settings,
            at_once=options.at_once,
            drain_seconds=options.drain_seconds,
            ready=ready,
        )
    )
    return STOPPED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m flows.serving", description="Runs what Prefect says is due.")
    parser.add_argument("--at-once", type=int, default=2, help="runs of all deployments together")
    parser.add_argument("--drain-seconds", type=float, default=DRAIN_SECONDS, help="how long runs may go on at the end")
    parser.add_argument("--ready", type=Path, help="a file that is made when the deployments are registered")
    parser.add_argument(
        "--inside",
        action="append",
        default=[],
        metavar="HOST",
        help="a host of a closed network that may be Prefect's server without https, in simulated as well",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
