"""What each role of PostgreSQL may do, tried on a real server: every way round that was open somewhere once."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

from audit.append_only import existing_triggers, trigger_names
from audit.events import ActorRef
from audit.pruning import Letting, prune_before_year
from audit.recording import record_all
from audit.roles import READER, RETENTION, ROLES, SEQUENCER, WRITER, role_statements
from audit.sequencer import drain
from audit.signer import Signer
from audit.subjects import refer_to
from audit.vocabulary import ActorKind
from casework.workplace import Workplace
from foundation.clock import ManualClock
from foundation.database import Database
from foundation.environment import Environment
from foundation.sealing import KeyRing
from tests.audit.tampering import plain
from tests.conftest import NOON

pytestmark = pytest.mark.postgres


@pytest.fixture
def url(make_database: Callable[..., str]) -> str:
    """A PostgreSQL database whose roles are made, with a signed log of six events."""
    return make_database("postgresql")


@pytest.fixture
def place(url: str, ring: KeyRing, clock: ManualClock) -> Iterator[Workplace]:
    database = Database(url, ring)
    yield Workplace(database, clock, Environment.SIMULATED)
    database.dispose()


@pytest.fixture
def owner(url: str, place: Workplace) -> Iterator[psycopg.Connection]:
    plain_url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain_url, autocommit=True) as connection:
        for _ in range(2):
            # They may be run again and again.
            for statement in role_statements():
                connection.execute(statement.encode())
        with place.database.write() as session:
            place.record(session, *(plain(number) for number in range(5)))
        drain(place.database, now=place.now, environment="simulated")
        with place.database.write() as session:
            place.record(session, plain())
        yield connection


@pytest.fixture
def acting_as(url: str, owner: psycopg.Connection, ring: KeyRing) -> Iterator[Callable[[str], Database]]:
    """The program's own database, connected as a role."""
    opened: list[Database] = []

    def connect(role: str) -> Database:
        owner.execute(f"ALTER ROLE {role} LOGIN PASSWORD 'kun-til-test'".encode())
        own = make_url(url).set(username=role, password="kun-til-test")
        opened.append(Database(own.render_as_string(hide_password=False), ring))
        return opened[-1]

    yield connect
    for database in opened:
        database.dispose()
    for role in ROLES:
        # Roles belong to the whole server, which may be somebody's own.
        owner.execute(f"ALTER ROLE {role} NOLOGIN PASSWORD NULL".encode())


def _as(owner: psycopg.Connection, role: str, statement: str) -> None:
    owner.execute(f"SET ROLE {role}".encode())
    try:
        owner.execute(statement.encode())
    finally:
        owner.execute(b"RESET ROLE")


FORBIDDEN_TO_THE_WRITER = [
    "SELECT body FROM audit_event",
    "SELECT id FROM audit_event",
    "SELECT detail FROM audit_private",
    "SELECT identity FROM audit_subject",
    "UPDATE audit_event SET outcome = 'refused'",
    "DELETE FROM audit_event",
    "TRUNCATE audit_event CASCADE",
    "INSERT INTO audit_event (id) SELECT gen_random_uuid() RETURNING body",
    "INSERT INTO audit_event (id, at) VALUES (gen_random_uuid(), now()) ON CONFLICT (id) DO UPDATE SET outcome = 'x'",
    "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    "DROP TRIGGER audit_event_no_update ON audit_event",
    "SET session_replication_role = replica",
    "DELETE FROM audit_pending",
    "DELETE FROM audit_private",
    "DELETE FROM audit_subject",
    "INSERT INTO audit_leaf (seq, event_id, leaf) VALUES (6, gen_random_uuid(), '')",
    "INSERT INTO audit_checkpoint (size, note, signed_by, at) VALUES (1, '', '', now())",
    "INSERT INTO audit_pruned (below, event_id, at) VALUES (3, gen_random_uuid(), now())",
    "UPDATE audit_tree SET size = 7",
]


@pytest.mark.parametrize("statement", FORBIDDEN_TO_THE_WRITER)
def test_a_writer_may_add_and_nothing_else(owner: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _as(owner, WRITER, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET outcome = 'refused'",
        "DELETE FROM audit_event",
        "UPDATE audit_leaf SET leaf = ''",
        "DELETE FROM audit_leaf",
        "DELETE FROM audit_tile",
        "DELETE FROM audit_tree",
        "UPDATE audit_tree SET id = 2",
        "DELETE FROM audit_checkpoint",
        "UPDATE audit_checkpoint SET note = ''",
        "SELECT identity FROM audit_subject",
        "SELECT detail FROM audit_private",
        "INSERT INTO audit_pruned (below, event_id, at) VALUES (3, gen_random_uuid(), now())",
    ],
)
def test_a_sequencer_may_add_leaves_and_nothing_else(owner: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _as(owner, SEQUENCER, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit_pending (event_id) VALUES (gen_random_uuid())",
        "DELETE FROM audit_private",
        "UPDATE audit_tree SET size = 9",
    ],
)
def test_a_reader_may_read_and_nothing_else(owner: psycopg.Connection, statement: str) -> None:
    _as(owner, READER, "SELECT body FROM audit_event")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _as(owner, READER, statement)


def test_the_triggers_hold_those_whom_the_grants_let_through(owner: psycopg.Connection) -> None:
    for role, statement in (
        (SEQUENCER, "DELETE FROM audit_pending"),
        (SEQUENCER, "UPDATE audit_tree SET size = 1"),
        (SEQUENCER, "INSERT INTO audit_leaf (seq, event_id, leaf) VALUES (-5, gen_random_uuid(), '')"),
        (SEQUENCER, "INSERT INTO audit_leaf (seq, event_id, leaf) VALUES (9, gen_random_uuid(), '')"),
        (RETENTION, "DELETE FROM audit_event WHERE id NOT IN (SELECT event_id FROM audit_pending)"),
    ):
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            _as(owner, role, statement)


def test_a_worker_records_with_the_writers_rights_alone(
    acting_as: Callable[[str], Database], place: Workplace, ring: KeyRing
) -> None:
    with acting_as(WRITER).write() as session:
        assert refer_to(session, ring, identity="1012620001", year=2026) == refer_to(
            session, ring, identity="1012620001", year=2026
        )
        for count in (2, 100):
            events = [plain(number) for number in range(count)]
            assert len(record_all(session, events, at=NOON, environment="simulated")) == count


def test_the_sequencer_and_the_signer_work_with_their_own_rights_alone(
    acting_as: Callable[[str], Database], place: Workplace, signer: Signer
) -> None:
    database = acting_as(SEQUENCER)
    assert drain(database, now=place.now, environment="simulated").count == 1
    assert signer.sign(database, now=place.now()) is not None
    actor = ActorRef(ActorKind.PERSON, "carla", "os_account")
    signer.rotate(database, actor=actor, now=place.now, environment="simulated")


def test_retention_prunes_with_its_own_rights_alone(
    acting_as: Callable[[str], Database], owner: psycopg.Connection, place: Workplace, signer: Signer
) -> None:
    drain(place.database, now=place.now, environment="simulated")
    signer.sign(place.database, now=place.now())
    letting = Letting(ActorRef(ActorKind.PERSON, "carla", "os_account"), place.now(), "simulated", "Fem år")
    with acting_as(RETENTION).write() as session:
        assert prune_before_year(session, 2027, letting=letting) == 7


def test_the_triggers_are_untouched_by_the_roles(owner: psycopg.Connection, place: Workplace) -> None:
    assert len(ROLES) == 4
    with place.database.read() as session:
        assert existing_triggers(session) == trigger_names("postgresql")
