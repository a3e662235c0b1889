"""What is Nova's own about the adapter: quirks, modes, tokens and the assumed call."""

from datetime import UTC, date, datetime

import httpx
import pytest

from connectors.errors import (
    Ambiguous,
    AuthExpired,
    NotFound,
    OutcomeUnknown,
    RefusedBySystem,
    SchemaDrift,
    Unavailable,
)
from connectors.nova import NovaCaseRegister, open_nova
from connectors.records import (
    CaseRef,
    IdempotencyKey,
    LookUpWorth,
    NewJournalNote,
    NewReminder,
    Sighting,
    WriteOperation,
)
from foundation.cpr import Cpr
from tests.connectors.nova.scripts import listed, offline, scripted, wire_case
from tests.connectors.simulation import Simulation, open_simulated_nova

NOTE = NewJournalNote("Titel", "Teksten er på dansk: æøå", datetime(2026, 3, 4, tzinfo=UTC))
REMINDER = NewReminder("Titel", "Tekst", date(2026, 12, 24))


def key(name: str) -> IdempotencyKey:
    return IdempotencyKey(name)


@pytest.mark.parametrize("mode", ["upsert", "conflict"])
def test_a_repeated_note_is_one_note_whatever_nova_does_with_its_uuid(
    simulated: Simulation, nova: NovaCaseRegister, mode: str
) -> None:
    simulated.tell("/settings", repeatMode=mode)
    case, _ = simulated.take_case(nova)
    first = nova.append_journal_note(case.ref, NOTE, key=key(case.ref.id))
    second = nova.append_journal_note(case.ref, NOTE, key=key(case.ref.id))
    assert (second.remote_id, second.replayed) == (first.remote_id, mode == "conflict")
    assert [note.id for note in nova.list_journal_notes(case.ref)].count(first.remote_id) == 1


@pytest.mark.parametrize("mode", ["upsert", "conflict"])
def test_a_repeated_reminder_is_one_reminder(simulated: Simulation, nova: NovaCaseRegister, mode: str) -> None:
    simulated.tell("/settings", repeatMode=mode)
    case, _ = simulated.take_case(nova)
    for _ in range(2):
        nova.create_reminder(case.ref, REMINDER, key=key(case.ref.id))
    assert simulated.effects(case) == 1


@pytest.mark.parametrize("length", range(3))
def test_a_nova_that_cuts_padding_keeps_our_notes_whole(
    simulated: Simulation, nova: NovaCaseRegister, length: int
) -> None:
    simulated.tell("/settings", quirkBase64=True)
    case, _ = simulated.take_case(nova)
    note = NewJournalNote("Titel", NOTE.text + "x" * length, NOTE.at)
    nova.append_journal_note(case.ref, note, key=key(case.ref.id))
    assert note.text in [one.text for one in nova.list_journal_notes(case.ref)]


def test_without_lengthening_such_a_nova_cuts_a_note(simulated: Simulation) -> None:
    simulated.tell("/settings", quirkBase64=True)
    nova = open_simulated_nova(simulated, pads_notes_with_spaces=False)
    case, _ = simulated.take_case(nova)
    note = NewJournalNote("Titel", "fire", NOTE.at)
    nova.append_journal_note(case.ref, note, key=key(case.ref.id))
    assert "fire" not in [one.text for one in nova.list_journal_notes(case.ref)]
    nova.close()


def test_a_note_that_nova_broke_is_still_found(simulated: Simulation, nova: NovaCaseRegister) -> None:
    simulated.tell("/settings", quirkLetters=True)
    case, _ = simulated.take_case(nova)
    nova.append_journal_note(case.ref, NOTE, key=key(case.ref.id))
    assert NOTE.text not in [one.text for one in nova.list_journal_notes(case.ref)]
    assert nova.find_journal_note(case.ref, key=key(case.ref.id)).sighting is Sighting.PRESENT


@pytest.mark.parametrize("route", ["nova.case.get_list", "nova.case.update"])
def test_a_token_refused_in_mid_run_is_renewed_once_and_the_call_has_one_effect(
    simulated: Simulation, nova: NovaCaseRegister, route: str
) -> None:
    case, _ = simulated.take_case(nova)
    simulated.tell("/faults", route=route, kind="unauthorized")
    nova.append_journal_note(case.ref, NOTE, key=key(case.ref.id))
    assert nova.find_journal_note(case.ref, key=key(case.ref.id)).sighting is Sighting.PRESENT
    assert simulated.effects(case) == 1


def test_a_token_refused_twice_is_given_up(simulated: Simulation, nova: NovaCaseRegister) -> None:
    case, _ = simulated.take_case(nova)
    simulated.tell("/faults", route="nova.case.update", kind="unauthorized", times=2)
    with pytest.raises(AuthExpired):
        nova.append_journal_note(case.ref, NOTE, key=key(case.ref.id))
    assert simulated.effects(case) == 0


def test_tokens_that_nova_forgets_at_once_are_seen_as_no_access(simulated: Simulation) -> None:
    simulated.tell("/settings", tokenSeconds=0.0)
    nova = open_simulated_nova(simulated)
    with pytest.raises(AuthExpired):
        nova.search_cases(party=Cpr("1012620000"))
    nova.close()


