"""The roles get their rights after a migration, and the sequencer's part begins and works with its own alone."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

from audit.roles import SEQUENCER
from audit.sequencer import drain
from casework.schema import check
from flows.granting import grant_roles
from foundation.clock import SystemClock
from foundation.database import Database
from foundation.environment import Environment
from foundation.errors import ConfigurationError
from foundation.sealing import KeyRing


@pytest.fixture
def url(make_database: Callable[..., str]) -> str:
    return make_database("postgresql")


@pytest.fixture
def as_sequencer(url: str, ring: KeyRing) -> Iterator[Database]:
    owner = Database(url, ring)
    for _ in range(2):
        grant_roles(owner)
    owner.dispose()
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {SEQUENCER} LOGIN PASSWORD 'kun-til-test'".encode())
        own = make_url(url).set(username=SEQUENCER, password="kun-til-test")
        database = Database(own.render_as_string(hide_password=False), ring)
        yield database
        database.dispose()
        # Roles belong to the whole server, which may be somebody's own.
        connection.execute(f"ALTER ROLE {SEQUENCER} NOLOGIN PASSWORD NULL".encode())


@pytest.mark.postgres
def test_the_sequencer_begins_and_works_with_the_rights_it_is_given(as_sequencer: Database) -> None:
    check(as_sequencer, environment=Environment.SIMULATED)
    assert drain(as_sequencer, now=SystemClock().now, environment="simulated").count == 1


def test_the_embedded_database_has_no_roles(make_database: Callable[..., str], ring: KeyRing) -> None:
    database = Database(make_database("sqlite"), ring)
    with pytest.raises(ConfigurationError, match="ingen roller"):
        grant_roles(database)
    database.dispose()
