"""The verifier stands alone: one file, any Python from 3.9, nothing installed; and openssl says the same."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from audit.export.receiver import OPENSSL
from tests.audit.receiving import VERIFIER, Made

README = VERIFIER.with_name("README.md")
OPENSSL_BLOCK = re.findall(r"```\n(head .*?)\n```", README.read_text(encoding="utf-8"), re.DOTALL)[0]
TOOLS = ("sh", "openssl", "base64", "head", "tail", "cut", "sed")
needs_openssl = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason="openssl or a POSIX shell is not on this machine"
)


def _run(python: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the file alone, in an empty folder and an empty environment."""
    file = shutil.copy(VERIFIER, folder / "verify_bundle.py")
    empty = folder / "empty"
    empty.mkdir()
    # Windows starts no process without this one.
    environment = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    command = [python, "-I", str(file), *arguments]
    return subprocess.run(  # noqa: S603  # our own file
        command,
        cwd=empty,
        env=environment,
        check=False,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )


def test_it_verifies_in_an_empty_folder_with_an_empty_environment(shared_bundle: Made, tmp_path: Path) -> None:
    done = _run(sys.executable, tmp_path, str(shared_bundle.folder), "--key", shared_bundle.key)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("holder.\n")
    assert not list((tmp_path / "empty").iterdir())


def test_without_a_key_it_ends_with_3(shared_bundle: Made, tmp_path: Path) -> None:
    assert _run(sys.executable, tmp_path, str(shared_bundle.folder)).returncode == 3


@pytest.mark.parametrize("version", ["3.9", "3.13"])
def test_it_verifies_under_other_versions_of_python(shared_bundle: Made, tmp_path: Path, version: str) -> None:
    python = shutil.which(f"python{version}")
    if python is None or subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode:  # noqa: S603  # asks only whether it starts
        pytest.skip(f"there is no Python {version} on this machine")
    assert _run(python, tmp_path, str(shared_bundle.folder), "--key", shared_bundle.key).returncode == 0


def test_its_syntax_is_that_of_python_3_9() -> None:
    assert ast.parse(VERIFIER.read_text(encoding="utf-8"), feature_version=(3, 9)).body


def test_it_imports_the_standard_library_and_nothing_else() -> None:
    found = set()
    for node in ast.walk(ast.parse(VERIFIER.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name.split(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or ".").split(".")[0])
    assert found <= sys.stdlib_module_names
    assert not found & {"socket", "urllib", "http", "subprocess", "ctypes", "pickle"}


def test_it_shows_the_obligations_that_its_first_page_lists() -> None:
    source = VERIFIER.read_text(encoding="utf-8")
    listed = re.findall(r"^    (\d)\. ", ast.get_docstring(ast.parse(source), clean=False) or "", re.MULTILINE)
    marked = re.findall(r'^        """(\d)\."""$', source, re.MULTILINE)
    assert listed == marked == [str(number) for number in range(1, 10)]


def test_the_two_texts_give_the_same_recipe_for_openssl(shared_bundle: Made) -> None:
    assert OPENSSL == OPENSSL_BLOCK
    assert OPENSSL in (shared_bundle.folder / "LAESMIG.md").read_text(encoding="utf-8")


def _openssl(folder: Path, key: str) -> subprocess.CompletedProcess[str]:
    command = [shutil.which("sh") or "sh", "-c", OPENSSL_BLOCK]
    return subprocess.run(  # noqa: S603  # the recipe we publish
        command, cwd=folder, env={**os.environ, "VKEY": key}, check=False, capture_output=True, text=True
    )


@needs_openssl
def test_openssl_finds_the_signature_good_by_the_recipe(bundle: Made) -> None:
    done = _openssl(bundle.folder, bundle.key)
    assert (done.returncode, "Verified Successfully" in done.stdout) == (0, True), done.stderr


@needs_openssl
def test_openssl_finds_a_changed_checkpoint_bad(bundle: Made) -> None:
    path = bundle.folder / "checkpoint"
    path.write_bytes(path.read_bytes().replace(b"\n260\n", b"\n261\n"))
    assert _openssl(bundle.folder, bundle.key).returncode != 0


@needs_openssl
def test_a_leaf_is_computed_by_the_recipe(bundle: Made) -> None:
    text = (bundle.folder / "LAESMIG.md").read_text(encoding="utf-8")
    recipe = re.findall(r"```\n(\{ printf .*?)\n```", text)[0]
    command = [shutil.which("sh") or "sh", "-c", recipe]
    done = subprocess.run(command, cwd=bundle.folder, check=True, capture_output=True, text=True)  # noqa: S603  # the recipe we publish
    assert done.stdout.split()[-1] == (bundle.folder / "tile/0/000").read_bytes()[:32].hex()
