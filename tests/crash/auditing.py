"""What must hold of the log after every run, and at the end of a scenario.

After each run, once the log was settled as at the end of every run of the product:

    1. nothing waits, nothing was refused, and the tree is signed
    2. every event of the database is in the tree, and each of the run's items is there as it stands

and at the end every obligation of ``audit.verification``, over all runs of the scenario. What must stay true: nothing
is put right here that a municipality would not have put right by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select

from audit.events import leaf_hash
from audit.signer import open_signer
from audit.tables import AuditCheckpointRow, AuditEventRow, AuditLeafRow, AuditPendingRow
from audit.verification import Expected, examine
from casework.business_records import BUSINESS_RECORDS
from tests.crash.stage import Stage

_EVENT, _LEAF = AuditEventRow.__table__, AuditLeafRow.__table__
_PENDING, _CHECKPOINT = AuditPendingRow.__table__, AuditCheckpointRow.__table__


def audit_run(stage: Stage, items: Iterable[UUID], when: str) -> None:
    """Hold the tree against the events of these items.

    Raises:
        AssertionError: naming ``when`` and what does not hold.
    """
    settled = stage.recovery.settle()
    assert settled.error is None, f"{when}: the log is not settled: {settled.error}"
    assert not settled.sequenced.quarantined, f"{when}: events were refused: {settled.sequenced.quarantined}"
    with stage.recovery.composition.place.database.read() as session:
        count = select(func.count())
        waiting, events, leaves = (
            session.execute(count.select_from(table)).scalar_one() for table in (_PENDING, _EVENT, _LEAF)
        )
        signed = session.execute(select(func.max(_CHECKPOINT.c.size))).scalar_one()
        mine = _EVENT.c.item_id.in_([str(each) for each in items])
        query = select(_EVENT.c.id, _EVENT.c.body, _LEAF.c.leaf).outerjoin(_LEAF, _LEAF.c.event_id == _EVENT.c.id)
        rows = session.execute(query.where(mine)).all()
    assert waiting == 0, f"{when}: {waiting} events wait for the tree"
    assert events == leaves, f"{when}: {events} events, and {leaves} leaves"
    assert signed == leaves, f"{when}: {leaves} leaves, of which {signed} are signed"
    for event, body, leaf in rows:
        assert leaf == leaf_hash(body), f"{when}: event {event} is not in the tree as it stands"


def audit_scenario(stage: Stage, when: str) -> str:
    """Look at every obligation; returns how large the tree is, in words.

    Raises:
        AssertionError: with the line of each obligation that does not hold.
    """
    recovery = stage.recovery
    place, signer = recovery.composition.place, open_signer(recovery.settings)
    last = signer.folder.last_signed()
    expected = Expected(
        origin=signer.origin,
        keys=signer.known_keys(),
        copies=signer.copies,
        last_signed=None if last is None else last[0],
        business=BUSINESS_RECORDS,
    )
    report = examine(place.database, expected, now=place.now())
    broken = [one.to_line() for one in report.broken]
    assert not broken, f"{when}: the record is not whole\n" + "\n".join(broken)
    return f"{report.size} events in the tree, every obligation holds"
