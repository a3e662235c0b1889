"""What is wrong with the database, as one Danish sentence with what to do, from whatever the driver raised.

The drivers' own texts hold SQL, addresses and account names, and are repeated nowhere. What must stay true: every error
of SQLAlchemy, psycopg and sqlite3 becomes one of these, and one that passes by itself says so.
"""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError


class DatabaseFault(NamedTuple):
    """One kind of trouble. ``is_retryable`` tells whether waiting may help; nothing was stored half in any of them."""

    code: str
    message: str
    is_retryable: bool


UNAVAILABLE: Final = DatabaseFault(
    "database_unavailable",
    "Databasen svarer ikke eller afviser adgangen. Intet er gemt halvt, og opgaverne kommer tilbage af sig selv. Se, "
    "om databaseserveren kører og kan nås med SAGSGANG_DATABASE_URL, og prøv igen.",
    is_retryable=True,
)
BUSY: Final = DatabaseFault(
    "database_busy",
    "Databasen har været optaget for længe af en anden proces. Intet er gemt halvt. Prøv igen om lidt; sker det tit, "
    "så se, om et andet program har databasen åben.",
    is_retryable=True,
)
FULL: Final = DatabaseFault(
    "disk_full",
    "Disken er fuld, så intet kan gemmes. Intet er gemt halvt. Skaf plads, og start igen.",
    is_retryable=True,
)
UNREADABLE: Final = DatabaseFault(
    "database_unreadable",
    "Databasens fil kan ikke åbnes eller skrives. Kontrollér, at mappen i SAGSGANG_DATA_DIR findes, at disken er "
    "tilsluttet, og at kontoen må læse og skrive både filen og mappen.",
    is_retryable=False,
)
DAMAGED: Final = DatabaseFault(
    "database_damaged",
    "Databasens fil er beskadiget eller er ikke en database. Stop alt, gem filen, som den er, og gendan den nyeste "
    "sikkerhedskopi; se docs/audit-verification.md.",
    is_retryable=False,
)
REFUSED: Final = DatabaseFault(
    "database_refused",
    "Databasen afviser det, programmet beder om: kontoen mangler rettigheder, eller tabellerne er en anden versions. "
    "Se, hvad der er galt, med: sagsgang doctor",
    is_retryable=False,
)

#: SQLite's primary result codes; the higher bits of an error only tell more of the same.
_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_PROTOCOL: BUSY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_CANTOPEN: UNREADABLE,
    sqlite3.SQLITE_PERM: UNREADABLE,
    sqlite3.SQLITE_READONLY: UNREADABLE,
    sqlite3.SQLITE_IOERR: UNREADABLE,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
}
_PRIMARY: Final = 0xFF
_NO_LINE: Final = frozenset({"OperationalError", "InterfaceError"})

#: PostgreSQL's SQLSTATE, or its class of two letters (its manual, appendix A).
_POSTGRESQL: Final = {
    "08": UNAVAILABLE,
    "57P": UNAVAILABLE,
    # A session that slept within a transaction was ended.
    "25P03": UNAVAILABLE,
    "53300": UNAVAILABLE,
    "53100": FULL,
    "40": BUSY,
    "55P03": BUSY,
    "57014": BUSY,
    "58": UNREADABLE,
    "XX001": DAMAGED,
    "XX002": DAMAGED,
}


def fault_of(error: BaseException) -> DatabaseFault | None:
    """What this error says of the database; None when it comes from elsewhere, or is ours already."""
    if isinstance(error, PoolTimeoutError):
        return BUSY
    cause = error.orig if isinstance(error, DBAPIError) else error
    sqlite_code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(sqlite_code, int):
        return _SQLITE.get(sqlite_code & _PRIMARY, REFUSED)
    state = getattr(cause, "sqlstate", None)
    if isinstance(state, str):
        return next((_POSTGRESQL[state[:length]] for length in (5, 3, 2) if state[:length] in _POSTGRESQL), REFUSED)
    if not isinstance(error, SQLAlchemyError) and not type(error).__module__.startswith(("psycopg", "sqlite3")):
        return None
    # No answer at all, so there is no code: nobody listens, the password is wrong, or the line was cut. SQLAlchemy and
    # the drivers name these errors alike (PEP 249).
    is_cut = getattr(error, "connection_invalidated", False)
    return UNAVAILABLE if is_cut or _NO_LINE & {kind.__name__ for kind in type(error).__mro__} else REFUSED
