"""CPR's subscriptions: whom the municipality wants to be told of.

What must stay true: asking twice is asking once, and the ledger names the person's uuid, never the number.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.ledger import Aim, record_done, record_refused
from connectors.simulated.refusals import Refusal, bad_request


@dataclass(frozen=True, slots=True)
class Subscribing:
    """``PUT`` and ``DELETE /cpr/subscriptions/{pnr}``; a write like ``exchange.Writing``, aimed at by its path."""

    is_wanted: bool

    def perform(self, route: str, call: Call) -> JsonObject:
        """Begin or end the subscription, with its ledger row, in one transaction; answers how it stands."""
        store, aims = call.world.store, self._aims(call)
        try:
            person = _find(call)
        except Refusal as refusal:
            record_refused(store, route, aims, reason=refusal.reason)
            raise
        with store.transaction():
            known = store.one("SELECT 1 FROM subscription WHERE pnr = ?", (person["pnr"],)) is not None
            if self.is_wanted:
                store.run("INSERT OR IGNORE INTO subscription (pnr) VALUES (?)", (person["pnr"],))
            else:
                store.run("DELETE FROM subscription WHERE pnr = ?", (person["pnr"],))
            record_done(store, route, aims, [known is self.is_wanted])
        return {"personnummer": person["pnr"], "subscribed": self.is_wanted}

    def turn_away(self, route: str, call: Call, reason: str) -> None:
        """Tell the ledger that the write came and was not carried out."""
        record_refused(call.world.store, route, self._aims(call), reason=reason)

    def _aims(self, call: Call) -> Sequence[Aim]:
        row = call.world.store.one("SELECT uuid FROM person WHERE pnr = ?", (call.path["pnr"],))
        operation = "subscribe" if self.is_wanted else "unsubscribe"
        return [Aim(operation, target=None if row is None else row["uuid"])]


def list_subscriptions(call: Call) -> Mapping[str, object]:
    """Whom CPR tells of, for a tester."""
    rows = call.world.store.rows("SELECT pnr FROM subscription ORDER BY pnr")
    return {"personnumre": [row["pnr"] for row in rows]}


def _find(call: Call) -> sqlite3.Row:
    if re.fullmatch(r"[0-9]{10}", call.path["pnr"]) is None:
        raise bad_request("InvalidField", "pnr")
    row = call.world.store.one("SELECT pnr, uuid FROM person WHERE pnr = ?", (call.path["pnr"],))
    if row is None:
        raise Refusal(404, {"ErrorList": [{"ErrorCode": "PNR_NOT_FOUND", "ErrorText": "PNR not found"}]})
    return row
