"""The same checks run everywhere, and a failed one is heard."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import check
from check import Check

GOOD = ("python", "-c", "pass")
BAD = ("python", "-c", "raise SystemExit(3)")


@pytest.fixture
def makefile(root: Path) -> str:
    return (root / "Makefile").read_text(encoding="utf-8")


def _recipe(makefile: str, target: str) -> str:
    found = re.search(rf"^{target}:[^\n]*\n((?:\t[^\n]*\n)+)", makefile, re.MULTILINE)
    assert found is not None, f"no target {target}"
    return found[1]


def test_make_test_runs_the_file_that_serves_without_make(makefile: str) -> None:
    assert _recipe(makefile, "test").strip() == "@$(RUN) check.py"


def test_every_check_that_make_names_exists(makefile: str) -> None:
    named = {name for line in re.findall(r"check\.py ([a-z ]+)$", makefile, re.MULTILINE) for name in line.split()}
    assert named
    assert named <= {one.name for one in check.CHECKS}


def test_ci_runs_make_test_and_stops_at_errors(root: Path) -> None:
    script = (root / ".ci" / "run").read_text(encoding="utf-8")
    assert "set -euo pipefail" in script
    assert script.rstrip().endswith("\nmake test")


def test_every_make_target_says_what_it_does(makefile: str) -> None:
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    for target in phony[1].split():
        assert re.search(rf"^{target}:.* ## \w", makefile, re.MULTILINE), f"make {target} has no help text"


def test_one_version_of_uv_is_pinned_everywhere(root: Path, makefile: str) -> None:
    pinned = re.search(r"^UV_VERSION := ([\d.]+)$", makefile, re.MULTILINE)
    assert pinned is not None
    assert f"ARG UV_VERSION={pinned[1]}\n" in (root / "docker" / "Dockerfile").read_text(encoding="utf-8")
    required = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["uv"]["required-version"]
    lowest = [int(part) for part in required.removeprefix(">=").split(".")]
    assert [int(part) for part in pinned[1].split(".")] >= lowest


def test_the_hooks_are_valid_and_run_the_same_checks(root: Path) -> None:
    config = root / ".pre-commit-config.yaml"
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-config", str(config)], check=True)  # noqa: S603  # fixed arguments
    named = re.findall(r"check\.py ([a-z ]+)$", config.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for line in named for name in line.split()} <= {one.name for one in check.CHECKS}
    assert "http" not in config.read_text(encoding="utf-8").split("repos:", 1)[1]


def test_lint_types_contracts_and_tests_are_among_the_checks_and_the_tests_come_last() -> None:
    names = [one.name for one in check.CHECKS]
    assert {"lock", "lint", "format", "types", "contracts", "dockerfile", "compose", "tests"} <= set(names)
    assert names[-1] == "tests"


def test_all_checks_passed_is_exit_code_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "CHECKS", (Check("one", "", GOOD), Check("two", "", GOOD)))
    assert check.main([]) == check.PASSED


def test_one_failed_check_fails_all_but_does_not_stop_the_rest(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "CHECKS", (Check("one", "", BAD), Check("two", "", GOOD)))
    assert check.main([]) == check.FAILED
    out = capfd.readouterr().out
    assert re.search(r"one +FAILED", out)
    assert re.search(r"two +passed", out)
    assert "Failed: one." in out


def test_a_tool_that_is_not_installed_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "CHECKS", (Check("one", "", ("no-such-tool-here",)),))
    assert check.main([]) == check.FAILED


def test_only_the_named_checks_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "CHECKS", (Check("one", "", BAD), Check("two", "", GOOD)))
    assert check.main(["two"]) == check.PASSED


def test_an_unknown_check_is_a_mistake_in_usage() -> None:
    with pytest.raises(SystemExit) as caught:
        check.main(["no-such-check"])
    assert caught.value.code == check.USAGE


def test_nothing_follows_the_closing_line_of_the_tests_when_all_is_well(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    closing = ("python", "-c", "print('7 passed')")
    monkeypatch.setattr(check, "CHECKS", (Check("one", "", GOOD), Check("tests", "", closing)))
    monkeypatch.delenv("PYTEST_ARGS", raising=False)
    assert check.main([]) == check.PASSED
    assert capfd.readouterr().out.rstrip().endswith("7 passed")
