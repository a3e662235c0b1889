"""The Danish words for what the code calls otherwise; the glossary in ``docs`` is their source.

What must stay true: every state has a word here, the word is the glossary's, and no other module of the command line
translates.
"""

from __future__ import annotations

from audit.looking.facets import Facet
from audit.reading import Entry
from audit.vocabulary import EventType, Outcome
from casework.states import (
    ApprovalState,
    EffectState,
    IncidentState,
    ItemState,
    PolicyState,
    PrimaryResult,
    RobotState,
)
from connectors.records import WriteOperation
from flows.ending import Result
from foundation.actor import Role
from robots.address_update.ruling import RulingKind

ITEM_STATES: dict[ItemState, str] = {
    ItemState.NEW: "ny",
    ItemState.IN_PROGRESS: "i gang",
    ItemState.AWAITING_APPROVAL: "afventer godkendelse",
    ItemState.DEFERRED: "udskudt",
    ItemState.IN_DOUBT: "uvis",
    ItemState.REJECTED: "afvist",
    ItemState.FAILED: "fejlet",
    ItemState.CANCELLED: "annulleret",
    ItemState.COMPLETED: "færdig",
}

EFFECT_STATES: dict[EffectState, str] = {
    EffectState.INTENDED: "påtænkt",
    EffectState.DONE: "udført",
    EffectState.REFUSED: "afvist af systemet",
    EffectState.NOT_DONE: "ikke sket",
    EffectState.IN_DOUBT: "uvis",
}

APPROVAL_STATES: dict[ApprovalState, str] = {
    ApprovalState.WAITING: "afventer",
    ApprovalState.APPROVED: "godkendt",
    ApprovalState.RETURNED: "sendt tilbage",
    ApprovalState.TAKEN_OVER: "overtaget manuelt",
    ApprovalState.EXPIRED: "udløbet",
    ApprovalState.VOIDED: "bortfaldet",
}

ROW_RESULTS: dict[PrimaryResult, str] = {
    PrimaryResult.AWAITING_APPROVAL: "afventer godkendelse",
    PrimaryResult.APPLIED: "opdateret",
    PrimaryResult.NOOP: "allerede ajour",
    PrimaryResult.DEFERRED: "udskudt",
    PrimaryResult.TASK: "opgave til sagsbehandler",
    PrimaryResult.SKIPPED: "sprunget over",
    PrimaryResult.BLOCKED: "stoppet",
    PrimaryResult.LEFT_OUT: "udeladt",
    PrimaryResult.SHADOW: "skygge",
    PrimaryResult.ROLLED_BACK: "tilbageført",
    PrimaryResult.OVERTAKEN: "overhalet",
    PrimaryResult.TAKEN_OVER: "overtaget manuelt",
}

POLICY_STATES: dict[PolicyState, str] = {
    PolicyState.PROPOSED: "foreslået",
    PolicyState.IN_FORCE: "i kraft",
    PolicyState.SUPERSEDED: "afløst",
    PolicyState.REJECTED: "afvist",
}

INCIDENT_STATES: dict[IncidentState, str] = {
    IncidentState.OPEN: "åben",
    IncidentState.ACKNOWLEDGED: "under behandling",
    IncidentState.CLOSED: "lukket",
}

ROBOT_STATES: dict[RobotState, str] = {
    RobotState.ACTIVE: "i drift",
    RobotState.PAUSED: "på pause",
    RobotState.STOPPED: "standset",
}

RULINGS: dict[RulingKind, str] = {
    RulingKind.APPLY: "opdatér",
    RulingKind.APPLY_REVIEW: "opdatér efter særskilt godkendelse",
    RulingKind.NOOP: "allerede ajour",
    RulingKind.TASK: "opgave til sagsbehandler",
    RulingKind.DEFER: "udskudt",
    RulingKind.SKIP: "sprunget over",
    RulingKind.BLOCK: "stoppet",
}

ROLES: dict[Role, str] = {
    Role.SAGSBEHANDLER: "sagsbehandler",
    Role.GODKENDER: "godkender",
    Role.REVISOR: "revisor",
    Role.DIGITAL_AGENT: "digital agent",
    Role.ADMINISTRATOR: "administrator",
    Role.BESKYTTEDE_ADRESSER: "beskyttede adresser",
    Role.ROBOTEJER: "robotejer",
}

#: How one handling in a run ended.
RESULTS: dict[Result, str] = {
    Result.COMPLETED: "færdig",
    Result.AWAITING_APPROVAL: "afventer godkendelse",
    Result.PASSED_BY_POLICY: "godkendt efter politikken",
    Result.DEFERRED: "udskudt",
    Result.REJECTED: "afvist",
    Result.FAILED: "fejlet",
    Result.IN_DOUBT: "uvis",
    Result.REPLANNED: "til nyt forslag",
    Result.CANCELLED: "annulleret",
    Result.GIVEN_BACK: "lagt tilbage",
    Result.LOST: "overtaget af en anden arbejder",
}

