from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text, update

from casework.tables import WorkItemRow
from flows.composition import open_workplace
from foundation.database import Database
from foundation.sealing import open_key_ring
from foundation.settings import load_settings
from tests.apps.conftest import WAITING, Sagsgang


def _first(sagsgang: Sagsgang, state: str) -> str:
    short: str = sagsgang("items", "--state", state, "--json").document["items"][0]["short"]
    return short


def test_an_empty_list_says_what_to_do(sagsgang: Sagsgang, data_dir: Path) -> None:
    said = sagsgang("items")
    assert said.code == 0
    assert "sagsgang run address_update" in said.out


def test_the_list_counts_each_state(sagsgang: Sagsgang, with_proposals: Path) -> None:
    told = sagsgang("items", "--json").document
    assert told["counts"] == {"awaiting_approval": WAITING, "deferred": 1}
    assert len(told["items"]) == WAITING + 1


def test_a_state_may_be_named_in_danish(sagsgang: Sagsgang, with_proposals: Path) -> None:
    assert len(sagsgang("items", "--state", "udskudt", "--json").document["items"]) == 1


def test_a_name_that_is_nobodys_is_not_let_through(sagsgang: Sagsgang, with_proposals: Path) -> None:
    said = sagsgang("items", "--as", "1012620001")
    assert said.code == 3
    assert "1012620001" not in said.out + said.err


def test_an_unknown_state_is_a_mistake_in_usage(sagsgang: Sagsgang, with_proposals: Path) -> None:
    said = sagsgang("items", "--state", "hest")
    assert said.code == 2
    assert "awaiting_approval" in said.err


def test_items_with_a_deadline_are_listed_the_soonest_first(sagsgang: Sagsgang, with_proposals: Path) -> None:
    late, soon, gone = (item["id"] for item in sagsgang("items", "--json").document["items"][:3])
    with open_workplace(load_settings()) as place, place.database.write() as session:
        for item, hours in ((late, 48), (soon, 2), (gone, 1)):
            due = {"due_at": place.now() + timedelta(hours=hours)}
            session.execute(update(WorkItemRow.__table__).where(WorkItemRow.__table__.c.id == UUID(item)).values(**due))
    assert sagsgang("items", "cancel", gone, "--reason", "x", "--as", "dorthe").code == 0
    assert [item["id"] for item in sagsgang("items", "--due", "--json").document["items"]] == [soon, late]
    assert "Frist" in sagsgang("items", "--due").out
    assert "Frist" in sagsgang("items", "show", soon).out


def test_every_screen_carries_the_stamp(sagsgang: Sagsgang, with_proposals: Path) -> None:
    assert sagsgang("items").out.startswith("PRØVE · simulated · ")
    told = sagsgang("items", "--json").document
    assert (told["environment"], told["stamp"]) == ("simulated", "PRØVE")


def test_an_item_is_found_by_either_end_of_its_number(sagsgang: Sagsgang, with_proposals: Path) -> None:
    whole = sagsgang("items", "--state", "deferred", "--json").document["items"][0]["id"]
    for part in (whole, whole.replace("-", ""), whole[-12:], whole[-12:].upper()):
        assert sagsgang("items", "show", part, "--json").document["id"] == whole


def test_a_part_that_fits_several_is_not_guessed(sagsgang: Sagsgang, with_proposals: Path) -> None:
    beginning = sagsgang("items", "--json").document["items"][0]["id"][:8]
    said = sagsgang("items", "show", beginning)
    assert said.code == 2
    assert "Flere end én" in said.err


@pytest.mark.parametrize("typed", ["abc", "0101011234", "Anne Prøvesen", "%%%%%%", "____________"])
def test_what_is_no_number_is_refused_and_not_repeated(sagsgang: Sagsgang, with_proposals: Path, typed: str) -> None:
    said = sagsgang("items", "show", typed)
    assert said.code == 2
    assert typed not in said.err


def test_an_item_leads_to_its_proposal(sagsgang: Sagsgang, with_proposals: Path) -> None:
    short = _first(sagsgang, "awaiting_approval")
    assert f"approvals show {short}" in sagsgang("items", "show", short).out


def test_cancelling_needs_a_reason(sagsgang: Sagsgang, with_proposals: Path) -> None:
    said = sagsgang("items", "cancel", _first(sagsgang, "deferred"), "--as", "dorthe")
    assert said.code == 2
    assert "begrundelse" in said.err


def test_an_auditor_cancels_nothing(sagsgang: Sagsgang, with_proposals: Path) -> None:
    said = sagsgang("items", "cancel", _first(sagsgang, "deferred"), "--reason", "x", "--as", "carla")
    assert said.code == 3


def test_an_item_is_cancelled_and_reopened(sagsgang: Sagsgang, with_proposals: Path) -> None:
    short = _first(sagsgang, "deferred")
    assert sagsgang("items", "cancel", short, "--reason", "prøve", "--as", "dorthe").code == 0
    assert sagsgang("items", "show", short, "--json").document["state"] == "cancelled"
    assert sagsgang("items", "reopen", short, "--reason", "prøve", "--as", "dorthe").code == 0
    assert sagsgang("items", "show", short, "--json").document["state"] == "new"


def test_an_item_that_is_not_final_is_not_reopened(sagsgang: Sagsgang, with_proposals: Path) -> None:
    said = sagsgang("items", "reopen", _first(sagsgang, "deferred"), "--reason", "x", "--as", "dorthe")
    assert said.code == 3


def test_settling_needs_one_answer(sagsgang: Sagsgang, with_proposals: Path) -> None:
    for answers in ([], ["--happened", "--not-happened"]):
        assert sagsgang("items", "settle", "0123456789ab", *answers, "--saw", "x", "--as", "bo").code == 2


def test_settling_is_for_those_who_work_in_the_case_system(sagsgang: Sagsgang, with_proposals: Path) -> None:
    said = sagsgang("items", "settle", "0123456789ab", "--happened", "--saw", "x", "--as", "dorthe")
    assert said.code == 3


def test_an_unknown_effect_is_told_with_where_to_look(sagsgang: Sagsgang, with_proposals: Path) -> None:
    said = sagsgang("items", "settle", "0123456789ab", "--happened", "--saw", "x", "--as", "bo")
    assert said.code == 2
    assert "in_doubt" in said.err


def test_reasons_are_sealed_in_the_database(sagsgang: Sagsgang, with_proposals: Path) -> None:
    reason = "en begrundelse, der nævner nogen"
    sagsgang("items", "cancel", _first(sagsgang, "deferred"), "--reason", reason, "--as", "dorthe")
    settings = load_settings()
    database = Database(settings.effective_database_url, open_key_ring(settings))
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM audit_private")).scalar_one() > 0
    database.dispose()
    for path in with_proposals.glob("sagsgang.db*"):
        assert reason.encode() not in path.read_bytes()
