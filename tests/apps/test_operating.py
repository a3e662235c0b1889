"""Robots rest, incidents are seen to, effects in doubt are settled: from the command line, by named people."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update

from casework.incidents import report
from casework.items import list_items
from casework.states import EffectState, ItemState
from casework.tables import EffectRow, WorkerRow
from connectors.errors import OutcomeUnknown
from connectors.records import LookUp, LookUpWorth, Sighting, WriteOperation, WriteTraits
from flows.composition import Systems, compose, open_workplace
from foundation.clock import SystemClock
from foundation.identifiers import new_id
from foundation.settings import load_settings
from robots.address_update.robot import AddressUpdate
from robots.twins.case_register import TwinCaseRegister
from robots.twins.person_events import TwinPersonEvents
from robots.twins.person_register import TwinPersonRegister
from tests.apps.conftest import Sagsgang, Said
from tests.flows.office import Office

_EFFECT = EffectRow.__table__
_WORKER = WorkerRow.__table__


def test_a_robot_that_is_paused_shows_it_everywhere_and_works_again_when_resumed(
    sagsgang: Sagsgang, with_proposals: Path
) -> None:
    assert sagsgang("robots", "pause", "address_update", "--reason", "Flytning", "--as", "anne").code == 3
    assert sagsgang("robots", "pause", "address_update", "--as", "dorthe").code == 2
    assert sagsgang("robots", "pause", "address_update", "--reason", "Flytning", "--as", "dorthe").code == 0
    for words in (("robots",), ("robots", "address_update"), ("deployments",), ("doctor",)):
        assert "på pause" in sagsgang(*words).out, words
    ran = sagsgang("run", "address_update", "--without-prefect", "--json", "--as", "dorthe")
    assert (ran.code, ran.document["stopped_by"]) == (4, "robot_paused")
    assert sagsgang("robots", "resume", "address_update", "--reason", "Færdig", "--as", "frida").code == 0
    assert sagsgang("robots", "--json").document["robots"][0]["state"] == "active"


def _failed_item(sagsgang: Sagsgang) -> tuple[str, str]:
    """An incident of an item that is deferred; returns both numbers."""
    with open_workplace(load_settings()) as place:
        with place.database.read() as session:
            (item,) = list_items(session, state=ItemState.DEFERRED)
        with place.database.write() as session:
            report(session, place, robot="address_update", system="nova", code="prøve", message="Se.", item_id=item.id)
    (incident,) = sagsgang("incidents", "--json").document["incidents"]
    return incident["id"][-12:], str(item.id)


def test_an_incident_is_shown_with_its_items_and_the_log_around_it(sagsgang: Sagsgang, with_proposals: Path) -> None:
    number, item = _failed_item(sagsgang)
    told = sagsgang("incidents", "show", number, "--json").document
    assert [one["item"] for one in told["met"]] == [item]
    assert told["log"]
    assert {line["item"] for line in told["log"]} <= {item, None}
    shown = sagsgang("incidents", "show", number)
    assert shown.code == 0
    assert "item.ended" in shown.out


def test_an_incident_is_taken_on_retried_and_closed(sagsgang: Sagsgang, with_proposals: Path) -> None:
    number, item = _failed_item(sagsgang)
    assert sagsgang("incidents", "acknowledge", number, "--note", "Jeg ser på det", "--as", "anne").code == 3
    assert sagsgang("incidents", "acknowledge", number, "--as", "dorthe").code == 2
    assert sagsgang("incidents", "acknowledge", number, "--note", "Jeg ser på det", "--as", "dorthe").code == 0
    shown = sagsgang("incidents", "show", number).out
    assert "under behandling (dorthe)" in shown
    assert "Jeg ser på det" in shown
    done = sagsgang("incidents", "retry", number, "--reason", "Rettet", "--as", "dorthe", "--json")
    assert (done.code, done.document["woken"], done.document["left"]) == (0, 1, [])
    assert sagsgang("items", "show", item, "--json").document["state"] == "new"
    again = sagsgang("incidents", "retry", number, "--reason", "Igen", "--as", "dorthe", "--json")
    assert (again.code, [left["item"] for left in again.document["left"]]) == (4, [item])
    assert sagsgang("incidents", "close", number, "--reason", "Rettet", "--as", "dorthe").code == 0
    assert "åben" not in sagsgang("incidents", "show", number).out


class _Blind(TwinCaseRegister):
    """A case register in which nobody can look whether an address was written."""

    def write_traits(self, operation: WriteOperation) -> WriteTraits:
        del operation
        return WriteTraits(worth=LookUpWorth.NONE, settle_seconds=0.0, deduplicates=False)

    def find_party_contact(self, *_: object, **__: object) -> LookUp:
        return LookUp(Sighting.UNCLEAR)


@pytest.fixture
def in_doubt(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """An item whose address may or may not have been written; returns the effect's id."""
    settings = load_settings(calls_per_second=10_000)
    clock = SystemClock()
    cases, people, events = _Blind(), TwinPersonRegister(clock=clock), TwinPersonEvents(clock=clock)
    with compose(settings, systems=Systems(cases=cases, people=people, events=events)) as composition:
        office = Office(composition, clock, cases, people, events, AddressUpdate())  # type: ignore[arg-type]  # a real clock
        cpr, _, _ = office.settle_in()
        office.move(cpr)
        office.run()
        office.approve_all()
        cases.fail_next("update_party_contact", OutcomeUnknown("twin", "update_party_contact"), after_effect=True)
        office.run()
        with composition.place.database.read() as session:
            found: UUID = session.execute(select(_EFFECT.c.id).where(_EFFECT.c.state == "in_doubt")).scalar_one()
    return found


