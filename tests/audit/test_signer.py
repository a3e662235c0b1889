"""What is signed goes on from what was signed before, whoever dies, restores or forks meanwhile."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from audit.checkpoints import open_checkpoint
from audit.errors import NoteRefusedError, SigningRefusedError
from audit.events import ActorRef
from audit.notes import SigningKey, VerifierKey
from audit.signer import Signer, open_signer
from audit.signer_folder import SignerFolder
from audit.vocabulary import ActorKind
from audit.write_once import WriteOnceFolder
from casework.workplace import Workplace
from foundation.errors import ConfigurationError
from foundation.settings import Settings
from tests.audit.tampering import Fill, forced
from tests.concurrency import at_once
from tests.workbench import events, rows

CARLA = ActorRef(ActorKind.PERSON, "carla", "os_account")


def _stored(place: Workplace) -> list[tuple[int, str]]:
    return [(row["size"], row["note"]) for row in rows(place, "SELECT size, note FROM audit_checkpoint ORDER BY size")]


def _copies(signer: Signer) -> list[tuple[int, str]]:
    return list(signer.copies.all())


def _remembered(signer: Signer) -> list[tuple[int, str]]:
    last = signer.folder.last_signed()
    return [] if last is None else [(last[0].size, last[1])]


def _require_agreement(place: Workplace, signer: Signer, size: int) -> None:
    assert _copies(signer) == _stored(place)
    assert _remembered(signer) == _stored(place)[-1:]
    assert _stored(place)[-1][0] == size


def test_the_tree_is_signed_and_the_checkpoint_lies_in_three_places(
    place: Workplace, fill: Fill, signer: Signer
) -> None:
    for size in (6, 11):
        fill(5)
        note = signer.sign(place.database, now=place.now())
        assert note is not None
        checkpoint, signers = open_checkpoint(note, signer.known_keys(), origin=signer.origin)
        assert (checkpoint.size, signers) == (size, signer.known_keys())
        _require_agreement(place, signer, size)


def test_a_tree_that_has_not_grown_is_not_signed_again(place: Workplace, fill: Fill, signer: Signer) -> None:
    fill(5)
    first = signer.sign(place.database, now=place.now())
    assert signer.sign(place.database, now=place.now()) == first
    assert len(_stored(place)) == 1


def test_a_tree_without_leaves_is_not_signed(place: Workplace, signer: Signer) -> None:
    assert signer.sign(place.database, now=place.now()) is None
    assert _stored(place) == _copies(signer) == []


def test_two_signers_at_once_sign_one_tree_once(place: Workplace, fill: Fill, signer: Signer) -> None:
    fill(5)
    notes = at_once(*(lambda: signer.sign(place.database, now=place.now()) for _ in range(3)))
    assert len(set(notes)) == 1
    _require_agreement(place, signer, 6)


class _Died(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["remember", "_store", "put"])
def test_a_signer_that_dies_at_any_step_is_made_good_by_signing_again(
    place: Workplace, fill: Fill, signer: Signer, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    fill(5)
    signer.sign(place.database, now=place.now())
    fill(5)
    owner: type = {"remember": SignerFolder, "_store": Signer, "put": WriteOnceFolder}[step]
    whole: Callable[..., object] = getattr(owner, step)

    def dying(self: object, *arguments: object) -> object:
        # The steps are gone through for the last checkpoint too, which is in all places already.
        is_new = any("11" in str(one).split("\n")[:2] or one == 11 for one in arguments) or any(
            getattr(one, "size", None) == 11 for one in arguments
        )
        if is_new and when == "before":
            raise _Died
        answer = whole(self, *arguments)
        if is_new:
            raise _Died
        return answer

    monkeypatch.setattr(owner, step, dying)
    with pytest.raises(_Died):
        signer.sign(place.database, now=place.now())
    monkeypatch.undo()
    # The tree grows before the signer comes back.
    fill(3)
    signer.sign(place.database, now=place.now())
    _require_agreement(place, signer, 14)
    was_promised = (step, when) != ("remember", "before")
    assert (11 in dict(_stored(place))) == was_promised


def test_a_write_once_folder_that_cannot_be_written_to_is_made_good_later(
    place: Workplace, fill: Fill, signer: Signer, tmp_path: Path
) -> None:
    (tmp_path / "a-file").write_text("no folder")
    broken = replace(signer, copies=WriteOnceFolder(tmp_path / "a-file"))
    fill(5)
    with pytest.raises(SigningRefusedError, match="SAGSGANG_AUDIT_WRITE_ONCE_DIR"):
        broken.sign(place.database, now=place.now())
    signer.sign(place.database, now=place.now())
    _require_agreement(place, signer, 6)


def test_a_database_restored_from_a_backup_is_not_signed(place: Workplace, fill: Fill, signer: Signer) -> None:
    fill(5)
    signer.sign(place.database, now=place.now())
    # As a backup from before the events would have it.
    forced(
        place,
        "DELETE FROM audit_checkpoint",
        "DELETE FROM audit_leaf WHERE seq > 2",
        "DELETE FROM audit_pending",
        "DELETE FROM audit_private",
        "DELETE FROM audit_tree",
    )
    with pytest.raises(SigningRefusedError, match="sikkerhedskopi"):
        signer.sign(place.database, now=place.now())


def test_a_database_restored_and_gone_on_with_is_not_signed_either(
    place: Workplace, fill: Fill, signer: Signer
) -> None:
    fill(5)
    signer.sign(place.database, now=place.now())
    forced(place, "DELETE FROM audit_checkpoint", "DELETE FROM audit_leaf", "DELETE FROM audit_tree")
    # Another log of another history, and longer than the signed one.
    fill(20)
    with pytest.raises(SigningRefusedError, match="fortsætter ikke"):
        signer.sign(place.database, now=place.now())
    assert _stored(place) == []


def test_a_signer_that_lost_its_memory_signs_nothing(place: Workplace, fill: Fill, signer: Signer) -> None:
    fill(5)
    signer.sign(place.database, now=place.now())
    signer.folder._state.unlink()
    fill(5)
    with pytest.raises(SigningRefusedError, match="husker ikke"):
        signer.sign(place.database, now=place.now())
    # The remedy is a copy of the newest checkpoint.
    signer.folder.remember(_copies(signer)[-1][1])
    signer.sign(place.database, now=place.now())
    _require_agreement(place, signer, 11)


def test_a_memory_that_was_tampered_with_is_refused(place: Workplace, fill: Fill, signer: Signer) -> None:
    fill(5)
    signer.sign(place.database, now=place.now())
    state = signer.folder._state
    state.write_text(state.read_text(encoding="utf-8").replace("\n6\n", "\n5\n"), encoding="utf-8")
    with pytest.raises(SigningRefusedError, match="er ændret"):
        signer.sign(place.database, now=place.now())


def test_a_head_that_the_tiles_do_not_give_is_not_signed(place: Workplace, fill: Fill, signer: Signer) -> None:
    fill(5)
    forced(place, "UPDATE audit_tree SET compact = :other", other=bytes(64))
    with pytest.raises(SigningRefusedError, match="fortsætter ikke"):
        signer.sign(place.database, now=place.now())


def test_another_checkpoint_in_the_database_or_among_the_copies_stops_the_signer(
    place: Workplace, fill: Fill, signer: Signer, tmp_path: Path
) -> None:
    fill(5)
    signer.sign(place.database, now=place.now())
    (copy,) = signer.copies.path.iterdir()
    copy.chmod(0o644)
    copy.write_text("andet", encoding="utf-8")
    with pytest.raises(SigningRefusedError, match="et andet kontrolpunkt"):
        signer.sign(place.database, now=place.now())
    forced(place, "UPDATE audit_checkpoint SET note = 'andet'")
    with pytest.raises(SigningRefusedError, match="Databasen har et andet"):
        signer.sign(place.database, now=place.now())


def test_a_copy_is_never_written_over_and_nobody_may_write_to_it(tmp_path: Path) -> None:
    folder = WriteOnceFolder(tmp_path / "copies")
    folder.put(7, "et\n")
    folder.put(7, "et\n")
    with pytest.raises(SigningRefusedError, match="andet kontrolpunkt"):
        folder.put(7, "to\n")
    (copy,) = folder.path.iterdir()
    assert (copy.read_text(encoding="utf-8"), copy.stat().st_mode & 0o777) == ("et\n", 0o444)
    assert list(folder.all()) == [(7, "et\n")]


def test_a_disk_without_hard_links_is_written_to_once_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_names: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    folder = WriteOnceFolder(tmp_path / "copies")
    folder.put(7, "et\n")
    with pytest.raises(SigningRefusedError, match="andet kontrolpunkt"):
        folder.put(7, "to\n")
    assert list(folder.all()) == [(7, "et\n")]


def test_a_new_key_signs_and_the_old_ones_checkpoints_still_hold(place: Workplace, fill: Fill, signer: Signer) -> None:
    fill(5)
    old = signer.folder.signing_key().verifier
    signer.sign(place.database, now=place.now())
    vkey = signer.rotate(place.database, actor=CARLA, now=place.now, environment="simulated")
    fill(5)
    signer.sign(place.database, now=place.now())
    new = VerifierKey.from_text(vkey)
    assert signer.known_keys() == (old, new)
    signers = [open_checkpoint(note, signer.known_keys())[1] for _size, note in _stored(place)]
    assert signers == [(old,), (old,), (new,)]
    _require_agreement(place, signer, 12)


def test_the_exchange_of_a_key_is_an_event_under_the_old_keys_signature(
    place: Workplace, fill: Fill, signer: Signer
) -> None:
    old = signer.folder.signing_key().verifier
    vkey = signer.rotate(place.database, actor=CARLA, now=place.now, environment="simulated")
    (told,) = [event for event in events(place) if event["type"] == "key.rotated"]
    assert (told["actor"]["id"], told["facts"]) == ("carla", {"before": old.label, "key": vkey})
    (size, note) = _stored(place)[-1]
    assert open_checkpoint(note, [old])[0].size == size == 2


def test_an_exchange_that_was_interrupted_is_done_again_with_the_same_key(
    place: Workplace, fill: Fill, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_self: object) -> None:
        raise _Died

    monkeypatch.setattr(SignerFolder, "take_next_key", die)
    with pytest.raises(_Died):
        signer.rotate(place.database, actor=CARLA, now=place.now, environment="simulated")
    monkeypatch.undo()
    vkey = signer.rotate(place.database, actor=CARLA, now=place.now, environment="simulated")
    assert [key.to_text() for key in signer.known_keys()][1:] == [vkey]
    assert signer.folder.signing_key().verifier.to_text() == vkey


def test_a_refused_signature_leaves_the_old_key_in_place(place: Workplace, fill: Fill, signer: Signer) -> None:
    fill(5)
    signer.sign(place.database, now=place.now())
    old = signer.folder.signing_key()
    forced(place, "DELETE FROM audit_checkpoint", "DELETE FROM audit_leaf", "DELETE FROM audit_tree")
    with pytest.raises(SigningRefusedError):
        signer.rotate(place.database, actor=CARLA, now=place.now, environment="simulated")
    assert signer.folder.signing_key() == old


def test_the_private_key_is_for_its_owner_alone(signer: Signer) -> None:
    modes = {path.name: path.stat().st_mode & 0o077 for path in signer.folder.path.iterdir() if path.name != "lock"}
    assert set(modes.values()) == {0}


def test_a_key_is_made_once(signer: Signer) -> None:
    assert signer.folder.create_key() == signer.folder.signing_key()
    assert len(signer.known_keys()) == 1


def test_without_a_key_there_is_a_sentence(tmp_path: Path) -> None:
    folder = SignerFolder(tmp_path / "nothing", "prøve.example/log")
    with pytest.raises(ConfigurationError, match="mangler"):
        folder.signing_key()


@pytest.mark.parametrize(("name", "match"), [("signing.key", "underskriftsnøgle"), ("known-keys", "known-keys")])
def test_a_file_that_is_no_key_is_named_and_not_shown(signer: Signer, name: str, match: str) -> None:
    secret = signer.folder.signing_key().to_text()
    (signer.folder.path / name).write_text(f"{secret[:-5]}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=match) as refused:
        signer.folder.signing_key() if name == "signing.key" else signer.known_keys()
    assert secret[20:60] not in str(refused.value)


def test_the_simulated_signer_makes_its_own_key(settings: Settings) -> None:
    signer = open_signer(settings)
    assert signer.folder.path == settings.data_dir / "signer"
    assert len(signer.known_keys()) == 1
    assert signer.origin == "sagsgang.invalid/simulated"


@pytest.mark.parametrize("left_out", ["audit_signer_dir", "audit_origin"])
def test_outside_simulated_the_signer_wants_a_folder_and_a_name(
    settings: Settings, tmp_path: Path, left_out: str
) -> None:
    given = {"audit_signer_dir": tmp_path / "signer", "audit_origin": "kommune.example/log"}
    del given[left_out]
    outside = settings.model_copy(update={"environment": "test", **given})
    with pytest.raises(ConfigurationError, match=f"SAGSGANG_{left_out.upper()}"):
        open_signer(outside)


def test_another_name_begins_another_log(place: Workplace, fill: Fill, signer: Signer) -> None:
    """What is left to do after a restore: the old log's checkpoints stay where they are and hold."""
    fill(5)
    signer.sign(place.database, now=place.now())
    folder = SignerFolder(signer.folder.path, "prøve.example/log-2")
    fill(5)
    renamed = replace(signer, folder=folder)
    renamed.sign(place.database, now=place.now())
    assert [note.split("\n")[0] for _size, note in _stored(place)] == ["prøve.example/log", "prøve.example/log-2"]


def test_a_foreign_key_signs_nothing_that_is_believed(place: Workplace, fill: Fill, signer: Signer) -> None:
    fill(5)
    note = signer.sign(place.database, now=place.now())
    assert note is not None
    with pytest.raises(NoteRefusedError, match="no known key"):
        open_checkpoint(note, [SigningKey.generate(signer.origin).verifier])
