"""The report of a period for those who answer for the robots: what they did, who decided, and what went wrong.

What must stay true: every figure names the events that it was counted from; nothing is counted per employee; and how
long people spent is told only as a total of five decisions or more.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlmodel import Session

from audit.looking.accounts import Account, keep_accounts
from audit.looking.figures import Figure, Section
from audit.looking.periods import Period
from audit.looking.windows import anchoring
from audit.tables import RARE, AuditEventRow, AuditPrunedRow
from audit.vocabulary import FREQUENT, EventType, Outcome
from foundation.clock import danish_time

_EVENT = AuditEventRow.__table__
_PRUNED = AuditPrunedRow.__table__
#: Acts that are told one by one, as long as there are no more than so many of a kind.
_MOST_TOLD = 50
_ROLES_NOTE = (
    "Roller står i filen SAGSGANG_PEOPLE_FILE. En ændring ses, næste gang nogen kører noget: tidspunktet er, da den "
    "blev set, og navnet er på den, der var ved maskinen. En ændring, der er taget tilbage inden, ses ikke."
)
_POLICIES = (EventType.POLICY_PROPOSED, EventType.POLICY_PUT_IN_FORCE, EventType.POLICY_REJECTED)


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """The report, section by section."""

    period: Period
    sections: tuple[Section, ...]
    #: The accounts that do not balance, by robot.
    differences: dict[str, int]


def report_period(session: Session, period: Period) -> PeriodReport:
    """Everything about the period, from one state of the database."""
    accounts = keep_accounts(session, period)
    told = _Told(session, period)
    sections = (
        *(_of_robot(robot, account) for robot, account in accounts.items()),
        _releases(session, period),
        _policies(told),
        _incidents(told),
        _take_backs(told),
        _controls(told),
        _verifications(told),
        anchoring(session, period),
        _let_go(session, told),
    )
    differences = {robot: account.difference for robot, account in accounts.items() if account.difference}
    return PeriodReport(period, sections, differences)


class _Told:
    """The events of the period that a report tells of one by one."""

    def __init__(self, session: Session, period: Period) -> None:
        self._session = session
        self._period = period

    def of(self, *kinds: EventType) -> list[tuple[datetime, dict[str, Any]]]:
        """Time and body of each, in order."""
        return list(_bodies(self._session, kinds, self._period.start, self._period.end))


def _bodies(
    session: Session, kinds: Sequence[EventType], start: datetime | None, end: datetime
) -> Iterator[tuple[datetime, dict[str, Any]]]:
    wanted = [_EVENT.c.type.in_([kind.value for kind in kinds]), _EVENT.c.at < end]
    if start is not None:
        wanted.append(_EVENT.c.at >= start)
    query = select(_EVENT.c.at, _EVENT.c.body).where(*wanted).order_by(_EVENT.c.at, _EVENT.c.id)
    if FREQUENT.isdisjoint(kinds):
        query = query.where(text(RARE))
    for at, body in session.execute(query.execution_options(yield_per=1000)):
        yield at, json.loads(body)


def _of_robot(robot: str, account: Account) -> Section:
    came, went, answers = account.came, account.went, account.answers
    by_last = "hver opgaves seneste hændelse før periodens {}"
    figures = [
        Figure("Åbne opgaver ved periodens begyndelse", account.open_before, by_last.format("begyndelse")),
        Figure("Oprettede", came["created"], "item.created"),
        Figure("Genåbnede", came["reopened"], "item.reopened"),
        Figure("Færdige", went["completed"], "item.completed"),
        Figure("Afviste", went["rejected"], "item.rejected"),
        Figure("Fejlede", went["failed"], "item.failed"),
        Figure("Annullerede eller overtaget af en person", went["cancelled"], "item.cancelled, decision.made"),
        Figure("Åbne opgaver ved periodens slutning", account.open_after, by_last.format("slutning")),
        Figure("Difference (skal være 0)", account.difference, "regnet af tallene ovenfor"),
        Figure("Forslag", account.proposals, "decision.proposed"),
        Figure("Godkendt af en person", answers["approved"], "decision.made"),
        Figure("Godkendt efter politikken, uden en person", answers["policy"], "decision.made af policy:version"),
        Figure("Udtrukket til at vente på en person", account.drawn_to_wait, "decision.proposed, sampled"),
        Figure("Sendt tilbage", answers["returned"], "decision.made"),
        Figure("Overtaget manuelt", answers["taken_over"], "decision.made"),
        Figure("Udløbet uden svar", answers["expired"], "decision.expired"),
        Figure("Linjer, som godkenderen udelod", account.rows_left_out, "decision.made, left_out"),
    ]
    seconds = account.shown_seconds
    shown = f"{seconds} sekunder" if seconds is not None else "vises ikke for færre end fem stillingtagen"
    source = f"decision.made, personSeconds ({account.timed_decisions} stillingtagen)"
    figures.append(Figure("Tid brugt på at tage stilling", shown, source))
    notes = (
        ()
        if not account.difference
        else ("Tallene går ikke op: der mangler hændelser, eller der er for mange. Kør: sagsgang audit verify",)
    )
    return Section(f"Robotten {robot}", tuple(figures), notes)


def _releases(session: Session, period: Period) -> Section:
    """The versions and code digests that ran for the first time in the period."""
    first: dict[tuple[str, str, str], datetime] = {}
    for at, body in _bodies(session, [EventType.RUN_OPENED], None, period.end):
        process = body.get("process", {})
        key = (process.get("key", ""), process.get("version", ""), process.get("codeDigest", ""))
        first.setdefault(key, at)
    new = [(key, at) for key, at in first.items() if at >= period.start]
    figures = [
        Figure(f"{name} version {version}", f"første kørsel {danish_time(at)}", f"run.opened, kode {digest or '?'}")
        for (name, version, digest), at in new[:_MOST_TOLD]
    ]
    count = Figure("Nye versioner eller ny kode", len(new), "run.opened: første gang version og kode ses")
    return Section("Frigivelser", (count, *figures))


def _policies(told: _Told) -> Section:
    found = told.of(*_POLICIES)
    words = {
        EventType.POLICY_PROPOSED.value: "foreslået",
        EventType.POLICY_PUT_IN_FORCE.value: "sat i kraft",
        EventType.POLICY_REJECTED.value: "afvist",
    }
    figures = [
        Figure(
            f"Politik {body['facts']['version']} for {body['facts']['robot']}",
            f"{words[body['type']]} {danish_time(at)} af {body['actor']['id']}",
            body["type"],
        )
        for at, body in found[:_MOST_TOLD]
    ]
    count = Figure("Ændringer af politikker", len(found), "policy.*")
    roles = told.of(EventType.ROLES_CHANGED)
    changes = [(at, body, change) for at, body in roles for change in _role_changes(body["facts"])]
    figures += [
        Figure("Personer, hvis roller eller konti blev ændret", len(changes), EventType.ROLES_CHANGED.value),
        *(
            Figure(f"Roller for {person}", f"{change}; set {danish_time(at)} af {body['actor']['id']}", body["type"])
            for at, body, (person, change) in changes[:_MOST_TOLD]
        ),
    ]
    return Section("Politikker og roller", (count, *figures), (_ROLES_NOTE,))


def _role_changes(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Each person of the event, and the roles before and after; accounts where they alone changed."""
    before, after = json.loads(facts["before"]), json.loads(facts["after"])
    return [
        (person, _role_change(before.get(person, [[], []]), after.get(person, [[], []])))
        for person in sorted(before | after)
    ]


