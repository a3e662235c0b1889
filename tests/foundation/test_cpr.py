"""Vectors are the public test persons of the integration reference, D.1."""

import copy
import json
import pickle
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from foundation.cpr import Cpr, CprFault, CprKind, InvalidCpr

DIGITS = st.text("0123456789", min_size=10, max_size=10)


@st.composite
def cpr_digits(draw: st.DrawFn) -> str:
    """Ten digits whose date exists, also as a replacement number, in any century."""
    day = draw(st.dates(date(1900, 1, 1), date(1999, 12, 31)))
    offset = draw(st.sampled_from((0, 60)))
    serial = draw(st.integers(0, 3999))
    return f"{day.day + offset:02}{day.month:02}{day.year % 100:02}{serial:04}"


def refusal_of(text: str) -> InvalidCpr | None:
    try:
        Cpr.parse(text)
    except InvalidCpr as error:
        return error
    return None


@dataclass(frozen=True, slots=True)
class Party:
    cpr: Cpr
    guardian: Cpr | None = None


class Form(BaseModel):
    cpr: Cpr


@pytest.mark.parametrize(
    ("digits", "born", "has_valid_checksum"),
    [
        ("1012620000", date(1962, 12, 10), True),
        ("1012620001", date(1962, 12, 10), False),
        ("0709614592", date(1961, 9, 7), True),
        ("0904414131", date(1941, 4, 9), True),
        ("2211771212", date(1977, 11, 22), False),
        ("2512169996", date(2016, 12, 25), False),
        ("2512489996", date(1948, 12, 25), False),
        ("2209632740", date(1963, 9, 22), True),
        ("0101980014", date(1998, 1, 1), True),
        ("0101920000", date(1992, 1, 1), False),
        ("0101154000", date(2015, 1, 1), False),
        ("0101925000", date(1892, 1, 1), False),
        ("0101929000", date(1992, 1, 1), True),
    ],
)
def test_the_published_numbers_have_their_birth_date_and_checksum(
    digits: str, born: date, *, has_valid_checksum: bool
) -> None:
    cpr = Cpr.parse(digits)
    assert (cpr.birth_date, cpr.has_valid_checksum, cpr.kind) == (born, has_valid_checksum, CprKind.ORDINARY)


@pytest.mark.parametrize(
    ("digits", "year"),
    [
        ("6203003000", 1900),
        ("6203993000", 1999),
        ("6203364000", 2036),
        ("6203374000", 1937),
        ("6203575000", 2057),
        ("6203585000", 1858),
        ("6203578000", 2057),
        ("6203588000", 1858),
        ("6203369000", 2036),
        ("6203379000", 1937),
    ],
)
def test_the_century_changes_where_the_table_says(digits: str, year: int) -> None:
    assert Cpr.parse(digits).birth_date.year == year


def test_29_february_exists_in_2000_and_not_in_1900() -> None:
    assert Cpr.parse("8902004000").birth_date == date(2000, 2, 29)
    with pytest.raises(InvalidCpr):
        Cpr.parse("8902000000")


def test_a_day_above_sixty_makes_a_replacement_number() -> None:
    cpr = Cpr.parse("7012620001")
    assert (cpr.kind, cpr.birth_date) == (CprKind.REPLACEMENT, date(1962, 12, 10))


@pytest.mark.parametrize("text", ["1012620001", "101262-0001", "  101262-0001 ", "\t1012620001\n"])
def test_hyphen_and_surrounding_spaces_do_not_matter(text: str) -> None:
    assert Cpr.parse(text).digits == "1012620001"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", CprFault.EMPTY),
        ("   ", CprFault.EMPTY),
        ("101262000", CprFault.WRONG_SHAPE),
        ("10126200011", CprFault.WRONG_SHAPE),
        ("1012-620001", CprFault.WRONG_SHAPE),
        ("101262--0001", CprFault.WRONG_SHAPE),
        ("١٠١٢٦٢٠٠٠١", CprFault.WRONG_SHAPE),
        ("101262000\N{FULLWIDTH DIGIT ONE}", CprFault.WRONG_SHAPE),
        ("010190xxxx", CprFault.MASKED),
        ("010190-xxxx", CprFault.MASKED),
        ("0013620001", CprFault.IMPOSSIBLE_DATE),
        ("3202620001", CprFault.IMPOSSIBLE_DATE),
        ("6002620001", CprFault.IMPOSSIBLE_DATE),
        ("9202620001", CprFault.IMPOSSIBLE_DATE),
        ("1013620001", CprFault.IMPOSSIBLE_DATE),
    ],
)
def test_what_is_no_number_is_refused_with_its_reason(text: str, reason: CprFault) -> None:
    with pytest.raises(InvalidCpr) as caught:
        Cpr.parse(text)
    assert caught.value.reason is reason
    assert caught.value.advice == str(caught.value)


