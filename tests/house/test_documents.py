"""The documents keep up with the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import check
from apps.cli.grammar import COMMANDS
from audit.vocabulary import EventType
from casework.states import (
    AcceptanceKind,
    ApprovalState,
    EffectState,
    ItemState,
    PolicyState,
    PrimaryResult,
    SweepState,
)
from connectors import errors
from connectors.records import LookUpWorth, Sighting
from foundation.actor import Established, Role
from foundation.settings import PREFIX, Settings
from robots.address_update.reasons import Reason
from robots.address_update.ruling import RulingKind

ROOMS = ("foundation", "audit", "casework", "connectors", "robots", "flows", "apps", "docker", "tests")
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")


def _make_targets(root: Path) -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):(?!=)", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def _heading(text: str) -> str:
    """The lines under the newest heading of a changelog."""
    return text.split("\n## ", 2)[1]


def test_every_setting_stands_in_the_list_of_settings_as_the_program_says_it(root: Path) -> None:
    text = (root / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(SAGSGANG_\w+)` \|.*?\| (.+) \|$", text, re.MULTILINE)
    assert dict(rows) == {f"{PREFIX}{name.upper()}": field.description for name, field in Settings.model_fields.items()}


def test_every_command_of_the_first_word_stands_in_the_readme(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    assert not [word for word in {command.words[0] for command in COMMANDS} if f"sagsgang {word}" not in text]


def test_the_readme_names_both_commands_with_and_without_make(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    for command in ("make demo", "make test", "uv run sagsgang demo", "uv run python check.py"):
        assert f"\n{command}\n" in text, f"README.md does not give {command!r} on a line of its own"


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_a_readme_of_at_most_a_page(root: Path, room: str) -> None:
    readme = root / room / "README.md"
    assert readme.is_file(), f"{room}/ has no README.md"
    lines = readme.read_text(encoding="utf-8").splitlines()
    assert lines, f"{room}/README.md is empty"
    assert lines[0].strip() == f"# {room}"
    assert len(lines) <= 60, f"{room}/README.md is longer than a page"


def test_every_address_rule_stands_on_the_robots_page(root: Path) -> None:
    text = (root / "robots" / "address_update" / "README.md").read_text(encoding="utf-8")
    listed = {row for line in text.splitlines() if line.startswith("| ADR-") for row in re.findall(r"ADR-\w+", line)}
    assert {reason.rule for reason in Reason} <= listed
    assert len(text.splitlines()) <= 60


def test_every_decision_is_listed_and_every_listed_decision_exists(root: Path) -> None:
    folder = root / "docs" / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"\((\d{4}-[a-z0-9-]+\.md)\)", index)
    there = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert listed == there
    assert [name[:4] for name in there] == [f"{number:04}" for number in range(1, len(there) + 1)]


def test_every_decision_has_context_decision_and_consequences(root: Path) -> None:
    for path in sorted((root / "docs" / "adr").glob("[0-9]*.md")):
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]}: "), path.name
        for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
            assert part in text, f"{path.name} lacks {part}"


def test_the_changelog_tells_of_what_is_not_released_or_of_this_version(root: Path) -> None:
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    newest = _heading((root / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert newest.startswith(("[Unreleased]", f"[{version}] - "))
    assert re.search(r"^- \w", newest, re.MULTILINE), "the newest section of CHANGELOG.md says nothing"


def test_links_between_documents_lead_somewhere(root: Path, project_files: list[Path]) -> None:
    broken = [
        f"{path.relative_to(root)}: {target}"
        for path in project_files
        if path.suffix == ".md"
        for target in LINK.findall(path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert not broken


def test_every_make_target_that_a_document_names_exists(root: Path, project_files: list[Path]) -> None:
    targets = _make_targets(root)
    for path in project_files:
        if path.suffix == ".md":
            # In code only: the words "make it" are no command.
            code = re.findall(r"`([^`\n]+)`|^(make .+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            commands = [first or second for first, second in code]
            named = {found[1] for text in commands if (found := re.match(r"make ([a-z][a-z-]*)", text))}
            assert named <= targets, f"{path.relative_to(root)} names {sorted(named - targets)}"


def test_every_check_that_a_document_names_exists(root: Path) -> None:
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"check\.py ([a-z]+)", text))
    assert named
    assert named <= {one.name for one in check.CHECKS}


def _error_codes(kind: type[errors.ConnectorError]) -> set[str]:
    return {kind.code}.union(*(_error_codes(one) for one in kind.__subclasses__()))


WORDS = {
    "events": {one.value for one in EventType},
    "states of items": {one.value for one in ItemState},
    "states of effects": {one.value for one in EffectState},
    "answers to proposals": {one.value for one in ApprovalState},
    "results of rows": {one.value for one in PrimaryResult},
    "states of policies": {one.value for one in PolicyState},
    "states of sweeps": {one.value for one in SweepState},
    "what is accepted": {one.value for one in AcceptanceKind},
    "rulings": {one.value for one in RulingKind},
    "roles": {one.value for one in Role},
    "ways to establish an actor": {one.value for one in Established},
    "worths of a look-up": {one.value for one in LookUpWorth},
    "sightings": {one.value for one in Sighting},
    "errors of connectors": _error_codes(errors.ConnectorError),
}


@pytest.mark.parametrize("kind", WORDS)
def test_every_word_of_the_code_stands_in_the_glossary(root: Path, kind: str) -> None:
    glossary = set(re.findall(r"`([A-Za-z_.]+)`", (root / "docs" / "glossary.md").read_text(encoding="utf-8")))
    missing = WORDS[kind] - glossary
    assert not missing, f"docs/glossary.md lacks {kind}: {sorted(missing)}"


def test_the_glossary_names_no_event_that_does_not_exist(root: Path) -> None:
    events = (root / "docs" / "glossary.md").read_text(encoding="utf-8").split("### Events", 1)[1]
    assert set(re.findall(r"^\| `([a-z_.]+)` \|", events, re.MULTILINE)) == WORDS["events"]
