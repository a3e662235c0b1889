"""How the house is kept, where no linter looks."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

LONGEST = 400
#: The verifier is handed out as one file that stands alone, so it cannot be two.
LONGEST_OF = {"audit/verifier/verify_bundle.py": 900}
#: Names that say nothing about what is inside.
EMPTY_NAMES = {"utils", "util", "helpers", "common", "manager", "service", "handler", "misc", "base"}
#: Folders of a person's or a build machine. Brackets keep this line from finding itself.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:w[o]rk|f[a]rm|r[o]ot|h[o]me/[a-z]\w*|U[s]ers)/[a-z.]|[A-Z]:\\U[s]ers\\")
DIRECTIVE = re.compile(r"noqa(?::[\s,]*[A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*)?|type:\s*ignore(?:\[[a-z\-, ]+\])?")
#: A switch that is turned off for a line must name what it turns off.
NAMED = re.compile(r"noqa:\s*[A-Z]+[0-9]+|type:\s*ignore\[[a-z-]+")
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".sh",
    ".sql",
    ".ini",
    ".cfg",
    ".mako",
    ".html",
    ".jinja",
    ".css",
    ".js",
    "",
}


def _comments(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _unreasoned(source: str) -> list[int]:
    """The lines on which a check is switched off without its code or without a reason of two words or more."""
    lines = []
    for number, comment in _comments(source):
        if DIRECTIVE.search(comment):
            reason = re.findall(r"[A-Za-z]{2,}|\b[aAI]\b", DIRECTIVE.sub("", comment))
            if len(reason) < 2 or not NAMED.search(comment):
                lines.append(number)
    return lines


def test_no_module_is_longer_than_four_hundred_lines(root: Path, python_files: list[Path]) -> None:
    too_long = {
        name: lines
        for path in python_files
        if (lines := len(path.read_text(encoding="utf-8").splitlines()))
        > LONGEST_OF.get(name := path.relative_to(root).as_posix(), LONGEST)
    }
    assert not too_long


def test_every_module_opens_with_why_it_exists(root: Path, python_files: list[Path]) -> None:
    silent = [
        str(path.relative_to(root))
        for path in python_files
        if (source := path.read_text(encoding="utf-8")).strip()
        and "tests" not in path.relative_to(root).parts[:1]
        and ast.get_docstring(ast.parse(source)) is None
    ]
    assert not silent


def test_no_module_or_folder_has_a_name_that_says_nothing(root: Path, python_files: list[Path]) -> None:
    empty = {
        str(path.relative_to(root))
        for path in python_files
        if EMPTY_NAMES & {*path.relative_to(root).parts[:-1], path.stem}
    }
    assert not empty


def test_docker_is_never_a_package(root: Path) -> None:
    assert not list((root / "docker").rglob("__init__.py*")), "it would hide the Docker SDK from Prefect"


def test_test_folders_are_not_packages(root: Path) -> None:
    assert not list((root / "tests").rglob("__init__.py"))


def test_no_file_names_a_folder_of_somebodys_machine(root: Path, project_files: list[Path]) -> None:
    found = [
        f"{path.relative_to(root)}:{number}"
        for path in project_files
        if path.suffix in TEXT and path.name != "uv.lock"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]
    assert not found


@pytest.mark.parametrize("parts", [("", "work", "x"), ("at ", "home", "anne", "src")])
def test_a_folder_of_a_machine_is_recognised(parts: tuple[str, ...]) -> None:
    assert MACHINE_PATH.search("/".join(parts))


def test_a_folder_of_a_windows_machine_is_recognised() -> None:
    assert MACHINE_PATH.search(r"{}\{}\bo".format("C:", "Users"))


@pytest.mark.parametrize("line", ["docs/work/", "https://example.org/work/x", "/var/lib/sagsgang"])
def test_an_ordinary_path_is_not_taken_for_one(line: str) -> None:
    assert not MACHINE_PATH.search(line)


def test_every_check_that_is_switched_off_has_its_reason_on_the_line(root: Path, python_files: list[Path]) -> None:
    found = [
        f"{path.relative_to(root)}:{number}"
        for path in python_files
        for number in _unreasoned(path.read_text(encoding="utf-8"))
    ]
    assert not found


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# noqa: S603",
        "# type: ignore",
        "# type: ignore[arg-type]",
        "# noqa: S101, D103",
        "# noqa  # for a reason",
    ],
)
def test_a_bare_switch_is_found(comment: str) -> None:
    assert _unreasoned(f"x = 1  {comment}\n") == [1]


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: S603  # fixed arguments",
        "# noqa: PLC0415 - the module does not exist on Windows.",
        "# type: ignore[arg-type]  # checked by pydantic itself",
        "# noqa: S101, D103  # a test may",
        "# an ordinary comment",
    ],
)
def test_a_switch_with_a_reason_is_left_in_peace(comment: str) -> None:
    assert _unreasoned(f"x = 1  {comment}\n") == []