@given(st.text(max_size=14) | DIGITS)
def test_a_refusal_never_repeats_the_input(text: str) -> None:
    refusal = refusal_of(text)
    if refusal is not None:
        assert not any(character.isdigit() for character in str(refusal) + repr(refusal))
        assert refusal.__suppress_context__ or refusal.__context__ is None


@given(cpr_digits())
def test_parsing_what_was_written_gives_the_same(digits: str) -> None:
    cpr = Cpr.parse(digits)
    assert Cpr.parse(cpr.hyphenated()) == cpr == Cpr(cpr.digits)
    assert Cpr.parse(cpr.hyphenated()).digits == digits


@given(cpr_digits())
def test_no_way_of_showing_tells_the_serial_number(digits: str) -> None:
    cpr = Cpr.parse(digits)
    masked = digits[:6] + "-xxxx"
    assert str(cpr) == f"{cpr}" == cpr.masked() == "%s" % cpr == masked  # noqa: UP031 - Every way is tried on purpose.
    assert f"{cpr:>12}" == " " + masked
    assert repr(cpr) == f"Cpr({masked})"
    assert repr(Party(cpr)) == f"Party(cpr=Cpr({masked}), guardian=None)"
    assert str(asdict(Party(cpr))["cpr"]) == masked


@given(st.lists(cpr_digits(), max_size=8))
def test_numbers_sort_and_count_as_their_digits(numbers: list[str]) -> None:
    assert [cpr.digits for cpr in sorted(map(Cpr.parse, numbers))] == sorted(numbers)
    assert len({Cpr.parse(number) for number in numbers}) == len(set(numbers))


def test_a_number_is_no_text() -> None:
    assert Cpr.parse("1012620001") != "1012620001"


def test_a_number_cannot_be_changed() -> None:
    cpr = Cpr.parse("1012620001")
    with pytest.raises(AttributeError):
        cpr._digits = "1012620002"
    with pytest.raises(AttributeError):
        del cpr._digits


def test_copies_are_equal() -> None:
    party = Party(Cpr.parse("1012620001"))
    assert copy.copy(party) == copy.deepcopy(party) == pickle.loads(pickle.dumps(party)) == party  # noqa: S301 - Our own.


def test_a_dataclass_goes_through_json_and_back() -> None:
    adapter = TypeAdapter(Party)
    party = Party(Cpr.parse("1012620001"), guardian=Cpr.parse("0904414131"))
    assert json.loads(adapter.dump_json(party)) == {"cpr": "1012620001", "guardian": "0904414131"}
    assert adapter.validate_json(adapter.dump_json(party)) == party


def test_python_mode_keeps_the_value_masked() -> None:
    form = Form(cpr=Cpr.parse("1012620001"))
    assert form.model_dump() == {"cpr": Cpr.parse("1012620001")}
    assert "0001" not in str(form.model_dump())


@pytest.mark.parametrize("is_json", [True, False])
@pytest.mark.parametrize("text", ["3202620001", "101262-000", "Jane Fichte"])
def test_a_validation_error_does_not_hold_the_input(text: str, *, is_json: bool) -> None:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate_json(json.dumps({"cpr": text})) if is_json else Form.model_validate({"cpr": text})
    told = caught.value.errors()[0]
    assert (told["loc"], told["type"], told["input"]) == (("cpr",), "invalid_cpr", "***")
    assert text not in str(caught.value)


def test_a_number_without_quotes_is_refused_and_not_shown() -> None:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate({"cpr": 1012620001})
    assert "1012620001" not in str(caught.value)


def test_the_json_schema_tells_the_shape() -> None:
    assert Form.model_json_schema()["properties"]["cpr"]["pattern"] == "^[0-9]{6}-?[0-9]{4}$"


@given(cpr_digits())
def test_nobody_is_older_than_the_table_allows(digits: str) -> None:
    assert date(1858, 1, 1) - timedelta(days=1) < Cpr.parse(digits).birth_date < date(2058, 1, 1)
