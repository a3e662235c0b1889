import csv
import io
import json
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.append_only import create_statements
from audit.events import ActorRef, Event
from audit.vocabulary import ActorKind, EventType
from casework.workplace import Workplace
from foundation.clock import ManualClock, local_date
from foundation.cpr_search import find_cpr_candidates
from foundation.database import Database
from foundation.environment import Environment
from foundation.sealing import open_key_ring
from foundation.settings import load_settings
from robots.registry import load_robot
from tests.apps.conftest import Sagsgang, Said
from tests.workbench import raw, rows

READERS = {"carla", "gitte"}
EVERYBODY = ("anne", "bo", "carla", "dorthe", "erik", "frida", "gitte")
SAMPLE = ("--size", "4", "--seed", "fem terninger 31425", "--purpose", "Halvårlig logkontrol")


def _place(clock: ManualClock | None = None) -> Workplace:
    settings = load_settings()
    database = Database(settings.effective_database_url, open_key_ring(settings))
    return Workplace(database, clock or ManualClock(datetime.now(UTC)), Environment.SIMULATED)


def _bodies(kind: str) -> list[dict[str, Any]]:
    place = _place()
    found = rows(place, "SELECT body FROM audit_event WHERE type = :kind ORDER BY id", kind=kind)
    place.database.dispose()
    return [json.loads(row["body"]) for row in found]


def _looked_up_number() -> str:
    """The number of a citizen whom the robot looked up."""
    place = _place()
    table = "SELECT identity FROM audit_subject LIMIT 1"
    sealed = bytes(rows(place, table)[0]["identity"])
    number = place.database.ring.unseal(sealed, place="audit_subject.identity").decode()
    place.database.dispose()
    return number


def _typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{text}\n"))


def _write_yesterday(count: int) -> str:
    """Look-ups of yesterday; returns the day."""
    clock = ManualClock(datetime.now(UTC) - timedelta(days=1))
    place = _place(clock)
    actor = ActorRef(ActorKind.ROBOT, "address_update", "os_account", "dorthe")
    with place.database.write() as session:
        place.record(session, *[Event(type=EventType.PERSON_LOOKED_UP, actor=actor) for _ in range(count)])
    place.database.dispose()
    return local_date(clock.now()).isoformat()


# Looking


def test_the_list_has_its_counts_beside_it(sagsgang: Sagsgang, with_proposals: Path) -> None:
    said = sagsgang("audit", "show", "--type", "decision.proposed", "--json", "--as", "carla").document
    assert said["facets"]["type"] == {"decision.proposed": said["counted"]}
    assert said["facets"]["robot"] == {"address_update": said["counted"]}


def test_a_day_and_a_result_are_chosen(sagsgang: Sagsgang, with_proposals: Path) -> None:
    assert sagsgang("audit", "show", "--day", "2020-01-01", "--json", "--as", "carla").document["entries"] == []
    assert sagsgang("audit", "show", "--result", "refused", "--json", "--as", "carla").document["counted"] == 0
    assert sagsgang("audit", "show", "--result", "hest", "--as", "carla").code == 2


def test_an_item_is_followed_from_its_birth(sagsgang: Sagsgang, ordinary: dict[str, Any]) -> None:
    words = ("audit", "show", "--item", ordinary["item"], "--timeline", "--json", "--as", "carla")
    told = sagsgang(*words).document["timeline"]
    assert told[0]["body"]["type"] == "item.created"
    assert told[0]["seconds_since_previous"] is None
    assert all(each["seconds_since_previous"] >= 0 for each in told[1:])


def test_a_timeline_follows_one_thing(sagsgang: Sagsgang, with_proposals: Path) -> None:
    assert sagsgang("audit", "show", "--timeline", "--as", "carla").code == 2


def test_a_digital_agent_follows_no_case(sagsgang: Sagsgang, with_proposals: Path) -> None:
    assert sagsgang("audit", "show", "--case", "c1", "--timeline", "--as", "dorthe").code == 3


# One citizen


def _person(
    sagsgang: Sagsgang, monkeypatch: pytest.MonkeyPatch, number: str, *words: str, reader: str = "carla"
) -> Said:
    _typed(monkeypatch, number)
    return sagsgang("audit", "person", *words, "--as", reader)


