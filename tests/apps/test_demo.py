"""The whole demonstration as a person runs it, and a look through everything that it left."""

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from apps.cli.demo.room import make_room
from foundation.errors import ConfigurationError
from tests.apps.leaks import Secrets, leaks, secrets_of

SIZE = ("--changes", "12", "--citizens", "200", "--cases", "450")


@dataclass(frozen=True)
class Shown:
    """One demonstration that is over."""

    code: int
    out: str
    err: str
    data_dir: Path

    @property
    def folder(self) -> Path:
        """What it left."""
        return self.data_dir / "demo"

    @property
    def secrets(self) -> Secrets:
        """What must stand nowhere but in the municipality's own store."""
        return secrets_of(self.store)

    @property
    def store(self) -> Path:
        """The municipality's own store."""
        return self.folder / "simulated" / "municipality.sqlite3"


def _demo(data_dir: Path, *words: str) -> Shown:
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("SAGSGANG_", "PREFECT_"))}
    done = subprocess.run(  # noqa: S603  # our own module with fixed arguments
        [sys.executable, "-m", "apps.cli.main", "demo", *SIZE, *words],
        env={**mine, "SAGSGANG_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return Shown(done.returncode, done.stdout, done.stderr, data_dir)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """A demonstration through Prefect, as newcomers see it."""
    return _demo(tmp_path_factory.mktemp("shown"))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """A demonstration for a script, without Prefect."""
    return _demo(tmp_path_factory.mktemp("told"), "--without-prefect", "--json")


pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_every_check_holds(shown: Shown) -> None:
    assert shown.code == 0, shown.out[-2000:] + shown.err[-2000:]
    assert "kontroller holder" in shown.out


def test_the_starter_is_refused_before_the_eyes_of_all(shown: Shown) -> None:
    assert "dorthe har selv startet kørslen" in shown.out


def test_no_number_stands_in_clear_on_the_screen(shown: Shown) -> None:
    assert "-xxxx" in shown.out
    assert "number" not in shown.secrets.found_in((shown.out + shown.err).encode())


def test_nothing_personal_is_left_outside_the_municipalitys_own_store(shown: Shown) -> None:
    assert (shown.folder / "sagsgang.db").is_file()
    assert list((shown.folder / "logs").iterdir())
    assert list((shown.folder / "prefect").iterdir())
    assert leaks(shown.data_dir, shown.secrets, without=[shown.folder / "simulated"]) == []


def test_nothing_personal_stands_in_the_talk(shown: Shown) -> None:
    assert shown.err
    assert shown.secrets.found_in(shown.err.encode()) == set()


def test_the_search_finds_what_the_municipality_holds(shown: Shown) -> None:
    found = {kind for _, kind in leaks(shown.folder, shown.secrets)}
    assert found == {"number", "name", "address"}


def test_the_search_finds_a_planted_line(shown: Shown, tmp_path: Path) -> None:
    with sqlite3.connect(shown.store) as connection:
        number, name, surname, home = connection.execute(
            "SELECT pnr, given_name, surname, address FROM person WHERE middle_name = '' AND address IS NOT NULL"
        ).fetchone()
    connection.close()
    address: dict[str, Any] = json.loads(home)
    planted = {
        "log.jsonl": f'{{"event": "set {number[:6]}-{number[6:]}"}}',
        "deep/inside.db-wal": f"\0\0{name} {surname}\0",
        "page.html": f"<td>{address['roadName']} {address['houseNumber']}</td>",
        "ascii.json": json.dumps(f"{address['postalCode']} {address['postalDistrict']}"),
    }
    for where, text in planted.items():
        path = tmp_path / where
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert leaks(tmp_path, shown.secrets) == [
        ("ascii.json", "address"),
        ("deep/inside.db-wal", "name"),
        ("log.jsonl", "number"),
        ("page.html", "address"),
    ]


def test_for_a_script_it_is_one_document(told: Shown) -> None:
    assert told.code == 0, told.err[-2000:]
    document = json.loads(told.out)
    assert document["holds"] is True
    assert document["stamp"] == "PRØVE"
    assert document["moved"] == 12
    assert sum(document["items"].values()) > 12, "those whom the sweep found are items as well"
    assert all(check["holds"] for check in document["checks"])


def test_for_a_script_nothing_personal_is_told_at_all(told: Shown) -> None:
    assert told.secrets.found_in((told.out + told.err).encode()) == set()


def test_one_time_out_was_ordered_and_nothing_was_done_twice(told: Shown) -> None:
    checks = {check["name"]: check for check in json.loads(told.out)["checks"]}
    assert checks["fejl, der ramte = notater fundet ved opslag"]["ours"] == 1
    assert checks["notater og erindringer, der står to gange = ingen"]["ours"] == 0


def test_an_earlier_demo_is_removed_and_said(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    make_room(folder, keep=False)
    (folder / "old").touch()
    assert "slettet" in make_room(folder, keep=False)[0]
    assert not (folder / "old").exists()


def test_an_earlier_demo_is_moved_aside_when_asked(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    make_room(folder, keep=False)
    (folder / "old").touch()
    assert "flyttet" in make_room(folder, keep=True)[0]
    assert len(list(tmp_path.glob("demo-*/old"))) == 1


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "mine").touch()
    with pytest.raises(ConfigurationError):
        make_room(folder, keep=False)
    assert (folder / "mine").exists()
