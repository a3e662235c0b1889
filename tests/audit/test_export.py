"""A bundle says what the log says, and nothing that was not selected."""

from pathlib import Path

from audit.signer import Signer
from casework.workplace import Workplace
from tests.audit.tampering import Fill
from tests.audit.verifier.conftest import export, key_of, load, run_verifier


def test_a_whole_log_is_exported_and_verifies(place: Workplace, fill: Fill, signer: Signer, tmp_path: Path) -> None:
    fill(300)
    signer.sign(place.database, now=place.now())
    fill(13)
    signer.sign(place.database, now=place.now())
    bundle = export(place, signer, tmp_path / "bundle")
    verdict = run_verifier(load(), bundle, "--key", key_of(signer))
    print(verdict.out)
    assert verdict.code == 0, verdict.out
