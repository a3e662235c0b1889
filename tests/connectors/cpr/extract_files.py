"""Files of the extract for tests, written field by field with positions of their own.

Nothing is taken from the code under test, so that a wrong position there is seen here. The people are published test
persons (integration reference D.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

#: Record lengths by U12170-P.
LENGTHS = dict(
    zip(
        (
            "000",
            "001",
            "002",
            "003",
            "004",
            "005",
            "006",
            "007",
            "008",
            "011",
            "012",
            "014",
            "015",
            "016",
            "017",
            "021",
        ),
        (35, 106, 306, 249, 37, 200, 203, 26, 193, 25, 95, 23, 147, 58, 272, 63),
        strict=True,
    )
) | {"022": 45, "023": 96, "052": 287, "099": 45, "910": 157, "997": 43, "999": 21}
#: Fields of digits that are zeros when nothing else is put there, by record: start (from 1) and length.
ZEROS = {
    "001": ((24, 2), (26, 12)),
    "002": ((14, 4), (18, 4), (70, 12), (83, 12), (96, 4), (100, 12), (113, 4)),
    "003": ((184, 4), (208, 4), (212, 4)),
    "005": ((14, 4), (18, 12)),
    "007": ((14, 12),),
    "008": ((147, 12),),
    "012": ((71, 12),),
    "017": ((35, 4),),
    "052": ((35, 4),),
    "023": ((15, 4), (19, 4), (71, 12), (84, 12)),
}
FRIDAY, MONDAY, TUESDAY = date(2001, 11, 16), date(2001, 11, 19), date(2001, 11, 20)
ORDER = "110901"


def line(record: str, pnr: str, *fields: tuple[int, str], length: int | None = None) -> str:
    """A record of full length with each text at its position, counted from 1."""
    row = list(" " * (length or LENGTHS[record]))
    row[0:3], row[3:13] = record, pnr.ljust(10)
    zeros = [(start, "0" * size) for start, size in ZEROS.get(record, ())]
    for start, text in (*zeros, *fields):
        row[start - 1 : start - 1 + len(text)] = text
    return "".join(row)


def person(pnr: str, *lines: str, status: str = "01", born: str = "1961-09-07", code: str = "A01") -> list[str]:
    """A block: 001 with its 099 and what is given between."""
    first = line("001", pnr, (24, status), (39, "K"), (40, born))
    return [first, *lines, line("099", pnr, (14, "200111070957"), (26, code))]


def jane() -> list[str]:
    """Jane Østerholm Fichte: an ordinary resident with a name change; 003 stands last, as in the demo file."""
    pnr = "0709614592"
    block = person(
        pnr,
        line(
            "002", pnr, (14, "0851"), (18, "8513"), (22, "038"), (26, "01"), (28, "th"), (70, "198011012000"),
            (83, "196109071200"),
        ),
        line("008", pnr, (14, "Jane Østerholm"), (106, "Fichte"), (160, "Jane Østerholm Fichte")),
        line("012", pnr, (14, "U")),
        code="A13",
    )  # fmt: skip
    plain = line(
        "003", pnr, (14, "Jane Østerholm Fichte"), (116, "Svinget 38,1 th"), (150, "Lindholm"), (184, "9000"),
        (188, "Aalborg"), (208, "0851"), (212, "8513"), (216, "038"), (220, "01"), (222, "th"), (230, "Svinget"),
    )  # fmt: skip
    return [*block, plain]


def movers(*pnrs: str) -> list[str]:
    """A block for each number: an address, and the code of an address change."""
    home = ((14, "0851"), (18, "8512"), (22, "048"), (70, "200111150000"))
    return [text for pnr in pnrs for text in person(pnr, line("002", pnr, *home))]


def delivery(
    lines: Iterable[str],
    *,
    produced: date = MONDAY,
    previous: date | None = FRIDAY,
    order: str = ORDER,
    end: str = "\n",
    is_trimmed: bool = False,
) -> bytes:
    """A whole file."""
    body = list(lines)
    earlier = f"{previous:%Y%m%d}" if previous else "0" * 8
    first = line("000", "0" * 10, (14, order), (20, f"{produced:%Y%m%d}{earlier}"))
    last = line("999", "9" * 10, (14, f"{len(body):08}"))
    rows: Sequence[str] = [first, *body, last]
    return "".join((row.rstrip() if is_trimmed else row) + end for row in rows).encode("iso-8859-1")


def put(folder: Path, content: bytes, name: str = "D011119.L110901") -> Path:
    """The file in the folder."""
    path = folder / name
    path.write_bytes(content)
    return path
