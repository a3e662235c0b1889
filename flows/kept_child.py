"""``python -m flows.kept_child MODULE …``: run a module that ends when its parent asks for it, or dies.

What must stay true: the end of standard input is the sign to stop, and it comes to the module as SIGTERM would, so that
the module needs to know nothing of this.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    """Run the module named first, with the arguments that follow."""
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    threading.Thread(target=_stop_at_end_of_input, name="parent-watch", daemon=True).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _stop_at_end_of_input() -> None:
    # Not sys.stdin: its lock, held by a thread that waits, would keep the interpreter from ending.
    while os.read(0, 1024):
        pass
    if sys.platform == "win32":
        # There os.kill would end the process on the spot, without its handler.
        signal.raise_signal(signal.SIGTERM)
    else:
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
