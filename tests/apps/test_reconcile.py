from pathlib import Path

import pytest
from sqlalchemy import text

from apps.cli.reconcile import PARTY_WORDS
from flows.comparing import PartyClass
from flows.composition import open_workplace
from foundation.settings import load_settings
from tests.apps.conftest import WAITING, Sagsgang, Town

RECONCILE = ("reconcile", "address_update")
RUN = ("run", "address_update", "--without-prefect")


def test_the_books_of_a_morning_add_up(sagsgang: Sagsgang, with_proposals: Path) -> None:
    said = sagsgang(*RECONCILE, "--books-only", "--as", "dorthe", "--json")
    assert said.code == 0, said.err
    told = said.document
    assert told["adds_up"]
    assert told["events"] == told["people"] + told["duplicates"]
    assert told["items"] == {"awaiting_approval": WAITING, "deferred": 1}
    assert told["parties"] is None


def test_what_does_not_add_up_ends_with_1_and_is_shown(sagsgang: Sagsgang, with_proposals: Path) -> None:
    with open_workplace(load_settings()) as place, place.database.write() as session:
        session.connection().execute(text("DELETE FROM work_result WHERE result = 'deferred'"))
    said = sagsgang(*RECONCILE, "--books-only", "--as", "dorthe")
    assert said.code == 1
    assert "NEJ" in said.out
    assert "Tallene går ikke op" in said.out


def test_a_reconciliation_compares_everybody_and_writes_nothing(sagsgang: Sagsgang, town: Town) -> None:
    sagsgang(*RUN, "--as", "dorthe")
    sagsgang("approvals", "approve", "--all-ordinary", "--yes", "--as", "bo")
    sagsgang(*RUN, "--as", "dorthe")
    written = town.ask("/ledger")["entries"]
    said = sagsgang(*RECONCILE, "--as", "dorthe", "--json")
    assert said.code in {0, 4}, said.err
    told = said.document
    assert told["adds_up"]
    assert told["parties"]["awaiting"] >= 1
    assert (told["notes_missing"], told["writes_without_note"]) == ([], [])
    assert town.ask("/ledger")["entries"] == written
    alarms = told["parties"]["closed_changed"] + told["parties"]["protected_missing_flag"]
    assert (said.code == 4) is (alarms > 0)


def test_a_closed_case_that_somebody_changed_is_an_alarm(sagsgang: Sagsgang, town: Town) -> None:
    before = sagsgang(*RECONCILE, "--as", "dorthe", "--json").document["parties"]
    assert before["closed_changed"] == 0
    town.tell("/drift", closed=2, seed=3)
    said = sagsgang(*RECONCILE, "--as", "dorthe", "--json")
    assert (said.code, said.document["parties"]["closed_changed"]) == (4, 2)
    assert "ALARM" in sagsgang(*RECONCILE, "--as", "dorthe").out


@pytest.mark.parametrize("words", [RECONCILE, (*RECONCILE, "--books-only")])
def test_who_may_not_start_the_robot_may_not_reconcile_it(
    sagsgang: Sagsgang, data_dir: Path, words: tuple[str, ...]
) -> None:
    assert sagsgang(*words, "--as", "carla").code == 3


def test_every_class_of_a_party_has_its_words() -> None:
    assert set(PARTY_WORDS) == set(PartyClass)
