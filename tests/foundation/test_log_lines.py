import io
import json
import logging
import os
import stat
import sys
from pathlib import Path

import pytest

from foundation.log_lines import MaskingFileHandler, MaskingHandler, json_lines

CPR = "1012620001"


def record(message: str, *arguments: object, exc_info: bool = False) -> logging.LogRecord:
    return logging.LogRecord(
        "a.library", logging.INFO, "f.py", 1, message, arguments, sys.exc_info() if exc_info else None
    )


def look_up(cpr: str) -> None:
    raise LookupError(cpr)


def record_of_failure() -> logging.LogRecord:
    try:
        look_up(CPR)
    except LookupError:
        return record("failed", exc_info=True)
    raise AssertionError("look_up() fails")


def written(formatter: logging.Formatter | None, made: logging.LogRecord) -> str:
    stream = io.StringIO()
    handler = MaskingHandler(stream)
    handler.setFormatter(formatter)
    handler.handle(made)
    return stream.getvalue()


@pytest.mark.parametrize("formatter", [None, logging.Formatter("%(name)s|%(message)s"), json_lines()])
def test_a_record_is_masked_whatever_formats_it(formatter: logging.Formatter | None) -> None:
    line = written(formatter, record("looked up %s with password=%s", CPR, "hunter22"))
    assert "101262-xxxx" in line
    assert CPR not in line
    assert "hunter22" not in line


@pytest.mark.parametrize("formatter", [logging.Formatter(), json_lines()])
def test_an_exception_on_a_record_is_masked_whatever_formats_it(formatter: logging.Formatter) -> None:
    line = written(formatter, record_of_failure())
    assert "LookupError" in line
    assert "101262-xxxx" in line
    assert CPR not in line


def test_a_json_line_is_one_line_of_json_whatever_is_logged() -> None:
    line = written(json_lines(), record('line\nbreak "quote" password="a b" [parameters: (1)]\nDETAIL: x'))
    assert line.count("\n") == 1
    assert json.loads(line)["logger"] == "a.library"


def test_a_record_that_cannot_be_written_does_not_show_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    written(None, record("%d people", CPR + "x"))
    told = capsys.readouterr().err
    assert "A log line of a.library was lost (TypeError)" in told
    assert CPR not in told


def test_a_log_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    handler = MaskingFileHandler(tmp_path / "new" / "run.jsonl", is_new=True)
    handler.close()
    handler.close()
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "new" / "run.jsonl").stat().st_mode) == 0o600


def test_a_file_is_added_to_unless_it_must_be_new(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    for message in ("first", "second"):
        handler = MaskingFileHandler(path, is_new=False)
        handler.handle(record(message))
        handler.close()
    assert path.read_text(encoding="utf-8") == "first\nsecond\n"
    with pytest.raises(FileExistsError):
        MaskingFileHandler(path, is_new=True)
