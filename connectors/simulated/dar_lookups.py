"""DAWA's reading calls: lists of addresses, one address, completion, and the events of replication.

What must stay true: a list holds current and preliminary addresses only, unless another status is asked for; one that
is asked for by its id is answered whatever became of it.
"""

from __future__ import annotations

import re
import sqlite3
import uuid
from collections.abc import Sequence

import pydantic_core

from connectors.simulated.dar_places import CURRENT, PRELIMINARY, designation, find_place, mini
from connectors.simulated.dar_refusals import (
    MOST,
    demand_known,
    no_such_place,
    read_codes,
    read_whole,
    wrong_parameter,
    wrong_path,
)
from connectors.simulated.dar_text import fold
from connectors.simulated.exchange import Call
from connectors.simulated.store import Store, Value

Rows = Sequence[dict[str, object]]

_KVHX_LENGTH = 19
_SUGGESTIONS = 20
_PAGE = frozenset({"side", "per_side"})
_KNOWN = frozenset(
    {"q", "id", "kvhx", "status", "vejnavn", "vejkode", "husnr", "etage", "dør", "postnr", "kommunekode", "struktur"}
)
#: Filters that compare a column letter by letter, several values with ``|`` between; an empty one asks for none.
_COLUMNS = {"vejnavn": "road_name", "husnr": "house_number", "etage": "floor", "dør": "door"}
_CODES = {"postnr": "postal_code", "kommunekode": "municipality_code", "vejkode": "road_code"}


def list_places(call: Call) -> Rows:
    """``GET /adresser``: page by page where ``side`` is given, else the first thousand."""
    demand_known(call, _KNOWN | _PAGE)
    _demand_mini(call)
    query = call.query
    wanted = _Wanted()
    statuses = query.get("status", f"{CURRENT}|{PRELIMINARY}").split("|")
    wanted.one_of("status", [read_whole({"status": text}, "status", default=0, least=1, most=4) for text in statuses])
    for name, column in _CODES.items():
        wanted.one_of(column, read_codes(query, name))
    for name, column in _COLUMNS.items():
        wanted.one_of(column, query[name].split("|") if name in query else None)
    if "id" in query:
        wanted.one_of("uuid", [_read_id(text) for text in query["id"].split("|")])
    if "kvhx" in query:
        wanted.one_of("kvhx", [_read_kvhx(query["kvhx"])])
    wanted.words(query.get("q", ""), is_begun=False)
    return [mini(row) for row in wanted.find(call.world.store, **_read_page(call, MOST))]


def complete(call: Call) -> Rows:
    """``GET /adresser/autocomplete``: each word of ``q`` begins a word of the designation."""
    demand_known(call, frozenset({"q"}) | _PAGE)
    wanted = _Wanted()
    wanted.one_of("status", [CURRENT, PRELIMINARY])
    wanted.words(call.query.get("q", ""), is_begun=True)
    found: list[dict[str, object]] = []
    for row in wanted.find(call.world.store, **_read_page(call, _SUGGESTIONS)):
        shown = mini(row)
        names = ("id", "href", "vejnavn", "husnr", "etage", "dør", "supplerendebynavn", "postnr", "postnrnavn")
        found.append({"tekst": designation(row), "adresse": {name: shown[name] for name in names}})
    return found


def read_place(call: Call) -> dict[str, object]:
    """``GET /adresser/{id}``."""
    demand_known(call, frozenset({"struktur"}))
    _demand_mini(call)
    text = call.path["id"]
    try:
        place_uuid = str(uuid.UUID(text))
    except ValueError:
        raise wrong_path(text) from None
    row = find_place(call.world.store, place_uuid)
    if row is None:
        raise no_such_place(place_uuid)
    return mini(row)


def read_replication(call: Call) -> Rows:
    """``GET /replikering/haendelser?sekvensnummerfra=&sekvensnummertil=``, both inclusive, a thousand at most.

    Simplified: ``data`` is the mini object; DAWA has events of their own for roads and postcodes.
    """
    demand_known(call, frozenset({"sekvensnummerfra", "sekvensnummertil"}))
    first = read_whole(call.query, "sekvensnummerfra", default=0, least=0)
    last = read_whole(call.query, "sekvensnummertil", default=2**53, least=0)
    rows = call.world.store.rows(
        "SELECT * FROM dar_event WHERE sequence BETWEEN ? AND ? ORDER BY sequence LIMIT ?", (first, last, MOST)
    )
    return [
        {
            "sekvensnummer": row["sequence"],
            "tidspunkt": row["at"],
            "operation": row["operation"],
            "data": pydantic_core.from_json(row["body"]),
        }
        for row in rows
    ]


class _Wanted:
    """Conditions of a list, all of which must hold."""

    def __init__(self) -> None:
        self._conditions: list[str] = []
        self._values: list[Value] = []

    def one_of(self, column: str, values: Sequence[Value] | None) -> None:
        """The column is one of these; None leaves it open."""
        if values is not None:
            self._conditions.append(f"{column} IN ({', '.join('?' * len(values))})")
            self._values += values

    def words(self, text: str, *, is_begun: bool) -> None:
        """Each word stands in the designation; one that ends in ``*``, or each, need only begin one there."""
        for word in fold(text.replace(",", " ")).split():
            plain = re.sub(r"([%_\\])", r"\\\1", word.rstrip("*"))
            self._conditions.append(r"words LIKE ? ESCAPE '\'")
            self._values.append(f"% {plain}%" if is_begun or word.endswith("*") else f"% {plain} %")

    def find(self, store: Store, *, limit: int, offset: int) -> Sequence[sqlite3.Row]:
        """The places, in an order that pages can rely on."""
        where = " AND ".join(self._conditions)
        statement = f"SELECT * FROM dar_place WHERE {where} ORDER BY uuid LIMIT ? OFFSET ?"  # noqa: S608 - the columns stand in this module.
        return store.rows(statement, (*self._values, limit, offset))


def _read_page(call: Call, default: int) -> dict[str, int]:
    size = read_whole(call.query, "per_side", default=_SUGGESTIONS if "side" in call.query else default, least=1)
    page = read_whole(call.query, "side", default=1, least=1)
    if page * size > 2**53:
        raise wrong_parameter("side", f"Value {page} is greater than maximum {2**53 // size}")
    # What lies beyond the thousandth is not answered, on whatever page.
    offset = (page - 1) * size
    return {"limit": max(0, min(size, MOST - offset)), "offset": offset}


def _demand_mini(call: Call) -> None:
    """DAWA has a nested structure as well, which nobody here asks for."""
    if call.query.get("struktur") != "mini":
        raise wrong_parameter("struktur", "No enum match: only mini is simulated")


def _read_id(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise wrong_parameter("id", f'String does not match pattern: "{text}"') from None


def _read_kvhx(text: str) -> str:
    if len(text) != _KVHX_LENGTH or not text[:8].isdigit():
        sentence = f"KVHX key must be a string of length 19, but supplied value was '{text}'"
        raise wrong_parameter("kvhx", sentence)
    return text
