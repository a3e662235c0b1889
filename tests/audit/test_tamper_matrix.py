"""The tamper matrix (section 3.6 of the reference): every attack with the control that finds it, and an honest log.

The attacker here owns the database: the triggers are taken away, the attack is made, and they are put back, so that it
is verification alone that must find it. What he does not have is the signer's folder and the write-once folder.

Two rows of the matrix are found by no log at all, and are shown here to be found by nothing, so that nobody believes
otherwise: an event edited after the last checkpoint, by one who rebuilds the tree (only a shorter interval between
checkpoints narrows that), and an event that was never written (reconciliation with what the other systems received
finds it, and obligation 11 where our own rows remember what happened).
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from audit.clock_skew import CLOCK_TOLERANCE, acknowledge_skew
from audit.errors import VerificationError
from audit.events import ActorRef
from audit.notes import SigningKey
from audit.obligations.finding import Verdict
from audit.verification import Expected, examine, verify
from audit.vocabulary import ActorKind
from casework.business_records import BUSINESS_RECORDS
from casework.workplace import Workplace
from foundation.clock import ManualClock
from tests.audit.tampering import ONLY_INSIDE, PATIENT, Log, forced
from tests.casework.oversight_makers import MAKERS as OVERSIGHT
from tests.workbench import events, rows

CARLA = ActorRef(ActorKind.PERSON, "carla", "os_account")


def test_an_honest_log_raises_no_alarm(log: Log) -> None:
    report = verify(log.place.database, log.expected(), now=log.place.now())
    assert [one.number for one in report.findings] == list(range(1, 12))
    assert {one.verdict for one in report.findings if one.number != 11} == {Verdict.HOLDS}
    assert report.size == 90
    assert all(one.sentence.endswith(".") for one in report.findings)


def test_an_honest_log_raises_no_alarm_while_it_grows(log: Log) -> None:
    log.fill(7)
    log.fill(3, into_tree=False)
    report = log.examine()
    assert report.broken == ()
    assert "De sidste 7 hændelser" in report.findings[8].sentence
    assert "3 hændelser venter" in report.findings[8].sentence


def test_an_honest_log_under_an_exchanged_key_raises_no_alarm(log: Log) -> None:
    log.signer.rotate(log.place.database, actor=CARLA, now=log.place.now, environment="simulated")
    log.fill(5)
    log.signer.sign(log.place.database, now=log.place.now())
    assert log.broken() == []


def test_a_log_without_leaves_raises_no_alarm(place: Workplace, expected: Callable[..., Expected]) -> None:
    assert examine(place.database, expected(**PATIENT), now=place.now()).broken == ()


def test_an_edited_event_is_named(log: Log) -> None:
    log.edit(45, with_leaf=False)
    with pytest.raises(VerificationError, match=r"nr\. 45") as refused:
        verify(log.place.database, log.expected(**ONLY_INSIDE), now=log.place.now())
    assert refused.value.diagnostics().splitlines()[0].startswith(" 1. BRUDT")
    (first, *_) = log.examine(**ONLY_INSIDE).broken
    assert str(first.event).replace("-", "") == str(log.ids()[45]).replace("-", "")


def test_an_edited_event_with_its_leaf_is_named_by_the_tree(log: Log) -> None:
    log.edit(45)
    assert log.broken(**ONLY_INSIDE) == [1]


def test_an_event_edited_and_the_tree_rebuilt_is_found_by_the_checkpoints(log: Log) -> None:
    log.edit(45)
    log.rebuild()
    report = log.examine(**ONLY_INSIDE)
    assert [one.number for one in report.broken] == [5]
    assert "mellem nr. 30 og nr. 59" in report.broken[0].sentence


def test_two_events_that_changed_places_are_found_by_the_checkpoints(log: Log) -> None:
    ids = log.ids()
    ids[45], ids[46] = ids[46], ids[45]
    leaves = {row["id"]: bytes(row["leaf"]) for row in rows(log.place, "SELECT id, leaf FROM audit_event")}
    log.rebuild(ids=ids, leaves=[leaves[key] for key in ids])
    assert log.broken(**ONLY_INSIDE) == [5]


def test_an_event_put_in_afterwards_is_found_by_the_checkpoints(log: Log) -> None:
    log.fill(1)
    ids = log.ids()
    ids.insert(45, ids.pop())
    leaves = {row["id"]: bytes(row["leaf"]) for row in rows(log.place, "SELECT id, leaf FROM audit_event")}
    log.rebuild(ids=ids, leaves=[leaves[key] for key in ids])
    assert log.broken(**ONLY_INSIDE) == [5]


def test_an_event_deleted_and_the_rest_renumbered_is_found_by_the_checkpoints(log: Log) -> None:
    log.remove_events(log.ids()[45])
    log.rebuild()
    assert log.broken(**ONLY_INSIDE) == [5]


def test_an_event_deleted_from_the_middle_is_found_as_a_hole(log: Log) -> None:
    log.remove_events(log.ids()[45])
    assert 2 in log.broken(**ONLY_INSIDE)


def test_an_event_deleted_beside_its_leaf_is_named(log: Log) -> None:
    key = log.ids()[45]
    forced(log.place, "DELETE FROM audit_event WHERE id = :id", id=key)
    report = log.examine(**ONLY_INSIDE)
    assert [one.number for one in report.broken] == [2]
    assert str(report.broken[0].event).replace("-", "") == str(key).replace("-", "")


def test_a_tail_cut_off_is_found_by_the_checkpoint_over_it(log: Log) -> None:
    log.remove_events(*log.ids()[75:])
    log.rebuild()
    assert log.broken(**ONLY_INSIDE) == [5]


def test_a_tail_cut_off_with_its_checkpoint_is_found_outside_the_database_alone(log: Log, expected: object) -> None:
    log.remove_events(*log.ids()[75:])
    log.rebuild()
    forced(log.place, "DELETE FROM audit_checkpoint WHERE size = 90")
    assert log.broken(**ONLY_INSIDE) == []
    assert log.broken(last_signed=None) == [6]
    assert log.broken(copies=None) == [6]


def test_a_restored_backup_that_was_gone_on_with_is_found_outside_the_database_alone(log: Log) -> None:
    log.remove_events(*log.ids()[60:])
    log.rebuild()
    forced(log.place, "DELETE FROM audit_checkpoint WHERE size = 90")
    log.fill(45)
    assert log.broken(**ONLY_INSIDE) == []
    assert log.broken(last_signed=None) == [6]
    assert log.broken(copies=None) == [6]


def test_an_edit_under_the_later_checkpoints_taken_away_is_found_outside_and_by_the_window(
    log: Log, clock: ManualClock
) -> None:
    log.edit(45)
    log.rebuild()
    forced(log.place, "DELETE FROM audit_checkpoint WHERE size > 30")
    assert log.broken(**ONLY_INSIDE) == []
    assert log.broken(last_signed=None) == [6]
    assert log.broken(copies=None) == [6]
    # Without anything outside, the last checkpoint no longer covers the tail, and soon that is too long.
    clock.advance(25 * 3600)
    assert log.broken(**ONLY_INSIDE) == [9]


def test_a_full_rewrite_with_the_stolen_key_is_found_outside_the_database_alone(log: Log) -> None:
    log.edit(45)
    log.rebuild()
    log.resign(log.signer.folder.signing_key(), 30, 60, 90)
    assert log.broken(**ONLY_INSIDE) == []
    assert log.broken(last_signed=None) == [6]
    assert log.broken(copies=None) == [6]


def test_a_full_rewrite_with_a_key_of_ones_own_is_found_by_the_known_keys(log: Log) -> None:
    log.edit(45)
    log.rebuild()
    log.resign(SigningKey.generate(log.signer.origin), 30, 60, 90)
    assert log.broken(**ONLY_INSIDE) == [4]


def test_a_result_changed_by_hand_is_found_by_the_event_that_tells_it(log: Log) -> None:
    OVERSIGHT["work_result"](log.place)
    log.fill(1)
    log.signer.sign(log.place.database, now=log.place.now())
    assert log.broken(business=BUSINESS_RECORDS) == []
    forced(log.place, "UPDATE work_result SET result = 'noop' WHERE result = 'applied'")
    assert log.broken(business=BUSINESS_RECORDS) == [11]


def test_an_edit_after_the_last_checkpoint_is_found_by_nothing_and_its_window_is_told(log: Log) -> None:
    """The row of the matrix that no log can find: the interval between checkpoints is the attacker's window."""
    log.fill(20)
    log.edit(100)
    log.rebuild()
    report = log.examine()
    assert report.broken == ()
    assert "De sidste 20 hændelser" in report.findings[8].sentence
    assert "beviser loggen intet" in report.findings[8].sentence
    # Had it been signed before, it would have been found.


