"""Files that were damaged on their way: cut off anywhere, a bit turned, bytes put in or taken out."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors.cpr.extract import open_extract
from connectors.errors import DeliveryBroken
from connectors.records import PersonEvent
from tests.connectors.cpr.extract_files import delivery, jane, line, movers, put

PNR = "0709614738"
WHOLE = delivery(
    [
        *jane(),
        *movers("1012620001"),
        line("001", PNR, (24, "80")),
        line("005", PNR, (14, "5120"), (18, "199709091431"), (31, "Grantoften 4")),
        line("017", PNR, (14, "2000-02-28"), (35, "0001"), (39, "0904414131")),
        line("022", PNR, (14, "0709614134"), (24, "1961-09-07*")),
        line("910", "x", (89, "0027")),
        line("997", PNR, (26, "A99")),
    ]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("IN")


def events(folder: Path, content: bytes) -> tuple[PersonEvent, ...]:
    put(folder, content)
    return open_extract(folder).poll(after=None, limit=100).events


def told(folder: Path, content: bytes) -> list[str]:
    """The numbers that are handed out; none for a file that is refused."""
    try:
        return [event.cpr.digits for event in events(folder, content)]
    except DeliveryBroken as error:
        shown = str(error) + error.advice
    assert PNR not in shown
    return []


def test_a_file_cut_off_anywhere_is_refused_as_a_whole(folder: Path) -> None:
    whole = told(folder, WHOLE)
    assert len(whole) == 3
    # Every place near a line's end, and every fifth elsewhere: each is a file of its own.
    ends = {at + near for at, byte in enumerate(WHOLE) if byte == ord("\n") for near in range(-2, 3)}
    places = sorted({*range(0, len(WHOLE), 5), *ends} & set(range(len(WHOLE))))
    survived = [at for at in places if told(folder, WHOLE[:at])]
    # Only the line end behind the last record may be missing.
    assert survived == [len(WHOLE) - 1]
    assert told(folder, WHOLE[:-1]) == whole


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(WHOLE) - 1), bit=st.integers(0, 7))
@example(at=0, bit=0)
def test_a_turned_bit_is_told_or_harmless_and_never_a_crash(folder: Path, at: int, bit: int) -> None:
    damaged = bytearray(WHOLE)
    damaged[at] ^= 1 << bit
    told(folder, bytes(damaged))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(WHOLE)), put_in=st.binary(max_size=6), taken_out=st.integers(0, 6))
def test_lost_and_foreign_bytes_are_told_or_harmless_and_never_a_crash(
    folder: Path, at: int, put_in: bytes, taken_out: int
) -> None:
    told(folder, WHOLE[:at] + put_in + WHOLE[at + taken_out :])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400))
def test_any_bytes_at_all_are_refused(folder: Path, content: bytes) -> None:
    assert told(folder, content) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(1, WHOLE.count(b"\n") - 2))
def test_a_lost_line_is_a_wrong_count(folder: Path, number: int) -> None:
    rows = WHOLE.splitlines(keepends=True)
    assert told(folder, b"".join(rows[:number] + rows[number + 1 :])) == []
