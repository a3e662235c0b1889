"""Figures, each with where it comes from, so that whoever reads one can count it again.

What must stay true: no figure stands without its source.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. ``value`` is a number or a short Danish text; ``source`` names the events it was counted from."""

    label: str
    value: int | str
    source: str


@dataclass(frozen=True, slots=True)
class Section:
    """Figures under one heading, and what must be said beside them."""

    title: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()