OPERATIONS: dict[WriteOperation, str] = {
    WriteOperation.UPDATE_PARTY_CONTACT: "ret adresse eller beskyttelse på part",
    WriteOperation.APPEND_JOURNAL_NOTE: "skriv journalnotat",
    WriteOperation.CREATE_REMINDER: "opret erindring",
}

#: What stopped a run early, by its code.
_STOPS: dict[str, str] = {
    "asked_to_stop": "nogen bad den stoppe",
    "robot_paused": "robotten er på pause",
    "robot_stopped": "robotten er standset",
    "robot_failing": "robotten fejlede med opgave efter opgave",
    "circuit_open": "et system har fejlet flere gange i træk og får ro",
    "schema_drift": "et system svarer anderledes end aftalt",
    "worker_lost": "kørslen tav så længe, at den blev regnet for død",
}

#: What events are counted by.
FACETS: dict[Facet, str] = {
    Facet.ROBOT: "Robot",
    Facet.TYPE: "Slags",
    Facet.RESULT: "Udfald",
    Facet.CASE: "Sag",
    Facet.DAY: "Dag",
}

#: How what an event tells of ended, as it is stored.
OUTCOMES: dict[str, str] = {
    Outcome.OK.value: "ok",
    Outcome.REFUSED.value: "afvist af systemet",
    Outcome.FAILED.value: "mislykkedes",
    Outcome.UNKNOWN.value: "uvist",
}

#: Words in the facts of events.
_FACTS: dict[str, str] = {
    "address": "adresse",
    "protection": "adressebeskyttelse",
    "note": "journalnotat",
    "reminder": "erindring",
    "case": "sag",
    "journal": "journal",
    "proposal": "forslag",
    "plan_file": "prøvekørsel gemt som fil",
    "applied": "skrevet",
    "closed_since_plan": "lukket siden forslaget",
    "conflict": "ændret siden forslaget",
    "left_out": "udeladt",
    "approved": "godkendt",
    "returned": "sendt tilbage",
    "taken_over": "overtaget manuelt",
    "version_conflict": "ændret siden forslaget",
    "future_move": "flytning, der først gælder senere",
    "already_current": "allerede ajour",
    "skipped": "sprunget over",
    "person": "om én borger",
    "proof": "bevis",
    "report": "rapport",
    "draw": "lodtrækning",
    "finding": "resultat af kontrollen",
    "keys": "nøgler",
}


def ruling_word(ruling: str) -> str:
    """The word for a ruling as it is stored; an unknown one (of another robot) as it is."""
    return next((word for kind, word in RULINGS.items() if kind.value == ruling), ruling)


def operation_word(operation: str) -> str:
    """The words for a writing method as it is stored."""
    return next((words for kind, words in OPERATIONS.items() if kind.value == operation), operation)


def planned_word(result: str) -> str:
    """The word for what one item of a dry run would come to."""
    return next((word for kind, word in RESULTS.items() if kind.value == result), f"fejl: {result}")


def stop_words(code: str) -> str:
    """Why a run was stopped early; of a database that does not work its own code says most."""
    return _STOPS.get(code, "noget gik galt uden for robotten")


def fact_word(fact: str) -> str:
    """The word for a fact of an event; an unknown one as it is."""
    return _FACTS.get(fact, fact)


def tell(entry: Entry) -> str:
    """An event as a sentence, with the little that tells it from its neighbours."""
    return f"{entry.sentence()}{_more(entry)}"


def _more(entry: Entry) -> str:
    facts, body = entry.body.get("facts", {}), entry.body
    parts: list[str] = []
    match entry.type:
        case EventType.EVENTS_RECEIVED:
            parts = [f"{facts.get('events')} hændelser", f"{facts.get('duplicates')} gentagelser"]
        case EventType.DECISION_PROPOSED:
            parts = [f"{facts.get('rows')} linjer", body["decision"].get("rule", "")]
        case EventType.EVIDENCE_GIVEN:
            parts = [str(facts.get(name, "")) for name in ("row", "rule", "result")]
        case EventType.RECORD_READ:
            parts = [str(facts.get("what", ""))]
        case EventType.EFFECT_DONE:
            parts = [str(facts.get("intent", "")), "fundet ved opslag, ikke sendt igen" if facts.get("found") else ""]
        case EventType.LOG_READ:
            read = facts.get("entries")
            parts = [str(facts.get("what", "")), f"{read} hændelser" if read is not None else ""]
        case EventType.LOG_SAMPLED:
            parts = [str(facts.get(name, "")) for name in ("what", "period")]
        case _:
            parts = [str(facts.get(name, "")) for name in ("intent", "code", "error")]
    review = body.get("decision", {}).get("humanReview", "")
    known = [fact_word(part) for part in [*parts, review] if part]
    return f": {', '.join(known)}" if known else ""
