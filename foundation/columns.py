"""Column types: times in UTC, and personal data sealed.

What must stay true: no naive time and no unsealed personal data can be written through these types. The key ring rides
on the engine's dialect (see ``foundation.database``), so a type needs no global key.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from foundation.sealing import KeyRing

#: Attribute of the dialect that holds the key ring.
RING = "sagsgang_key_ring"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored as UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware in, UTC stored; SQLite keeps no zone, so it gets none."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a time without a zone cannot be stored; give it tzinfo"
            raise ValueError(message)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware UTC out."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Sealed(TypeDecorator[bytes]):
    """Bytes that are sealed in the database and clear in the program.

    ``place`` is ``table.column``; a value moved to another place does not open.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - SQLAlchemy copies types with its own arguments.
        super().__init__(*args, **kwargs)
        self.place = place

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Clear in, sealed stored."""
        return None if value is None else _ring(dialect).seal(value, place=self.place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Sealed stored, clear out."""
        return None if value is None else _ring(dialect).unseal(bytes(value), place=self.place)


def _ring(dialect: Dialect) -> KeyRing:
    ring: KeyRing = getattr(dialect, RING)
    return ring
