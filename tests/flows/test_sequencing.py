"""The log is kept: at the end of a run and by a service, and what is refused is said without stopping anybody."""

import threading

import pytest

from audit.events import ActorRef, Event
from audit.signer import Signer, open_signer
from audit.vocabulary import ActorKind, EventType
from casework.workplace import Workplace
from flows import sequencing
from flows.sequencing import keep_log, settle_after_work, settle_log
from foundation.errors import ConfigurationError
from foundation.settings import Settings
from tests.workbench import raw, rows


@pytest.fixture
def signer(settings: Settings) -> Signer:
    return open_signer(settings)


def _write(place: Workplace, count: int = 3) -> None:
    actor = ActorRef(ActorKind.PERSON, "anne", "os_account")
    with place.database.write() as session:
        place.record(session, *(Event(type=EventType.EVIDENCE_GIVEN, actor=actor) for _ in range(count)))


def _sizes(place: Workplace) -> list[int]:
    return [row["size"] for row in rows(place, "SELECT size FROM audit_checkpoint ORDER BY size")]


def test_a_run_ends_with_everything_in_the_tree_and_signed(place: Workplace, signer: Signer) -> None:
    _write(place)
    settled = settle_log(place, signer)
    assert (settled.sequenced.count, settled.is_signed, settled.error) == (4, True, None)
    assert _sizes(place) == [4]


def test_a_signature_that_is_refused_is_told_and_stops_nothing(place: Workplace, signer: Signer) -> None:
    settle_log(place, signer)
    signer.folder._state.unlink()
    _write(place)
    settled = settle_log(place, signer)
    assert (settled.sequenced.count, settled.is_signed, settled.error) == (3, False, "signing_refused")


def test_a_folder_that_is_gone_stops_nothing(place: Workplace, signer: Signer) -> None:
    (signer.folder.path / "signing.key").unlink()
    assert settle_log(place, signer).error == "configuration"


def test_an_event_in_quarantine_is_told_and_the_rest_is_signed(place: Workplace, signer: Signer) -> None:
    _write(place)
    name = "audit_event_no_update"
    raw(place, f"DROP TRIGGER {name}" + ("" if place.database.is_sqlite else " ON audit_event"))
    raw(place, "UPDATE audit_event SET leaf = body WHERE type = 'database.created'")
    settled = settle_log(place, signer)
    assert (len(settled.sequenced.quarantined), settled.is_signed, settled.error) == (1, True, "leaf_refused")
    assert _sizes(place) == [3]


class _Stop(threading.Event):
    """Is set at the third look, and tells the clock to go on before each."""

    def __init__(self, place: Workplace) -> None:
        super().__init__()
        self._place, self._looks = place, 0

    def wait(self, timeout: float | None = None) -> bool:
        self._looks += 1
        self._place.clock.sleep(timeout or 0)
        _write(self._place)
        return self._looks == 4


def test_the_service_sequences_often_signs_now_and_then_and_settles_at_its_end(
    place: Workplace, signer: Signer, settings: Settings
) -> None:
    periods = settings.model_copy(update={"audit_sequence_seconds": 40.0, "audit_checkpoint_seconds": 60.0})
    keep_log(place, signer, settings=periods, stop=_Stop(place))
    # After 40, 80 and 120 seconds; a signature at 80, and one at the end.
    assert _sizes(place) == [7, 13]


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencing, "configure_logs", lambda **_: None)
    monkeypatch.setattr(sequencing, "_stop_on_signals", lambda stop: stop())


def test_the_service_that_is_told_to_stop_settles_the_log_and_ends(
    settings: Settings, quiet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencing, "load_settings", lambda: settings)
    assert sequencing.main([]) == sequencing.STOPPED
    assert [path.name for path in (settings.data_dir / "checkpoints").iterdir()] == ["000000000000000001.checkpoint"]


def test_the_service_that_has_no_key_says_so(
    settings: Settings, quiet: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_settings: Settings) -> Signer:
        raise ConfigurationError("Nøglen mangler.")

    monkeypatch.setattr(sequencing, "load_settings", lambda: settings)
    monkeypatch.setattr(sequencing, "open_signer", refuse)
    assert sequencing.main([]) == sequencing.REFUSED
    assert capsys.readouterr().err == "Nøglen mangler.\n"


def test_a_worker_leaves_the_log_to_the_service_that_keeps_it(place: Workplace, settings: Settings) -> None:
    assert settle_after_work(settings.model_copy(update={"audit_kept_elsewhere": True}), place) is None
    assert not (settings.data_dir / "signer").exists()
