"""After a restore the log begins again under a new name, by a named person, and what was lost can be counted."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from audit.errors import SigningRefusedError
from audit.events import ActorRef
from audit.restoring import Restored, begin_again, create_first_key
from audit.signer import Signer
from audit.signer_folder import SignerFolder
from audit.verification import Expected
from audit.vocabulary import ActorKind
from audit.write_once import WriteOnceFolder
from foundation.environment import Environment
from foundation.errors import ConfigurationError
from foundation.settings import Settings
from tests.audit.tampering import PATIENT, Log, forced
from tests.workbench import events

CARLA = ActorRef(ActorKind.PERSON, "carla", "os_account")
NEW_NAME = "prøve.example/log-2"


@pytest.fixture
def cut(log: Log) -> Log:
    """The log as a backup has it: 60 of 90 events, and the checkpoints of that day."""
    log.remove_events(*log.ids()[60:])
    log.rebuild()
    forced(log.place, "DELETE FROM audit_checkpoint WHERE size = 90")
    return log


def _new(log: Log, path: Path, name: str = NEW_NAME) -> Signer:
    return Signer(SignerFolder(log.signer.folder.path, name), WriteOnceFolder(path / "copies-2"))


def _again(log: Log, path: Path, *, reason: str = "Disken gik i stykker.", name: str = NEW_NAME) -> Restored:
    return begin_again(
        log.place.database,
        before=log.signer,
        after=_new(log, path, name),
        actor=CARLA,
        reason=reason,
        now=log.place.now,
        environment="simulated",
    )


def test_the_log_goes_on_under_a_new_name_and_verifies(cut: Log, tmp_path: Path) -> None:
    with pytest.raises(SigningRefusedError, match=r"audit-verification\.md"):
        cut.signer.sign(cut.place.database, now=cut.place.now())
    restored = _again(cut, tmp_path)
    assert (restored.signed, restored.found) == (90, 60)
    assert restored.note.startswith(f"{NEW_NAME}\n61\n")
    new = _new(cut, tmp_path)
    last = new.folder.last_signed()
    assert last is not None
    assert cut.broken(origin=NEW_NAME, copies=new.copies, last_signed=last[0], **PATIENT) == []
    # And it goes on growing, past the size that the old log had.
    cut.fill(40)
    assert (new.sign(cut.place.database, now=cut.place.now()) or "").startswith(f"{NEW_NAME}\n101\n")


def test_the_log_tells_who_why_and_how_much_is_lost(cut: Log, tmp_path: Path) -> None:
    restored = _again(cut, tmp_path)
    (told,) = [event for event in events(cut.place) if event["type"] == "log.restored"]
    assert told["id"] == str(restored.event_id)
    assert told["actor"]["id"] == "carla"
    facts = told["facts"]
    assert (facts["signed"], facts["found"], facts["origin"]) == (90, 60, NEW_NAME)
    assert "Disken" not in str(told)


def test_what_the_old_log_signed_is_left_as_it_was(cut: Log, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in cut.signer.copies.path.iterdir()}
    remembered = cut.signer.folder.last_signed()
    _again(cut, tmp_path)
    assert {path.name: path.read_bytes() for path in cut.signer.copies.path.iterdir()} == before
    assert cut.signer.folder.last_signed() == remembered


def test_a_log_that_goes_on_as_it_should_does_not_begin_again(log: Log, tmp_path: Path) -> None:
    with pytest.raises(SigningRefusedError, match="intet at begynde forfra"):
        _again(log, tmp_path)
    assert "log.restored" not in {event["type"] for event in events(log.place)}


def test_nobody_begins_again_without_a_reason(cut: Log, tmp_path: Path) -> None:
    with pytest.raises(SigningRefusedError, match="Skriv, hvad der er sket"):
        _again(cut, tmp_path, reason=" ")


def test_the_new_log_needs_a_name_of_its_own(cut: Log, tmp_path: Path) -> None:
    with pytest.raises(SigningRefusedError, match="nyt navn"):
        _again(cut, tmp_path, name=cut.signer.origin)


def test_the_new_log_needs_a_folder_of_its_own(cut: Log) -> None:
    with pytest.raises(SigningRefusedError, match="ikke tom"):
        begin_again(
            cut.place.database,
            before=cut.signer,
            after=replace(_new(cut, Path()), copies=cut.signer.copies),
            actor=CARLA,
            reason="Fordi.",
            now=cut.place.now,
            environment="simulated",
        )


@pytest.fixture
def outside(settings: Settings, tmp_path: Path) -> Settings:
    """Settings of another environment than ``simulated``."""
    values = {"audit_signer_dir": tmp_path / "signer", "audit_origin": "prøve.example/log"}
    return settings.model_copy(update={"environment": Environment.TEST, **values})


def test_the_first_key_is_made_once_and_handed_to_the_auditor(outside: Settings) -> None:
    key = create_first_key(outside)
    assert key.to_text().startswith("prøve.example/log+")
    with pytest.raises(ConfigurationError, match="allerede en underskriftsnøgle"):
        create_first_key(outside)


def test_without_a_place_for_the_key_that_is_said(outside: Settings) -> None:
    with pytest.raises(ConfigurationError, match="AUDIT_SIGNER_DIR"):
        create_first_key(outside.model_copy(update={"audit_signer_dir": None}))


def test_in_simulated_the_key_is_nobodys_business(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="af sig selv"):
        create_first_key(settings)


def test_an_auditor_who_still_expects_the_old_log_is_told(
    cut: Log, tmp_path: Path, expected: Callable[..., Expected]
) -> None:
    _again(cut, tmp_path)
    assert 6 in cut.broken(**PATIENT)
