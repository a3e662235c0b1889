"""A proof that stands alone (C2SP tlog-proof): an event's place, the path to the root, and the signed checkpoint.

What must stay true: the checkpoint is in it word for word, so that a proof needs nothing but the log's key.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

HEADER = "c2sp.org/tlog-proof@v1"


def proof_text(index: int, path: Sequence[bytes], note: str) -> str:
    """The proof as it is written to a ``.tlog-proof`` file.

    Args:
        index: the leaf's index in the tree.
        path: the inclusion proof, from the leaf's sibling upwards.
        note: the signed checkpoint.
    """
    hashes = "".join(f"{base64.b64encode(part).decode()}\n" for part in path)
    return f"{HEADER}\nindex {index}\n{hashes}\n{note}"
