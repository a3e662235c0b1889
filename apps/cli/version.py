"""``sagsgang version``.

What must stay true: it needs no settings and no database, so that it answers where nothing else does.
"""

from __future__ import annotations

import importlib.metadata
import platform

from apps.cli.exits import Exit
from apps.cli.invocation import Invocation


def run(call: Invocation) -> int:
    """Show the version of Sagsgang, of Python and of Prefect."""
    versions = {
        "sagsgang": importlib.metadata.version("sagsgang"),
        "python": platform.python_version(),
        "prefect": importlib.metadata.version("prefect"),
    }
    call.screen.heading(f"Sagsgang {versions['sagsgang']}")
    call.screen.facts([("Python", versions["python"]), ("Prefect", versions["prefect"])])
    call.screen.answer(versions)
    return Exit.OK
