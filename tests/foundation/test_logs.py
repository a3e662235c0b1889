"""What libraries truly put into their messages comes out masked; the libraries are the real ones."""

import hashlib
import json
import logging
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
import structlog
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError

from foundation.cpr import Cpr
from foundation.logs import configure_logs, get_logger, run_log

CPR = "1012620001"
NAME = "Hilda Sachariasen"

pytestmark = pytest.mark.usefixtures("clean_logs")


class Citizen(BaseModel):
    cpr: Cpr
    name: str
    age: int


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """The JSON lines on stderr; nothing may have gone to stdout."""
    told = capsys.readouterr()
    assert told.out == ""
    assert CPR not in told.err
    return [json.loads(line) for line in told.err.splitlines()]


def only_line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    (line,) = lines_of(capsys)
    return line


def give_up_on(_citizen: str) -> None:
    raise RuntimeError(f"no case for {CPR}")


def look_up(cpr: str) -> None:
    raise LookupError(cpr)


def test_a_line_tells_time_level_logger_and_what_the_surroundings_have_bound(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs(json=True, level="INFO")
    with structlog.contextvars.bound_contextvars(run="r1", item="i1", step="look-up", effect="e1"):
        get_logger("robots.loop").info("item taken", attempt=1)
    line = only_line(capsys)
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "event": "item taken",
        "level": "info",
        "logger": "robots.loop",
        "attempt": 1,
        "run": "r1",
        "item": "i1",
        "step": "look-up",
        "effect": "e1",
    }


def test_a_line_of_the_standard_library_looks_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(json=True, level="INFO")
    with structlog.contextvars.bound_contextvars(run="r1"):
        logging.getLogger("some.library").warning("slow: %s", CPR)
    line = only_line(capsys)
    assert (line["event"], line["level"], line["logger"], line["run"]) == (
        "slow: 101262-xxxx",
        "warning",
        "some.library",
        "r1",
    )


