"""The drop folder as a source of events: order, resuming, holes, repetitions, corrections, broken files."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import structlog

from connectors.cpr.extract import ExtractPersonEvents, open_extract
from connectors.errors import CapabilityMissing, DeliveryBroken, SchemaDrift, Unavailable
from connectors.records import EventBatch, PersonEventKind
from foundation.cpr import Cpr
from foundation.cpr_search import find_cpr_candidates
from tests.connectors.cpr.extract_files import FRIDAY, MONDAY, TUESDAY, delivery, jane, line, movers, person, put

FIRST, SECOND, THIRD, FOURTH = "1012620000", "1012620001", "1012620002", "1012620003"
WEDNESDAY = date(2001, 11, 21)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    drop = tmp_path / "IN"
    drop.mkdir()
    return drop


@pytest.fixture
def source(folder: Path) -> ExtractPersonEvents:
    return open_extract(folder)


def drained(source: ExtractPersonEvents, after: str | None = None, limit: int = 2) -> Iterator[EventBatch]:
    while True:
        batch = source.poll(after=after, limit=limit)
        yield batch
        after = batch.next_cursor
        if not batch.has_more:
            return


def numbers(source: ExtractPersonEvents, after: str | None = None, limit: int = 2) -> list[str]:
    return [event.cpr.digits for batch in drained(source, after, limit) for event in batch.events]


def end(source: ExtractPersonEvents) -> str | None:
    return list(drained(source))[-1].next_cursor


def test_an_empty_folder_has_no_events(source: ExtractPersonEvents) -> None:
    assert source.poll(after=None, limit=10) == EventBatch((), None)


def test_a_block_is_an_event_with_its_days_and_kind(folder: Path, source: ExtractPersonEvents) -> None:
    put(folder, delivery([*movers(FIRST), *jane()]))
    moved, renamed = source.poll(after=None, limit=10).events
    assert (moved.cpr, moved.kind, moved.effect_from) == (Cpr(FIRST), PersonEventKind.ADDRESS, date(2001, 11, 15))
    assert moved.registered_at == datetime(2001, 11, 18, 23, tzinfo=UTC)
    assert (renamed.kind, renamed.effect_from) == (PersonEventKind.NAME, date(1980, 11, 1))
    assert renamed.sequence == moved.sequence + 1
    assert not moved.may_be_duplicate


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("A01", PersonEventKind.ADDRESS),
        ("A47", PersonEventKind.ADDRESS),
        ("A13", PersonEventKind.NAME),
        ("A74", PersonEventKind.STATUS),
        ("P99", PersonEventKind.OTHER),
    ],
)
def test_a_code_that_we_do_not_know_is_passed_on(
    folder: Path, source: ExtractPersonEvents, code: str, kind: PersonEventKind
) -> None:
    put(folder, delivery(person(FIRST, code=code)))
    assert source.poll(after=None, limit=10).events[0].kind is kind


def test_a_departure_has_effect_from_its_own_day(folder: Path, source: ExtractPersonEvents) -> None:
    put(folder, delivery(person(FIRST, line("005", FIRST, (14, "5120"), (18, "199709091431")), status="80")))
    assert source.poll(after=None, limit=10).events[0].effect_from == date(1997, 9, 9)


def test_neither_id_nor_cursor_holds_a_cpr_number(folder: Path, source: ExtractPersonEvents) -> None:
    put(folder, delivery(movers(FIRST, SECOND)))
    batch = source.poll(after=None, limit=1)
    assert batch.events[0].id.startswith("u12170:110901:2001-11-19:")
    assert batch.next_cursor is not None
    assert not find_cpr_candidates(batch.next_cursor + " " + batch.events[0].id)


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_every_person_comes_once_however_many_are_asked_for(
    folder: Path, source: ExtractPersonEvents, limit: int
) -> None:
    put(folder, delivery([*movers(FIRST, SECOND), *jane(), *movers(THIRD)]))
    put(folder, delivery(movers(FOURTH), produced=TUESDAY, previous=MONDAY), "D011120.L110901")
    assert numbers(source, limit=limit) == [FIRST, SECOND, "0709614592", THIRD, FOURTH]


def test_another_process_goes_on_where_the_first_stopped(folder: Path, source: ExtractPersonEvents) -> None:
    put(folder, delivery(movers(FIRST, SECOND, THIRD)))
    cursor = source.poll(after=None, limit=2).next_cursor
    assert numbers(open_extract(folder), after=cursor) == [THIRD]


def test_a_batch_that_was_not_saved_comes_again_with_the_same_ids(folder: Path, source: ExtractPersonEvents) -> None:
    put(folder, delivery(movers(FIRST, SECOND, THIRD)))
    once, again = source.poll(after=None, limit=2), source.poll(after=None, limit=2)
    assert once == again


def test_receipts_between_persons_are_no_persons(folder: Path, source: ExtractPersonEvents) -> None:
    receipt = line("997", SECOND, (14, "200111190000"), (26, "A99"))
    put(folder, delivery([receipt, *movers(FIRST), receipt, "777x", *movers(THIRD), receipt]))
    assert numbers(source, limit=1) == [FIRST, THIRD]


def test_files_are_read_by_their_day_whatever_they_are_called(folder: Path, source: ExtractPersonEvents) -> None:
    put(folder, delivery(movers(SECOND), produced=TUESDAY, previous=MONDAY), "a")
    put(folder, delivery(movers(FIRST)), "b")
    assert numbers(source) == [FIRST, SECOND]


def test_a_quiet_weekend_is_no_hole(folder: Path, source: ExtractPersonEvents) -> None:
    put(folder, delivery(movers(FIRST), produced=FRIDAY, previous=date(2001, 11, 15)), "a")
    cursor = end(source)
    put(folder, delivery(movers(SECOND), produced=MONDAY, previous=FRIDAY), "b")
    assert not source.poll(after=cursor, limit=10).has_gap


def test_a_missing_file_is_a_hole_and_the_rest_of_the_next_is_none(folder: Path, source: ExtractPersonEvents) -> None:
    put(folder, delivery(movers(FIRST)), "a")
    cursor = end(source)
    put(folder, delivery(movers(SECOND, THIRD), produced=WEDNESDAY, previous=TUESDAY), "b")
    assert [batch.has_gap for batch in drained(source, cursor, limit=1)] == [True, False]


def test_the_missing_file_closes_the_hole(folder: Path, source: ExtractPersonEvents) -> None:
    put(folder, delivery(movers(FIRST)), "a")
    cursor = end(source)
    put(folder, delivery(movers(THIRD), produced=WEDNESDAY, previous=TUESDAY), "b")
    put(folder, delivery(movers(SECOND), produced=TUESDAY, previous=MONDAY), "c")
    batches = list(drained(source, cursor))
    assert not any(batch.has_gap for batch in batches)
    assert [event.cpr.digits for batch in batches for event in batch.events] == [SECOND, THIRD]


def test_a_hole_before_a_file_without_persons_is_told(folder: Path, source: ExtractPersonEvents) -> None:
    put(folder, delivery(movers(FIRST)), "a")
    cursor = end(source)
    put(folder, delivery([], produced=WEDNESDAY, previous=TUESDAY), "b")
    assert source.poll(after=cursor, limit=10).has_gap


def test_a_file_without_persons_keeps_the_chain(folder: Path, source: ExtractPersonEvents) -> None:
    put(folder, delivery(movers(FIRST)), "a")
    cursor = end(source)
    put(folder, delivery([], produced=TUESDAY, previous=MONDAY), "b")
    assert source.poll(after=cursor, limit=10) == EventBatch((), cursor)
    put(folder, delivery(movers(SECOND), produced=WEDNESDAY, previous=TUESDAY), "c")
    batch = source.poll(after=cursor, limit=10)
    assert ([event.cpr.digits for event in batch.events], batch.has_gap) == ([SECOND], False)


def test_a_chain_that_begins_anew_is_a_hole(folder: Path, source: ExtractPersonEvents) -> None:
    put(folder, delivery(movers(FIRST)), "a")
    cursor = end(source)
    put(folder, delivery(movers(SECOND), produced=TUESDAY, previous=None), "b")
    assert source.poll(after=cursor, limit=10).has_gap


def test_the_same_file_twice_is_read_once(folder: Path, source: ExtractPersonEvents) -> None:
    content = delivery(movers(FIRST, SECOND))
    put(folder, content, "a")
    put(folder, content, "b")
    assert numbers(source) == [FIRST, SECOND]
    put(folder, content, "c")
    assert source.poll(after=end(source), limit=10).events == ()


@pytest.mark.parametrize("name", ["0-before", "z-after"])
def test_a_corrected_delivery_of_the_same_day_is_read_too(folder: Path, source: ExtractPersonEvents, name: str) -> None:
    path = put(folder, delivery(movers(FIRST, SECOND)), "m")
    cursor = end(source)
    put(folder, delivery(movers(FIRST, THIRD)), name)
    batch = source.poll(after=cursor, limit=10)
    assert [event.cpr.digits for event in batch.events] == [FIRST, THIRD]
    assert all(event.may_be_duplicate for event in batch.events)
    assert not batch.has_gap
    path.unlink()
    assert source.poll(after=batch.next_cursor, limit=10).events == ()


def test_a_correction_has_ids_of_its_own(folder: Path, source: ExtractPersonEvents) -> None:
    put(folder, delivery(movers(FIRST)), "a")
    before = source.poll(after=None, limit=10)
    put(folder, delivery(movers(SECOND)), "b")
    after = source.poll(after=before.next_cursor, limit=10)
    assert before.events[0].id != after.events[0].id


def test_a_file_that_was_read_may_be_taken_away(folder: Path, source: ExtractPersonEvents) -> None:
    path = put(folder, delivery(movers(FIRST)))
    cursor = end(source)
    path.unlink()
    assert source.poll(after=cursor, limit=10) == EventBatch((), cursor)


def test_a_file_that_was_not_read_to_its_end_may_not(folder: Path, source: ExtractPersonEvents) -> None:
    path = put(folder, delivery(movers(FIRST, SECOND)))
    cursor = source.poll(after=None, limit=1).next_cursor
    path.rename(folder / ".hidden")
    with pytest.raises(DeliveryBroken) as raised:
        source.poll(after=cursor, limit=1)
    assert "Læg den tilbage" in raised.value.advice
    (folder / ".hidden").rename(path)
    assert numbers(source, after=cursor) == [SECOND]


def test_nothing_of_a_broken_file_is_handed_out_and_what_came_before_it_is(
    folder: Path, source: ExtractPersonEvents
) -> None:
    put(folder, delivery(movers(FIRST)), "a")
    broken = put(folder, delivery(movers(SECOND, THIRD), produced=TUESDAY, previous=MONDAY)[:-30], "b")
    before = source.poll(after=None, limit=10)
    assert [event.cpr.digits for event in before.events] == [FIRST]
    for _ in range(2):
        with pytest.raises(DeliveryBroken):
            source.poll(after=before.next_cursor, limit=1)
    put(folder, delivery(movers(SECOND, THIRD), produced=TUESDAY, previous=MONDAY), broken.name)
    assert numbers(source, after=before.next_cursor) == [SECOND, THIRD]


def test_a_broken_correction_does_not_stop_the_file_that_is_being_read(
    folder: Path, source: ExtractPersonEvents
) -> None:
    put(folder, delivery(movers(FIRST, SECOND)), "m")
    cursor = source.poll(after=None, limit=1).next_cursor
    put(folder, delivery(movers(THIRD))[:-5], "a")
    batch = open_extract(folder).poll(after=cursor, limit=1)
    assert [event.cpr.digits for event in batch.events] == [SECOND]
    with pytest.raises(DeliveryBroken):
        source.poll(after=batch.next_cursor, limit=1)


@pytest.mark.parametrize("name", [".D011119", "~D011119", "D.metadata", "D.METADATA", "D.part", "D.tmp", "D.filepart"])
def test_what_is_hidden_beside_the_data_or_on_its_way_is_no_delivery(
    folder: Path, source: ExtractPersonEvents, name: str
) -> None:
    put(folder, b"half a file", name)
    (folder / "archive").mkdir()
    assert source.poll(after=None, limit=10) == EventBatch((), None)


def test_another_file_in_the_folder_is_told_of(folder: Path, source: ExtractPersonEvents) -> None:
    put(folder, b"Hej", "readme.txt")
    with pytest.raises(DeliveryBroken) as raised:
        source.poll(after=None, limit=10)
    assert raised.value.detail == "readme.txt:1: no_start_record"


def test_files_of_two_orders_do_not_mix(folder: Path, source: ExtractPersonEvents) -> None:
    put(folder, delivery(movers(FIRST)), "a")
    put(folder, delivery(movers(SECOND), produced=TUESDAY, previous=MONDAY, order="110902"), "b")
    with pytest.raises(DeliveryBroken) as raised:
        source.poll(after=None, limit=10)
    assert raised.value.detail == "b:1: other_order"


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as raised:
        open_extract(tmp_path / "nowhere").poll(after=None, limit=10)
    assert raised.value.__context__ is None
    assert str(tmp_path) not in str(raised.value)


def test_a_file_written_over_is_read_anew(folder: Path, source: ExtractPersonEvents) -> None:
    path = put(folder, delivery(movers(FIRST)))
    cursor = end(source)
    put(folder, delivery(movers(SECOND), produced=TUESDAY, previous=MONDAY), path.name)
    os.utime(path, (1, 1))
    assert numbers(source, after=cursor) == [SECOND]


@pytest.mark.parametrize("text", ["17", "2001-11-19", "x:y:z", "2001-11-19:ab:x", "2001-11-19::1", "2001-11-19:ab:-1"])
def test_a_cursor_of_another_source_is_refused(folder: Path, source: ExtractPersonEvents, text: str) -> None:
    put(folder, delivery(movers(FIRST)))
    with pytest.raises(SchemaDrift) as raised:
        source.poll(after=text, limit=10)
    assert raised.value.detail == "cursor"


def test_subscriptions_are_ordered_at_cpr(source: ExtractPersonEvents) -> None:
    for order in (source.subscribe, source.unsubscribe):
        with pytest.raises(CapabilityMissing) as raised:
            order(Cpr(FIRST))
        assert "CPR-kontoret" in raised.value.advice


def test_what_cpr_refused_and_confirmed_is_logged_without_numbers(folder: Path, source: ExtractPersonEvents) -> None:
    refused = line("910", FIRST, (14, "06110901" + FIRST), (89, "0027"), (93, f"PNR {FIRST} UKENDT"))
    receipt = line("997", SECOND, (14, "200111190000"), (26, "A99"))
    put(folder, delivery([refused, *jane(), receipt, "777x"]))
    with structlog.testing.capture_logs() as logged:
        source.poll(after=None, limit=10)
    (told,) = logged
    assert (told["refused_lines"], told["error_numbers"], told["ended_subscriptions"]) == (1, ("0027",), 1)
    assert told["unknown_records"] == 1
    assert FIRST not in str(told)
