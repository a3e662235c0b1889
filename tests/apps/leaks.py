"""Looks through everything that was left for what must not stand there in clear.

What must stay true: every file is read whole, as bytes, whatever its name says; nothing is left out but the folders
that are named.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Secrets:
    """Patterns for the numbers, the names and the addresses of citizens."""

    numbers: re.Pattern[bytes]
    names: re.Pattern[bytes]
    addresses: re.Pattern[bytes]

    def found_in(self, data: bytes) -> set[str]:
        """Which kinds stand in these bytes; never what they are, for the answer may be printed."""
        kinds = {"number": self.numbers, "name": self.names, "address": self.addresses}
        return {kind for kind, pattern in kinds.items() if pattern.search(data)}


def secrets_of(store: Path) -> Secrets:
    """Those of every citizen of a simulated municipality, and every address line that can be written there."""
    with sqlite3.connect(store) as connection:
        people = connection.execute("SELECT pnr, given_name, middle_name, surname FROM person").fetchall()
        parties = connection.execute(
            "SELECT DISTINCT name FROM party WHERE identification_type = 'CprNummer'"
        ).fetchall()
        homes = [json.loads(body) for (body,) in connection.execute("SELECT body FROM address")]
        homes += [json.loads(body) for (body,) in connection.execute("SELECT next_address FROM person") if body]
    connection.close()
    numbers = {form for pnr, *_ in people for form in (pnr, f"{pnr[:6]}-{pnr[6:]}", f"{pnr[:6]} {pnr[6:]}")}
    names = {" ".join(part for part in parts if part) for _, *parts in people} | {name for (name,) in parties}
    lines = {f"{home['roadName']} {home['houseNumber']}" for home in homes}
    places = {f"{home['postalCode']} {home['postalDistrict']}" for home in homes}
    assert numbers
    assert names
    assert lines
    return Secrets(_any_of(numbers), _any_of(names), _any_of(lines | places))


def leaks(folder: Path, secrets: Secrets, *, without: Iterable[Path] = ()) -> list[tuple[str, str]]:
    """Each file in which something stands, with what kind of thing it is."""
    left_out = tuple(without)
    return sorted(
        (path.relative_to(folder).as_posix(), kind)
        for path in _files(folder)
        if not any(path.is_relative_to(each) for each in left_out)
        for kind in secrets.found_in(path.read_bytes())
    )


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _any_of(texts: Iterable[str]) -> re.Pattern[bytes]:
    """Each text as UTF-8, as UTF-16 and as JSON writes it when it keeps to ASCII, in any case."""
    forms: set[bytes] = set()
    for text in texts:
        forms |= {text.encode(), text.encode("utf-16-le"), _ascii_json(text)}
    return re.compile(b"|".join(re.escape(form) for form in sorted(forms)), re.IGNORECASE)


def _ascii_json(text: str) -> bytes:
    return json.dumps(text)[1:-1].encode()
