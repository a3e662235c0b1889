import subprocess
import sys

import pytest

from apps.cli.exits import UsageError
from apps.cli.grammar import COMMANDS, GROUPS
from apps.cli.main import _function
from apps.cli.parsing import parse
from tests.apps.conftest import Sagsgang

HEAVY = ("pydantic", "sqlmodel", "sqlalchemy", "prefect", "httpx", "rich", "structlog", "cryptography")
EVERY_HELP = [(), *[(group.word,) for group in GROUPS], *[command.words for command in COMMANDS]]


@pytest.mark.parametrize("words", [(), ("demo",), ("items", "list"), ("approvals", "approve")])
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    arguments = [*words, "--help"]
    program = (
        "import sys\nfrom apps.cli.main import main\n"
        f"code = main({arguments!r})\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "sys.exit(f'imported: {heavy}' if heavy or code else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603  # fixed arguments
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Brug: sagsgang")


@pytest.mark.parametrize("words", EVERY_HELP, ids=" ".join)
def test_every_command_has_help_in_danish(sagsgang: Sagsgang, words: tuple[str, ...]) -> None:
    said = sagsgang(*words, "--help")
    assert said.code == 0
    assert said.out.startswith("Brug: sagsgang")
    for english in ("usage:", "options:", "positional arguments", "show this help"):
        assert english not in said.out


def test_no_command_at_all_shows_the_help(sagsgang: Sagsgang) -> None:
    said = sagsgang()
    assert said.code == 0
    assert "Kommandoer:" in said.out


def test_a_group_with_a_default_needs_no_second_word() -> None:
    command, options, _ = parse(["items", "--state", "new"])
    assert command is not None
    assert command.words == ("items", "list")
    assert options.state == "new"


@pytest.mark.parametrize(
    "argv",
    [
        ["--json", "--as", "bo", "items"],
        ["items", "--json", "--as", "bo"],
        ["--as", "bo", "items", "list", "--json"],
        ["items", "--as", "bo", "list", "--json"],
    ],
)
def test_global_options_may_stand_anywhere(argv: list[str]) -> None:
    command, options, _ = parse(argv)
    assert command is not None
    assert (command.words, options.as_json, options.chosen) == (("items", "list"), True, "bo")


def test_a_group_without_a_default_says_where_its_help_is(sagsgang: Sagsgang) -> None:
    said = sagsgang("audit")
    assert said.code == 2
    assert "sagsgang audit --help" in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["run"], "Der mangler: ROBOT."),
        (["items", "--limit", "0"], "--limit skal være et helt tal over nul."),
        (["items", "--limit", "x"], "--limit skal være et helt tal over nul."),
        (["items", "--limit"], "--limit mangler en værdi."),
        (["hest"], "Den kommando findes ikke."),
        (["items", "hest"], "Den kommando findes ikke."),
        (["simulator", "--port", "99999"], "--port skal være et tal fra 1 til 65535."),
        (["simulator", "--port", "x"], "--port skal være et tal fra 1 til 65535."),
        (["audit", "report", "--period", "2026-01-01"], "--period skal have 2 værdier."),
        (["version", "--hest"], "Der er skrevet noget, som kommandoen ikke kender. Se hjælpen med --help."),
        (["simulator", "night", "--antal", "3"], "Den kender --moves, --seed og det, der er fælles."),
    ],
)
def test_a_mistake_is_told_in_danish(argv: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says.replace(".", r"\.")):
        parse(argv)


@pytest.mark.parametrize("argv", [["0101011234"], ["version", "0101011234"], ["items", "--limit", "0101011234x"]])
def test_what_was_typed_is_not_repeated(sagsgang: Sagsgang, argv: list[str]) -> None:
    said = sagsgang(*argv)
    assert said.code == 2
    assert "0101011234" not in said.out + said.err


def test_a_mistake_with_json_is_one_document(sagsgang: Sagsgang) -> None:
    said = sagsgang("hest", "--json")
    assert said.document["error"]["code"] == "usage"
    assert said.document["error"]["exit"] == said.code == 2


def test_every_target_exists() -> None:
    for command in COMMANDS:
        assert callable(_function(command.target))
