"""Takes CPR numbers, secrets and the values inside errors out of what is about to be written down for people.

It is the last net, not the first: code does not put personal data into log lines to begin with. A name or an address
in running text cannot be known from other words, so objects are shown by their type alone, and what libraries are
known to add to their messages (SQL parameters, pydantic's inputs, PostgreSQL's details) is taken out whole. What must
stay true: masking what is masked changes nothing, and no CPR number comes through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta
from enum import Enum
from functools import singledispatch
from pathlib import PurePath
from types import NoneType
from typing import Final
from uuid import UUID

from foundation.cpr import Cpr
from foundation.cpr_search import mask_cpr_numbers

STARS: Final = "***"

#: Keys whose values are never shown: a key counts when all of it, or its last word, is one of these
#: (``citizen_cpr``, ``access-token``), so that ``logger_name`` and ``token_count`` stay readable.
_PRIVATE_KEYS: Final = frozenset(
    {
        # People.
        *("cpr", "personnummer", "pnr", "citizen", "borger", "navn", "fornavn", "mellemnavn", "efternavn"),
        *("adresseringsnavn", "conavn", "adresse", "address", "postnummer", "telefon", "phone", "msisdn", "email"),
        # Secrets.
        *("secret", "token", "password", "passwd", "authorization", "cookie", "assertion", "credentials"),
        # What was written or is about to be.
        *("payload", "proposal", "note", "text"),
    }
)
#: Keys that count only as a whole, because their last word alone says too little.
_PRIVATE_WHOLE_KEYS: Final = frozenset(
    {
        *("cpr_number", "cpr_nr", "cpr_nummer", "person_name", "full_name", "first_name", "last_name", "road_name"),
        *("addressing_name", "house_number", "care_of", "postal_code", "api_key", "private_key", "master_key"),
    }
)
_CAMEL_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_CONFIDENTIAL: Final = (
    r"(?:secret|password|passwd|\bpwd|token|assertion|api[_-]?key|private[_-]?key|\bset-cookie|\bcookie)"
)
#: Each repetition has a limit where it could otherwise start anew at every character: a log line may be of any length.
_SECRETS: Final = (
    # -----BEGIN PRIVATE KEY----- in any of its kinds.
    (
        re.compile(
            r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,20}PRIVATE KEY-----|\Z)", re.DOTALL
        ),
        STARS,
    ),
    # Authorization: Basic abc; also as {'authorization': 'Basic abc'}.
    (re.compile(r"(authorization[\"']?\s{0,3}[:=,]\s*+b?+[\"']?+)(?!\*\*\*)[^\r\n\"'\\]+", re.IGNORECASE), r"\1***"),
    (re.compile(r"\b(Bearer|Basic|Holder-of-key)(\s{1,3})(?!\*\*\*)[\w.~+/=-]{6,}", re.IGNORECASE), r"\1\2***"),
    # A signed token (JWT) wherever it stands.
    (re.compile(r"\beyJ[\w-]{5,2000}\.[\w-]{5,4000}(?:\.[\w-]*)?"), STARS),
    # client_secret="a b", 'password': 'a b'.
    (
        re.compile(rf"({_CONFIDENTIAL}[\"']?\s{{0,3}}[:=]\s{{0,3}}b?)([\"'])(?:(?!\2)[^\\\r\n]|\\.)*\2", re.IGNORECASE),
        r"\1\2***\2",
    ),
    # client_secret=ab&…, password: ab.
    (re.compile(rf"({_CONFIDENTIAL}\s{{0,3}}[:=]\s{{0,3}})(?!\*\*\*)[^\s\"'&;,)}}\]]+", re.IGNORECASE), r"\1***"),
    # postgresql://user:password@host; a number and a slash after the colon is a port.
    (
        re.compile(r"(://[^\s:/@?#\"']{0,200}:)(?![0-9]+(?:[/?#]|\Z)|\*\*\*@)[^\s\"'<>]{1,500}@"),
        r"\1***@",
    ),
)
_INSIDES: Final = (
    # SQLAlchemy, where hide_parameters was forgotten.
    (re.compile(r"\[parameters: (?!\*\*\*)[^\n]*"), "[parameters: ***]"),
    # PostgreSQL puts the offending row and key here.
    (re.compile(r"\bDETAIL:(\s+)(?!\*\*\*)\S[^\n]*"), r"DETAIL:\1***"),
    # pydantic's errors.
    (re.compile(r"\binput_value=(?!\*\*\*).*?(?=, input_type=|\n|\Z)"), "input_value=***"),
)
#: A line without any of these has neither; most lines are such, and this is far quicker than asking each pattern.
_HINT: Final = re.compile(
    r"secret|passw|pwd|token|assertion|key|cookie|authori[sz]ation|bearer|basic|eyj|://|parameters|detail:|input_value",
    re.IGNORECASE,
)


def mask_text(text: str) -> str:
    """The text with CPR numbers as ``DDMMYY-xxxx``, and secrets and the insides of errors as ``***``."""
    if _HINT.search(text) is not None:
        for pattern, replacement in (*_INSIDES, *_SECRETS):
            text = pattern.sub(replacement, text)
    return mask_cpr_numbers(text)


def mask_mapping(mapping: Mapping[str, object]) -> dict[str, object]:
    """The mapping with private keys as ``***`` and every other value masked, at any depth.

    Texts are masked, times and ids become text, and an object is shown by its type alone: what comes out is fit for
    JSON.
    """
    return {
        mask_cpr_numbers(str(key)): STARS if _is_private(str(key)) else mask_value(value)
        for key, value in mapping.items()
    }


@singledispatch
def mask_value(value: object) -> object:
    """One value as it may be written down; see ``mask_mapping``. An unknown object gives its type alone."""
    return f"<{type(value).__qualname__}>"


@mask_value.register(NoneType)
@mask_value.register(bool)
@mask_value.register(float)
def _(value: float | None) -> object:
    return value


@mask_value.register
def _(value: int) -> object:
    masked = mask_cpr_numbers(str(value))
    return value if masked == str(value) else masked


@mask_value.register(str)
@mask_value.register(PurePath)
@mask_value.register(UUID)
def _(value: object) -> object:
    return mask_text(str(value))


@mask_value.register(date)
@mask_value.register(time)
def _(value: date | time) -> object:
    return value.isoformat()


@mask_value.register
def _(value: timedelta) -> object:
    return value.total_seconds()


@mask_value.register
def _(value: Cpr) -> object:
    return value.masked()


@mask_value.register
def _(value: Enum) -> object:
    return mask_value(value.value)


@mask_value.register
def _(value: BaseException) -> object:
    return f"{type(value).__name__}: {mask_text(str(value))}"


@mask_value.register(Mapping)
def _(value: Mapping[str, object]) -> object:
    return mask_mapping(value)


@mask_value.register(list)
@mask_value.register(tuple)
@mask_value.register(set)
@mask_value.register(frozenset)
def _(value: Iterable[object]) -> object:
    return [mask_value(item) for item in value]


def _is_private(key: str) -> bool:
    whole = _CAMEL_HUMP.sub("_", key).lower().replace("-", "_").replace(" ", "_")
    return whole in _PRIVATE_WHOLE_KEYS or whole.rpartition("_")[2] in _PRIVATE_KEYS
