"""One row read by itself, handed to the driver as it is.

A robot at work asks small questions all the time: is the row held, did somebody ask to cancel, what is remembered. A
transaction with a session around one such row costs ten times the reading. What must stay true: a question that is
asked here is one SELECT that needs no other statement to agree with it, and no error shows its values.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy.exc import DBAPIError

from foundation.database import Database


def read_row(database: Database, statement: str, *values: object) -> tuple[Any, ...] | None:
    """The first row of the answer, or None.

    Args:
        database: where.
        statement: one SELECT, with ``?`` where a value goes and no ``?`` elsewhere.
        values: as the driver takes them.

    Raises:
        DBAPIError: as SQLAlchemy would raise it.
    """
    # Not within a transaction of this thread: it would see another state of the database than that one.
    database.require_no_open_transaction("a reading of one row")
    text = statement if database.is_sqlite else statement.replace("?", "%s")
    dialect = database.engine.dialect
    drivers_error: type[Exception] = sqlite3.Error if database.is_sqlite else dialect.loaded_dbapi.Error

    def as_sqlalchemy(error: Exception) -> Exception:
        return DBAPIError.instance(text, None, error, drivers_error, hide_parameters=True, dialect=dialect)

    try:
        connection = database.engine.raw_connection()
    except drivers_error as error:
        raise as_sqlalchemy(error) from error
    try:
        cursor = connection.cursor()
        try:
            cursor.execute(text, values)
            row: tuple[Any, ...] | None = cursor.fetchone()
        finally:
            cursor.close()
    except drivers_error as error:
        if dialect.is_disconnect(error, connection.dbapi_connection, None):  # type: ignore[arg-type]  # the driver's own error class.
            connection.invalidate()
        raise as_sqlalchemy(error) from error
    else:
        return row
    finally:
        connection.close()
