import csv
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from apps.cli.exits import Exit
from apps.cli.run import exit_for
from flows.ending import Result
from flows.running import RunReport
from flows.work_loop import RunSummary
from tests.apps.conftest import WAITING, Sagsgang, Said, Town

RUN = ("run", "address_update", "--without-prefect")


def _report(*results: Result, stopped_by: str | None = None, collect_error: str | None = None) -> RunReport:
    return RunReport(None, RunSummary(uuid4(), Counter(results), stopped_by), collect_error)


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (_report(), Exit.OK),
        (_report(Result.COMPLETED, Result.AWAITING_APPROVAL, Result.DEFERRED), Exit.OK),
        (_report(Result.COMPLETED, Result.REJECTED), Exit.REJECTED),
        (_report(Result.REJECTED, Result.FAILED), Exit.NEEDS_PERSON),
        (_report(Result.IN_DOUBT), Exit.NEEDS_PERSON),
        (_report(stopped_by="circuit_open"), Exit.TEMPORARY),
        (_report(stopped_by="schema_drift"), Exit.FAILED),
        (_report(collect_error="unavailable"), Exit.TEMPORARY),
        (_report(collect_error="event_gap"), Exit.NEEDS_PERSON),
        (_report(collect_error="mass_change"), Exit.NEEDS_PERSON),
    ],
)
def test_the_exit_code_of_a_run_tells_whether_a_person_is_needed(report: RunReport, code: Exit) -> None:
    assert exit_for(report) is code


def test_a_run_that_can_fetch_nothing_until_somebody_acts_needs_a_person() -> None:
    summary = RunSummary(uuid4(), Counter())
    assert exit_for(RunReport(None, summary, "access_denied", needs_person=True)) is Exit.NEEDS_PERSON


def test_a_run_proposes_and_after_the_approvals_writes(sagsgang: Sagsgang, town: Town) -> None:
    first = sagsgang(*RUN, "--as", "dorthe", "--json").document
    assert first["counts"] == {"awaiting_approval": WAITING, "deferred": 1}
    assert town.ask("/ledger")["entries"] == []
    assert sagsgang("approvals", "approve", "--all-ordinary", "--yes", "--as", "bo").code == 0
    said = sagsgang(*RUN, "--as", "dorthe")
    assert said.code == 0
    assert "færdig" in said.out
    assert town.ask("/ledger")["entries"]


def test_who_may_not_start_a_robot_is_refused(sagsgang: Sagsgang, data_dir: Path) -> None:
    said = sagsgang(*RUN, "--as", "carla")
    assert said.code == 3
    assert "må ikke starte address_update" in said.err


def test_an_unknown_robot_is_told_with_those_there_are(sagsgang: Sagsgang, data_dir: Path) -> None:
    said = sagsgang("run", "0709614452", "--without-prefect")
    assert said.code == 2
    assert "address_update" in said.err
    assert "0709614452" not in said.out + said.err


def test_a_gap_in_the_events_needs_a_person(sagsgang: Sagsgang, town: Town) -> None:
    sagsgang(*RUN, "--as", "dorthe")
    town.tell("/people/lose-events", count=2)
    town.tell("/nights", moves=1, seed=9)
    said = sagsgang(*RUN, "--as", "dorthe")
    assert said.code == 4
    assert len(sagsgang("incidents", "--json").document["incidents"]) == 1