def _settle(sagsgang: Sagsgang, effect: UUID, *words: str) -> Said:
    return sagsgang("items", "settle", str(effect), *words, "--as", "bo")


def test_an_effect_truly_in_doubt_is_settled_by_who_looked(sagsgang: Sagsgang, in_doubt: UUID) -> None:
    (item,) = sagsgang("items", "--state", "in_doubt", "--json").document["items"]
    assert f"items settle {in_doubt.hex[-12:]} --happened" in sagsgang("items", "show", item["id"]).out
    assert _settle(sagsgang, in_doubt, "--happened").code == 2
    assert _settle(sagsgang, in_doubt, "--happened", "--saw", "Den nye adresse står på sagen.").code == 0
    told = sagsgang("items", "show", item["id"], "--json").document
    assert told["state"] == "new"
    assert [effect["state"] for effect in told["effects"]] == ["done"]


def test_who_is_to_settle_is_told_where_to_look_and_what_for(sagsgang: Sagsgang, in_doubt: UUID) -> None:
    (item,) = sagsgang("items", "--state", "in_doubt", "--json").document["items"]
    shown = sagsgang("items", "show", item["id"], "--as", "bo").out
    assert f"Se efter i twin: ændring {in_doubt.hex[-12:]} er på case-1/" in shown
    assert "Gamle Prøvevej 1" in shown
    assert "Ny Prøvevej 2" in shown
    told = sagsgang("items", "show", item["id"], "--as", "bo", "--json").document
    (row,) = told["to_see"]
    assert row["case"] in shown
    # Who may not see addresses in a proposal sees none here, and each look is recorded.
    hidden = sagsgang("items", "show", item["id"], "--as", "dorthe").out
    assert "Prøvevej" not in hidden
    assert row["case"] in hidden
    entries = sagsgang("audit", "show", "--item", item["id"], "--json", "--as", "carla").document["entries"]
    seen = [each["body"] for each in entries if each["body"].get("facts", {}).get("what") == "proposal"]
    assert [(body["actor"]["id"], body["facts"]["masked"]) for body in seen] == [
        ("bo", False),
        ("bo", False),
        ("dorthe", True),
    ]
    assert _settle(sagsgang, in_doubt, "--happened", "--saw", "Den nye adresse står på sagen.").code == 0
    assert "Prøvevej" not in sagsgang("items", "show", item["id"], "--as", "bo").out


def test_an_incident_leads_to_its_item_in_doubt_and_closing_it_does_not_hide_that(
    sagsgang: Sagsgang, in_doubt: UUID
) -> None:
    (incident,) = sagsgang("incidents", "--json").document["incidents"]
    (item,) = sagsgang("items", "--state", "in_doubt", "--json").document["items"]
    assert f"items show {item['short']}" in sagsgang("incidents", "show", incident["id"]).out
    closed = sagsgang("incidents", "close", incident["id"], "--reason", "Set", "--as", "dorthe")
    assert "stadig er fejlet eller uvisse og venter på en person: 1." in closed.out
    assert f"items show {item['short']}" in closed.out


def test_what_a_worker_on_a_lost_machine_began_needs_a_word_on_how_one_knows(
    sagsgang: Sagsgang, in_doubt: UUID
) -> None:
    with open_workplace(load_settings()) as place, place.database.write() as session:
        lost = new_id()
        session.execute(_WORKER.insert().values(id=lost, host="en anden maskine", pid=1, started_at=place.now()))
        session.execute(update(_EFFECT).where(_EFFECT.c.id == in_doubt).values(owner=lost))
    said = _settle(sagsgang, in_doubt, "--not-happened", "--saw", "Den gamle adresse står der.")
    assert said.code == 3
    assert "--owner-is-gone" in said.err
    gone = ("--owner-is-gone", "Maskinen er skrottet.")
    assert _settle(sagsgang, in_doubt, "--not-happened", "--saw", "Den gamle står der.", *gone).code == 0


def test_a_change_that_was_begun_is_shown_on_an_item_that_has_ended(sagsgang: Sagsgang, in_doubt: UUID) -> None:
    with open_workplace(load_settings()) as place, place.database.write() as session:
        item = session.execute(select(_EFFECT.c.item_id).where(_EFFECT.c.id == in_doubt)).scalar_one()
        begun = {"state": EffectState.INTENDED.value}
        session.execute(update(_EFFECT).where(_EFFECT.c.id == in_doubt).values(**begun))
    shown = sagsgang("items", "show", str(item)).out
    assert "påtænkt" in shown
    assert "En ændring er påbegyndt, og ingen ved, om den er sket." in shown
    assert _settle(sagsgang, in_doubt, "--happened", "--saw", "Den nye adresse står der.").code == 0


def test_notices_without_an_address_say_which_setting_is_missing(sagsgang: Sagsgang, data_dir: Path) -> None:
    assert "SAGSGANG_NOTICE_URLS" in sagsgang("notices", "send").out


def test_a_pool_needs_a_prefect_server_and_somebody_who_mends_runs(sagsgang: Sagsgang, data_dir: Path) -> None:
    assert sagsgang("pool", "drain", "p", "--as", "anne").code == 3
    said = sagsgang("pool", "drain", "p", "--as", "dorthe")
    assert said.code == 6
    assert "PREFECT_API_URL" in said.err
