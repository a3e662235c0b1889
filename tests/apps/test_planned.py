import csv
import stat
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.cli.planned import COLUMNS, write_csv, write_html
from foundation.environment import Environment
from foundation.spreadsheets import safe_cell

needs_rights = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights in another way")


@pytest.mark.parametrize("text", ["=1+1", "+45", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_would_be_calculated_is_made_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert safe_cell(text).endswith(text)


def test_a_csv_file_has_semicolons_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    write_csv(path, [("a;b", "=c", "æøå")])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    head, row = csv.reader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=";")
    assert tuple(head) == COLUMNS
    assert row == ["a;b", "'=c", "æøå"]


@needs_rights
def test_a_plan_is_for_its_owner_alone_also_where_a_file_was_before(tmp_path: Path) -> None:
    table, page = tmp_path / "plan.csv", tmp_path / "plan.html"
    page.write_text("noget længere, der stod her før " * 100, encoding="utf-8")
    page.chmod(0o644)
    write_csv(table, [])
    write_html(page, [], title="Plan", environment=Environment.SIMULATED)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (table, page)} == {0o600}
    assert "der stod her før" not in page.read_text(encoding="utf-8")


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags |= {tag, *(name for name, _ in attrs if name.startswith("on"))}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_html_is_escaped(tmp_path: Path) -> None:
    path = tmp_path / "plan.html"
    write_html(path, [("<script>alert(1)</script>", '"&')], title="<b>", environment=Environment.SIMULATED)
    read = _Texts()
    read.feed(path.read_text(encoding="utf-8"))
    assert not read.tags & {"script", "b"}
    assert {"<script>alert(1)</script>", '"&', "<b>", "PRØVE"} <= set(read.texts)


def test_there_is_no_stamp_in_production(tmp_path: Path) -> None:
    path = tmp_path / "plan.html"
    write_html(path, [], title="Plan", environment=Environment.PRODUCTION)
    assert "PRØVE" not in path.read_text(encoding="utf-8")
