"""What verification finds beside the tamper matrix, obligation by obligation, and what it says when it cannot look."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.events import ActorRef
from audit.obligations.finding import Verdict
from audit.verification import Expected, examine
from audit.vocabulary import ActorKind
from audit.write_once import WriteOnceFolder
from casework.workplace import Workplace
from foundation.clock import ManualClock
from tests.audit.tampering import ONLY_INSIDE, PATIENT, Fill, Log, forced
from tests.workbench import rows

CARLA = ActorRef(ActorKind.PERSON, "carla", "os_account")


def test_pending_events_that_nobody_takes_are_named(log: Log, clock: ManualClock) -> None:
    log.fill(2, into_tree=False)
    clock.advance(16 * 60)
    report = log.examine()
    assert [one.number for one in report.broken] == [9]
    assert report.broken[0].event is not None


def test_an_event_taken_out_of_the_queue_is_named(log: Log) -> None:
    log.fill(2, into_tree=False)
    forced(log.place, "DELETE FROM audit_pending")
    report = log.examine()
    assert [one.number for one in report.broken] == [2]
    assert "på vej ind" in report.broken[0].sentence


def test_an_event_in_quarantine_is_named(log: Log) -> None:
    log.fill(2, into_tree=False)
    (waiting, *_) = rows(log.place, "SELECT event_id FROM audit_pending")
    forced(log.place, "UPDATE audit_event SET leaf = body WHERE id = :id", id=waiting["event_id"])
    with pytest.raises(Exception, match="karantæne"):
        log.fill(0)
    assert log.broken() == [2]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("type", "'item.created'"),
        ("outcome", "'refused'"),
        ("actor", "'bo'"),
        ("robot", "'en anden'"),
        ("run_id", "'r'"),
        ("item_id", "'i'"),
        ("case_ref", "'c'"),
        ("subject_ref", "'s'"),
    ],
)
def test_a_column_that_does_not_repeat_the_body_is_named(log: Log, column: str, value: str) -> None:
    forced(log.place, f"UPDATE audit_event SET {column} = {value} WHERE id = :id", id=log.ids()[42])  # noqa: S608 - names of our own tables.
    report = log.examine()
    assert [one.number for one in report.broken] == [7]
    assert "nr. 42" in report.broken[0].sentence


def test_a_time_that_does_not_repeat_the_body_is_named(log: Log) -> None:
    at = "'2020-01-01 00:00:00.000000'" if log.place.database.is_sqlite else "'2020-01-01T00:00:00Z'"
    forced(log.place, f"UPDATE audit_event SET at = {at} WHERE id = :id", id=log.ids()[42])  # noqa: S608 - names of our own tables.
    assert log.broken() == [7]


def test_a_body_in_another_form_is_named_even_when_its_writer_hashed_it_right(
    place: Workplace, fill: Fill, expected: Callable[..., Expected]
) -> None:
    fill(2, into_tree=False)
    (row, *_) = rows(place, "SELECT id, body FROM audit_event ORDER BY id DESC")
    body = json.dumps(json.loads(bytes(row["body"]))).encode()
    forced(place, "UPDATE audit_event SET body = :body, leaf = :leaf WHERE id = :id", id=row["id"], body=body,
           leaf=hashlib.sha256(b"\x00" + body).digest())  # fmt: skip
    fill(1)
    report = examine(place.database, expected(**PATIENT), now=place.now())
    assert [one.number for one in report.broken] == [7]
    assert "faste form" in report.broken[0].sentence


@pytest.mark.parametrize("body", [b"\xff", b"[]", b"{}", b'{"id":7}'])
def test_a_body_that_no_program_of_ours_wrote_is_found_and_verification_goes_on(
    place: Workplace, fill: Fill, expected: Callable[..., Expected], body: bytes
) -> None:
    fill(2, into_tree=False)
    (row, *_) = rows(place, "SELECT id FROM audit_event ORDER BY id DESC")
    forced(place, "UPDATE audit_event SET body = :body, leaf = :leaf WHERE id = :id", id=row["id"], body=body,
           leaf=hashlib.sha256(b"\x00" + body).digest())  # fmt: skip
    fill(1)
    report = examine(place.database, expected(), now=place.now())
    assert {7, 8} <= {one.number for one in report.broken}
    assert len(report.findings) == 11


def test_a_private_detail_that_was_exchanged_is_named(
    place: Workplace, fill: Fill, event: object, expected: Callable[..., Expected]
) -> None:
    with place.database.write() as session:
        place.record(session, event)  # type: ignore[arg-type]  # the fixture's event
        place.record(session, event)  # type: ignore[arg-type]  # the fixture's event
    fill(1)
    assert examine(place.database, expected(**PATIENT), now=place.now()).broken == ()
    forced(place, "UPDATE audit_private SET salt = :salt", salt=bytes(16))
    (broken,) = examine(place.database, expected(**PATIENT), now=place.now()).broken
    assert (broken.number, broken.event is not None) == (10, True)


def test_a_private_detail_that_was_erased_is_no_fault(
    place: Workplace, fill: Fill, event: object, expected: Callable[..., Expected]
) -> None:
    with place.database.write() as session:
        place.record(session, event)  # type: ignore[arg-type]  # the fixture's event
        session.execute(text("DELETE FROM audit_private"))
    fill(1)
    assert examine(place.database, expected(**PATIENT), now=place.now()).broken == ()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_tile SET root = data",
        "DELETE FROM audit_tile",
        "INSERT INTO audit_tile SELECT 1, 0, data, root FROM audit_tile",
        "UPDATE audit_tree SET size = 89",
        "DELETE FROM audit_tree",
    ],
)
def test_a_tile_or_head_that_the_leaves_do_not_give_is_found(log: Log, statement: str) -> None:
    log.fill(300)
    forced(log.place, statement)
    assert 3 in log.broken(**ONLY_INSIDE)


def test_a_copy_taken_away_is_found(log: Log) -> None:
    for copy in list(log.signer.copies.path.iterdir())[:1]:
        copy.unlink()
    assert log.broken() == [6]


def test_a_copy_changed_is_found(log: Log) -> None:
    copy = next(iter(log.signer.copies.path.iterdir()))
    copy.chmod(0o644)
    copy.write_text("andet", encoding="utf-8")
    assert log.broken() == [6]


def test_copies_on_another_disk_that_is_not_there_are_not_taken_for_an_empty_folder(log: Log, tmp_path: Path) -> None:
    assert log.broken(copies=WriteOnceFolder(tmp_path / "not-mounted")) == [6]


def test_without_anything_outside_that_is_said_and_not_taken_for_good(log: Log) -> None:
    finding = log.examine(**ONLY_INSIDE).findings[5]
    assert (finding.verdict, "ikke set" in finding.to_line()) == (Verdict.NOT_EXAMINED, True)


def test_a_quick_look_says_what_it_left_out(log: Log) -> None:
    report = log.examine(is_thorough=False)
    assert report.broken == ()
    left_out = {one.number for one in report.findings if one.verdict is Verdict.NOT_EXAMINED}
    assert left_out == {7, 8, 10, 11}


def test_a_quick_look_names_an_edited_event_too(log: Log) -> None:
    log.edit(45)
    assert log.broken(is_thorough=False) == [1]