def test_a_citizen_is_told_what_was_looked_up(
    sagsgang: Sagsgang, with_proposals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = _looked_up_number()
    said = _person(sagsgang, monkeypatch, number, "--purpose", "Anmodning om indsigt", "--json")
    document = said.document
    assert "Dine oplysninger blev slået op i CPR." in {line["what"] for line in document["lines"]}
    assert all(line["legal_basis"] for line in document["lines"] if line["what"].startswith("Dine oplysninger"))
    assert document["citizen"] == f"{number[:6]}-xxxx"
    assert document["lines"][0]["purpose"] == load_robot("address_update").card.purpose
    assert "dorthe" not in said.out


def test_that_somebody_read_about_him_stands_in_his_next_report(
    sagsgang: Sagsgang, with_proposals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = _looked_up_number()
    _person(sagsgang, monkeypatch, number, "--purpose", "Anmodning om indsigt")
    said = _person(sagsgang, monkeypatch, number, "--purpose", "Igen", "--json")
    assert said.document["lines"][-1]["what"].startswith("Loggen over")
    (first, _second) = _bodies("log.read")
    assert (first["facts"]["what"], first["facts"]["with_employees"]) == ("person", False)
    assert "commitment" in first["private"]
    assert "indsigt" not in json.dumps(first)


def test_names_of_employees_take_a_purpose_and_the_auditor(
    sagsgang: Sagsgang, with_proposals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = _looked_up_number()
    assert _person(sagsgang, monkeypatch, number, "--with-employees").code == 2
    refused = _person(sagsgang, monkeypatch, number, "--with-employees", "--purpose", "x", reader="gitte")
    assert refused.code == 3
    said = _person(sagsgang, monkeypatch, number, "--with-employees", "--purpose", "Misbrug", "--json")
    assert "startet af dorthe" in said.out
    assert _bodies("log.read")[-1]["facts"]["with_employees"] is True


def test_the_papers_are_private_stamped_and_masked(
    sagsgang: Sagsgang, with_proposals: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    number = _looked_up_number()
    papers = {f"--{kind}": tmp_path / f"svar.{kind}" for kind in ("csv", "html", "text")}
    words = [word for name, path in papers.items() for word in (name, str(path))]
    assert _person(sagsgang, monkeypatch, number, "--purpose", "Indsigt", *words).code == 0
    for path in papers.values():
        told = path.read_text(encoding="utf-8-sig")
        assert "PRØVE" in told
        assert "slået op" in told
        assert number not in told
        assert not find_cpr_candidates(told)
        if sys.platform != "win32":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_no_number_is_not_repeated(
    sagsgang: Sagsgang, with_proposals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = _person(sagsgang, monkeypatch, "hemmelig 123", "--purpose", "x")
    assert said.code != 0
    assert "hemmelig" not in said.out + said.err


# The log control


def test_a_sample_is_drawn_and_its_finding_recorded(sagsgang: Sagsgang, with_proposals: Path, tmp_path: Path) -> None:
    day = _write_yesterday(12)
    form = tmp_path / "skema.csv"
    first = sagsgang("audit", "sample", "--period", day, day, *SAMPLE, "--csv", str(form), "--json", "--as", "carla")
    drawn = first.document
    assert drawn["population"] == {"cpr.looked_up": 12}
    assert len(drawn["events"]) == 4
    again = sagsgang("audit", "sample", "--period", day, day, *SAMPLE, "--json", "--as", "carla").document
    assert again["events"] == drawn["events"]
    assert [each["sample"] for each in again["earlier"]] == [drawn["sample"]]
    _fill_in(form, "ja")
    found = sagsgang("audit", "finding", drawn["sample"][-12:], "--form", str(form), "--json", "--as", "carla")
    assert (found.document["justified"], found.document["not_justified"]) == (4, 0)
    assert [body["facts"]["what"] for body in _bodies("log.sampled")] == ["draw", "draw", "finding"]


def test_a_form_that_is_not_filled_in_is_no_finding(sagsgang: Sagsgang, with_proposals: Path, tmp_path: Path) -> None:
    day = _write_yesterday(3)
    form = tmp_path / "skema.csv"
    words = ("audit", "sample", "--period", day, day, *SAMPLE, "--csv", str(form), "--json", "--as", "carla")
    sample = sagsgang(*words).document["sample"]
    said = sagsgang("audit", "finding", sample, "--form", str(form), "--as", "carla")
    assert said.code == 2
    assert "ja eller nej" in said.err


def _fill_in(form: Path, answer: str) -> None:
    with form.open(encoding="utf-8-sig", newline="") as file:
        head, *filled = list(csv.reader(file, delimiter=";"))
    with form.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows([head, *[[*row[:-2], answer, ""] for row in filled]])


def test_a_sample_needs_a_seed_from_somebody_else_than_the_program(sagsgang: Sagsgang, with_proposals: Path) -> None:
    words = ("--period", "2026-01-01", "2026-01-31", "--size", "3", "--purpose", "x", "--as", "carla")
    said = sagsgang("audit", "sample", *words)
    assert said.code == 2
    assert "frø" in said.err


def test_the_seed_of_a_checkpoint_comes_after_the_period(sagsgang: Sagsgang, with_proposals: Path) -> None:
    day = _write_yesterday(3)
    words = ("--period", day, day, "--size", "2", "--checkpoint", "--purpose", "x", "--json", "--as", "carla")
    assert sagsgang("audit", "checkpoint", "--as", "carla").code == 0
    said = sagsgang("audit", "sample", *words)
    assert said.document["seed_source"].startswith("checkpoint:")


def test_days_that_are_not_over_cannot_be_drawn_from(sagsgang: Sagsgang, with_proposals: Path) -> None:
    today = local_date(datetime.now(UTC)).isoformat()
    assert sagsgang("audit", "sample", "--period", today, today, *SAMPLE, "--as", "carla").code == 2


# Proof and verification


def test_an_event_is_proven_under_the_newest_checkpoint(sagsgang: Sagsgang, with_proposals: Path) -> None:
    sagsgang("audit", "checkpoint", "--as", "carla")
    event = sagsgang("audit", "show", "--limit", "5", "--json", "--as", "carla").document["entries"][0]["id"]
    proof = sagsgang("audit", "prove", event[-12:], "--json", "--as", "carla").document
    assert proof["proof"].startswith("c2sp.org/tlog-proof@v1\nindex ")
    assert "efterprøvet" in proof["sentence"]


def test_an_event_of_a_moment_ago_cannot_be_proven_yet(sagsgang: Sagsgang, with_proposals: Path) -> None:
    sagsgang("audit", "show", "--as", "carla")
    (event, *_) = sagsgang("audit", "show", "--type", "log.read", "--json", "--as", "carla").document["entries"]
    said = sagsgang("audit", "prove", event["id"], "--as", "carla")
    assert said.code == 75
    assert "audit sequence" in said.err


def test_an_honest_log_is_whole_and_that_is_recorded(sagsgang: Sagsgang, with_proposals: Path) -> None:
    sagsgang("audit", "checkpoint", "--as", "carla")
    said = sagsgang("audit", "verify", "--json", "--as", "carla")
    assert (said.code, said.document["whole"]) == (0, True)
    assert [each["number"] for each in said.document["obligations"]] == list(range(1, 12))
    assert _bodies("log.verified")[-1]["outcome"] == "ok"


def test_a_clock_that_was_set_back_is_broken_until_somebody_explains_it(
    sagsgang: Sagsgang, with_proposals: Path
) -> None:
    # The sequencer first sees what is of today, and then what is of yesterday.
    sagsgang("audit", "sequence", "--as", "carla")
    _write_yesterday(1)
    sagsgang("audit", "sequence", "--as", "carla")
    broken = sagsgang("audit", "verify", "--json", "--as", "carla")
    event = broken.document["first_broken_event"]
    assert broken.code == 5
    assert sagsgang("audit", "clock", event, "--as", "carla").code == 2
    assert sagsgang("audit", "clock", event, "--reason", "Forkert tidsserver", "--as", "carla").code == 0
    # What is a day old must be signed as well.
    sagsgang("audit", "checkpoint", "--as", "carla")
    after = sagsgang("audit", "verify", "--as", "carla")
    assert after.code == 0, after.out


def test_an_edited_event_ends_with_five_and_is_named(sagsgang: Sagsgang, with_proposals: Path) -> None:
    sagsgang("audit", "checkpoint", "--as", "carla")
    place = _place()
    raw(place, "DROP TRIGGER audit_event_no_update")
    raw(
        place, "UPDATE audit_event SET body = CAST(replace(body, 'dorthe', 'birthe') AS BLOB) WHERE type = 'run.opened'"
    )
    (edited,) = rows(place, "SELECT id FROM audit_event WHERE type = 'run.opened'")
    # Put back, as somebody who hides would do; otherwise the database is refused before it is looked into.
    (made,) = [ban for ban in _trigger() if "audit_event_no_update" in ban]
    raw(place, made)
    place.database.dispose()
    said = sagsgang("audit", "verify", "--hash-only", "--json", "--as", "carla")
    assert said.code == 5
    assert said.document["first_broken_event"].replace("-", "") == edited["id"]
    assert _bodies("log.verified")[-1]["outcome"] == "failed"


def _trigger() -> list[str]:
    return [one for revision in ("0001", "0002") for one in create_statements("sqlite", revision=revision)]


def test_only_keys_that_were_brought_are_believed(sagsgang: Sagsgang, with_proposals: Path, tmp_path: Path) -> None:
    sagsgang("audit", "checkpoint", "--as", "carla")
    keys = tmp_path / "noegler"
    own = sagsgang("audit", "keys", "--json", "--as", "carla").document["keys"]
    keys.write_text("\n".join(own), encoding="utf-8")
    assert sagsgang("audit", "verify", "--hash-only", "--keys", str(keys), "--as", "carla").code == 0
    keys.write_text("ikke en nøgle", encoding="utf-8")
    assert sagsgang("audit", "verify", "--hash-only", "--keys", str(keys), "--as", "carla").code == 2


# Keeping


def test_a_key_is_exchanged_with_a_reason_and_the_log_stays_whole(sagsgang: Sagsgang, with_proposals: Path) -> None:
    before = sagsgang("audit", "keys", "--json", "--as", "gitte").document["keys"]
    assert sagsgang("audit", "keys", "--rotate", "--yes", "--as", "gitte").code == 2
    assert sagsgang("audit", "keys", "--rotate", "--reason", "Årligt skifte", "--as", "gitte").code == 2
    words = ("audit", "keys", "--rotate", "--reason", "Årligt skifte", "--yes", "--json", "--as", "gitte")
    after = sagsgang(*words).document["keys"]
    assert after[: len(before)] == before
    assert len(after) == len(before) + 1
    assert sagsgang("audit", "verify", "--as", "carla").code == 0


def test_a_citizen_who_was_erased_is_found_no_more_and_the_log_is_whole(
    sagsgang: Sagsgang, with_proposals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = _looked_up_number()
    _typed(monkeypatch, number)
    said = sagsgang("audit", "erase-person", "--reason", "Efter reglerne", "--yes", "--json", "--as", "gitte")
    assert said.document["erased"] == 1
    assert number not in said.out
    assert _person(sagsgang, monkeypatch, number, "--purpose", "x", "--json").document["lines"] == []
    assert sagsgang("audit", "verify", "--as", "carla").code == 0


def test_a_rule_for_pruning_names_no_person(sagsgang: Sagsgang, with_proposals: Path) -> None:
    words = ("--before", "2021", "--class", "lookup", "--yes", "--as", "gitte")
    said = sagsgang("audit", "prune", *words, "--reason", "070961-4452 har bedt om det")
    assert said.code == 2
    assert "4452" not in said.err


def test_there_is_nothing_to_prune_of_a_log_of_this_year(sagsgang: Sagsgang, with_proposals: Path) -> None:
    words = ("--before", str(datetime.now(UTC).year), "--class", "events", "--reason", "Fem år", "--yes")
    assert sagsgang("audit", "prune", *words, "--as", "gitte").code == 3


# The report


def test_the_report_balances_and_is_written_with_the_stamp(
    sagsgang: Sagsgang, with_proposals: Path, tmp_path: Path
) -> None:
    today = local_date(datetime.now(UTC))
    first, last = (today - timedelta(days=1)).isoformat(), (today + timedelta(days=1)).isoformat()
    page = tmp_path / "rapport.html"
    said = sagsgang("audit", "report", "--period", first, last, "--html", str(page), "--json", "--as", "frida")
    assert said.document["differences"] == {}
    (robot, *_) = said.document["sections"]
    figures = {each["label"]: each["value"] for each in robot["figures"]}
    assert robot["title"] == "Robotten address_update"
    assert figures["Oprettede"] > 0
    assert "PRØVE" in page.read_text(encoding="utf-8")


# Who may


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (("person", "--purpose", "x"), READERS),
        (("sample", "--period", "2026-01-01", "2026-01-02", *SAMPLE), {"carla"}),
        (("finding", "0123456789ab", "--all-justified"), {"carla"}),
        (("prove", "0123456789ab"), READERS),
        (("report", "--period", "2026-01-01", "2026-01-02"), {*READERS, "frida"}),
        (("verify", "--hash-only"), {*READERS, "dorthe"}),
        (("clock", "0123456789ab", "--reason", "x"), READERS),
        (("sequence",), {*READERS, "dorthe"}),
        (("keys",), {*READERS, "dorthe"}),
        (("keys", "--rotate", "--reason", "x"), {"gitte"}),
        (("erase-person", "--reason", "x"), {"gitte"}),
        (("prune", "--before", "2021", "--class", "lookup", "--reason", "x"), {"gitte"}),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_each_act_is_for_its_roles(
    sagsgang: Sagsgang,
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    allowed: set[str],
) -> None:
    _typed(monkeypatch, "")
    codes = {name: sagsgang("audit", *words, "--as", name).code for name in EVERYBODY}
    assert {name for name, code in codes.items() if code != 3} == allowed
