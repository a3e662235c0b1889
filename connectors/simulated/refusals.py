"""How the simulated systems say no.

What must stay true: a refusal tells a code and the path of a field, never a value that was sent.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

Body = TypeVar("Body", bound=BaseModel)


class Refusal(Exception):
    """The system answers with this status instead of doing what was asked."""

    def __init__(
        self,
        status: int,
        body: dict[str, object] | None = None,
        *,
        is_replay: bool = False,
    ) -> None:
        self.status = status
        self.body = body
        #: The client id was seen before; told in the ledger.
        self.is_replay = is_replay
        super().__init__(f"{status} {self.reason}")

    @property
    def reason(self) -> str:
        """The code that the ledger keeps."""
        return str((self.body or {}).get("errorCode", self.status))


def bad_request(code: str, field: str) -> Refusal:
    """400 with a code and the path of the field that is wrong."""
    return Refusal(400, {"errorCode": code, "field": field})


def not_found(kind: str) -> Refusal:
    """404; ``kind`` is what was not found."""
    return Refusal(404, {"errorCode": "NotFound", "field": kind})


def conflict(code: str, *, is_replay: bool = False) -> Refusal:
    """409 with a code."""
    return Refusal(409, {"errorCode": code}, is_replay=is_replay)


_CODES = {"extra_forbidden": "UnknownField", "missing": "MissingField", "json_invalid": "MalformedJson"}


def read_body(model: type[Body], raw: bytes, *, strict: bool) -> Body:
    """The body as the contract has it; raises a 400 ``Refusal`` for the first thing that is wrong.

    ``strict`` refuses fields that the contract does not know; otherwise they are passed over.
    """
    try:
        return model.model_validate_json(raw, extra="forbid" if strict else "ignore")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        raise bad_request(_CODES.get(first["type"], "InvalidField"), path) from None