def test_an_event_that_was_never_written_is_found_by_nothing_in_the_log(log: Log) -> None:
    """The other row: completeness is never cryptographic. Business rows (obligation 11) and reconciliation find it."""
    assert log.broken() == []


def test_a_clock_set_back_is_found_by_the_order_of_time_alone(log: Log, clock: ManualClock) -> None:
    clock._now -= CLOCK_TOLERANCE + timedelta(hours=1)
    log.fill(5)
    log.signer.sign(log.place.database, now=log.place.now())
    report = log.examine()
    assert [one.number for one in report.broken] == [8]
    assert "65 minutter" in report.broken[0].sentence
    assert str(report.broken[0].event).replace("-", "") == str(log.ids()[90]).replace("-", "")


def test_a_clock_set_back_is_good_again_when_a_person_has_looked_into_it(log: Log, clock: ManualClock) -> None:
    clock._now -= CLOCK_TOLERANCE + timedelta(hours=1)
    log.fill(5)
    log.fill(1)
    # The log's own remark makes nothing good.
    assert "clock.skewed" in {event["type"] for event in events(log.place)}
    (broken,) = log.examine().broken
    assert broken.sentence.endswith("har undersøgt hvorfor. Loggen har selv bemærket det.")
    assert broken.event is not None
    with log.place.database.write() as session:
        acknowledge_skew(
            session, broken.event, actor=CARLA, reason="Sommertid", at=log.place.now(), environment="simulated"
        )
    log.fill(1)
    report = log.examine()
    assert report.broken == ()
    assert "en person har undersøgt" in report.findings[7].sentence
