import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from casework.claiming import claim
from casework.incidents import report
from casework.notices import MOST_ATTEMPTS, Matter, mark_refused, put, take
from casework.states import NoticeKind
from casework.tables import RunRow
from casework.workplace import as_system
from flows.composition import open_workplace
from foundation.clock import ShiftedClock
from foundation.settings import load_settings
from tests.apps.conftest import Sagsgang


def _marks(sagsgang: Sagsgang) -> dict[str, str]:
    return {one["name"]: one["mark"] for one in sagsgang("doctor", "--json").document["findings"]}


def test_a_healthy_house_is_all_well(sagsgang: Sagsgang, with_proposals: Path) -> None:
    said = sagsgang("doctor")
    assert said.code == 0, said.out
    assert "✘" not in said.out
    assert "Alt er, som det skal være." in said.out


def test_looking_makes_nothing(sagsgang: Sagsgang, data_dir: Path) -> None:
    said = sagsgang("doctor")
    assert said.code == 0, said.out
    assert not data_dir.exists()


def test_a_silent_system_is_told_with_what_mends_it(
    sagsgang: Sagsgang, with_proposals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAGSGANG_NOVA_URL", "http://127.0.0.1:9/nova")
    said = sagsgang("doctor")
    assert said.code == 1
    assert "✘ ESDH (nova)" in said.out
    assert "sagsgang simulator" in said.out


def test_a_wrong_secret_is_found_and_not_shown(
    sagsgang: Sagsgang, with_proposals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAGSGANG_NOVA_CLIENT_SECRET", "min-hemmelighed")
    said = sagsgang("doctor")
    assert said.code == 1
    assert "min-hemmelighed" not in said.out + said.err


def test_an_open_incident_is_told_and_nothing_is_wrong_with_the_house(sagsgang: Sagsgang, with_proposals: Path) -> None:
    with open_workplace(load_settings()) as place, place.database.write() as session:
        report(session, place, robot="address_update", system="nova", code="prøve", message="Noget er galt.")
    said = sagsgang("doctor")
    assert said.code == 0, said.out
    assert "! driftshændelser: 1 åbne\n    " in said.out
    assert "Huset virker; 1 ting skal ses efter." in said.out


def test_a_lease_that_ran_out_is_told_and_is_no_fault(sagsgang: Sagsgang, ordinary: dict[str, Any]) -> None:
    assert sagsgang("approvals", "approve", ordinary["reference"], "--yes", "--as", "bo").code == 0
    with open_workplace(load_settings()) as place:
        acting = as_system("test")
        who, run = uuid4(), uuid4()
        assert claim(place, "address_update", worker=who, run_id=run, acting=acting, limit=1, lease_seconds=0)
    assert _marks(sagsgang)["døde lån"] == "look"
    assert sagsgang("doctor").code == 0


def test_a_missing_trigger_is_found(sagsgang: Sagsgang, with_proposals: Path) -> None:
    with sqlite3.connect(with_proposals / "sagsgang.db") as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        connection.execute(f"DROP TRIGGER {names[0][0]}")
    connection.close()
    assert _marks(sagsgang)["database"] == "wrong"


def test_a_wrong_setting_is_a_finding(sagsgang: Sagsgang, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGSGANG_WORKERS", "hest")
    said = sagsgang("doctor")
    assert said.code == 1
    assert "SAGSGANG_WORKERS" in said.out


def test_a_prefect_that_does_not_answer_is_found(
    sagsgang: Sagsgang, with_proposals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert _marks(sagsgang)["Prefect"] == "wrong"


def test_a_prefect_elsewhere_is_asked_only_where_its_host_is_vouched_for(
    sagsgang: Sagsgang, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A name that leads nowhere: what is looked at is whether it is asked at all.
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect.invalid:4200/api")
    assert "serveren svarer ikke" not in sagsgang("doctor").out
    assert "serveren svarer ikke" in sagsgang("doctor", "--inside", "prefect.invalid").out


def test_without_a_prefect_server_there_is_nothing_to_look_at(sagsgang: Sagsgang, with_proposals: Path) -> None:
    assert _marks(sagsgang)["Prefect"] == "not_applicable"


def _put_notice(*, days_ago: float, refusals: int = 0) -> None:
    """A notice that was put in the outbox then, and refused so often."""
    with open_workplace(load_settings(), clock=ShiftedClock(by=-timedelta(days=days_ago))) as place:
        with place.database.write() as session:
            put(session, place, [Matter(NoticeKind.DEADLINES, "address_update", "Frister", "3")], targets=["a"])
        for attempt in range(1, refusals + 1):
            mark_refused(place, replace(take(place, targets=["a"], limit=1)[0], attempt=MOST_ATTEMPTS + 1 - attempt))


def test_a_notice_that_waits_is_told_with_the_command_that_sends_it(sagsgang: Sagsgang, with_proposals: Path) -> None:
    _put_notice(days_ago=0.5)
    told = sagsgang("doctor").out
    assert "! beskeder: 1 venter på at blive sendt, 0 er opgivet eller uvisse" in told
    assert "sagsgang notices send" in told


def test_a_notice_that_was_given_up_is_told_without_a_command_that_cannot_help(
    sagsgang: Sagsgang, with_proposals: Path
) -> None:
    _put_notice(days_ago=0.5, refusals=1)
    told = sagsgang("doctor").out
    assert "! beskeder: 0 venter på at blive sendt, 1 er opgivet eller uvisse" in told
    assert "notices send" not in told


def test_what_was_not_sent_days_ago_is_not_told_for_ever(sagsgang: Sagsgang, with_proposals: Path) -> None:
    _put_notice(days_ago=3, refusals=1)
    assert _marks(sagsgang)["beskeder"] == "not_applicable"


def test_an_address_for_notices_that_cannot_be_used_is_found_and_not_shown(
    sagsgang: Sagsgang, with_proposals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAGSGANG_NOTICE_URLS", "json://robot:min-hemmelighed@10.0.0.1/")
    said = sagsgang("doctor")
    assert said.code == 1
    assert "✘ beskeder: " in said.out
    assert "min-hemmelighed" not in said.out + said.err


@pytest.mark.parametrize(("hours", "mark"), [(23, "ok"), (25, "look")])
def test_a_run_that_should_be_over_is_told(sagsgang: Sagsgang, with_proposals: Path, hours: int, mark: str) -> None:
    with open_workplace(load_settings()) as place, place.database.write() as session:
        begun = {"ended_at": None, "started_at": place.now() - timedelta(hours=hours)}
        session.execute(update(RunRow.__table__).values(**begun))
    assert _marks(sagsgang)["kørsler"] == mark
