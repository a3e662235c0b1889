"""The digest of a robot's code, so that the trail tells which code ran.

What must stay true: the digest covers every Python file of the robot's package, by name and content, in a fixed order.
"""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path


@cache
def digest_of(kind: type[object]) -> str:
    """SHA-256 in hex over the files of the package that ``kind`` is defined in; empty when it has no files."""
    module = sys.modules.get(kind.__module__)
    location = getattr(module, "__file__", None)
    if location is None:
        return ""
    digest = hashlib.sha256()
    for path in sorted(Path(location).parent.glob("**/*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
