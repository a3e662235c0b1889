"""Reading JSON fields by kind."""

from datetime import UTC, date, datetime, timedelta

import pytest

from connectors import fields
from connectors.fields import Drift

SECRET = "0709614592"


@pytest.mark.parametrize(
    "read",
    [
        fields.text,
        fields.flag,
        fields.whole_number,
        fields.seconds,
        fields.rows,
        fields.child,
        fields.optional_text,
        fields.optional_child,
        fields.optional_day,
        fields.instant,
    ],
)
@pytest.mark.parametrize("value", [object(), SECRET.encode()])
def test_a_value_of_another_kind_is_told_by_its_path_and_nothing_else(read: object, value: object) -> None:
    assert callable(read)
    with pytest.raises(Drift) as raised:
        read({"field": value}, "field", "cases[3]")
    assert raised.value.path == "cases[3].field"
    assert raised.value.__context__ is None


@pytest.mark.parametrize("read", [fields.optional_day, fields.instant])
def test_a_text_that_is_no_date_is_not_quoted(read: object) -> None:
    assert callable(read)
    with pytest.raises(Drift) as raised:
        read({"field": SECRET + "x"}, "field")
    assert SECRET not in repr(raised.value)
    assert raised.value.__context__ is None


def test_true_is_no_number() -> None:
    with pytest.raises(Drift):
        fields.whole_number({"n": True}, "n")


def test_absent_null_and_empty_are_the_same_missing_text() -> None:
    assert [fields.optional_text(of, "a") for of in ({}, {"a": None}, {"a": ""})] == [None, None, None]


def test_a_day_and_a_time_are_read() -> None:
    of = {"day": "2026-03-04", "time": "2026-03-04T05:06:07Z"}
    assert fields.optional_day(of, "day") == date(2026, 3, 4)
    assert fields.instant(of, "time") == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_a_time_without_a_zone_is_danish() -> None:
    assert fields.instant({"t": "2026-07-01T12:00:00"}, "t").utcoffset() == timedelta(hours=2)
