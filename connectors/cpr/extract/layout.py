"""The records of CPR's change extract U12170-P: where each field stands and what may stand in it.

Known from public implementations and CPR-kontoret's own demo file; CPR's description itself was not at hand. Positions
count from 1, as CPR counts them. What must stay true: a field that we read is checked by its kind before a file is
used, so that reading a checked line can fail only by our own mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

START: Final = "000"
PERSON: Final = "001"
ERROR: Final = "910"
RECEIPT: Final = "997"
END: Final = "999"
#: Where the CPR number stands in every record about a person, from 0.
PNR: Final = slice(3, 13)
#: No record that we know is longer than 382 characters; a longer line than this is no line of an extract.
LONGEST_LINE: Final = 400


class Kind(Enum):
    """What may stand in a field."""

    #: Text, padded with blanks, which may be cut off at the end of a line.
    TEXT = auto()
    #: Text that every such record has.
    NEEDED_TEXT = auto()
    #: Digits, padded with zeros.
    NUMBER = auto()
    #: One of CPR's status codes.
    STATUS = auto()
    CPR = auto()
    #: A CPR number, or blanks or zeros for none.
    MAYBE_CPR = auto()
    #: ``YYYYMMDDhhmm``; zeros for none.
    MOMENT = auto()
    #: The same, which may be blank.
    MAYBE_MOMENT = auto()
    #: ``YYYY-MM-DD``; blanks for none.
    DAY = auto()
    #: The id of an address in DAR, or blanks.
    MAYBE_ID = auto()


#: Kinds that are always there, so that a line which ends before them has been cut through.
_ALWAYS: Final = frozenset({Kind.NEEDED_TEXT, Kind.NUMBER, Kind.STATUS, Kind.CPR, Kind.MOMENT})
_UNCHECKED: Final = frozenset({Kind.TEXT, Kind.NEEDED_TEXT})


@dataclass(frozen=True, slots=True)
class Layout:
    """One type of record."""

    #: Characters of the whole record.
    length: int
    #: Characters that are there when trailing blanks are cut off.
    least: int
    fields: dict[str, slice]
    #: What is checked before a file is used: each field that is more than text.
    checks: tuple[tuple[Kind, slice], ...]
    is_about_person: bool


def _layout(length: int, *fields: tuple[str, int, int, Kind], is_about_person: bool = True) -> Layout:
    ends = [start - 1 + size for _, start, size, kind in fields if kind in _ALWAYS]
    return Layout(
        length=length,
        least=max([PNR.stop, *ends]),
        fields={name: slice(start - 1, start - 1 + size) for name, start, size, _ in fields},
        checks=tuple(
            (kind, slice(start - 1, start - 1 + size)) for _, start, size, kind in fields if kind not in _UNCHECKED
        ),
        is_about_person=is_about_person,
    )


def _lines(name: str, start: int) -> tuple[tuple[str, int, int, Kind], ...]:
    """Five lines of 34 characters."""
    return tuple((f"{name}{at + 1}", start + 34 * at, 34, Kind.TEXT) for at in range(5))


_GUARDIANSHIP: Final = (
    ("START_DT", 14, 10, Kind.DAY),
    ("SLET_DT", 25, 10, Kind.DAY),
    ("UMYN_RELTYP", 35, 4, Kind.NUMBER),
    ("RELPNR", 39, 10, Kind.MAYBE_CPR),
    ("RELADRSAT", 59, 34, Kind.TEXT),
    *_lines("RELTXT", 103),
)

#: The records that are read, by their number.
READ: Final[dict[str, Layout]] = {
    START: _layout(
        35,
        ("OPGAVENR", 14, 6, Kind.NUMBER),
        ("PRODDTO", 20, 8, Kind.NUMBER),
        ("PRODDTOFORRIG", 28, 8, Kind.NUMBER),
        is_about_person=False,
    ),
    PERSON: _layout(
        106,
        ("PNR", 4, 10, Kind.CPR),
        ("PNRGAELD", 14, 10, Kind.MAYBE_CPR),
        ("STATUS", 24, 2, Kind.STATUS),
        ("STATUSHAENSTART", 26, 12, Kind.MOMENT),
        ("STATUSDTO_UMRK", 38, 1, Kind.TEXT),
        ("FOED_DT", 40, 10, Kind.DAY),
        ("FOED_DT_UMRK", 50, 1, Kind.TEXT),
    ),
    # Newer deliveries have a longer form with the road's name and the id of the address.
    "002": _layout(
        382,
        ("KOMKOD", 14, 4, Kind.NUMBER),
        ("VEJKOD", 18, 4, Kind.NUMBER),
        ("HUSNR", 22, 4, Kind.TEXT),
        ("ETAGE", 26, 2, Kind.TEXT),
        ("SIDEDOER", 28, 4, Kind.TEXT),
        ("CONVN", 36, 34, Kind.TEXT),
        ("TILFLYDTO", 70, 12, Kind.MOMENT),
        ("TILFLYDTO_UMRK", 82, 1, Kind.TEXT),
        ("TILFLYKOMDTO", 83, 12, Kind.MOMENT),
        ("TILFLYKOMDT_UMRK", 95, 1, Kind.TEXT),
        ("FRAFLYKOMKOD", 96, 4, Kind.NUMBER),
        ("FRAFLYKOMDTO", 100, 12, Kind.MOMENT),
        ("FRAFLYKOMDT_UMRK", 112, 1, Kind.TEXT),
        ("START_MYNKOD", 113, 4, Kind.NUMBER),
        *_lines("SUPLADR", 117),
        ("START_DT", 287, 10, Kind.DAY),
        ("SLET_DT", 297, 10, Kind.DAY),
        ("VEJNVN", 307, 40, Kind.TEXT),
        ("ADRESSE_UUID", 347, 36, Kind.MAYBE_ID),
    ),
    "003": _layout(
        249,
        ("ADRNVN", 14, 34, Kind.TEXT),
        ("CONVN", 48, 34, Kind.TEXT),
        ("LOKALITET", 82, 34, Kind.TEXT),
        ("BYNVN", 150, 34, Kind.TEXT),
        ("POSTNR", 184, 4, Kind.NUMBER),
        ("POSTDISTTXT", 188, 20, Kind.TEXT),
        ("KOMKOD", 208, 4, Kind.NUMBER),
        ("VEJKOD", 212, 4, Kind.NUMBER),
        ("VEJADRNVN", 230, 20, Kind.TEXT),
    ),
    "004": _layout(
        37, ("BESKYTTYPE", 14, 4, Kind.NUMBER), ("START_DT", 18, 10, Kind.DAY), ("SLET_DT", 28, 10, Kind.DAY)
    ),
    "005": _layout(
        200,
        ("UDR_LANDEKOD", 14, 4, Kind.NUMBER),
        ("UDRDTO", 18, 12, Kind.MOMENT),
        ("UDRDTO_UMRK", 30, 1, Kind.TEXT),
        *_lines("UDLANDADR", 31),
    ),
    "006": _layout(203, *_lines("KONTAKTADR", 14), ("START_DT", 184, 10, Kind.DAY), ("SLET_DT", 194, 10, Kind.DAY)),
    "007": _layout(26, ("FORSVINDDTO", 14, 12, Kind.MOMENT), ("FORSVINDDTO_UMRK", 26, 1, Kind.TEXT)),
    "008": _layout(
        193,
        ("FORNVN", 14, 50, Kind.TEXT),
        ("MELNVN", 65, 40, Kind.TEXT),
        ("EFTERNVN", 106, 40, Kind.TEXT),
        ("NVNHAENSTART", 147, 12, Kind.MOMENT),
        ("ADRNVN", 160, 34, Kind.TEXT),
    ),
    "012": _layout(
        95,
        ("CIVST", 14, 1, Kind.TEXT),
        ("AEGTEPNR", 15, 10, Kind.MAYBE_CPR),
        ("HAENSTART", 71, 12, Kind.MOMENT),
    ),
    "014": _layout(23, ("PNRBARN", 14, 10, Kind.CPR)),
    "015": _layout(147, ("PNRMOR", 25, 10, Kind.MAYBE_CPR), ("PNRFAR", 92, 10, Kind.MAYBE_CPR)),
    "016": _layout(
        58,
        ("RELTYP", 14, 4, Kind.NUMBER),
        ("START_DT", 18, 10, Kind.DAY),
        ("SLET_DT", 29, 10, Kind.DAY),
        ("RELPNR", 39, 10, Kind.MAYBE_CPR),
    ),
    "017": _layout(272, *_GUARDIANSHIP),
    "021": _layout(63, ("START_DT", 14, 10, Kind.DAY), ("TEKST", 24, 40, Kind.TEXT)),
    "022": _layout(45, ("PNRTIDL", 14, 10, Kind.CPR), ("START_DT", 24, 10, Kind.DAY), ("SLUT_DT", 35, 10, Kind.DAY)),
    "023": _layout(
        96,
        ("ANNKOR", 14, 1, Kind.TEXT),
        ("KOMKOD", 15, 4, Kind.NUMBER),
        ("VEJKOD", 19, 4, Kind.NUMBER),
        ("HUSNR", 23, 4, Kind.TEXT),
        ("ETAGE", 27, 2, Kind.TEXT),
        ("SIDEDOER", 29, 4, Kind.TEXT),
        ("CONVN", 37, 34, Kind.TEXT),
        ("TILFLYDTO", 71, 12, Kind.MOMENT),
        ("TILFLYDTO_UMRK", 83, 1, Kind.TEXT),
        ("FRAFLYDTO", 84, 12, Kind.MOMENT),
        ("FRAFLYDTO_UMRK", 96, 1, Kind.TEXT),
    ),
    "052": _layout(287, *_GUARDIANSHIP, ("VAERGEMAALS_TYPE", 273, 15, Kind.TEXT)),
    "099": _layout(45, ("TIMESTAMPU", 14, 12, Kind.MAYBE_MOMENT), ("HAENDELSE", 26, 3, Kind.NEEDED_TEXT)),
    ERROR: _layout(157, ("FEJLNR", 89, 4, Kind.NUMBER), is_about_person=False),
    RECEIPT: _layout(43, ("HAENDELSE", 26, 3, Kind.NEEDED_TEXT), is_about_person=False),
    END: _layout(21, ("TAELLER", 14, 8, Kind.NUMBER), is_about_person=False),
}

#: Number and length.
_COUNTED: Final = (
    *(("009", 37), ("010", 30), ("011", 25), ("013", 36), ("018", 60), ("019", 75), ("020", 47), ("024", 218)),
    *(("025", 40), ("026", 173), ("027", 44), ("028", 36), ("029", 109), ("030", 48), ("050", 29)),
)
#: Every record that is known: what is read, and what is counted as part of a person and otherwise left alone.
KNOWN: Final[dict[str, Layout]] = READ | {number: _layout(length) for number, length in _COUNTED}


def field(line: str, name: str) -> str:
    """The text of a field of a checked line, without the blanks around it; empty when it is cut off."""
    return line[KNOWN[line[:3]].fields[name]].strip()
