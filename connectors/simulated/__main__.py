"""``python -m connectors.simulated``: the simulated municipality as a process of its own.

What must stay true: the one line on standard output comes when calls are answered, and SIGTERM and SIGINT end the
process cleanly, with exit code 0.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from connectors.simulated.server import NotLoopbackError, running
from connectors.simulated.store import StoreMismatchError


def main() -> int:
    """Serve until told to stop; returns the exit code."""
    options = _parser().parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with running(
            options.store, options.port, options.seed, options.citizens, options.cases, host=options.host
        ) as served:
            line = {
                "url": served.url,
                "seed": options.seed,
                "clientId": served.client_id,
                "clientSecret": served.client_secret,
                "cprToken": served.cpr_token,
            }
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
            # A wait without an end would not see a signal on Windows.
            while not stop.wait(0.5):
                pass
    except (NotLoopbackError, StoreMismatchError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m connectors.simulated", description="The simulated municipality.")
    parser.add_argument("--store", type=Path, required=True, help="folder that keeps the municipality")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--seed", type=int, default=1, help="the same number gives the same municipality")
    parser.add_argument("--citizens", type=int, default=2000)
    parser.add_argument("--cases", type=int, default=5000)
    return parser


if __name__ == "__main__":
    sys.exit(main())
