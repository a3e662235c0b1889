"""Reading JSON fields by kind."""

import unicodedata
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import fields
from connectors.fields import Drift

SECRET = "0709614592"


@pytest.mark.parametrize(
    "read",
    [
        fields.text,
        fields.line,
        fields.optional_line,
        fields.heading,
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


@given(st.text())
def test_a_line_is_what_it_was_or_drift(written: str) -> None:
    bad = {"Cc", "Cs", "Zl", "Zp"}
    turning = {chr(code) for code in (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
    if any(unicodedata.category(letter) in bad or letter in turning for letter in written):
        with pytest.raises(Drift):
            fields.line({"a": written}, "a")
    else:
        assert fields.line({"a": written}, "a") == written


def test_a_line_has_an_end() -> None:
    assert fields.line({"a": "æ" * 255}, "a") == "æ" * 255
    with pytest.raises(Drift):
        fields.line({"a": "æ" * 256}, "a")


def test_lines_are_told_by_their_place() -> None:
    assert fields.lines({"a": ["x", ""]}, "a", "of", most=2) == ("x", "")
    assert fields.lines({"a": None}, "a", "of", most=2) == fields.lines({}, "a", "of", most=2) == ()
    with pytest.raises(Drift) as raised:
        fields.lines({"a": ["x", "y\n"]}, "a", "of", most=2)
    assert raised.value.path == "of.a[1]"
    with pytest.raises(Drift) as raised:
        fields.lines({"a": ["x"] * 3}, "a", "of", most=2)
    assert raised.value.path == "of.a"


def test_a_pasted_heading_is_one_line() -> None:
    assert fields.heading({"a": "Hjælp\r\n\ti hjemmet"}, "a") == "Hjælp i hjemmet"
    with pytest.raises(Drift):
        fields.heading({"a": "Hjælp\x00"}, "a")


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
