"""Tasks for people: one reminder per case for each set of reasons.

A reminder's deadline is counted from what the item tells of and not from today, and is part of its key: a proposal that
expires and is made anew leaves no second reminder, and a reminder never changes under a key that was used. Where nobody
acted within the time, the next one comes.

What must stay true: no reminder holds an address, and one about a protected person not even the municipality.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from connectors.errors import CaseArchived, CaseClosed
from connectors.records import Case, CaseRef, NewReminder, PersonSnapshot
from foundation.addresses import CivilAddress, normalised
from foundation.clock import local_date
from robots.address_update import texts
from robots.address_update.payload import AddressChange, Source
from robots.address_update.plan import RuledParty
from robots.address_update.policy import Mode, Policy
from robots.address_update.reasons import Reason
from robots.address_update.rules_move import effect_of
from robots.address_update.ruling import Ruling, RulingKind, is_closed
from robots.desk import Desk

REMINDER_TITLE: Final = "CPR-oplysning skal vurderes af en medarbejder"
#: Rows of the rules whose tasks tell more than their sentence.
_LATE, _DEAD, _GONE, _HANDOVER = "ADR-06", "ADR-13", "ADR-15", "ADR-36"
_ENDINGS: Final[dict[Source, str]] = {
    "event": "Opgaven er oprettet, fordi CPR har meldt en ændring.",
    "sweep": "Opgaven er oprettet ved en gennemgang af åbne sager.",
    "person": "Opgaven er oprettet efter et opslag på personen.",
    "case": "Opgaven er oprettet efter et opslag på sagen.",
    "rollback": "Opgaven er oprettet, fordi en ændring fra robotten skulle føres tilbage.",
}


def is_shadow(ruling: Ruling, policy: Policy) -> bool:
    """Whether the policy lets the robot only say what it would do."""
    acts = ruling.kind.writes or ruling.kind is RulingKind.TASK
    return acts and policy.mode_of(ruling.reason) is Mode.SHADOW


def beside(ruling: Ruling, policy: Policy) -> tuple[Reason, ...]:
    """The tasks that are made beside what the ruling itself comes to; none in shadow mode."""
    if is_shadow(ruling, policy):
        return ()
    own = {ruling.reason} if _is_own_task(ruling) else set()
    return tuple(
        dict.fromkeys(
            reason for reason in ruling.tasks if reason not in own and policy.mode_of(reason) is not Mode.SHADOW
        )
    )


def remind(work: AddressChange, ruled: Sequence[RuledParty], desk: Desk, policy: Policy, about: About) -> None:
    """Put the tasks of ``ruled``, which are in their order, on their cases, each once."""
    deadline = _deadline(work.noticed_on, local_date(desk.now()), policy)
    for number, group in groupby(ruled, key=lambda each: each.case.number):
        told = [(each, reason) for each in group for reason in tasks_of(each.ruling, policy)]
        if not told:
            continue
        case = told[0][0].case.ref
        sentences = [f"{texts.role_text(each.ruling.role)}: {reason.sentence}" for each, reason in told]
        details = [line for each, reason in told for line in about.details(each, reason)]
        parts = (*dict.fromkeys(sentences), *dict.fromkeys(details), _ENDINGS[work.source])
        reminder = NewReminder(REMINDER_TITLE, "\n".join(parts), deadline)
        reasons = "+".join(f"{each.party.ref.id}:{reason.value}" for each, reason in told)
        marks = about.marks([each for each, _ in told], [reason.rule for _, reason in told])

        def create(case: CaseRef = case, reminder: NewReminder = reminder) -> str:
            try:
                return desk.cases.create_reminder(case, reminder, intent="reminder").remote_id
            except (CaseClosed, CaseArchived):
                # It was closed since it was found, so nobody is to act on it any more (ADR-34).
                return ""

        desk.step("remind", create, returns=str, key=f"{number}:{reasons}:{deadline.isoformat()}{marks}")


@dataclass(frozen=True, slots=True)
class About:
    """What a reminder may tell beside the sentences of its reasons. Without a snapshot: nothing."""

    snapshot: PersonSnapshot | None
    #: The person's open cases, for whoever takes them over (ADR-36).
    open_cases: tuple[Case, ...] = ()

    @staticmethod
    def of(snapshot: PersonSnapshot | None, ruled: Sequence[RuledParty]) -> About:
        """The person, and those of his cases that are open."""
        cases = {each.case.ref: each.case for each in ruled if not is_closed(each.case.state, each.case.progress)}
        return About(snapshot, tuple(sorted(cases.values(), key=lambda case: case.number)))

    def details(self, ruled: RuledParty, reason: Reason) -> tuple[str, ...]:
        """The lines that this reason needs, without an address."""
        person = self.snapshot
        if person is None:
            return ()
        if reason.rule == _LATE and ruled.letters:
            return (f"Breve fra sagen siden da: {', '.join(ruled.letters)}.",)
        if reason.rule == _DEAD:
            return _dated("Dødsdato i CPR", person.status_day)
        if reason.rule == _GONE:
            return _dated("Registreret i CPR", person.status_day)
        return self._handover(person, is_masked=ruled.ruling.is_protected) if reason.rule == _HANDOVER else ()

    def marks(self, ruled: Sequence[RuledParty], rules: Sequence[str]) -> str:
        """What tells two reminders with the same reasons apart in their key, because their details differ.

        Days, document ids and case numbers only; the municipality follows from the day of the move.
        """
        person = self.snapshot
        if person is None:
            return ""
        parts: list[str] = []
        if _LATE in rules:
            parts.append(_digest(*(letter for each in ruled for letter in each.letters)))
        if {_DEAD, _GONE} & set(rules):
            parts.append(person.status_day.isoformat() if person.status_day is not None else "")
        if _HANDOVER in rules:
            day = effect_of(person).day
            parts.append(day.isoformat() if day is not None else "")
            parts.append(_digest(*(f"{case.number} {case.kle}" for case in self.open_cases)))
        return "".join(f":{part}" for part in parts)

    def _handover(self, person: PersonSnapshot, *, is_masked: bool) -> tuple[str, ...]:
        """Where to, from when, and which cases somebody must look at (retssikkerhedsloven section 9)."""
        code = normalised(person.address or CivilAddress()).municipality_code
        where = "se kommunekoden i CPR" if is_masked or not code else f"kommunekode {code}"
        cases = ", ".join(f"{case.number} (KLE {case.kle or 'ukendt'})" for case in self.open_cases)
        return (
            f"Ny kommune: {where}. Gælder fra: {texts.effect_text(effect_of(person))}.",
            f"Personens åbne sager: {cases}.",
        )


def tasks_of(ruling: Ruling, policy: Policy) -> tuple[Reason, ...]:
    """Everything that a person is told of because of this ruling; nothing in shadow mode."""
    if is_shadow(ruling, policy):
        return ()
    own = (ruling.reason,) if _is_own_task(ruling) else ()
    return (*own, *beside(ruling, policy))


def _is_own_task(ruling: Ruling) -> bool:
    """A ruling that stops the robot for this person is a task as well (ADR-12b, ADR-20)."""
    return ruling.kind in {RulingKind.TASK, RulingKind.BLOCK}


def _dated(label: str, day: date | None) -> tuple[str, ...]:
    return () if day is None else (f"{label}: {texts.danish_day(day)}.",)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def _deadline(noticed_on: date, today: date, policy: Policy) -> date:
    """The first whole number of reminder periods after what was noticed that has not passed today."""
    period = max(policy.reminder_days, 1)
    periods = max(1, -(-(today - noticed_on).days // period))
    return noticed_on + timedelta(days=periods * period)
