"""What the tests of the trail share: an event, a log that is full, and the signer that signs it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from audit.events import ActorRef, Event, PrivateDetail
from audit.sequencer import Sequenced, drain
from audit.signer import Signer
from audit.signer_folder import SignerFolder
from audit.verification import Expected
from audit.vocabulary import ActorKind, EventType, RetentionClass
from audit.write_once import WriteOnceFolder
from casework.workplace import Workplace
from tests.audit.tampering import Fill, Log, plain


@pytest.fixture
def event() -> Event:
    """A small event with private detail."""
    return Event(
        type=EventType.EVIDENCE_GIVEN,
        actor=ActorRef(ActorKind.PERSON, "anne", "os_account"),
        private=PrivateDetail(b"Engvej 7", RetentionClass.DECISION),
        facts={"label": "prøve", "count": 2, "is_new": True, "nothing": None},
    )


@pytest.fixture
def fill(place: Workplace) -> Fill:
    """``fill(10)`` writes ten events and puts everything that waits into the tree."""

    def write(count: int = 1, *, into_tree: bool = True, batch: int = 1000) -> Sequenced:
        with place.database.write() as session:
            place.record(session, *(plain(number) for number in range(count)))
        if not into_tree:
            return Sequenced()
        return drain(place.database, now=place.now, environment="simulated", batch=batch)

    return write


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """A signer with a key and folders of its own."""
    folder = SignerFolder(tmp_path / "signer", "prøve.example/log")
    folder.create_key()
    return Signer(folder, WriteOnceFolder(tmp_path / "copies"))


@pytest.fixture
def expected(signer: Signer) -> Callable[..., Expected]:
    """What an auditor knows who reaches everything; parts can be taken away."""

    def make(**changes: object) -> Expected:
        last = signer.folder.last_signed()
        known: dict[str, object] = {
            "origin": signer.origin,
            "keys": signer.known_keys(),
            "copies": signer.copies,
            "last_signed": last[0] if last is not None else None,
        }
        return Expected(**{**known, **changes})  # type: ignore[arg-type]  # parts of what is expected

    return make


@pytest.fixture
def log(place: Workplace, signer: Signer, fill: Fill, expected: Callable[..., Expected]) -> Log:
    """A log of 90 events under three checkpoints, of 30, 60 and 90."""
    return Log(place, signer, fill, expected)
