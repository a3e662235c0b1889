"""One worker process of one contender: ``python -m benchmarks.work_items_contenders.worker NAME URL``.

It is told what to do on stdin, a line each, so that several can be let go at once: ``["enqueue", first, count]`` and
``["work"]``. It answers each with a line of JSON: seconds of CPU, and of work also which items it was handed.
What must stay true: a contender's module is imported only when it is the one that runs.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.work_items_contenders.contender import Contender

_HERE = "benchmarks.work_items_contenders"
#: Module, class, and what else it is made with.
KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "sagsgang": ("ours", "Ours", {}),
    "sagsgang-loop": ("whole_loop", "WholeLoop", {}),
    "sqlmodel": ("sqlmodel_loop", "SqlModelLoop", {}),
    "driver": ("plain", "Plain", {"batch": 1}),
    "driver-batch": ("plain", "Plain", {"batch": 20}),
    "openorchestrator": ("openorchestrator_queue", "OpenOrchestratorQueue", {}),
}


def main(name: str, url: str) -> None:
    """Do as told until stdin ends."""
    module, kind, options = KINDS[name]
    contender: Contender = getattr(import_module(f"{_HERE}.{module}"), kind)(url, **options)
    say(ready=True)
    for line in sys.stdin:
        act, *numbers = json.loads(line)
        before = time.process_time()
        if act == "enqueue":
            first, count = numbers
            contender.enqueue([f"sag-{number}" for number in range(first, first + count)])
            say(cpu=time.process_time() - before)
        else:
            handed = work(contender)
            say(cpu=time.process_time() - before, handed=handed)
    contender.close()


def work(contender: Contender) -> list[str]:
    """Claim and mark done until the queue is empty; returns what was handed out, in order."""
    handed: list[str] = []
    if hasattr(contender, "work"):
        # It has a loop of its own.
        return list(contender.work())
    while taken := contender.claim():
        handed += contender.references(taken)
        contender.done(taken)
    return handed


def say(**answer: object) -> None:
    """One line of JSON."""
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
