from __future__ import annotations

import ast
from pathlib import Path

import connectors.simulated

FOLDER = Path(connectors.simulated.__file__).parent


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.add(node.module)
    return found


def test_the_simulator_shares_nothing_with_the_adapters_it_is_to_prove() -> None:
    rooms = ("apps", "audit", "casework", "connectors", "documents", "flows", "robots")
    foreign = {
        f"{path.name}: {name}"
        for path in FOLDER.rglob("*.py")
        for name in _imports(path)
        if name.split(".")[0] in rooms and not f"{name}.".startswith("connectors.simulated.")
    }
    assert len(list(FOLDER.glob("*.py"))) > 20
    assert not foreign
