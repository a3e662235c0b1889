import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.cpr import Cpr, CprKind
from foundation.cpr_search import find_cpr_candidates, mask_cpr_numbers

DAY = st.dates(date(1900, 1, 1), date(1999, 12, 31))
SEPARATORS = ["", "-", " ", " - ", "\u2013", "\xa0", "%2D", "%2d", "%20", "+", "%252D"]
#: Words, digits, signs and numbers, thrown together so that they touch each other.
MESSY = st.lists(
    st.text("0123456789- %+\\xau", max_size=6)
    | st.builds(
        lambda day, offset, separator, serial: f"{day.day + offset:02}{day:%m%y}{separator}{serial:04}",
        DAY,
        st.sampled_from((0, 60)),
        st.sampled_from(SEPARATORS),
        st.integers(0, 9999),
    )
    | st.text(max_size=3)
).map("".join)


@pytest.mark.parametrize(
    "text",
    [
        "1012620001",
        "101262-0001",
        "101262 0001",
        "101262 - 0001",
        "101262\u20130001",
        "101262\xa00001",
        "cpr=101262%2D0001&x=1",
        "q=101262+0001",
        "q=Jensen%201012620001",
        "q=101262%200001",
        "http://localhost/persons/1012620001",
        "Nr.1012620001, tak",
        "cpr1012620001",
        r"'\xa01012620001'",
        r"'\u00e61012620001'",
    ],
)
def test_a_number_is_found_in_the_ways_people_and_programs_write_it(text: str) -> None:
    assert [candidate.cpr for candidate in find_cpr_candidates(text)] == [Cpr.parse("1012620001")]


@pytest.mark.parametrize(
    "text",
    [
        "101262-xxxx",
        "101262xxxx",
        "4510126200011",
        "10126200012",
        "3002620001",
        "1013620001",
        "6002620001",
        "Sagsnr. 2021/41-765",
        "tlf. 12345678",
        "019ab101-2620-7001-8000-101262000112",
        "ab1012620001cdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "",
    ],
)
def test_what_cannot_be_a_number_is_left_alone(text: str) -> None:
    assert find_cpr_candidates(text) == ()
    assert mask_cpr_numbers(text) == text


def test_a_replacement_number_is_found() -> None:
    (candidate,) = find_cpr_candidates("erstatningsnummer 701262-0001")
    assert candidate.cpr.kind is CprKind.REPLACEMENT


def test_the_place_of_a_number_is_told() -> None:
    (candidate,) = find_cpr_candidates("borger 101262-0001 ringede")
    assert "borger 101262-0001 ringede"[candidate.start : candidate.end] == "101262-0001"


def test_every_number_of_a_text_is_masked_and_the_rest_is_kept() -> None:
    assert mask_cpr_numbers("a 1012620001, b 070961-4592.") == "a 101262-xxxx, b 070961-xxxx."


def test_a_row_of_digits_as_long_as_a_digest_is_no_digest_without_a_letter() -> None:
    text = "1" * 22 + " 1012620001"
    assert len(find_cpr_candidates(text)) == 1


@given(MESSY)
def test_nothing_is_found_in_what_was_masked(text: str) -> None:
    assert find_cpr_candidates(mask_cpr_numbers(text)) == ()


@given(MESSY)
def test_masking_twice_changes_nothing(text: str) -> None:
    assert mask_cpr_numbers(mask_cpr_numbers(text)) == mask_cpr_numbers(text)


@given(MESSY)
def test_no_ten_digits_with_a_real_day_stay_in_a_text(text: str) -> None:
    """An independent look: any lone row of exactly ten digits must be one that the calendar does not have."""
    for row in re.findall(r"(?<![0-9\\%a-fA-Fxu])[0-9]{10}(?![0-9a-fA-F])", mask_cpr_numbers(text)):
        with pytest.raises(ValueError, match="dato"):
            Cpr.parse(row)


@given(DAY, st.sampled_from(SEPARATORS), st.integers(0, 3999), st.text("abc ,.()", max_size=5))
def test_a_number_between_other_words_is_always_found(day: date, separator: str, serial: int, around: str) -> None:
    number = f"{day:%d%m%y}{separator}{serial:04}"
    assert len(find_cpr_candidates(f"{around} {number} {around}")) == 1
