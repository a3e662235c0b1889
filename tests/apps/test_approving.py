from types import SimpleNamespace
from typing import Any

import pytest

from apps.cli import approving
from apps.cli.approving import may_approve_unseen
from apps.cli.screens import Screen
from audit.reading import Selection, read_entries
from flows.composition import open_workplace
from foundation.environment import Environment
from foundation.settings import load_settings
from tests.apps.conftest import WAITING, Sagsgang


def _state(sagsgang: Sagsgang, approval: dict[str, Any]) -> str:
    state: str = sagsgang("items", "show", approval["item"], "--json").document["state"]
    return state


def _decided(item: str) -> dict[str, Any]:
    """The decision in the record itself; the list that people read leaves the seconds out."""
    with open_workplace(load_settings()) as place, place.database.read() as session:
        entries = read_entries(session, Selection(item=item))
    (made,) = [entry.body["decision"] for entry in entries if "humanReview" in entry.body.get("decision", {})]
    decision: dict[str, Any] = made
    return decision


@pytest.mark.parametrize(
    ("name", "why"),
    [("dorthe", "selv startet"), ("anne", "rollen godkender"), ("carla", "rollen godkender")],
)
def test_who_may_not_approve_is_refused_with_the_reason(
    sagsgang: Sagsgang, ordinary: dict[str, Any], name: str, why: str
) -> None:
    said = sagsgang("approvals", "approve", ordinary["reference"], "--yes", "--as", name)
    assert said.code == 3
    assert why in said.err
    assert _state(sagsgang, ordinary) == "awaiting_approval"


def test_an_approver_approves_what_he_saw(sagsgang: Sagsgang, ordinary: dict[str, Any]) -> None:
    said = sagsgang("approvals", "approve", ordinary["reference"], "--yes", "--json", "--as", "bo")
    assert said.code == 0
    assert said.document["approved"] == [ordinary["item"]]
    assert _state(sagsgang, ordinary) == "new"


def test_a_protected_proposal_needs_the_role(sagsgang: Sagsgang, protected: dict[str, Any]) -> None:
    assert sagsgang("approvals", "approve", protected["reference"], "--yes", "--as", "bo").code == 3
    assert sagsgang("approvals", "approve", protected["reference"], "--yes", "--as", "erik").code == 0


def test_another_digest_is_refused(sagsgang: Sagsgang, ordinary: dict[str, Any]) -> None:
    item = ordinary["reference"].split("@")[0]
    for digest in ("0" * 12, ordinary["reference"].split("@")[1][:6], ""):
        said = sagsgang("approvals", "approve", f"{item}@{digest}", "--yes", "--as", "bo")
        assert said.code == 3
    assert _state(sagsgang, ordinary) == "awaiting_approval"


def test_a_script_must_name_the_digest(sagsgang: Sagsgang, ordinary: dict[str, Any]) -> None:
    said = sagsgang("approvals", "approve", ordinary["item"], "--yes", "--as", "bo")
    assert said.code == 2
    assert "kontrolsummen" in said.err


def test_without_a_terminal_yes_must_be_said(sagsgang: Sagsgang, ordinary: dict[str, Any]) -> None:
    said = sagsgang("approvals", "approve", ordinary["reference"], "--as", "bo")
    assert said.code == 2
    assert "--yes" in said.err


def test_one_that_may_not_be_approved_stops_the_whole_batch(
    sagsgang: Sagsgang, ordinary: dict[str, Any], protected: dict[str, Any]
) -> None:
    references = (ordinary["reference"], protected["reference"])
    assert sagsgang("approvals", "approve", *references, "--yes", "--as", "bo").code == 3
    assert _state(sagsgang, ordinary) == "awaiting_approval"


def test_all_ordinary_leaves_the_others(sagsgang: Sagsgang, approvals: list[dict[str, Any]]) -> None:
    special = [each["item"] for each in approvals if not each["ordinary"]]
    assert special
    told = sagsgang("approvals", "approve", "--all-ordinary", "--yes", "--json", "--as", "erik").document
    assert len(told["approved"]) == WAITING - len(special)
    left = sagsgang("approvals", "--json", "--as", "erik").document["approvals"]
    assert sorted(each["item"] for each in left) == sorted(special)


def test_all_ordinary_is_nothing_for_who_may_approve_nothing(
    sagsgang: Sagsgang, approvals: list[dict[str, Any]]
) -> None:
    told = sagsgang("approvals", "approve", "--all-ordinary", "--yes", "--json", "--as", "anne").document
    assert told["approved"] == []


def test_all_ordinary_and_named_ones_do_not_go_together(sagsgang: Sagsgang, ordinary: dict[str, Any]) -> None:
    assert sagsgang("approvals", "approve", "--yes", "--as", "bo").code == 2
    both = (ordinary["reference"], "--all-ordinary")
    assert sagsgang("approvals", "approve", *both, "--yes", "--as", "bo").code == 2


def test_leaving_a_row_out_needs_a_reason(sagsgang: Sagsgang, ordinary: dict[str, Any]) -> None:
    row = sagsgang("approvals", "show", ordinary["item"], "--json", "--as", "bo").document["rows"][0]["id"]
    words = ("approvals", "approve", ordinary["reference"], "--yes", "--leave-out", row, "--as", "bo")
    assert sagsgang(*words).code == 2
    assert sagsgang(*words, "--reason", "retter den selv").code == 0


