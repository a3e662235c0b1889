"""Notices by e-mail and webhook, through apprise.

What must stay true: this package is all that imports apprise; it is imported only when a notice is to be sent.
"""

from __future__ import annotations

from connectors.notices.targets import Sent, Target, open_targets

__all__ = ["Sent", "Target", "open_targets"]
