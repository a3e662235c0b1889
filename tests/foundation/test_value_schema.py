import pytest
from pydantic_core import SchemaSerializer, SchemaValidator, ValidationError

from foundation.value_schema import text_value_schema


class Upper:
    def __init__(self, text: str) -> None:
        if not text.isupper():
            raise ValueError("write it in capitals")
        self.text = text


SCHEMA = text_value_schema(Upper, parse=Upper, write=lambda value: value.text, code="not_upper", pattern="^[A-Z]+$")


def test_a_value_passes_as_it_is() -> None:
    value = Upper("ABC")
    assert SchemaValidator(SCHEMA).validate_python(value) is value


def test_a_text_becomes_the_value_and_json_the_text() -> None:
    assert SchemaSerializer(SCHEMA).to_json(SchemaValidator(SCHEMA).validate_python("ABC")) == b'"ABC"'


def test_the_error_tells_the_reason_and_not_the_input() -> None:
    with pytest.raises(ValidationError, match=r"write it in capitals \[type=not_upper, input_value='\*\*\*'") as caught:
        SchemaValidator(SCHEMA).validate_python("secretly")
    assert "secretly" not in str(caught.value)
    assert "secretly" not in caught.value.json()