def _role_change(before: list[list[str]], after: list[list[str]]) -> str:
    what, place = ("", 0) if before[0] != after[0] else ("konti ", 1)
    return f"{what}{', '.join(before[place]) or 'ingen'} → {', '.join(after[place]) or 'ingen'}"


def _incidents(told: _Told) -> Section:
    opened = told.of(EventType.INCIDENT_OPENED)
    by_code = Counter(str(body.get("facts", {}).get("code", "")) for _at, body in opened)
    figures = [
        Figure("Meldt", len(opened), "incident.opened"),
        *(Figure(f"  heraf {code}", count, "incident.opened, code") for code, count in by_code.most_common(_MOST_TOLD)),
        Figure("Lukket", len(told.of(EventType.INCIDENT_CLOSED)), "incident.closed"),
        Figure("Gange et system fik ro efter fejl", len(told.of(EventType.CIRCUIT_OPENED)), "circuit.opened"),
        Figure("Uvisse ændringer", len(told.of(EventType.EFFECT_IN_DOUBT)), "effect.in_doubt"),
        Figure("Uvisse ændringer afgjort af en person", len(told.of(EventType.EFFECT_SETTLED)), "effect.settled"),
    ]
    return Section("Driftshændelser", tuple(figures))


def _take_backs(told: _Told) -> Section:
    kinds = (
        ("Tilbageførsler, der er bedt om", EventType.ROLLBACK_ASKED),
        ("Linjer sat på hold", EventType.HOLD_PLACED),
        ("Linjer frigivet igen", EventType.HOLD_RELEASED),
        ("Standset indtag, der fik lov at fortsætte", EventType.INTAKE_WENT_ON),
    )
    return Section("Tilbageførsler og hold", tuple(Figure(label, len(told.of(kind)), kind) for label, kind in kinds))


