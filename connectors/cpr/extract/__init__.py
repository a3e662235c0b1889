"""CPR's change extract U12170-P from a drop folder, opened with one function."""

from __future__ import annotations

from pathlib import Path

from connectors.cpr.extract.checking import Delivery, check
from connectors.cpr.extract.people import ExtractPerson
from connectors.cpr.extract.source import ExtractPersonEvents, read_people

__all__ = ["Delivery", "ExtractPerson", "ExtractPersonEvents", "check", "open_extract", "read_people"]


def open_extract(folder: Path) -> ExtractPersonEvents:
    """The events over the files of a folder; nothing is read yet, and nothing there is ever changed."""
    return ExtractPersonEvents(folder)