def test_private_values_of_an_event_are_masked(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(json=True, level="INFO")
    get_logger("x").info(f"looked up {CPR}", cpr=CPR, party={"name": "x", "address": NAME}, number=Cpr(CPR), count=3)
    line = only_line(capsys)
    assert line["event"] == "looked up 101262-xxxx"
    assert (line["cpr"], line["number"], line["count"]) == ("***", "101262-xxxx", 3)
    assert line["party"] == {"name": "x", "address": "***"}


def test_what_the_surroundings_have_bound_is_masked(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(json=True, level="INFO")
    with structlog.contextvars.bound_contextvars(item=CPR):
        get_logger("x").info("taken")
    assert only_line(capsys)["item"] == "101262-xxxx"


def test_less_than_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(json=True, level="WARNING")
    get_logger("x").info("quiet")
    get_logger("x").warning("loud")
    assert only_line(capsys)["event"] == "loud"


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        configure_logs(json=True, level="LOUD")


def test_the_last_configuration_counts_also_for_a_logger_made_before(capsys: pytest.CaptureFixture[str]) -> None:
    log = get_logger("early")
    configure_logs(json=False, level="ERROR")
    configure_logs(json=True, level="INFO")
    log.info("once")
    assert only_line(capsys)["event"] == "once"


def test_before_logging_is_configured_lines_are_masked_and_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    get_logger("early").warning(f"before {CPR}")
    assert only_line(capsys)["event"] == "before 101262-xxxx"


def test_an_exception_is_written_without_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(json=True, level="INFO")
    try:
        give_up_on(NAME.upper())
    except RuntimeError:
        get_logger("x").exception("gave up")
        logging.getLogger("y").exception("gave up on %s", CPR)
    ours, theirs = lines_of(capsys)
    for line in (ours, theirs):
        assert "RuntimeError: no case for 101262-xxxx" in str(line["exception"])
        assert "test_logs.py" in str(line["exception"])
        assert NAME.upper() not in str(line)


@pytest.mark.parametrize("hide_parameters", [True, False])
def test_a_database_error_does_not_show_its_parameters(
    capsys: pytest.CaptureFixture[str], *, hide_parameters: bool
) -> None:
    configure_logs(json=True, level="INFO")
    engine = sa.create_engine("sqlite://", hide_parameters=hide_parameters)
    people = sa.Table(
        "people", sa.MetaData(), sa.Column("cpr", sa.String, primary_key=True), sa.Column("who", sa.String)
    )
    people.create(engine)
    with engine.connect() as connection:
        connection.execute(people.insert(), {"cpr": CPR, "who": NAME})
        try:
            connection.execute(people.insert(), {"cpr": CPR, "who": NAME})
        except IntegrityError as error:
            get_logger("x").exception("not stored", error=error)
            logging.getLogger("y").error("not stored: %s", error)  # noqa: TRY400 - The message alone is tried.
    engine.dispose()
    shown = str(lines_of(capsys))
    assert "IntegrityError" in shown
    assert "UNIQUE constraint failed" in shown
    assert NAME not in shown


def test_a_database_that_echoes_is_masked(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(json=True, level="INFO")
    logging.getLogger("sqlalchemy").setLevel(logging.INFO)
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT :cpr"), {"cpr": CPR})
    engine.dispose()
    assert "101262-xxxx" in str(lines_of(capsys))


def test_a_validation_error_does_not_show_its_input(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(json=True, level="INFO")
    for wrong in (
        {"cpr": CPR + "1", "name": NAME, "age": 1},
        {"cpr": CPR, "name": NAME},
        {"cpr": CPR, "name": 1, "age": NAME},
    ):
        try:
            Citizen.model_validate(wrong)
        except ValueError as error:
            get_logger("x").exception("not read", error=error)
            logging.getLogger("y").warning("not read: %s", error)
    lines = lines_of(capsys)
    assert len(lines) == 6
    assert "ValidationError" in str(lines)
    assert NAME not in str(lines)
    assert "Hilda" not in str(lines)


def test_a_request_to_an_address_with_a_number_is_masked(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(json=True, level="INFO")
    logging.getLogger("httpx").setLevel(logging.INFO)
    answering = httpx.MockTransport(lambda _request: httpx.Response(404))
    with httpx.Client(transport=answering) as client:
        answer = client.get(f"http://127.0.0.1/persons/{CPR}", params={"q": f"Hilda {CPR}"})
    try:
        answer.raise_for_status()
    except httpx.HTTPStatusError:
        get_logger("x").exception("not found")
    request, failure = lines_of(capsys)
    assert "/persons/101262-xxxx?q=Hilda" in str(request["event"])
    assert "/persons/101262-xxxx" in str(failure["exception"])


@pytest.mark.parametrize(
    "name", ["httpx", "httpcore.connection", "sqlalchemy.engine", "uvicorn.access", "alembic.runtime"]
)
def test_the_chatter_of_libraries_is_left_out(capsys: pytest.CaptureFixture[str], name: str) -> None:
    configure_logs(json=True, level="DEBUG")
    logging.getLogger(name).info("chatter")
    logging.getLogger(name).warning("trouble")
    assert only_line(capsys)["event"] == "trouble"


def test_a_handler_that_a_library_brought_along_is_taken_away(capsys: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger("uvicorn.access")
    library.addHandler(logging.StreamHandler())
    library.propagate = False
    configure_logs(json=True, level="INFO")
    library.warning("GET /%s", CPR)
    assert only_line(capsys)["event"] == "GET /101262-xxxx"


def test_the_readable_form_is_masked_and_has_no_colours_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(json=False, level="INFO")
    try:
        look_up(CPR)
    except LookupError:
        get_logger("x").exception("gave up", cpr=CPR, who=f"borger {CPR}")
    shown = capsys.readouterr().err
    assert CPR not in shown
    assert "LookupError" in shown
    assert "\x1b[" not in shown


def test_logs_go_to_a_file_as_json_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(json=False, level="INFO", file=tmp_path / "app.jsonl")
    get_logger("x").info(f"borger {CPR} i Ødis")
    (line,) = (tmp_path / "app.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["event"] == "borger 101262-xxxx i Ødis"
    assert "101262-xxxx" in capsys.readouterr().err


def test_a_run_log_holds_what_was_logged_within_and_nothing_else(tmp_path: Path) -> None:
    configure_logs(json=False, level="INFO")
    get_logger("x").info("before")
    with run_log(tmp_path / "runs" / "r1.jsonl") as told:
        get_logger("x").info(f"within {CPR}")
        logging.getLogger("y").warning("within as well")
    get_logger("x").info("after")
    events = [json.loads(line)["event"] for line in told.path.read_text(encoding="utf-8").splitlines()]
    assert events == ["within 101262-xxxx", "within as well"]


def test_the_digest_of_a_run_log_is_that_of_its_file(tmp_path: Path) -> None:
    configure_logs(json=True, level="INFO")
    with run_log(tmp_path / "r1.jsonl") as told:
        get_logger("x").info("within")
        with pytest.raises(RuntimeError, match="still being written"):
            _ = told.sha256
    assert told.sha256 == hashlib.sha256((tmp_path / "r1.jsonl").read_bytes()).hexdigest()


def test_a_run_log_has_its_digest_when_the_run_failed(tmp_path: Path) -> None:
    configure_logs(json=True, level="INFO")
    with pytest.raises(LookupError), run_log(tmp_path / "r1.jsonl") as told:
        raise LookupError
    assert told.sha256 == hashlib.sha256(b"").hexdigest()


def test_a_run_log_is_not_written_over(tmp_path: Path) -> None:
    configure_logs(json=True, level="INFO")
    (tmp_path / "r1.jsonl").write_text("of another run")
    with pytest.raises(FileExistsError), run_log(tmp_path / "r1.jsonl"):
        pass
    assert (tmp_path / "r1.jsonl").read_text() == "of another run"
