"""What is old goes, the proofs stay, and the log says what went and why."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from audit.errors import PruningRefusedError
from audit.events import ActorRef, Event
from audit.merkle import EMPTY, verify_inclusion
from audit.obligations.finding import Verdict
from audit.pruning import Letting, erase_details, finish_pruning, prune_before_year
from audit.sequencer import drain
from audit.signer import Signer
from audit.tiles import StoredTree
from audit.verification import Expected, Report, examine
from audit.vocabulary import ActorKind, RetentionClass
from casework.workplace import Workplace
from foundation.clock import ManualClock
from tests.audit.receiving import export, key_of, load, run_verifier
from tests.audit.tampering import Fill, forced
from tests.workbench import events, raw, rows

CARLA = ActorRef(ActorKind.PERSON, "carla", "os_account")


@pytest.fixture
def old(place: Workplace, fill: Fill, signer: Signer, clock: ManualClock, event: Event) -> Workplace:
    """A log with 311 events of 2026 and 12 of 2027, all signed; one of each year has private detail."""
    with place.database.write() as session:
        place.record(session, event)
    fill(309)
    clock.advance(timedelta(days=365).total_seconds())
    with place.database.write() as session:
        place.record(session, event)
    fill(11)
    signer.sign(place.database, now=place.now())
    return place


def _letting(place: Workplace, reason: str = "Slettes efter fem år, jf. logpolitikken") -> Letting:
    return Letting(CARLA, place.now(), "simulated", reason)


def _prune(place: Workplace, year: int = 2027) -> int:
    with place.database.write() as session:
        return prune_before_year(session, year, letting=_letting(place))


def _examine(place: Workplace, signer: Signer) -> Report:
    last = signer.folder.last_signed()
    assert last is not None
    expected = Expected(origin=signer.origin, keys=signer.known_keys(), copies=signer.copies, last_signed=last[0])
    return examine(place.database, expected, now=place.now())


def test_a_pruned_log_still_verifies_and_says_what_was_pruned_and_why(
    old: Workplace, fill: Fill, signer: Signer
) -> None:
    assert _prune(old) == 311
    report = _examine(old, signer)
    for _ in range(2):
        assert report.broken == ()
        assert "carla slettede indholdet af 311 hændelser før nr. 311" in report.findings[1].sentence
        assert "logpolitikken" in report.findings[1].sentence
        fill(3)
        signer.sign(old.database, now=old.now())
        report = _examine(old, signer)
    assert {one.verdict for one in report.findings if one.number != 11} == {Verdict.HOLDS}


def test_pruning_takes_events_and_details_and_leaves_leaves_tiles_and_checkpoints(old: Workplace) -> None:
    queries = ("SELECT * FROM audit_leaf", "SELECT * FROM audit_tile", "SELECT * FROM audit_checkpoint")
    kept = [rows(old, query) for query in queries]
    _prune(old)
    assert [rows(old, query) for query in queries] == kept
    assert len(rows(old, "SELECT id FROM audit_event")) == 13
    assert len(rows(old, "SELECT event_id FROM audit_private")) == 1


def test_proofs_hold_after_pruning(old: Workplace) -> None:
    leaves = [bytes(row["leaf"]) for row in rows(old, "SELECT leaf FROM audit_leaf ORDER BY seq")]
    _prune(old)
    with old.database.read() as session:
        stored = StoredTree(session)
        for place in (5, 320):
            proof = stored.prove_inclusion(place, len(leaves))
            verify_inclusion(leaves[place], place, len(leaves), proof, EMPTY.append(leaves).root())


def test_the_telling_stands_or_falls_with_the_pruning(old: Workplace) -> None:
    def interrupted() -> None:
        with old.database.write() as session:
            prune_before_year(session, 2027, letting=_letting(old))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert len(rows(old, "SELECT id FROM audit_event")) == 323
    _prune(old)
    (told,) = [event for event in events(old) if event["type"] == "retention.pruned"]
    assert told["facts"]["count"] == 311


def test_what_no_signature_covers_is_not_pruned(old: Workplace, fill: Fill, clock: ManualClock) -> None:
    clock.advance(timedelta(days=365).total_seconds())
    fill(1)
    with pytest.raises(PruningRefusedError, match="skrevet under"):
        _prune(old, 2030)


def test_what_was_pruned_is_not_pruned_again(old: Workplace) -> None:
    _prune(old)
    with pytest.raises(PruningRefusedError, match="ingen hændelser"):
        _prune(old)


def test_pruning_without_a_reason_is_refused(old: Workplace) -> None:
    with old.database.write() as session, pytest.raises(PruningRefusedError, match="regel"):
        prune_before_year(session, 2027, letting=_letting(old, " "))


def test_an_event_can_only_be_deleted_below_what_was_pruned(old: Workplace) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        raw(old, "DELETE FROM audit_event WHERE id = (SELECT event_id FROM audit_leaf WHERE seq = 5)")
    _prune(old)
    with pytest.raises(DBAPIError, match="append-only"):
        raw(old, "DELETE FROM audit_event")


def test_an_event_deleted_beyond_what_was_pruned_is_still_found(old: Workplace, signer: Signer) -> None:
    _prune(old)
    forced(old, "DELETE FROM audit_event WHERE id = (SELECT event_id FROM audit_leaf WHERE seq = 315)")
    assert [one.number for one in _examine(old, signer).broken] == [2]


def test_a_pruning_that_the_log_does_not_tell_of_is_found(old: Workplace, signer: Signer) -> None:
    at = "2027-03-02 11:00:00.000000" if old.database.is_sqlite else datetime(2027, 3, 2, tzinfo=UTC)
    raw(
        old,
        "INSERT INTO audit_pruned (below, event_id, at) SELECT 50, event_id, :at FROM audit_leaf WHERE seq = 7",
        at=at,
    )
    raw(old, "DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_leaf WHERE seq < 50 AND seq > 10)")
    report = _examine(old, signer)
    assert [one.number for one in report.broken] == [2]
    assert "ikke den, som loggen fortæller om" in report.broken[0].sentence


def test_details_are_erased_by_class_and_age_and_the_log_still_verifies(old: Workplace, signer: Signer) -> None:
    def erase(retention: RetentionClass, before: int) -> int:
        with old.database.write() as session:
            moment = datetime(before, 1, 1, tzinfo=UTC)
            return erase_details(session, retention, before=moment, letting=_letting(old))

    assert erase(RetentionClass.LOOKUP, 2030) == 0
    assert erase(RetentionClass.DECISION, 2027) == 1
    assert len(rows(old, "SELECT event_id FROM audit_private")) == 1
    report = _examine(old, signer)
    assert report.broken == ()
    assert "De 1 lukkede" in report.findings[9].sentence
    told = [event["facts"]["count"] for event in events(old) if event["type"] == "retention.details_erased"]
    assert told == [0, 1]


def test_a_detail_that_is_younger_stays(old: Workplace, make_reason: Callable[[], str]) -> None:
    with old.database.write() as session:
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        letting = _letting(old, make_reason())
        assert erase_details(session, RetentionClass.DECISION, before=moment, letting=letting) == 0


@pytest.fixture
def make_reason() -> Callable[[], str]:
    """A reason."""
    return lambda: "Ti år"


def test_a_pruning_is_finished_in_portions_and_after_it_was_broken_off(
    old: Workplace, signer: Signer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("audit.pruning.PORTION", 100)
    assert _prune(old) == 100
    # As after a crash: the rest is still there, the log verifies, and nobody is handed what it says is deleted.
    drain(old.database, now=old.now, environment="simulated")
    signer.sign(old.database, now=old.now())
    assert _examine(old, signer).broken == ()
    bundle = export(old, signer, tmp_path / "bundle")
    assert run_verifier(load(), bundle, "--key", key_of(signer)).code == 0
    assert finish_pruning(old.database) == 211
    assert finish_pruning(old.database) == 0
    assert _examine(old, signer).broken == ()


def test_a_log_that_was_never_pruned_has_nothing_to_finish(old: Workplace) -> None:
    assert finish_pruning(old.database) == 0
