from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from apps.cli.checks import Finding, Mark
from apps.cli.log_checks import examine_log
from audit.events import ActorRef, Event
from audit.looking.windows import in_words
from audit.signer import find_signer
from audit.vocabulary import ActorKind, EventType
from casework.workplace import Workplace
from foundation.clock import ManualClock
from foundation.database import Database
from foundation.environment import Environment
from foundation.sealing import open_key_ring
from foundation.settings import load_settings
from tests.apps.conftest import Sagsgang


def _found() -> dict[str, Finding]:
    return {finding.name: finding for finding in examine_log(load_settings())}


def _write(at: datetime) -> None:
    settings = load_settings()
    database = Database(settings.effective_database_url, open_key_ring(settings))
    place = Workplace(database, ManualClock(at), Environment.SIMULATED)
    with database.write() as session:
        actor = ActorRef(ActorKind.PERSON, "anne", "os_account")
        place.record(session, Event(type=EventType.EVIDENCE_GIVEN, actor=actor))
    database.dispose()


def test_a_signed_log_is_all_well(sagsgang: Sagsgang, with_proposals: Path) -> None:
    sagsgang("audit", "checkpoint", "--as", "carla")
    found = _found()
    assert {finding.mark for finding in found.values()} == {Mark.GOOD}
    assert "ingen; alle" in found["uforankret vindue"].told


def test_the_window_is_told_in_numbers_also_when_it_is_narrow(sagsgang: Sagsgang, with_proposals: Path) -> None:
    sagsgang("audit", "checkpoint", "--as", "carla")
    _write(datetime.now(UTC))
    found = _found()["uforankret vindue"]
    assert found.mark is Mark.GOOD
    assert found.told.startswith("de sidste 1 hændelser")


@pytest.mark.parametrize(("hours", "backlog", "window"), [(1, Mark.LOOK, Mark.GOOD), (25, Mark.LOOK, Mark.LOOK)])
def test_what_has_waited_too_long_is_to_be_looked_at(
    sagsgang: Sagsgang, with_proposals: Path, hours: int, backlog: Mark, window: Mark
) -> None:
    sagsgang("audit", "checkpoint", "--as", "carla")
    _write(datetime.now(UTC) - timedelta(hours=hours))
    found = _found()
    assert found["afventer indlemmelse"].mark is backlog
    assert found["uforankret vindue"].mark is window


def test_a_copy_that_is_gone_is_wrong(sagsgang: Sagsgang, with_proposals: Path) -> None:
    sagsgang("audit", "checkpoint", "--as", "carla")
    newest = max(find_signer(load_settings()).copies.path.iterdir())
    newest.chmod(0o600)
    newest.unlink()
    assert _found()["skrivebeskyttet mappe"].mark is Mark.BAD


def test_a_signer_without_its_key_is_wrong(sagsgang: Sagsgang, with_proposals: Path) -> None:
    sagsgang("audit", "checkpoint", "--as", "carla")
    (find_signer(load_settings()).folder.path / "signing.key").unlink()
    assert _found()["underskriver"].mark is Mark.BAD


def test_a_signer_that_remembers_more_than_the_database_is_wrong(sagsgang: Sagsgang, with_proposals: Path) -> None:
    sagsgang("audit", "checkpoint", "--as", "carla")
    signer = find_signer(load_settings()).folder
    (before,) = [path for path in signer.path.iterdir() if path.name.startswith("last-signed-")]
    before.unlink()
    assert "husker 0" in _found()["underskriver"].told


def test_looking_makes_nothing(data_dir: Path) -> None:
    assert [finding.mark for finding in examine_log(load_settings())] == [Mark.NOT_HERE]
    assert not data_dir.exists()


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(), "0 sekunder"),
        (timedelta(seconds=1), "1 sekund"),
        (timedelta(minutes=61), "1 time 1 minut"),
        (timedelta(days=2, seconds=5), "2 dage 5 sekunder"),
        (timedelta(seconds=-90), "-1 minut 30 sekunder"),
    ],
)
def test_a_length_is_told_in_its_two_largest_units(length: timedelta, words: str) -> None:
    assert in_words(length) == words
