from pathlib import Path
from typing import Any

from tests.apps.conftest import Sagsgang, Town

RUN = ("run", "address_update", "--without-prefect", "--as", "dorthe")


def _written(sagsgang: Sagsgang) -> str:
    """An item whose ordinary change was approved and written."""
    sagsgang(*RUN)
    approvals: list[dict[str, Any]] = sagsgang("approvals", "--json", "--as", "erik").document["approvals"]
    ordinary = next(each for each in approvals if each["ordinary"])
    assert sagsgang("approvals", "approve", ordinary["reference"], "--yes", "--as", "erik").code == 0
    assert sagsgang(*RUN).code == 0
    item: str = ordinary["item"]
    return item


def _approve_rollback(sagsgang: Sagsgang, item: str) -> int:
    approvals = sagsgang("approvals", "--json", "--as", "erik").document["approvals"]
    (found,) = [each for each in approvals if each["item"] == item]
    return sagsgang("approvals", "approve", found["reference"], "--yes", "--as", "erik").code


def test_adr_53_a_rollback_from_the_asking_to_the_release(sagsgang: Sagsgang, town: Town) -> None:
    item = _written(sagsgang)
    asked = sagsgang("rollback", item, "--reason", "Forkert borger", "--as", "bo", "--json")
    assert asked.code == 0, asked.err
    made = asked.document["item"]
    assert sagsgang("holds", "--json").document["holds"] == []
    sagsgang(*RUN)
    assert _approve_rollback(sagsgang, made) == 0
    assert sagsgang(*RUN).code == 0
    # Which item was written first is a matter of threads, and it may have several rows.
    holds = sagsgang("holds", "--json").document["holds"]
    assert holds
    shown = sagsgang("holds")
    assert "holds release address_update" in shown.out
    for hold in holds:
        assert hold["row"] in shown.out
        words = ("holds", "release", "address_update", hold["row"], "--reason", "CPR har ret", "--as", "bo")
        assert sagsgang(*words).code == 0
    assert sagsgang("holds", "--json").document["holds"] == []
    assert sagsgang("reconcile", "address_update", "--books-only", "--as", "dorthe").code == 0


def test_adr_53_a_rollback_without_a_reason_is_refused(sagsgang: Sagsgang, town: Town) -> None:
    item = _written(sagsgang)
    said = sagsgang("rollback", item, "--as", "bo")
    assert said.code == 2
    assert "Skriv" in said.err


def test_adr_53_what_only_waits_has_nothing_to_take_back(sagsgang: Sagsgang, approvals: list[dict[str, Any]]) -> None:
    said = sagsgang("rollback", approvals[0]["item"], "--reason", "Prøve", "--as", "bo")
    assert said.code == 3
    assert "ikke skrevet noget" in said.err


def test_a_row_that_is_not_on_hold_cannot_be_released(sagsgang: Sagsgang, data_dir: Path) -> None:
    words = ("holds", "release", "address_update", "S2026-00001/1", "--reason", "Prøve", "--as", "bo")
    assert sagsgang(*words).code == 2


def test_nothing_on_hold_is_said_in_words(sagsgang: Sagsgang, data_dir: Path) -> None:
    assert "Ingen linjer er spærret" in sagsgang("holds").out
