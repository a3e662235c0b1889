import logging
import subprocess
import sys
import threading

import pytest

from foundation.tracebacks import log_uncaught_exceptions, written_exception

CPR = "1012620001"


def fail(_citizen: str) -> None:
    raise ValueError(f"no case for {CPR}")


def caught() -> ValueError:
    try:
        fail("Hilda Sachariasen")
    except ValueError as error:
        return error
    raise AssertionError("fail() fails")


def test_an_error_is_written_with_type_masked_message_and_frames() -> None:
    text = written_exception(caught())
    assert "ValueError: no case for 101262-xxxx" in text
    assert "in fail" in text


def test_local_variables_are_not_written() -> None:
    assert "Hilda Sachariasen" not in written_exception(caught()).replace('fail("Hilda Sachariasen")', "")


def test_causes_notes_and_members_of_groups_are_masked_as_well() -> None:
    group = ExceptionGroup(f"two about {CPR}", [caught(), KeyError(CPR)])
    group.add_note(f"while reading {CPR}")
    group.__cause__ = caught()
    text = written_exception(group)
    assert CPR not in text
    assert text.count("101262-xxxx") >= 5


def test_a_hook_that_is_not_pythons_own_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def mine(_what: threading.ExceptHookArgs) -> None: ...

    monkeypatch.setattr(sys, "excepthook", logging.debug)
    monkeypatch.setattr(threading, "excepthook", mine)
    log_uncaught_exceptions()
    assert sys.excepthook is logging.debug
    assert threading.excepthook is mine


@pytest.mark.parametrize("raising", ["raise ValueError(cpr)", "threading.Thread(target=fail, args=(cpr,)).start()"])
def test_what_nobody_catches_ends_masked_in_the_log(raising: str) -> None:
    program = (
        "import threading\n"
        "from foundation.logs import configure_logs\n"
        "configure_logs(json=True, level='INFO')\n"
        "def fail(cpr):\n    raise ValueError(cpr)\n"
        f"cpr = '101262' + '0001'\n{raising}\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - Our own text.
    assert '"level": "critical"' in ended.stderr
    assert "ValueError: 101262-xxxx" in ended.stderr
    assert CPR not in ended.stderr
