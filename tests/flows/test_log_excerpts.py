"""What a log tells of an incident's items is shown, bounded and masked."""

import json
from pathlib import Path
from uuid import UUID

from flows.log_excerpts import lines_about

ONE, TWO = UUID(int=1), UUID(int=2)
RUN, LATER = UUID(int=10), UUID(int=11)


def _write(folder: Path, run: UUID, *lines: dict[str, object] | str) -> None:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    (folder / f"run-{run}.jsonl").write_text(text, encoding="utf-8")


def _line(event: str, *, level: str = "info", item: UUID | None = ONE, **more: object) -> dict[str, object]:
    told: dict[str, object] = {"timestamp": "2026-03-02T11:00:00Z", "level": level, "event": event, **more}
    return told if item is None else {**told, "item": str(item)}


def test_lines_of_the_items_are_shown_and_of_others_not(tmp_path: Path) -> None:
    _write(tmp_path, RUN, _line("mine", code="fault"), _line("other", level="error", item=TWO))
    (only,) = lines_about(tmp_path, runs=[RUN], items=[ONE])
    assert (only.event, only.more, only.item) == ("mine", "code=fault", str(ONE))


def test_trouble_of_the_run_as_such_is_shown_and_its_chatter_not(tmp_path: Path) -> None:
    _write(tmp_path, RUN, _line("chatter", item=None), _line("collect.failed", level="warning", item=None))
    assert [line.event for line in lines_about(tmp_path, runs=[RUN], items=[])] == ["collect.failed"]


def test_the_latest_lines_of_the_latest_runs_are_kept_in_order(tmp_path: Path) -> None:
    _write(tmp_path, LATER, *[_line(f"later-{number}") for number in range(3)])
    _write(tmp_path, RUN, *[_line(f"early-{number}") for number in range(3)])
    found = lines_about(tmp_path, runs=[LATER, RUN], items=[ONE], limit=4)
    assert [line.event for line in found] == ["early-2", "later-0", "later-1", "later-2"]


def test_what_an_older_log_did_not_mask_is_masked(tmp_path: Path) -> None:
    _write(tmp_path, RUN, _line("opslag på 010203-1234", error="0102031234 mangler"))
    (only,) = lines_about(tmp_path, runs=[RUN], items=[ONE])
    assert "1234" not in only.event + only.more


def test_a_log_that_is_gone_or_broken_gives_what_it_can(tmp_path: Path) -> None:
    _write(tmp_path, RUN, "{broken", "[1]", _line("whole"))
    assert [line.event for line in lines_about(tmp_path, runs=[RUN, LATER], items=[ONE])] == ["whole"]


def test_a_line_of_any_length_is_cut(tmp_path: Path) -> None:
    _write(tmp_path, RUN, _line("long", text="x" * 9000))
    (only,) = lines_about(tmp_path, runs=[RUN], items=[ONE])
    assert len(only.more) == 2000
