"""The wash of the simulated address register (datavask): what place a line of text means, and how sure that is.

A is the line letter by letter apart from case, full stops and the spelling of floor and door; B is one place that all
but the road's name agree with, and no other road is nearer; C is a guess. What must stay true: a text that could be
two places is never A or B.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.simulated.dar_places import designation, find_place, href
from connectors.simulated.dar_refusals import demand_known, wrong_parameter
from connectors.simulated.dar_text import Line, fold, take_apart
from connectors.simulated.exchange import Call
from connectors.simulated.store import Store

_LONGEST = 100
#: A road's name may be so many letters off, and never more than two thirds of it.
_FURTHEST = 3
_GUESSES = 10
#: Successors of successors; more than that is a ring.
_LONGEST_CHAIN = 20


@dataclass(frozen=True, slots=True)
class _Match:
    """A spelling of a place beside the text, and the place as it is today."""

    spelling: sqlite3.Row
    place: sqlite3.Row
    present: sqlite3.Row
    #: Letters by which the road's name is off.
    distance: int
    #: Whether floor and door are the same.
    is_unit: bool
    unknown: tuple[str, ...]

    @property
    def rank(self) -> tuple[int, int, bool, int]:
        """The best first: the road, then what the place does not explain, then what stands."""
        differs = (not self.is_unit) + len(self.unknown)
        return (self.distance, differs, self.place["uuid"] != self.present["uuid"], self.spelling["id"])


def wash(call: Call) -> dict[str, object]:
    """``GET /datavask/adresser?betegnelse=``."""
    demand_known(call, frozenset({"betegnelse"}))
    text = call.query.get("betegnelse", "")
    if not text.strip():
        raise wrong_parameter("betegnelse", "betegnelse is required")
    if len(text) > _LONGEST:
        raise wrong_parameter("betegnelse", f"String is too long ({len(text)} chars), maximum {_LONGEST}")
    line = take_apart(text)
    category, matches = _judge(call.world.store, line)
    return {"kategori": category, "resultater": [_describe(match, line, text) for match in matches]}


def letters_apart(one: str, other: str, most: int) -> int:
    """The edit distance of two texts (Levenshtein), or ``most + 1`` where it is more than ``most``."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, start=1):
        above, row[0] = row[0], at
        for beside, wanted in enumerate(other, start=1):
            above, row[beside] = row[beside], min(row[beside] + 1, row[beside - 1] + 1, above + (letter != wanted))
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _judge(store: Store, line: Line) -> tuple[str, Sequence[_Match]]:
    key = fold(line.road)
    exact = [_match(store, line, row, 0) for row in _on_road(store, line, key)]
    certain = [match for match in exact if _is_letter_by_letter(match, line)]
    if certain:
        return ("A", _best_of_each(certain)) if _places(certain) == 1 else ("C", _best_of_each(certain))
    roads = _near_roads(store, line, key)
    matches = [_match(store, line, row, roads[row["road_key"]]) for row in _at_house(store, line, roads)]
    likely = [match for match in matches if match.is_unit and not match.unknown]
    if _places(likely) == 1 and likely[0].distance == min(roads.values()):
        return "B", _best_of_each(likely)
    return "C", _best_of_each(matches or exact)[:_GUESSES]


def _on_road(store: Store, line: Line, key: str) -> list[sqlite3.Row]:
    """Spellings with this road and house number; with another postcode only where the text has none."""
    return store.rows(
        "SELECT * FROM dar_spelling WHERE road_key = ?1 AND house_number = ?2 AND (?3 = '' OR postal_code = ?3)",
        (key, line.house_number, line.postal_code),
    )


def _at_house(store: Store, line: Line, roads: Mapping[str, int]) -> list[sqlite3.Row]:
    found: list[sqlite3.Row] = []
    for road in roads:
        found += store.rows(
            "SELECT * FROM dar_spelling WHERE postal_code = ? AND road_key = ? AND house_number = ?",
            (line.postal_code, road, line.house_number),
        )
    return found


