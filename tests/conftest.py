"""What every room's tests share: a database of each kind, empty and up to date, and a workplace over it.

A test that asks for ``database_url``, ``database`` or ``place`` runs once on SQLite and once on PostgreSQL. Each test
has a database of its own, copied from a migrated one; its URL can be opened by child processes too.
"""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from casework.workplace import Workplace
from foundation.clock import ManualClock
from foundation.database import Database
from foundation.environment import Environment
from foundation.sealing import KeyRing
from foundation.settings import Settings, load_settings
from tests.databases import DatabaseMaker, PostgresMaker, SqliteMaker, open_postgres

#: A Monday at noon in Denmark, so that no test depends on the day it is run.
NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)

KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still."""
    return ManualClock(NOON)


@pytest.fixture(scope="session")
def ring() -> KeyRing:
    """A key ring that opens nothing but test data."""
    return KeyRing(bytes(range(32)))


@pytest.fixture(scope="session")
def sqlite_maker(tmp_path_factory: pytest.TempPathFactory, ring: KeyRing) -> SqliteMaker:
    """Makes SQLite databases."""
    return SqliteMaker(tmp_path_factory.mktemp("sqlite"), ring)


@pytest.fixture(scope="session")
def postgres_maker(ring: KeyRing) -> Iterator[PostgresMaker]:
    """Makes PostgreSQL databases; skips, or in CI fails, where there can be no server."""
    with open_postgres(ring) as maker:
        yield maker


@pytest.fixture
def make_database(request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """A factory: ``make_database("sqlite")`` or ``("postgresql")`` gives the URL of a new migrated database.

    ``is_empty=True`` gives one without any table. The databases are gone after the test.
    """
    made: list[tuple[DatabaseMaker, str]] = []

    def make(kind: str, *, is_empty: bool = False) -> str:
        maker: DatabaseMaker = request.getfixturevalue({"sqlite": "sqlite_maker"}.get(kind, "postgres_maker"))
        url = maker.make(is_empty=is_empty)
        made.append((maker, url))
        return url

    yield make
    for maker, url in made:
        maker.drop(url)


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """``sqlite`` and ``postgresql`` in turn."""
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(database_kind: str, make_database: Callable[..., str]) -> str:
    """The URL of a migrated database of this test's own, of each kind in turn."""
    return make_database(database_kind)


@pytest.fixture
def empty_database_url(database_kind: str, make_database: Callable[..., str]) -> str:
    """The URL of a database without tables, of each kind in turn."""
    return make_database(database_kind, is_empty=True)


@pytest.fixture
def database(database_url: str, ring: KeyRing) -> Iterator[Database]:
    """A migrated database, of each kind in turn."""
    opened = Database(database_url, ring)
    yield opened
    opened.dispose()


@pytest.fixture
def place(database: Database, clock: ManualClock) -> Workplace:
    """A workplace over each kind of database in turn, with a clock that stands still."""
    return Workplace(database, clock, Environment.SIMULATED)


@pytest.fixture(scope="session")
def child_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment for child processes that import our rooms.

    Where Python may not write bytecode beside the source, every child would compile every library again.
    """
    environment = dict(os.environ)
    if environment.pop("PYTHONDONTWRITEBYTECODE", None):
        folder = tmp_path_factory.getbasetemp()
        shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
        environment["PYTHONPYCACHEPREFIX"] = str(shared / "bytecode")
    return environment


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of the simulated environment in a folder of the test's own, whatever the machine's environment says."""
    forget_settings(monkeypatch)
    return load_settings(data_dir=tmp_path / "var")


def forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every setting of the machine away for the length of a test."""
    for name in (*Settings.model_fields, "secrets_dir"):
        monkeypatch.delenv(f"SAGSGANG_{name.upper()}", raising=False)
