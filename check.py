"""Every check of the house, in one list: ``make test`` runs it, and so does ``uv run python check.py``.

It uses the standard library only and starts each tool as a program of its own, so that one that fails cannot hide
another. What must stay true: nothing is checked in CI that this file does not name, the tests come last so that their
closing line ends the output, and the exit code is 0 only when everything passed.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent

PASSED, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
#: What pytest is given where PYTEST_ARGS says nothing else: two processes, because two cores are the least we meet.
IN_PARALLEL = "-n 2 --dist worksteal -q --durations=40"


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name on the command line, what it proves, and the program with its arguments."""

    name: str
    proves: str
    command: tuple[str, ...]


CHECKS = (
    Check("lock", "uv.lock belongs to pyproject.toml", ("uv", "lock", "--check")),
    Check("lint", "the rules of ruff", ("ruff", "check")),
    Check("format", "the format of ruff", ("ruff", "format", "--check")),
    Check("types", "the types (mypy, strict)", ("mypy",)),
    Check("contracts", "every arrow between rooms points down", ("lint-imports",)),
    Check("dockerfile", "docker/Dockerfile (hadolint)", ("hadolint", "docker/Dockerfile")),
    Check(
        "compose",
        "docker/compose.yaml against the compose specification",
        ("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker/compose.yaml"),
    ),
    Check("tests", "every test", ("python", "-m", "pytest")),
)


def program(name: str) -> str:
    """The path of a tool: beside the running Python first, so that the locked version is the one that runs."""
    if name == "python":
        return sys.executable
    if name == "uv" and "UV" in os.environ:
        return os.environ["UV"]
    beside = shutil.which(name, path=str(Path(sys.executable).parent))
    return beside or shutil.which(name) or name


def run(check: Check, extra: Sequence[str] = ()) -> tuple[bool, float]:
    """Whether the check passed, and how many seconds it took. Its output goes where ours goes."""
    command = [program(check.command[0]), *check.command[1:], *extra]
    say(f"\n== {check.name}: {check.proves}")
    started = time.monotonic()
    try:
        passed = subprocess.run(command, cwd=ROOT, check=False).returncode == 0  # noqa: S603  # all stand in CHECKS
    except FileNotFoundError:
        say(f"{check.command[0]} is not installed. Run: make setup, or uv sync --locked")
        passed = False
    return passed, time.monotonic() - started


def say(line: str) -> None:
    """Print one line at once, so that it stands before what the next program prints."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def table(results: Sequence[tuple[Check, bool, float]]) -> str:
    """One line per check: its name, how it went, and its seconds."""
    return "\n".join(
        f"  {check.name:<12}{'passed' if passed else 'FAILED':<8}{seconds:6.1f} s" for check, passed, seconds in results
    )


def chosen(names: Sequence[str]) -> list[Check]:
    """The checks with these names in the order of the list; all when none is named."""
    return [check for check in CHECKS if not names or check.name in names]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks; 0 when all passed, 1 when one failed, 130 when interrupted."""
    parser = argparse.ArgumentParser(prog="check.py", description="Run the checks of the house, all or those named.")
    parser.add_argument("names", nargs="*", metavar="check", help=", ".join(check.name for check in CHECKS))
    parser.add_argument("--fast", action="store_true", help="leave out the slow tests")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - {check.name for check in CHECKS})
    if unknown:
        parser.error(f"no such check: {', '.join(unknown)}")

    wanted = os.environ.get("PYTEST_ARGS") or IN_PARALLEL
    for_pytest = [*(["-m", "not slow"] if options.fast else []), *shlex.split(wanted)]
    results: list[tuple[Check, bool, float]] = []
    try:
        for check in chosen(options.names):
            if check.name == "tests" and results:
                say("\n" + table(results))
            results.append((check, *run(check, for_pytest if check.name == "tests" else ())))
    except KeyboardInterrupt:
        return INTERRUPTED
    failed = [check.name for check, passed, _ in results if not passed]
    if failed:
        say("\n" + table(results))
        say(f"\nFailed: {', '.join(failed)}. Alone: uv run python check.py {' '.join(failed)}")
        return FAILED
    return PASSED


if __name__ == "__main__":
    sys.exit(main())
