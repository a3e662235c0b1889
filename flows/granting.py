"""``python -m flows.granting``: gives the roles of the trail their rights on a migrated PostgreSQL database.

Run as the tables' owner after each migration. What must stay true: it may be run again and again, and it takes away
what a role has too much of (``audit.roles``); who is a member of a role is the administrator's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sqlalchemy import text

from audit.roles import ROLES, role_statements
from casework.tables import InstallationRow
from flows.composition import open_workplace
from foundation.database import Database
from foundation.errors import ConfigurationError, SagsgangError
from foundation.settings import load_settings

GRANTED, REFUSED = 0, 2
#: What every part looks at when it begins: that the schema fits the program and the environment.
_LOOKED_AT = ("alembic_version", InstallationRow.__tablename__)


def grant_roles(database: Database) -> None:
    """Make the roles where they are missing, and give each exactly its rights.

    Raises:
        ConfigurationError: on SQLite, which has no roles.
    """
    if database.is_sqlite:
        raise ConfigurationError("SQLite har ingen roller. Rettighederne er dem, filen har.")
    with database.write() as session:
        for statement in role_statements():
            session.execute(text(statement))
        session.execute(text(f"GRANT SELECT ON {', '.join(_LOOKED_AT)} TO {', '.join(ROLES)}"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Grant; 0 when it is done, 2 with a sentence when it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m flows.granting", description="Grants the roles of the audit log.")
    parser.parse_args(arguments)
    try:
        with open_workplace(load_settings()) as place:
            grant_roles(place.database)
    except SagsgangError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    return GRANTED


if __name__ == "__main__":
    sys.exit(main())
