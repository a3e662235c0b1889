"""The people's part: what an approver sees, who may not answer, and what those who may answer.

What must stay true: every answer goes through the same functions as the command ``approvals``, with the digest of what
was shown, and the one who started the run is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from apps.cli.approvals import MOST, present, record_seen
from apps.cli.demo.scene import Scene
from apps.cli.seeing import is_ordinary
from casework.approvals import Answer, WaitingApproval, approve, send_back, take_over, waiting
from casework.errors import ApprovalRefusedError

#: Seconds that the invented approvers are said to spend on one proposal.
_SECONDS = 12
_BACK = "Borgeren har ringet om adressen; slå den op igen."
_BY_HAND = "Sagen drøftes med borgeren først; jeg retter den selv."


@dataclass
class Answered:
    """How many proposals got which answer."""

    batch: int = 0
    reviewed: int = 0
    protected: int = 0
    returned: int = 0
    taken_over: int = 0
    #: An approved proposal on one case, whose case is closed before the robot writes.
    to_close: WaitingApproval | None = None


def show_close_up(scene: Scene) -> None:
    """Four proposals as Bo sees them: ordinary, to be looked at by itself, c/o, and protected."""
    found = _waiting(scene)
    bo = scene.person("bo")
    kinds: tuple[tuple[str, Callable[[WaitingApproval], bool]], ...] = (
        ("En almindelig flytning", lambda one: is_ordinary(one.proposal) and not _has_care_of(one)),
        ("En flytning til en c/o-adresse", _has_care_of),
        ("En, der skal ses for sig selv", lambda one: not is_ordinary(one.proposal) and one.needs_role is None),
        ("En borger med navne- og adressebeskyttelse, set af en uden rollen", lambda one: one.needs_role is not None),
    )
    shown: set[str] = set()
    for title, fits in kinds:
        approval = next((one for one in found if fits(one) and str(one.id) not in shown), None)
        if approval is None:
            continue
        shown.add(str(approval.id))
        record_seen(scene.place, approval, bo)
        scene.screen.line()
        scene.screen.line(f"{title}:", style="italic")
        present(scene.screen, approval, bo)


def show_refusals(scene: Scene) -> None:
    """Who may not: the starter, a case worker, and an approver without the role for protected addresses."""
    found = _waiting(scene)
    ordinary = next((one for one in found if is_ordinary(one.proposal)), None)
    hidden = next((one for one in found if one.needs_role is not None), None)
    tries = [("dorthe", ordinary), ("anne", ordinary), ("bo", hidden)]
    rows = [(name, _refused(scene, name, approval)) for name, approval in tries if approval is not None]
    scene.screen.line()
    scene.screen.table(("Prøver at godkende", "Svaret"), rows)
    scene.check("forsøg på at godkende uden lov = afvisninger", len(rows), sum(bool(why) for _, why in rows))


def answer_all(scene: Scene) -> Answered:
    """Bo and Erik answer everything that waits."""
    bo, erik = scene.person("bo"), scene.person("erik")
    found = _waiting(scene)
    done = Answered()
    ordinary = [one for one in found if is_ordinary(one.proposal)]
    if len(ordinary) > 3:  # noqa: PLR2004 - one goes back, one is taken over, one is closed meanwhile, one remains.
        send_back(scene.place, _answer(ordinary.pop()), actor=bo, person_seconds=_SECONDS, reason=_BACK)
        take_over(scene.place, _answer(ordinary.pop()), actor=bo, person_seconds=_SECONDS, reason=_BY_HAND)
        done.returned, done.taken_over = 1, 1
        done.to_close = next((one for one in ordinary[1:] if len(one.proposal.rows) == 1), None)
    if ordinary:
        answers = [_answer(one) for one in ordinary]
        done.batch = len(approve(scene.place, answers, actor=bo, person_seconds=_SECONDS * len(answers)))
        scene.followed = _to_follow(ordinary, found, not_this=done.to_close)
    for approval in found:
        if approval.needs_role is not None:
            record_seen(scene.place, approval, erik)
            approve(scene.place, [_answer(approval)], actor=erik, person_seconds=_SECONDS)
            done.protected += 1
        elif not is_ordinary(approval.proposal):
            record_seen(scene.place, approval, bo)
            approve(scene.place, [_answer(approval)], actor=bo, person_seconds=_SECONDS)
            done.reviewed += 1
    rows = [
        ("bo", "godkendte de almindelige samlet", done.batch),
        ("bo", "godkendte hver for sig, hvor robotten bad om det", done.reviewed),
        ("erik", "godkendte dem med beskyttet adresse", done.protected),
        ("bo", "sendte tilbage med en begrundelse", done.returned),
        ("bo", "overtog manuelt med en begrundelse", done.taken_over),
    ]
    scene.screen.line()
    scene.screen.table(("Hvem", "Gjorde hvad", "#Forslag"), rows)
    scene.check("forslag = svar", len(found), sum(number for _, _, number in rows))
    return done


def answer_rest(scene: Scene) -> int:
    """Bo and Erik approve what the sweep found; returns how many proposals there were."""
    bo, erik = scene.person("bo"), scene.person("erik")
    found = _waiting(scene)
    ordinary = [one for one in found if is_ordinary(one.proposal)]
    if ordinary:
        approve(scene.place, [_answer(one) for one in ordinary], actor=bo, person_seconds=_SECONDS * len(ordinary))
    for approval in found:
        if approval not in ordinary:
            actor = erik if approval.needs_role is not None else bo
            record_seen(scene.place, approval, actor)
            approve(scene.place, [_answer(approval)], actor=actor, person_seconds=_SECONDS)
    scene.screen.line(f"{len(ordinary)} forslag godkendt samlet, {len(found) - len(ordinary)} hver for sig.")
    return len(found)


def _to_follow(
    ordinary: list[WaitingApproval], found: list[WaitingApproval], *, not_this: WaitingApproval | None
) -> tuple[str, str] | None:
    """An approved item, and a case that nobody else who moved is a party on: its journal gets one note."""
    touched = Counter(number for one in found for number in {row.case_number for row in one.proposal.rows})
    return next(
        (
            (str(one.item_id), row.case_number)
            for one in ordinary
            for row in one.proposal.rows
            if one is not not_this and touched[row.case_number] == 1
        ),
        None,
    )


def _refused(scene: Scene, name: str, approval: WaitingApproval) -> str:
    try:
        approve(scene.place, [_answer(approval)], actor=scene.person(name), person_seconds=1)
    except ApprovalRefusedError as error:
        return str(error)
    return ""


def _waiting(scene: Scene) -> list[WaitingApproval]:
    with scene.place.database.read() as session:
        return waiting(session, limit=MOST)


def _answer(approval: WaitingApproval) -> Answer:
    return Answer(approval.item_id, approval.digest)


def _has_care_of(approval: WaitingApproval) -> bool:
    return approval.needs_role is None and any(
        line.lower().startswith("c/o") for row in approval.proposal.rows for line in row.after
    )
