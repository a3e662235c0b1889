"""An attacker's tools: what somebody can do who owns the database, and has neither the signer's folder nor the copies.

What must stay true: after each act the triggers are in place again, so that nothing but verification can find it.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from sqlalchemy import text
from sqlmodel import Session

from audit.checkpoints import Checkpoint, sign_checkpoint
from audit.events import ActorRef, Event, leaf_hash
from audit.merkle import EMPTY
from audit.notes import SigningKey
from audit.sequencer import Sequenced
from audit.signer import Signer
from audit.tiles import TILE_WIDTH, tile_root
from audit.verification import Expected, Report, examine
from audit.vocabulary import ActorKind, EventType
from casework.workplace import Workplace
from foundation.database import schema_changes
from tests.workbench import rows

#: Writes so many events, one transaction for all of them, and returns how the sequencer fared when it was asked for.
Fill = Callable[..., Sequenced]


def plain(number: int = 0) -> Event:
    """An event without private detail."""
    actor = ActorRef(ActorKind.PERSON, "anne", "os_account")
    return Event(type=EventType.EVIDENCE_GIVEN, actor=actor, facts={"label": "prøve", "number": number})


def forced(place: Workplace, *statements: str, **parameters: object) -> None:
    """Run statements as somebody who owns the database: the triggers are taken away and put back."""
    if place.database.is_sqlite:
        made = rows(place, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        with place.database.write() as session, schema_changes(session.connection()):
            for row in made:
                session.execute(text(f"DROP TRIGGER {row['name']}"))
            _run(session, statements, parameters)
            for row in made:
                session.connection().exec_driver_sql(row["sql"])
        return
    tables = sorted({row["t"] for row in rows(place, "SELECT tgrelid::regclass::text AS t FROM pg_trigger "
                                                      "WHERE NOT tgisinternal AND tgname LIKE 'audit_%'")})  # fmt: skip
    names = rows(place, "SELECT tgname AS n, tgrelid::regclass::text AS t FROM pg_trigger "
                        "WHERE NOT tgisinternal AND tgname LIKE 'audit_%'")  # fmt: skip
    with place.database.write() as session:
        for table in tables:
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        _run(session, statements, parameters)
        for row in names:
            session.execute(text(f"ALTER TABLE {row['t']} ENABLE ALWAYS TRIGGER {row['n']}"))


def _run(session: Session, statements: Iterable[str], parameters: Mapping[str, object]) -> None:
    for statement in statements:
        wanted = {name: value for name, value in parameters.items() if f":{name}" in statement}
        session.execute(text(statement), wanted)


#: The databases of the tests were made long before their clocks began.
PATIENT: dict[str, object] = {"longest_wait": timedelta(days=99), "longest_window": timedelta(days=99)}
#: The obligations that need no body to be read beyond its hash.
HASHES_SHOW = frozenset({1, 2, 3, 4, 5, 6, 9})
ONLY_INSIDE: dict[str, object] = {"copies": None, "last_signed": None}


class Log:
    """A log of three signed stretches, and its attackers' tools."""

    def __init__(self, place: Workplace, signer: Signer, fill: Fill, expected: Callable[..., Expected]) -> None:
        self.place, self.signer, self.fill, self.expected = place, signer, fill, expected
        for count in (29, 30, 30):
            fill(count)
            signer.sign(place.database, now=place.now())

    def examine(self, **changes: object) -> Report:
        report = examine(self.place.database, self.expected(**changes), now=self.place.now())
        # Reading hashes only takes another way through the database, and must find the same.
        quick = examine(self.place.database, self.expected(**{**changes, "is_thorough": False}), now=self.place.now())
        seen = [one for one in quick.findings if one.number in HASHES_SHOW]
        assert seen == [one for one in report.findings if one.number in HASHES_SHOW]
        return report

    def broken(self, **changes: object) -> list[int]:
        return [one.number for one in self.examine(**changes).broken]

    def edit(self, seq: int, *, with_leaf: bool = True) -> None:
        """Change an event's body, and its own leaf, as one does who knows how it is made."""
        (row,) = rows(self.place, "SELECT e.id, e.body FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id "
                                  "WHERE l.seq = :seq", seq=seq)  # fmt: skip
        body = bytes(row["body"]).replace(b'"anne"', b'"ansa"')
        assert body != bytes(row["body"])
        leaf = leaf_hash(body) if with_leaf else None
        forced(
            self.place,
            "UPDATE audit_event SET body = :body, actor = 'ansa' WHERE id = :id",
            *(("UPDATE audit_event SET leaf = :leaf WHERE id = :id",) if with_leaf else ()),
            id=row["id"],
            body=body,
            leaf=leaf,
        )

    def rebuild(self, *, leaves: list[bytes] | None = None, ids: list[object] | None = None) -> None:
        """Renumber and rechain: make leaves, tiles and head anew from the events, so that they agree."""
        kept = rows(self.place, "SELECT l.event_id AS id, e.leaf FROM audit_leaf l JOIN audit_event e "
                                "ON e.id = l.event_id ORDER BY l.seq")  # fmt: skip
        ids = ids if ids is not None else [row["id"] for row in kept]
        leaves = leaves if leaves is not None else [bytes(row["leaf"]) for row in kept]
        tree = EMPTY.append(leaves)
        tiles = [leaves[start : start + TILE_WIDTH] for start in range(0, len(leaves) // TILE_WIDTH * TILE_WIDTH, 256)]
        statements = [
            "DELETE FROM audit_leaf",
            "DELETE FROM audit_tile",
            "UPDATE audit_tree SET size = :size, compact = :compact",
        ]
        parameters: dict[str, object] = {"size": tree.size, "compact": tree.to_bytes()}
        for seq, (key, leaf) in enumerate(zip(ids, leaves, strict=True)):
            statements.append(f"INSERT INTO audit_leaf (seq, event_id, leaf) VALUES ({seq}, :k{seq}x, :l{seq}x)")  # noqa: S608 - names of our own tables.
            parameters |= {f"k{seq}x": key, f"l{seq}x": leaf}
        for index, tile in enumerate(tiles):
            tile_values = f"VALUES (0, {index}, :d{index}x, :r{index}x)"
            statements.append(f"INSERT INTO audit_tile (level, idx, data, root) {tile_values}")
            parameters |= {f"d{index}x": b"".join(tile), f"r{index}x": tile_root(tile)}
        forced(self.place, *statements, **parameters)

    def ids(self) -> list[object]:
        return [row["event_id"] for row in rows(self.place, "SELECT event_id FROM audit_leaf ORDER BY seq")]

    def remove_events(self, *keys: object) -> None:
        named = {f"k{number}x": key for number, key in enumerate(keys)}
        these = ", ".join(f":{name}" for name in named)
        forced(
            self.place,
            f"DELETE FROM audit_event WHERE id IN ({these})",  # noqa: S608 - names of parameters.
            f"DELETE FROM audit_leaf WHERE event_id IN ({these})",  # noqa: S608 - names of parameters.
            **named,
        )

    def resign(self, key: SigningKey, *sizes: int) -> None:
        """Make the checkpoints of these sizes anew, with a key that was stolen or made up."""
        leaves = [bytes(row["leaf"]) for row in rows(self.place, "SELECT leaf FROM audit_leaf ORDER BY seq")]
        forced(self.place, "DELETE FROM audit_checkpoint")
        for size in sizes:
            root = EMPTY.append(leaves[:size]).root()
            note = sign_checkpoint(Checkpoint(self.signer.origin, size, root), key).to_text()
            forced(
                self.place,
                "INSERT INTO audit_checkpoint (size, note, signed_by, at) VALUES (:size, :note, :label, :at)",
                size=size,
                note=note,
                label=key.verifier.label,
                at=self.place.now().replace(tzinfo=None).isoformat(" ", "microseconds")
                if self.place.database.is_sqlite
                else self.place.now(),
            )
