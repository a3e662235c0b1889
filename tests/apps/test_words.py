import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from apps.cli.words import APPROVAL_STATES, EFFECT_STATES, ITEM_STATES, OPERATIONS, RESULTS, ROLES, RULINGS
from casework.states import ApprovalState, EffectState, ItemState
from connectors.records import WriteOperation
from flows.ending import Result
from foundation.actor import Role
from robots.address_update.ruling import RulingKind

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"
TABLES: list[tuple[type[StrEnum], Mapping[Any, str]]] = [
    (ItemState, ITEM_STATES),
    (EffectState, EFFECT_STATES),
    (ApprovalState, APPROVAL_STATES),
    (RulingKind, RULINGS),
    (Role, ROLES),
]


@pytest.mark.parametrize(("kind", "words"), TABLES, ids=lambda value: getattr(value, "__name__", ""))
def test_the_words_on_the_screen_are_those_of_the_glossary(kind: type[StrEnum], words: Mapping[Any, str]) -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    listed = {(code, word.strip()) for code, word in rows}
    assert {(member.value, words[member]) for member in kind} <= listed


def test_every_result_and_every_operation_has_a_word() -> None:
    assert set(RESULTS) == set(Result)
    assert set(OPERATIONS) == set(WriteOperation)
