import re
from typing import Any

import pytest

from tests.apps.conftest import WAITING, Sagsgang

MASKED = re.compile(r"\d{6}-xxxx")


def _rows(sagsgang: Sagsgang, approval: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = sagsgang("approvals", "show", approval["item"], "--json", "--as", name).document[
        "rows"
    ]
    return rows


def test_the_list_shows_masked_numbers_and_no_address(sagsgang: Sagsgang, approvals: list[dict[str, Any]]) -> None:
    said = sagsgang("approvals", "--as", "bo")
    assert len(MASKED.findall(said.out)) == WAITING
    assert "Prøveby" not in said.out + str(approvals)


def test_a_proposal_shows_before_and_after_with_its_digest(sagsgang: Sagsgang, ordinary: dict[str, Any]) -> None:
    said = sagsgang("approvals", "show", ordinary["item"], "--as", "bo")
    assert said.code == 0
    assert ordinary["reference"].split("@")[1] in said.out
    assert "approvals approve" in said.out
    (row, *_) = _rows(sagsgang, ordinary, "bo")
    assert not row["hidden"]
    assert row["before"]
    assert row["before"] != row["after"]


@pytest.mark.parametrize(("name", "hidden"), [("bo", {True}), ("anne", {True}), ("erik", {False})])
def test_a_protected_address_is_shown_with_the_role_only(
    sagsgang: Sagsgang, protected: dict[str, Any], name: str, hidden: set[bool]
) -> None:
    rows = _rows(sagsgang, protected, name)
    assert {row["hidden"] for row in rows} == hidden


def test_what_is_hidden_stands_nowhere_on_the_screen(sagsgang: Sagsgang, protected: dict[str, Any]) -> None:
    (row, *_) = _rows(sagsgang, protected, "erik")
    secret = [line for line in (*row["before"], *row["after"]) if "beskyttelse" not in line]
    assert secret
    for words in (("show", protected["item"]), ("show", protected["item"], "--json"), ("list",)):
        said = sagsgang("approvals", *words, "--as", "bo")
        assert not [line for line in secret if line in said.out + said.err]


@pytest.mark.parametrize("name", ["dorthe", "carla"])
def test_addresses_are_for_those_whose_work_it_is(sagsgang: Sagsgang, ordinary: dict[str, Any], name: str) -> None:
    assert all(row["hidden"] for row in _rows(sagsgang, ordinary, name))


def test_that_somebody_looked_is_recorded(sagsgang: Sagsgang, ordinary: dict[str, Any]) -> None:
    sagsgang("approvals", "show", ordinary["item"], "--as", "bo")
    told = sagsgang("audit", "show", "--item", ordinary["item"], "--json", "--as", "carla").document["entries"]
    assert [entry["body"]["actor"]["id"] for entry in told if entry["body"]["type"] == "record.read"][-1] == "bo"


def test_an_item_that_does_not_wait_is_told(sagsgang: Sagsgang, approvals: list[dict[str, Any]]) -> None:
    deferred = sagsgang("items", "--state", "deferred", "--json").document["items"][0]["short"]
    said = sagsgang("approvals", "show", deferred, "--as", "bo")
    assert said.code == 2
    assert "venter ikke" in said.err
