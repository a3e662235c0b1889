"""How DAWA says no, and its query parameters with the sentences it has for wrong ones.

What must stay true: as in DAWA, and unlike the other systems, the sentence beside a parameter repeats the value; a
client that lets it into a log is found out here.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.simulated.exchange import Call
from connectors.simulated.refusals import Refusal

#: The most that a list answers, as DAWA does for ``q``.
MOST = 1000
_HIGHEST_CODE = 9999


def wrong_parameter(name: str, sentence: str) -> Refusal:
    """400 for a query parameter."""
    title = "One or more query parameters was ill-formed."
    return Refusal(400, {"type": "QueryParameterFormatError", "title": title, "details": [[name, sentence]]})


def no_such_place(place_uuid: str) -> Refusal:
    """404 for an id that nothing has."""
    title = "The resource was not found"
    return Refusal(404, {"type": "ResourceNotFoundError", "title": title, "details": {"id": place_uuid}})


def wrong_path(text: str) -> Refusal:
    """404 for a path that holds no id."""
    sentence = f'String does not match pattern: "{text}"'
    title = "The URI path was ill-formed."
    return Refusal(404, {"type": "ResourcePathFormatError", "title": title, "details": [["id", sentence]]})


def demand_known(call: Call, known: frozenset[str]) -> None:
    """In strict mode a parameter that DAWA does not have here is refused; DAWA itself passes it over."""
    for name in call.query:
        if call.world.settings.strict and name not in known:
            raise wrong_parameter(name, "Unknown parameter")


def read_codes(query: Mapping[str, str], name: str) -> list[str] | None:
    """Codes of up to four digits, several with ``|`` between; None where the parameter is absent."""
    if name not in query:
        return None
    return [f"{_whole(name, part, least=0, most=_HIGHEST_CODE):04d}" for part in query[name].split("|")]


def read_whole(query: Mapping[str, str], name: str, *, default: int, least: int, most: int = 2**53) -> int:
    """A whole number."""
    return _whole(name, query[name], least=least, most=most) if name in query else default


def _whole(name: str, text: str, *, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < len(str(2**64))):
        raise wrong_parameter(name, f'"{text}" is not a valid integer')
    number = int(text)
    if number > most:
        raise wrong_parameter(name, f"Value {number} is greater than maximum {most}")
    if number < least:
        raise wrong_parameter(name, f"Value {number} is less than minimum {least}")
    return number
