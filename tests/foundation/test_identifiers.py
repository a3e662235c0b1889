import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from foundation.identifiers import CaseNumber, CaseNumberShape, InvalidIdentifier, Kle, MunicipalityCode, new_id


class Filed(BaseModel):
    case: CaseNumber
    kle: Kle
    municipality: MunicipalityCode


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("S2022-12345", CaseNumberShape.NOVA),
        ("27.00.00-G01-1-24", CaseNumberShape.SBSYS),
        ("32.01.00-G01-12-24", CaseNumberShape.SBSYS),
        ("BOR-2022-000038", CaseNumberShape.GETORGANIZED),
        ("2021/41-765", CaseNumberShape.WORKZONE),
        ("2022 - 1172", CaseNumberShape.F2),
    ],
)
def test_the_case_numbers_of_five_systems_are_kept_letter_by_letter(text: str, shape: CaseNumberShape) -> None:
    number = CaseNumber.parse(f"  {text} ")
    assert (str(number), number.shape) == (text, shape)


@pytest.mark.parametrize(
    "text", ["", "S2022", "2022", "101262-0001", "1012620001", "27.00.00", "Sag 12", "S2022-12345\nx"]
)
def test_what_is_no_case_number_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidIdentifier, match="S2022-12345") as caught:
        CaseNumber.parse(text)
    assert "101262" not in str(caught.value)


@given(st.text(max_size=20))
def test_no_text_has_two_shapes(text: str) -> None:
    try:
        number = CaseNumber.parse(text)
    except InvalidIdentifier:
        return
    assert CaseNumber.parse(str(number)) == number


@pytest.mark.parametrize(
    ("text", "number", "facet"),
    [
        ("27.00.00", "27.00.00", None),
        ("27.00", "27.00", None),
        ("27", "27", None),
        ("27.00.00-G01", "27.00.00", "G01"),
        ("81.03.00 P35", "81.03.00", "P35"),
    ],
)
def test_a_kle_number_is_read_with_and_without_facet(text: str, number: str, facet: str | None) -> None:
    kle = Kle.parse(text)
    assert (kle.number, kle.facet) == (number, facet)
    assert Kle.parse(str(kle)) == kle


@pytest.mark.parametrize(
    "text", ["", "2.00.00", "27.0", "27.00.00.00", "27.00-G01", "27.00.00-g01", "27.00.00-G1", "KLE"]
)
def test_what_is_no_kle_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier, match=r"27\.00\.00"):
        Kle.parse(text)


def test_a_municipality_code_keeps_its_zero() -> None:
    assert str(MunicipalityCode.parse(" 0851 ")) == "0851"


@pytest.mark.parametrize("text", ["851", "08510", "1851", "", "o851", "\N{ARABIC-INDIC DIGIT ZERO}851"])
def test_what_is_no_municipality_code_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier, match="0851"):
        MunicipalityCode.parse(text)


def test_identifiers_go_through_json_and_back() -> None:
    adapter = TypeAdapter(Filed)
    written = b'{"case":"2022 - 1172","kle":"27.00.00-G01","municipality":"0851"}'
    assert adapter.dump_json(adapter.validate_json(written)) == written


def test_a_validation_error_does_not_hold_what_was_typed() -> None:
    with pytest.raises(ValidationError) as caught:
        Filed.model_validate({"case": "101262-0001", "kle": "101262-0001", "municipality": "101262-0001"})
    assert [error["type"] for error in caught.value.errors()] == ["invalid_identifier"] * 3
    assert "101262" not in str(caught.value)


def test_new_ids_are_version_7_and_sort_by_age() -> None:
    ids = [new_id() for _ in range(200)]
    assert {made.version for made in ids} == {7}
    assert ids == sorted(ids)
    assert len(set(ids)) == 200