def _controls(told: _Told) -> Section:
    sampled = [body["facts"] for _at, body in told.of(EventType.LOG_SAMPLED)]
    draws = [facts for facts in sampled if facts.get("what") == "draw"]
    findings = [facts for facts in sampled if facts.get("what") == "finding"]
    figures = (
        Figure("Stikprøver trukket", len(draws), "log.sampled, draw"),
        Figure("Hændelser i stikprøverne", _total(draws, "size"), "log.sampled, size"),
        Figure("Stikprøver med resultat", len(findings), "log.sampled, finding"),
        Figure("Fundet berettiget", _total(findings, "justified"), "log.sampled, justified"),
        Figure("Fundet ikke berettiget", _total(findings, "not_justified"), "log.sampled, not_justified"),
        Figure("Gange loggen er læst", len(told.of(EventType.LOG_READ)), "log.read"),
        Figure("Udtræk af loggen udleveret", len(told.of(EventType.LOG_EXPORTED)), "log.exported"),
    )
    notes = () if findings else ("Der er ikke holdt logkontrol med resultat i perioden: sagsgang audit sample",)
    return Section("Logkontrol", figures, notes)


def _verifications(told: _Told) -> Section:
    found = told.of(EventType.LOG_VERIFIED)
    broken = [(at, body) for at, body in found if body["outcome"] != Outcome.OK.value]
    figures = [
        Figure("Efterprøvninger af loggen", len(found), "log.verified"),
        Figure("heraf med brud", len(broken), "log.verified, outcome"),
        *(
            Figure(f"Brud {danish_time(at)}", str(body["facts"].get("broken", "")), "log.verified, broken")
            for at, body in broken[:_MOST_TOLD]
        ),
        Figure("Nøgleskift", len(told.of(EventType.KEY_ROTATED)), "key.rotated"),
        Figure("Ur stillet tilbage, eller undersøgt", len(told.of(EventType.CLOCK_SKEWED)), "clock.skewed"),
        Figure("Log begyndt igen efter gendannelse", len(told.of(EventType.LOG_RESTORED)), "log.restored"),
    ]
    notes = () if found else ("Loggen er ikke efterprøvet i perioden: sagsgang audit verify",)
    return Section("Efterprøvning", tuple(figures), notes)


def _let_go(session: Session, told: _Told) -> Section:
    pruned = told.of(EventType.EVENTS_PRUNED)
    details = told.of(EventType.DETAILS_ERASED)
    erased = told.of(EventType.SUBJECT_ERASED)
    figures = [
        Figure("Borgere slettet fra loggen (anmodninger)", len(erased), "retention.erased"),
        *(
            Figure(
                f"Lukkede oplysninger ({body['facts']['class']})",
                f"{body['facts']['count']} slettet {danish_time(at)}: {body['facts']['reason']}",
                "retention.details_erased",
            )
            for at, body in details[:_MOST_TOLD]
        ),
        *(
            Figure(
                f"Hændelser fra før {body['facts']['year']}",
                f"{body['facts']['count']} slettet {danish_time(at)}: {body['facts']['reason']}",
                "retention.pruned",
            )
            for at, body in pruned[:_MOST_TOLD]
        ),
    ]
    below = max(session.execute(select(_PRUNED.c.below)).scalars(), default=0)
    notes = (
        (f"Hændelser før nr. {below} er slettet efter reglerne; tal, der rækker længere tilbage, er ikke hele.",)
        if below
        else ()
    )
    return Section("Beskæring og sletning", tuple(figures), notes)


def _total(facts: Iterable[dict[str, Any]], name: str) -> int:
    return sum(one.get(name) or 0 for one in facts)
