"""An auditor has not the signer's folder, and neither verifies nor exports with keys out of the database."""

from pathlib import Path

import pytest

from apps.cli.exits import UsageError
from apps.cli.known_log import know_log
from audit.notes import SigningKey
from audit.signer_folder import SignerFolder
from audit.write_once import WriteOnceFolder
from foundation.environment import Environment
from foundation.errors import ConfigurationError
from foundation.settings import Settings
from tests.apps.conftest import Sagsgang
from tests.audit.receiving import load, run_verifier

OLD, NEW = (SigningKey("kommune.example/log", bytes([number]) * 32) for number in (1, 2))


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    """The keys as an auditor was handed them."""
    file = tmp_path / "noegler"
    file.write_text(f"{OLD.verifier.to_text()}\n{NEW.verifier.to_text()}\n", encoding="utf-8")
    return file


@pytest.fixture
def elsewhere(settings: Settings) -> Settings:
    """The settings of an auditor's machine: nothing is said about the signer."""
    nothing = {"audit_signer_dir": None, "audit_origin": "", "audit_write_once_dir": None}
    return settings.model_copy(update={"environment": Environment.TEST, **nothing})


def _locked(*_given: object) -> None:
    raise PermissionError(13, "locked")


def test_without_keys_the_auditor_is_told_where_to_get_them(elsewhere: Settings) -> None:
    with pytest.raises(ConfigurationError, match="af den, der fører tilsyn med loggen"):
        know_log(elsewhere, None)


def test_keys_from_elsewhere_are_enough_and_bear_the_logs_name(elsewhere: Settings, keys_file: Path) -> None:
    known = know_log(elsewhere, keys_file)
    assert known.keys == (OLD.verifier, NEW.verifier)
    assert known.origin == "kommune.example/log"
    assert (known.copies, known.last_signed, known.signer) == (None, None, None)


def test_the_copies_are_looked_at_where_the_settings_name_them(
    elsewhere: Settings, keys_file: Path, tmp_path: Path
) -> None:
    settings = elsewhere.model_copy(update={"audit_write_once_dir": tmp_path / "kopier"})
    assert know_log(settings, keys_file).copies == WriteOnceFolder(tmp_path / "kopier")


def test_copies_that_cannot_be_read_are_not_taken_for_none(
    elsewhere: Settings, keys_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WriteOnceFolder, "all", _locked)
    settings = elsewhere.model_copy(update={"audit_write_once_dir": tmp_path / "kopier"})
    with pytest.raises(ConfigurationError, match="Bed om læseadgang"):
        know_log(settings, keys_file)


@pytest.mark.parametrize("text", ["", "hest\n"])
def test_a_file_without_keys_is_refused(elsewhere: Settings, tmp_path: Path, text: str) -> None:
    file = tmp_path / "noegler"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="én nøgle på hver linje"):
        know_log(elsewhere, file)


def test_an_auditor_who_cannot_read_the_signers_folder_verifies_and_exports_with_his_own_keys(
    sagsgang: Sagsgang, with_proposals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = sagsgang("audit", "keys", "--json", "--as", "carla").document["keys"]
    sagsgang("audit", "checkpoint", "--as", "carla")
    file, bundle = tmp_path / "noegler", tmp_path / "udtræk"
    file.write_text("\n".join(keys), encoding="utf-8")
    monkeypatch.setattr(SignerFolder, "known_keys", _locked)
    refused = sagsgang("audit", "export", str(bundle), "--as", "carla")
    assert (refused.code != 0, "--keys FIL" in refused.err) == (True, True)
    assert not bundle.exists()
    said = sagsgang("audit", "export", str(bundle), "--keys", str(file), "--json", "--as", "carla")
    assert said.code == 0, said.err
    assert "Her kan ikke skrives under" in said.err
    assert run_verifier(load(), bundle, "--key", keys[-1]).code == 0
    assert sagsgang("audit", "verify", "--hash-only", "--keys", str(file), "--as", "carla").code == 0