def test_a_silent_source_is_a_temporary_failure(
    sagsgang: Sagsgang, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAGSGANG_CPR_URL", "http://127.0.0.1:9/cpr")
    said = sagsgang(*RUN)
    assert said.code == 75
    # There is no incident yet; what tells which system is silent is the doctor.
    assert sagsgang("incidents", "--json").document["incidents"] == []
    assert _advised(said) == ["doctor", "audit"]
    # The next silence opens the circuit, which is an incident.
    assert _advised(sagsgang(*RUN)) == ["incidents", "doctor", "audit"]


def _advised(said: Said) -> list[str]:
    """The commands that were advised, by their first word."""
    lines = [line.split() for line in said.out.partition("Næste skridt:")[2].splitlines()]
    return [
        words[words.index(next(word for word in words if word.endswith("sagsgang"))) + 1] for words in lines if words
    ]


def test_a_source_that_refuses_us_is_told_with_its_incident(sagsgang: Sagsgang, town: Town) -> None:
    town.tell("/faults", route="cpr.events", kind="forbidden", times=9)
    said = sagsgang(*RUN, "--as", "dorthe")
    assert said.code == 4
    assert _advised(said)[0] == "incidents"
    (incident,) = sagsgang("incidents", "--json").document["incidents"]
    assert incident["code"] == "access_denied"


def test_a_run_of_a_robot_that_rests_says_how_to_resume_it(sagsgang: Sagsgang, data_dir: Path) -> None:
    sagsgang("robots", "pause", "address_update", "--reason", "Flytning", "--as", "dorthe")
    said = sagsgang(*RUN, "--as", "dorthe")
    assert said.code == 4
    assert "robotten er på pause" in said.out
    assert _advised(said) == ["robots", "audit"]


def test_a_dry_run_writes_nothing_and_makes_no_item(sagsgang: Sagsgang, town: Town) -> None:
    told = sagsgang("run", "address_update", "--dry-run", "--as", "anne", "--json").document
    assert Counter(item["result"] for item in told["items"]) == {"awaiting_approval": WAITING, "deferred": 1}
    assert town.ask("/ledger")["entries"] == []
    assert sagsgang("items", "--json").document["items"] == []


def test_a_dry_run_is_masked_like_a_proposal(sagsgang: Sagsgang, data_dir: Path) -> None:
    case_worker = sagsgang("run", "address_update", "--dry-run", "--as", "anne", "--json").document
    agent = sagsgang("run", "address_update", "--dry-run", "--as", "dorthe", "--json").document
    rows = [row for item in case_worker["items"] for row in item["rows"]]
    assert {row["hidden"] for row in rows} == {True, False}
    assert all(row["hidden"] for row in rows if row["protected"])
    assert all(row["hidden"] for item in agent["items"] for row in item["rows"])


def test_the_plan_is_written_as_files(sagsgang: Sagsgang, data_dir: Path, tmp_path: Path) -> None:
    table, page = tmp_path / "plan.csv", tmp_path / "plan.html"
    words = ("--dry-run", "--csv", str(table), "--html", str(page), "--as", "anne")
    assert sagsgang("run", "address_update", *words).code == 0
    assert table.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert len({row["reference"] for row in rows}) == WAITING + 1
    assert '<p class="stamp">PRØVE</p>' in page.read_text(encoding="utf-8")


def test_a_plan_that_leaves_as_a_file_is_recorded(sagsgang: Sagsgang, data_dir: Path, tmp_path: Path) -> None:
    words = ("--dry-run", "--csv", str(tmp_path / "plan.csv"), "--as", "anne")
    assert sagsgang("run", "address_update", *words).code == 0
    entries = sagsgang("audit", "show", "--type", "record.read", "--json", "--as", "carla").document["entries"]
    (taken,) = [entry["body"] for entry in entries if entry["body"]["facts"].get("what") == "plan_file"]
    assert (taken["actor"]["kind"], taken["actor"]["id"]) == ("person", "anne")
    lines = list(csv.reader((tmp_path / "plan.csv").read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert taken["facts"]["rows"] == len(lines) - 1


def test_files_belong_to_a_dry_run(sagsgang: Sagsgang, data_dir: Path, tmp_path: Path) -> None:
    assert sagsgang(*RUN, "--csv", str(tmp_path / "plan.csv")).code == 2


def _type(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(text))


def _mover(town: Town) -> dict[str, Any]:
    """Somebody ordinary with open cases, who moves without an event being asked for."""
    people: list[dict[str, Any]] = town.ask("/people?origin=generated&limit=1000")["people"]
    return next(person for person in people if person["openCases"] and person["status"] == "1")


def test_one_person_is_asked_for_by_standard_input_and_shown_nowhere(
    sagsgang: Sagsgang, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = _mover(town)["personnummer"]
    _type(monkeypatch, f"{number}\n")
    said = sagsgang(*RUN, "--person", "--as", "dorthe")
    assert said.code == 0, said.err
    assert number not in said.out + said.err
    told = sagsgang("items", "--json").document["items"]
    assert [item["reference"].split(":")[0] for item in told].count("person") == 1
    assert number not in str(told)


@pytest.mark.parametrize("typed", ["070961445A", "3102701234", "0709614", "", "0709614452 0709614452"])
def test_what_is_no_number_is_refused_without_being_repeated(
    sagsgang: Sagsgang, data_dir: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    _type(monkeypatch, f"{typed}\n")
    said = sagsgang(*RUN, "--person", "--as", "dorthe")
    assert said.code == 2
    assert not typed or typed not in said.out + said.err
    assert "0709" not in said.out + said.err
    assert sagsgang("items", "--json").document["items"] == []


def test_a_number_that_may_be_somebodys_is_refused_here(
    sagsgang: Sagsgang, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One of the published test numbers, of which the program is made to believe that it is on no list.
    monkeypatch.setattr("foundation.cpr_environment.is_published_test_number", lambda _cpr: False)
    _type(monkeypatch, "0709614452\n")
    said = sagsgang(*RUN, "--person", "--as", "dorthe")
    assert said.code != 0
    assert "0709614452" not in said.out + said.err
    assert sagsgang("items", "--json").document["items"] == []


def test_one_case_gives_work_for_the_people_on_it(sagsgang: Sagsgang, town: Town) -> None:
    person = _mover(town)["personnummer"]
    cases = town.ask(f"/cases/by-person/{person}")["cases"]
    number = cases[0]["caseAttributes"]["userFriendlyCaseNumber"]
    said = sagsgang(*RUN, "--case", number, "--as", "dorthe")
    assert said.code == 0, said.err
    told = sagsgang("items", "--json").document["items"]
    assert any(item["reference"].startswith("case:") for item in told)


def test_an_unknown_case_is_told_without_repeating_what_was_typed(sagsgang: Sagsgang, data_dir: Path) -> None:
    said = sagsgang(*RUN, "--case", "0709614452", "--as", "dorthe")
    assert said.code != 0
    assert "0709614452" not in said.out + said.err
    assert "Kontrollér sagen" in said.err


@pytest.mark.parametrize(
    "words", [("--person", "--case", "S2026-1"), ("--person", "--dry-run"), ("--case", "S1", "--dry-run")]
)
def test_one_person_one_case_and_a_dry_run_do_not_go_together(
    sagsgang: Sagsgang, data_dir: Path, words: tuple[str, ...]
) -> None:
    assert sagsgang(*RUN, *words, "--as", "dorthe").code == 2
