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

#: Every ten digits, also those that overlap; in UTF-8 and in what is made of it by taking UTF-16's zeros away.
_TEN_DIGITS = re.compile(rb"(?=(\d{6})[- ]?(\d{4}))")


@dataclass(frozen=True)
class Secrets:
    """The numbers, names and addresses of citizens, in the forms in which bytes may hold them."""

    numbers: frozenset[bytes]
    names: frozenset[bytes]
    addresses: frozenset[bytes]

    def found_in(self, data: bytes) -> set[str]:
        """Which kinds stand in these bytes; never what they are, for the answer may be printed."""
        lowered = data.lower()
        found = {
            kind
            for kind, texts in (("name", self.names), ("address", self.addresses))
            if any(text in lowered for text in texts)
        }
        for each in (data, data.replace(b"\0", b"")):
            if any(b"".join(match.groups()) in self.numbers for match in _TEN_DIGITS.finditer(each)):
                found.add("number")
        return found


def secrets_of(store: Path) -> Secrets:
    """Those of every citizen of a simulated municipality, and every address that can be written there."""
    with sqlite3.connect(store) as connection:
        people = connection.execute("SELECT pnr, given_name, middle_name, surname FROM person").fetchall()
        parties = connection.execute("SELECT name FROM party WHERE identification_type = 'CprNummer'").fetchall()
        homes = [json.loads(body) for (body,) in connection.execute("SELECT body FROM address")]
        homes += [json.loads(body) for (body,) in connection.execute("SELECT next_address FROM person") if body]
    connection.close()
    names = {" ".join(part for part in parts if part) for _, *parts in people} | {name for (name,) in parties}
    # The road alone is less than a line, so it finds every line of that road however it is written.
    roads = {home["roadName"] for home in homes}
    places = {f"{home['postalCode']} {home['postalDistrict']}" for home in homes}
    assert people
    assert names
    assert roads
    return Secrets(frozenset(pnr.encode() for pnr, *_ in people), _forms(names), _forms(roads | places))


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


def _forms(texts: Iterable[str]) -> frozenset[bytes]:
    """Each text as UTF-8, as UTF-16, and as JSON writes it when it keeps to ASCII; Latin letters in lower case."""
    forms = ((text.encode(), text.encode("utf-16-le"), json.dumps(text)[1:-1].encode()) for text in texts)
    return frozenset(form.lower() for three in forms for form in three)
