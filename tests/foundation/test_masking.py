import json
import time
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import PurePosixPath
from types import MappingProxyType
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.addresses import CivilAddress
from foundation.cpr import Cpr
from foundation.cpr_search import find_cpr_candidates
from foundation.masking import mask_mapping, mask_text, mask_value

SECRET = "s3cr3t-Value_9"
#: What secrets and errors are dressed in, thrown together so that the patterns meet each other.
PIECES = st.lists(
    st.sampled_from(
        [
            *("password", "client_secret", "token", "Authorization", "Bearer ", "Basic ", "cookie", "cpr", "DETAIL: "),
            *("=", ":", ": ", "'", '"', "&", " ", "\n", "\\", "***", "://", "user", "@", "host", "/", "}", ")", ","),
            *(
                "[parameters: ",
                "]",
                "input_value=",
                ", input_type=",
                "eyJhbGci.eyJzdWIi",
                "1012620001",
                "101262-0001",
                "%20",
            ),
            *("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "8080", "abcdefgh"),
        ]
    ),
    max_size=12,
).map("".join)


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"authorization=Basic {SECRET}",
        f"{{'Authorization': 'Basic {SECRET}', 'accept': '*/*'}}",
        f"(b'Authorization', b'Bearer {SECRET}')",
        f"sent Bearer {SECRET} to it",
        f"grant_type=client_credentials&client_secret={SECRET}&scope=x",
        f'{{"client_secret": "{SECRET} and more"}}',
        f"{{'password': '{SECRET}'}}",
        f"password: {SECRET}",
        f"PASSWORD={SECRET};x",
        f"access_token={SECRET}",
        f"X-Api-Key: {SECRET}",
        f"https://host/callback?token={SECRET}",
        f"postgresql+psycopg://user:{SECRET}@host:5432/db",
        f"postgresql://user:a@b/{SECRET}@host/db",
        f"amqps://:{SECRET}@host",
        f"Cookie: session={SECRET}",
        f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.{SECRET}",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----",
        f"-----BEGIN EC PRIVATE KEY-----\n{SECRET}",
        f"(sqlite3.IntegrityError) failed\n[SQL: INSERT]\n[parameters: ('{SECRET}', 'x]')]\n(Background)",
        f"duplicate key\nDETAIL:  Key (name)=({SECRET}) already exists.",
        f"1 validation error\n  wrong [type=int, input_value='{SECRET}', input_type=str]",
    ],
)
def test_secrets_and_the_insides_of_errors_are_taken_out(text: str) -> None:
    masked = mask_text(text)
    assert SECRET not in masked
    assert "***" in masked


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8080/persons?after=12",
        "http://localhost:4200/a@b",
        "tokens: 12 read",
        "2026-11-22T13:05:01.101262Z",
        "019ab101-2620-7001-8000-101262000112",
        "work item 12 of robot address_update completed",
    ],
)
def test_ordinary_lines_are_left_as_they_are(text: str) -> None:
    assert mask_text(text) == text


def test_a_number_in_a_query_string_is_masked() -> None:
    assert mask_text("GET /x?cpr=101262%2D0001&page=2") == "GET /x?cpr=101262-xxxx&page=2"


@given(PIECES)
def test_masking_twice_changes_nothing(text: str) -> None:
    assert mask_text(mask_text(text)) == mask_text(text)


@given(PIECES | st.text())
def test_no_number_survives(text: str) -> None:
    assert find_cpr_candidates(mask_text(text)) == ()


@pytest.mark.parametrize(
    "key",
    [
        *(
            "cpr",
            "citizen_cpr",
            "CPR",
            "Personnummer",
            "pnr",
            "citizen",
            "navn",
            "person_name",
            "address",
            "partyAddress",
        ),
        *("telefon", "msisdn", "client_secret", "access-token", "password", "Authorization", "payload", "note", "text"),
    ],
)
def test_a_private_key_hides_its_value(key: str) -> None:
    assert mask_mapping({key: "Jane"}) == {key: "***"}


@pytest.mark.parametrize(
    "key", ["logger_name", "robot_name", "token_count", "note_id", "proposal_digest", "context", "notes"]
)
def test_a_key_that_only_resembles_a_private_one_shows_its_value(key: str) -> None:
    assert mask_mapping({key: "address_update"}) == {key: "address_update"}


def test_values_are_masked_at_any_depth() -> None:
    masked = mask_mapping({"a": [{"b": ("kald 1012620001", {"cpr": "x"})}], "c": MappingProxyType({"token": 1})})
    assert masked == {"a": [{"b": ["kald 101262-xxxx", {"cpr": "***"}]}], "c": {"token": "***"}}


def test_a_number_as_a_key_is_masked() -> None:
    assert mask_mapping({"1012620001": 1}) == {"101262-xxxx": 1}


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (True, True),
        (12, 12),
        (1012620001, "101262-xxxx"),
        (0.25, 0.25),
        (Cpr("1012620001"), "101262-xxxx"),
        (Colour.RED, "red"),
        (date(2026, 11, 22), "2026-11-22"),
        (datetime(2026, 11, 22, 13, tzinfo=UTC), "2026-11-22T13:00:00+00:00"),
        (timedelta(minutes=1), 60.0),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (PurePosixPath("kort/1012620001.pdf"), "kort/101262-xxxx.pdf"),
        (ValueError("1012620001 mangler"), "ValueError: 101262-xxxx mangler"),
        (CivilAddress("Svinget"), "<CivilAddress>"),
        (b"Jane", "<bytes>"),
    ],
)
def test_each_kind_of_value_is_shown_without_personal_data(value: object, shown: object) -> None:
    assert mask_value(value) == shown


@given(
    st.dictionaries(st.text(max_size=8) | st.just("cpr"), st.recursive(PIECES | st.integers(), st.lists), max_size=4)
)
def test_a_masked_mapping_is_fit_for_json_and_holds_no_number(mapping: dict[str, object]) -> None:
    written = json.dumps(mask_mapping(mapping), ensure_ascii=False)
    assert all(not find_cpr_candidates(str(value)) for value in mask_mapping(mapping).values())
    assert json.loads(written) == mask_mapping(mapping)


@pytest.mark.parametrize("piece", ["://a:", "a-", "eyJaaaaaa-", 'password="', "[parameters: ", "101262 ", "1"])
def test_a_very_long_line_does_not_hold_up_the_program(piece: str) -> None:
    started = time.monotonic()
    mask_text(piece * (50_000 // len(piece)))
    assert time.monotonic() - started < 10