def _near_roads(store: Store, line: Line, key: str) -> dict[str, int]:
    """The roads of the postcode that are not too far off, whether or not they have the house."""
    rows = store.rows("SELECT DISTINCT road_key FROM dar_spelling WHERE postal_code = ?", (line.postal_code,))
    near: dict[str, int] = {}
    for row in rows:
        most = min(_FURTHEST, len(row["road_key"]) * 2 // 3)
        distance = letters_apart(key, row["road_key"], most)
        if distance <= most:
            near[row["road_key"]] = distance
    return near


def _match(store: Store, line: Line, spelling: sqlite3.Row, distance: int) -> _Match:
    place = _known(find_place(store, spelling["place_uuid"]))
    unknown = () if _is_town(line, spelling) else line.others
    # What the text says of floor and door and the place has none of is as unknown as a word.
    unknown += tuple(
        said for said, known in ((line.floor, spelling["floor"]), (line.door, spelling["door"])) if said and not known
    )
    is_unit = (line.floor, line.door) == (spelling["floor"], spelling["door"])
    return _Match(spelling, place, _present(store, place), distance, is_unit, unknown)


def _is_town(line: Line, spelling: sqlite3.Row) -> bool:
    return not line.others or (len(line.others) == 1 and fold(line.others[0]) == fold(spelling["town"]))


def _is_letter_by_letter(match: _Match, line: Line) -> bool:
    spelling = match.spelling
    same_post = line.postal_code == spelling["postal_code"] and fold(line.postal_district) == fold(
        spelling["postal_district"]
    )
    return bool(spelling["is_official"] and match.is_unit and not match.unknown and same_post)


def _present(store: Store, place: sqlite3.Row) -> sqlite3.Row:
    """The place as it is today: itself, or the one that took over from it."""
    for _ in range(_LONGEST_CHAIN):
        if place["current_uuid"] == place["uuid"]:
            break
        place = _known(find_place(store, place["current_uuid"]))
    return place


def _known(place: sqlite3.Row | None) -> sqlite3.Row:
    if place is None:
        raise LookupError("a spelling or a successor names a place that the register lacks")
    return place


def _places(matches: Sequence[_Match]) -> int:
    return len({match.present["uuid"] for match in matches})


def _best_of_each(matches: Sequence[_Match]) -> list[_Match]:
    """One match for each place of today, the best first."""
    best: dict[str, _Match] = {}
    for match in sorted(matches, key=lambda match: match.rank):
        best.setdefault(match.present["uuid"], match)
    return list(best.values())


def _describe(match: _Match, line: Line, text: str) -> dict[str, object]:
    spelling = match.spelling
    matched = {name: spelling[column] for name, column in _COLUMNS.items()}
    if not spelling["is_official"]:
        matched["vejnavn"] = match.place["road_name"]
    said = line.describe()
    # A line may leave the town out.
    compared = [name for name in _COLUMNS if said[name] or name != "supplerendebynavn"]
    return {
        "adresse": {"id": match.place["uuid"], "status": match.place["status"], **_without_empty(matched)},
        "aktueladresse": {
            "id": match.present["uuid"],
            "status": match.present["status"],
            **_without_empty({name: match.present[column] for name, column in _COLUMNS.items()}),
            "href": href(match.present["uuid"]),
        },
        "vaskeresultat": {
            "afstand": letters_apart(fold(text), fold(designation(spelling)), _LONGEST),
            "parsetadresse": said,
            "forskelle": {
                name: letters_apart(fold(str(said[name] or "")), fold(matched[name]), _LONGEST) for name in compared
            },
            "ukendtetokens": list(match.unknown),
        },
    }


_COLUMNS = {
    "vejnavn": "road_name",
    "husnr": "house_number",
    "etage": "floor",
    "dør": "door",
    "supplerendebynavn": "town",
    "postnr": "postal_code",
    "postnrnavn": "postal_district",
}


def _without_empty(fields: Mapping[str, str]) -> dict[str, str | None]:
    return {name: value or None for name, value in fields.items()}
