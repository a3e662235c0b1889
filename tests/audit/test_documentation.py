"""The tamper matrix in the documentation is the one that is tested."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENT = (ROOT / "docs" / "audit-verification.md").read_text(encoding="utf-8")
TESTS = (ROOT / "tests" / "audit" / "test_tamper_matrix.py").read_text(encoding="utf-8")
#: What is no attack.
_HONEST = ("test_an_honest_log_", "test_a_log_without_leaves_", "test_a_clock_set_back_is_good_again_")


def _named() -> list[tuple[str, str]]:
    """Each row of the matrix: what finds it, and its test."""
    matrix = DOCUMENT.split("## The tamper matrix", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\|[^|]+\| ([^|]+) \| `(test_\w+)` \|$", matrix, re.MULTILINE)


def test_every_attack_that_is_tested_stands_in_the_matrix_and_the_other_way_round() -> None:
    tested = [name for name in re.findall(r"^def (test_\w+)", TESTS, re.MULTILINE) if not name.startswith(_HONEST)]
    named = [name for _found, name in _named()]
    assert sorted(named) == sorted(tested)
    assert len(named) >= 17


def test_the_control_that_the_matrix_names_is_the_one_that_its_test_expects() -> None:
    bodies = dict(re.findall(r"^def (test_\w+)\(.*?\n(.*?)(?=^def |^@|\Z)", TESTS, re.MULTILINE | re.DOTALL))
    for found, name in _named():
        first = re.match(r"[0-9]+", found)
        if first is None:
            assert re.search(r"== \[\]|== \(\)", bodies[name]), name
        else:
            assert re.search(rf"\[{first[0]}\]|\b{first[0]} in |\" {first[0]}\. BRUDT", bodies[name]), name


def test_every_obligation_is_explained() -> None:
    explained = DOCUMENT.split("## What each obligation proves", 1)[1].split("\n## ", 1)[0]
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", explained, re.MULTILINE)] == list(range(1, 12))