def test_an_unknown_row_cannot_be_left_out(sagsgang: Sagsgang, ordinary: dict[str, Any]) -> None:
    rows = [
        row["id"] for row in sagsgang("approvals", "show", ordinary["item"], "--json", "--as", "bo").document["rows"]
    ]
    words = ("--leave-out", "0709614452", "--reason", "x", "--yes", "--as", "bo")
    said = sagsgang("approvals", "approve", ordinary["reference"], *words)
    assert said.code == 3
    assert f"Det har: {', '.join(rows)}." in said.err
    assert "0709614452" not in said.out + said.err
    assert _state(sagsgang, ordinary) == "awaiting_approval"


def test_sending_back_needs_a_reason_and_puts_the_item_in_the_queue(
    sagsgang: Sagsgang, ordinary: dict[str, Any]
) -> None:
    assert sagsgang("approvals", "return", ordinary["reference"], "--as", "bo").code == 2
    assert sagsgang("approvals", "return", ordinary["reference"], "--reason", "se igen", "--as", "bo").code == 0
    assert _state(sagsgang, ordinary) == "new"


def test_taking_over_cancels_the_item(sagsgang: Sagsgang, ordinary: dict[str, Any]) -> None:
    said = sagsgang("approvals", "take-over", ordinary["item"], "--reason", "gør det selv", "--as", "bo")
    assert said.code == 0
    assert _state(sagsgang, ordinary) == "cancelled"


def test_a_script_counts_no_seconds_of_a_person(sagsgang: Sagsgang, ordinary: dict[str, Any]) -> None:
    told = sagsgang("approvals", "approve", ordinary["reference"], "--yes", "--json", "--as", "bo").document
    assert told["person_seconds"] == 0
    assert _decided(ordinary["item"])["personSeconds"] == 0
    words = ("--item", ordinary["item"], "--json", "--as", "carla")
    entries = sagsgang("audit", "show", *words).document["entries"]
    decisions = [entry["body"].get("decision", {}) for entry in entries]
    (made,) = [decision for decision in decisions if "humanReview" in decision]
    assert made["inputsDigest"].startswith(ordinary["reference"].split("@")[1])


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A person at a terminal; change ``says`` before he is asked. ``asked`` is what he was asked."""
    told = {"says": "ja", "asked": ""}

    def ask(_screen: Screen, question: str) -> str:
        told["asked"] = question
        return told["says"]

    monkeypatch.setattr(Screen, "is_terminal", True)
    monkeypatch.setattr(Screen, "ask", ask)
    return told


def test_a_person_sees_the_proposal_before_he_confirms(
    sagsgang: Sagsgang, ordinary: dict[str, Any], answer: dict[str, str]
) -> None:
    said = sagsgang("approvals", "approve", ordinary["item"], "--as", "bo")
    assert said.code == 0
    assert "Før" in said.out
    assert "1 forslag som bo" in answer["asked"]
    assert _state(sagsgang, ordinary) == "new"


@pytest.mark.parametrize("act", ["return", "take-over"])
def test_the_time_a_person_sat_over_another_answer_is_counted(
    sagsgang: Sagsgang, ordinary: dict[str, Any], answer: dict[str, str], monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    clock = iter((100.0, 142.0))
    monkeypatch.setattr(approving, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    said = sagsgang("approvals", act, ordinary["reference"], "--reason", "se igen", "--as", "bo")
    assert said.code == 0, said.err
    assert "Før" in said.out
    assert "som bo" in answer["asked"]
    assert _decided(ordinary["item"])["personSeconds"] == 42


@pytest.mark.parametrize("act", ["return", "take-over"])
def test_a_script_that_answers_otherwise_counts_no_seconds(
    sagsgang: Sagsgang, ordinary: dict[str, Any], act: str
) -> None:
    assert sagsgang("approvals", act, ordinary["reference"], "--reason", "se igen", "--as", "bo").code == 0
    assert _decided(ordinary["item"])["personSeconds"] == 0


@pytest.mark.parametrize("act", ["return", "take-over"])
def test_who_does_not_confirm_has_answered_nothing(
    sagsgang: Sagsgang, ordinary: dict[str, Any], answer: dict[str, str], act: str
) -> None:
    answer["says"] = "nej"
    assert sagsgang("approvals", act, ordinary["reference"], "--reason", "se igen", "--as", "bo").code == 2
    assert _state(sagsgang, ordinary) == "awaiting_approval"


@pytest.mark.parametrize("says", ["nej", "", "j"])
def test_anything_but_yes_approves_nothing(
    sagsgang: Sagsgang, ordinary: dict[str, Any], answer: dict[str, str], says: str
) -> None:
    answer["says"] = says
    said = sagsgang("approvals", "approve", ordinary["item"], "--as", "bo")
    assert said.code == 2
    assert "Intet er godkendt." in said.err
    assert _state(sagsgang, ordinary) == "awaiting_approval"


@pytest.mark.parametrize("environment", list(Environment))
def test_what_nobody_saw_is_approved_in_simulated_only(environment: Environment) -> None:
    assert may_approve_unseen(environment) is (environment is Environment.SIMULATED)