def test_a_wrong_secret_is_no_access(simulated: Simulation) -> None:
    nova = open_simulated_nova(simulated, client_secret="wrong")
    with pytest.raises(AuthExpired):
        nova.search_cases(party=Cpr("1012620000"))
    nova.close()


def test_a_token_route_that_is_down_leaves_no_write_in_doubt(simulated: Simulation, nova: NovaCaseRegister) -> None:
    case, _ = simulated.take_case(nova)
    fresh = open_simulated_nova(simulated)
    simulated.tell("/faults", route="nova.token", kind="timeout_after_commit")
    with pytest.raises(Unavailable):
        fresh.append_journal_note(case.ref, NOTE, key=key(case.ref.id))
    fresh.close()


def test_a_slow_write_is_given_up_and_its_outcome_is_unknown(simulated: Simulation, nova: NovaCaseRegister) -> None:
    case, _ = simulated.take_case(nova)
    hasty = open_simulated_nova(simulated, read_timeout=0.5)
    hasty.get_case(case.ref)
    simulated.tell("/faults", route="nova.case.update", kind="timeout_after_commit", seconds=1.0)
    with pytest.raises(OutcomeUnknown):
        hasty.append_journal_note(case.ref, NOTE, key=key(case.ref.id))
    assert nova.find_journal_note(case.ref, key=key(case.ref.id)).sighting is Sighting.PRESENT
    hasty.close()


def test_a_number_that_two_cases_have_is_for_a_person() -> None:
    nova = scripted({"/api/Case/GetList": [(200, listed(wire_case("c1"), wire_case("c2")))]})
    with pytest.raises(Ambiguous) as raised:
        nova.find_case("n")
    assert raised.value.detail == "case"


def test_a_nova_that_answers_with_another_number_is_drift() -> None:
    nova = scripted({"/api/Case/GetList": [(200, listed(wire_case("c1")))]})
    with pytest.raises(SchemaDrift) as raised:
        nova.find_case("S2026-00001")
    assert raised.value.detail == "cases[0].caseAttributes.userFriendlyCaseNumber"


def test_without_a_number_nothing_is_asked(no_network: httpx.MockTransport) -> None:
    with pytest.raises(NotFound):
        offline(no_network, "api").find_case(" ")


def test_documents_of_a_nova_that_knows_no_paging_are_read() -> None:
    letter = {"documentUuid": "d1", "title": "t", "documentType": "Internt", "documentDate": "2026-01-02T03:04:05"}
    nova = scripted({"/api/Document/GetList": [(200, {"documents": [letter]})]})
    assert [document.id for document in nova.list_documents(CaseRef("nova", "c1"))] == ["d1"]


def test_a_nova_that_answers_with_another_case_is_drift() -> None:
    nova = scripted({"/api/Case/GetList": [(200, listed({"common": {"uuid": "another"}}))]})
    with pytest.raises(SchemaDrift) as raised:
        nova.get_case(CaseRef("nova", "c1"))
    assert raised.value.detail == "cases[0].common.uuid"


def test_an_empty_page_that_promises_more_is_drift() -> None:
    page = {"pagingInformation": {"numberOfRows": 0, "hasMoreRows": True}, "cases": []}
    nova = scripted({"/api/Case/GetList": [(200, page)]})
    with pytest.raises(SchemaDrift):
        nova.search_cases(party=Cpr("1012620000"))


def test_a_reminder_on_a_later_page_is_found() -> None:
    wanted = key("x").as_uuid("reminder")
    pages: list[tuple[int, object]] = [
        (200, {"pagingInformation": {"hasMoreRows": True}, "taskList": [{"uuid": "other"}]}),
        (200, {"pagingInformation": {"hasMoreRows": False}, "taskList": [{"uuid": str(wanted).upper()}]}),
    ]
    nova = scripted({"/api/Task/GetList": pages})
    assert nova.find_reminder(CaseRef("nova", "c1"), key=key("x")).sighting is Sighting.PRESENT


def test_half_a_letter_is_refused_before_anything_is_sent(no_network: httpx.MockTransport) -> None:
    nova = open_nova(
        url="http://127.0.0.1",
        token_url="http://127.0.0.1/token",
        client_id="x",
        client_secret="x",
        address_write="api",
        transport=no_network,
    )
    note = NewJournalNote("Titel", "0709614592 \ud83d", NOTE.at)
    with pytest.raises(RefusedBySystem) as raised:
        nova.append_journal_note(CaseRef("nova", "c1"), note, key=key("x"))
    assert raised.value.__context__ is None


def test_one_token_serves_many_calls(simulated: Simulation) -> None:
    nova = open_simulated_nova(simulated)
    before = simulated.ask("/ledger/reads").get("nova.token", 0)
    for _ in range(3):
        nova.search_cases(party=Cpr("1012620000"))
    assert simulated.ask("/ledger/reads")["nova.token"] - before == 1
    nova.close()


def test_no_write_of_nova_is_promised_to_show_at_once(nova: NovaCaseRegister) -> None:
    for operation in WriteOperation:
        traits = nova.write_traits(operation)
        assert (traits.worth, traits.settle_seconds) == (LookUpWorth.EVENTUAL, 5.0)
