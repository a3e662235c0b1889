"""In-memory twins of the ports: for the tests of robot authors, with no server and no network.

They are part of what Sagsgang promises: each passes the same contract tests as the real adapters.
"""

from __future__ import annotations

from robots.twins.address_register import TwinAddressRegister
from robots.twins.case_register import TwinCaseRegister
from robots.twins.case_stage import CaseStage, LedgerEntry
from robots.twins.person_events import TwinPersonEvents
from robots.twins.person_register import TwinPersonRegister

__all__ = [
    "CaseStage",
    "LedgerEntry",
    "TwinAddressRegister",
    "TwinCaseRegister",
    "TwinPersonEvents",
    "TwinPersonRegister",
]
