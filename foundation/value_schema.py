"""How a value that is written as text meets pydantic.

pydantic puts the rejected input into its errors. Inputs of ours may be a CPR number typed into the wrong field, so
every value type of this room is validated through here. What must stay true: the input is never in the error. It
imports pydantic_core only, because importing pydantic costs more than all of this room.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import LiteralString, TypeVar

from pydantic_core import CoreSchema, PydanticCustomError, ValidationError, core_schema

T = TypeVar("T")


def text_value_schema(
    kind: type[T], *, parse: Callable[[str], T], write: Callable[[T], str], code: LiteralString, pattern: str
) -> CoreSchema:
    """The pydantic schema of a value type.

    It takes an instance or a text. In JSON mode it is written with ``write``; in Python mode it stays the value.
    ``parse`` raises ``ValueError`` with a message that does not hold the input; ``pattern`` is for the JSON schema.
    """

    def validate(value: object) -> T:
        if isinstance(value, kind):
            return value
        if not isinstance(value, str):
            raise _without_input(kind.__name__, code, "a text is expected")
        try:
            return parse(value)
        except ValueError as error:
            raise _without_input(kind.__name__, code, str(error)) from None

    return core_schema.no_info_plain_validator_function(
        validate,
        json_schema_input_schema=core_schema.str_schema(pattern=pattern),
        serialization=core_schema.plain_serializer_function_ser_schema(
            write, return_schema=core_schema.str_schema(), when_used="json"
        ),
    )


def _without_input(title: str, code: LiteralString, message: str) -> ValidationError:
    """A validation error that shows stars where pydantic would have shown the input.

    A bare ``PydanticCustomError`` would not do: pydantic adds the input to it by itself.
    """
    custom = PydanticCustomError(code, "{reason}", {"reason": message})
    return ValidationError.from_exception_data(title, [{"type": custom, "loc": (), "input": "***"}])
