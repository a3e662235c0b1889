"""No CPR number in a body, a column, a log line, an error's text or a text that people are shown, after a real run."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import inspect, text

from apps.cli.exits import explain
from audit.events import ActorRef, Event
from audit.vocabulary import ActorKind, EventType
from casework.errors import UnknownItemError
from connectors.errors import ConnectorError
from flows.asked_for import ask_for_person
from foundation.cpr import Cpr
from foundation.cpr_search import find_cpr_candidates
from foundation.database import Database
from foundation.logs import configure_logs
from tests.apps.conftest import forget_logs
from tests.flows.office import CITIZENS, Office

#: Our own references to persons are random, and one in some hundreds holds ten digits that look like a number.
_OWN_REFERENCES = re.compile(r"\bS[0-9]{4}-[0-9a-f]{24}\b")
#: What is kept sealed may hold anything, and is found by nobody without the key.
_SEALED = frozenset({"detail", "identity"})


def numbers_in(told: str) -> list[str]:
    """The numbers in a text, masked so that a failed test does not tell them."""
    return [each.cpr.masked() for each in find_cpr_candidates(_OWN_REFERENCES.sub("", told))]


def _bodies(database: Database) -> Iterator[str]:
    """Every body, and every other column of the trail's tables that is not sealed, as text."""
    for table in inspect(database.engine).get_table_names():
        if not table.startswith("audit_"):
            continue
        with database.read() as session:
            rows = session.execute(text(f"SELECT * FROM {table}")).mappings().all()  # noqa: S608  # a table of ours
        for row in rows:
            for name, value in row.items():
                if isinstance(value, bytes | memoryview) and name == "body":
                    yield bytes(value).decode()
                elif isinstance(value, str) and name not in _SEALED:
                    yield value


def _shown_texts(database: Database) -> Iterator[str]:
    """What stands in casework's tables in clear."""
    query = "SELECT reference, outcome_code, outcome_message FROM work_item"
    with database.read() as session:
        for row in session.execute(text(query)):
            yield " ".join(str(value) for value in row if value)
        for row in session.execute(text("SELECT code, message FROM incident")):
            yield " ".join(row)


@pytest.fixture
def worked(office: Office, caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """An office in which things went well, went wrong and were asked for; with the texts of the errors."""
    configure_logs(json=True, level="DEBUG")
    caplog.set_level(logging.DEBUG)
    moved, *_ = office.settle_in(CITIZENS[0])
    unknown = Cpr.parse(CITIZENS[1])
    office.move(moved)
    # CPR tells of somebody whom it then does not know.
    office.events.announce(unknown)
    office.run()
    office.approve_all()
    office.run()
    errors: list[Exception] = []
    for number in (CITIZENS[0], CITIZENS[2]):
        try:
            ask_for_person(office.composition, office.robot, office.actor("dorthe"), Cpr.parse(number))
            office.run()
            office.people.lookup(Cpr.parse(number))
        except (ConnectorError, UnknownItemError) as error:
            errors.append(error)
    assert errors
    yield [
        *(str(error) for error in errors),
        *(repr(error) for error in errors),
        *(explain(e).message for e in errors),
    ]
    forget_logs()


def test_no_body_and_no_column_of_the_record_holds_a_number(office: Office, worked: list[str]) -> None:
    bodies = list(_bodies(office.composition.place.database))
    assert len([body for body in bodies if body.startswith("{")]) > 20
    assert any("cpr.looked_up" in body for body in bodies)
    assert not [found for body in bodies if (found := numbers_in(body))]


def test_no_log_line_holds_a_number(
    office: Office, worked: list[str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = office.composition.settings.data_dir
    logs = [path for path in folder.rglob("*") if path.is_file() and path.suffix in {".log", ".jsonl", ".json"}]
    lines = [line for path in logs for line in path.read_text(encoding="utf-8").splitlines()]
    captured = capfd.readouterr()
    assert lines
    assert not [found for line in (*lines, caplog.text, captured.out, captured.err) if (found := numbers_in(line))]


def test_no_error_and_no_text_that_people_are_shown_holds_a_number(office: Office, worked: list[str]) -> None:
    shown = [*worked, *_shown_texts(office.composition.place.database)]
    assert shown
    assert not [found for each in shown if (found := numbers_in(each))]


@pytest.mark.parametrize("planted", ["0709614452", "070961-4452", "070961 4452", "cpr=070961%2D4452&x"])
def test_a_number_that_was_planted_is_found(planted: str) -> None:
    body = json.dumps({"type": "evidence.given", "facts": {"label": planted}})
    assert numbers_in(body) == ["070961-xxxx"]


def test_a_number_in_the_record_itself_is_found(office: Office) -> None:
    place = office.composition.place
    with place.database.write() as session:
        actor = ActorRef(ActorKind.PERSON, "anne", "os_account")
        place.record(session, Event(type=EventType.EVIDENCE_GIVEN, actor=actor, facts={"label": "Se 070961-4452"}))
    assert [found for body in _bodies(place.database) if (found := numbers_in(body))] == [["070961-xxxx"]]


def test_our_own_reference_is_no_number() -> None:
    assert numbers_in("S2026-0709614452aaaabbbbccccdd") == []
