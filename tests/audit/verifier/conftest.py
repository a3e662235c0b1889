"""The verifier as the receiver has it, and a bundle to try it on."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from audit.export.folder import zip_folder
from audit.sequencer import drain
from audit.signer import Signer
from audit.signer_folder import SignerFolder
from audit.write_once import WriteOnceFolder
from casework.workplace import Workplace
from foundation.clock import ManualClock
from foundation.database import Database
from foundation.environment import Environment
from foundation.sealing import KeyRing
from tests.audit.receiving import Made, Verify, export, key_of, load, run_verifier
from tests.audit.tampering import plain
from tests.databases import SqliteMaker


@pytest.fixture(scope="session")
def verifier() -> ModuleType:
    """The verifier's own functions."""
    return load()


@pytest.fixture
def verify(verifier: ModuleType) -> Verify:
    """``verify(bundle, "--key", vkey)``."""
    return lambda *arguments: run_verifier(verifier, *arguments)


@pytest.fixture(scope="session")
def shared_bundle(sqlite_maker: SqliteMaker, ring: KeyRing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """A whole log of 260 events under two checkpoints; every test leaves it as it was."""
    url, folder = sqlite_maker.make(is_empty=False), tmp_path_factory.mktemp("shared")
    place = Workplace(Database(url, ring), ManualClock(datetime(2026, 3, 2, 11, tzinfo=UTC)), Environment.SIMULATED)
    signer_folder = SignerFolder(folder / "signer", "prøve.example/log")
    signer_folder.create_key()
    signer = Signer(signer_folder, WriteOnceFolder(folder / "copies"))
    for count in (100, 159):
        with place.database.write() as session:
            place.record(session, *(plain(number) for number in range(count)))
        drain(place.database, now=place.now, environment="simulated")
        signer.sign(place.database, now=place.now())
    # The same events as a selection, which has a proof of each.
    export(place, signer, folder / "selected", since=datetime(2000, 1, 1, tzinfo=UTC))
    yield Made(export(place, signer, folder / "bundle"), key_of(signer))
    place.database.dispose()
    sqlite_maker.drop(url)


@pytest.fixture
def selected(shared_bundle: Made, tmp_path: Path) -> Made:
    """A copy of the same events as a selection, to be spoilt."""
    folder = shared_bundle.folder.with_name("selected")
    return Made(Path(shutil.copytree(folder, tmp_path / "selected")), shared_bundle.key)


@pytest.fixture
def bundle(shared_bundle: Made, tmp_path: Path) -> Made:
    """A copy of it, to be spoilt."""
    return Made(Path(shutil.copytree(shared_bundle.folder, tmp_path / "bundle")), shared_bundle.key)


@pytest.fixture(scope="session")
def packed_bundle(shared_bundle: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The same bundle as a zip file."""
    folder = tmp_path_factory.mktemp("packed") / "bundle"
    return Made(zip_folder(Path(shutil.copytree(shared_bundle.folder, folder))), shared_bundle.key)
