"""The names of events, grouped by what they concern.

What must stay true: a name is never renamed and never reused; the Danish sentence may change, the name may not.
"""

from __future__ import annotations

from enum import StrEnum


class EventType(StrEnum):
    """Every event that can stand in the trail."""

    DATABASE_CREATED = "database.created"

    RUN_OPENED = "run.opened"
    RUN_CLOSED = "run.closed"

    EVENTS_RECEIVED = "events.received"

    ITEM_CREATED = "item.created"
    ITEM_CLAIMED = "item.claimed"
    ITEM_COMPLETED = "item.completed"
    ITEM_PARKED = "item.awaiting_approval"
    ITEM_RESUMED = "item.resumed"
    ITEM_DEFERRED = "item.deferred"
    ITEM_IN_DOUBT = "item.in_doubt"
    ITEM_REJECTED = "item.rejected"
    ITEM_FAILED = "item.failed"
    ITEM_CANCEL_REQUESTED = "item.cancel_requested"
    ITEM_CANCELLED = "item.cancelled"
    ITEM_LEASE_EXPIRED = "item.lease_expired"
    ITEM_REPLANNED = "item.replanned"
    ITEM_REOPENED = "item.reopened"

    DECISION_PROPOSED = "decision.proposed"
    DECISION_MADE = "decision.made"
    DECISION_EXPIRED = "decision.expired"

    EFFECT_INTENDED = "effect.intended"
    EFFECT_DONE = "effect.done"
    EFFECT_REFUSED = "effect.refused"
    EFFECT_NOT_DONE = "effect.not_done"
    EFFECT_IN_DOUBT = "effect.in_doubt"
    EFFECT_SETTLED = "effect.settled"

    PERSON_LOOKED_UP = "cpr.looked_up"
    SUBSCRIPTIONS_CHANGED = "cpr.subscriptions_changed"
    RECORD_SEARCHED = "record.searched"
    RECORD_READ = "record.read"

    EVIDENCE_GIVEN = "evidence.given"
    ROLLBACK_ASKED = "rollback.asked"

    POLICY_PROPOSED = "policy.proposed"
    POLICY_PUT_IN_FORCE = "policy.put_in_force"
    POLICY_REJECTED = "policy.rejected"
    HOLD_PLACED = "hold.placed"
    HOLD_RELEASED = "hold.released"
    SWEEP_STARTED = "sweep.started"
    SWEEP_FINISHED = "sweep.finished"
    SWEEP_STOPPED = "sweep.stopped"
    INTAKE_ACCEPTED = "intake.accepted"
    INTAKE_WENT_ON = "intake.went_on"

    ROLES_CHANGED = "roles.changed"

    INCIDENT_OPENED = "incident.opened"
    INCIDENT_ACKNOWLEDGED = "incident.acknowledged"
    INCIDENT_RETRIED = "incident.retried"
    INCIDENT_CLOSED = "incident.closed"
    CIRCUIT_OPENED = "circuit.opened"
    CIRCUIT_CLOSED = "circuit.closed"

    WORKER_DEAD = "worker.declared_dead"

    ROBOT_PAUSED = "robot.paused"
    ROBOT_STOPPED = "robot.stopped"
    ROBOT_RESUMED = "robot.resumed"

    LOG_READ = "log.read"
    LOG_VERIFIED = "log.verified"
    LOG_EXPORTED = "log.exported"
    LOG_SAMPLED = "log.sampled"
    LOG_RESTORED = "log.restored"
    KEY_ROTATED = "key.rotated"
    CLOCK_SKEWED = "clock.skewed"
    SUBJECT_ERASED = "retention.erased"
    DETAILS_ERASED = "retention.details_erased"
    EVENTS_PRUNED = "retention.pruned"


#: What an auditor reads; a verb in the past tense, to be preceded by who.
SENTENCES: dict[EventType, str] = {
    EventType.DATABASE_CREATED: "oprettede databasen",
    EventType.RUN_OPENED: "startede en kørsel",
    EventType.RUN_CLOSED: "afsluttede kørslen",
    EventType.EVENTS_RECEIVED: "modtog hændelser fra CPR",
    EventType.ITEM_CREATED: "oprettede opgaven",
    EventType.ITEM_CLAIMED: "tog opgaven",
    EventType.ITEM_COMPLETED: "færdiggjorde opgaven",
    EventType.ITEM_PARKED: "sendte opgaven til godkendelse",
    EventType.ITEM_RESUMED: "lagde opgaven tilbage i køen",
    EventType.ITEM_DEFERRED: "udskød opgaven",
    EventType.ITEM_IN_DOUBT: "bad en person afgøre, om ændringen er sket",
    EventType.ITEM_REJECTED: "afviste opgaven",
    EventType.ITEM_FAILED: "opgav opgaven",
    EventType.ITEM_CANCEL_REQUESTED: "bad om at annullere opgaven",
    EventType.ITEM_CANCELLED: "annullerede opgaven",
    EventType.ITEM_LEASE_EXPIRED: "tog opgaven tilbage fra en arbejder, der ikke svarede",
    EventType.ITEM_REPLANNED: "lagde opgaven tilbage til et nyt forslag",
    EventType.ITEM_REOPENED: "genåbnede opgaven",
    EventType.DECISION_PROPOSED: "foreslog en ændring",
    EventType.DECISION_MADE: "tog stilling til forslaget",
    EventType.DECISION_EXPIRED: "lod forslaget udløbe",
    EventType.EFFECT_INTENDED: "skrev ned, hvad der nu sker",
    EventType.EFFECT_DONE: "udførte ændringen",
    EventType.EFFECT_REFUSED: "fik nej fra systemet",
    EventType.EFFECT_NOT_DONE: "konstaterede, at ændringen ikke er sket",
    EventType.EFFECT_IN_DOUBT: "kunne ikke se, om ændringen er sket",
    EventType.EFFECT_SETTLED: "afgjorde, om ændringen er sket",
    EventType.PERSON_LOOKED_UP: "slog en borger op i CPR",
    EventType.SUBSCRIPTIONS_CHANGED: "ændrede, hvem CPR melder om",
    EventType.RECORD_SEARCHED: "søgte efter sager",
    EventType.RECORD_READ: "læste en sag",
    EventType.EVIDENCE_GIVEN: "noterede",
    EventType.ROLLBACK_ASKED: "bad om at føre en ændring tilbage",
    EventType.POLICY_PROPOSED: "foreslog en politik for robotten",
    EventType.POLICY_PUT_IN_FORCE: "satte politikken i kraft",
    EventType.POLICY_REJECTED: "afviste forslaget til politik",
    EventType.HOLD_PLACED: "satte rækken på hold",
    EventType.HOLD_RELEASED: "frigav rækken",
    EventType.SWEEP_STARTED: "begyndte en gennemgang af alle åbne sager",
    EventType.SWEEP_FINISHED: "afsluttede gennemgangen",
    EventType.SWEEP_STOPPED: "standsede gennemgangen",
    EventType.INTAKE_ACCEPTED: "gav lov til, at et standset indtag fortsætter",
    EventType.INTAKE_WENT_ON: "fortsatte et standset indtag efter en andens accept",
    EventType.ROLES_CHANGED: "fandt, at roller var ændret",
    EventType.INCIDENT_OPENED: "meldte en driftshændelse",
    EventType.INCIDENT_ACKNOWLEDGED: "tog sig af en driftshændelse",
    EventType.INCIDENT_RETRIED: "satte en driftshændelses opgaver i gang igen",
    EventType.INCIDENT_CLOSED: "lukkede en driftshændelse",
    EventType.CIRCUIT_OPENED: "gav systemet ro efter gentagne fejl",
    EventType.CIRCUIT_CLOSED: "tog systemet i brug igen",
    EventType.WORKER_DEAD: "konstaterede, at en arbejder er død",
    EventType.ROBOT_PAUSED: "satte robotten på pause",
    EventType.ROBOT_STOPPED: "standsede robotten",
    EventType.ROBOT_RESUMED: "satte robotten i drift igen",
    EventType.LOG_READ: "læste i loggen",
    EventType.LOG_VERIFIED: "efterprøvede loggen",
    EventType.LOG_EXPORTED: "udleverede et udtræk af loggen",
    EventType.LOG_SAMPLED: "trak en stikprøve af loggen",
    EventType.LOG_RESTORED: "begyndte loggen igen efter en gendannelse",
    EventType.KEY_ROTATED: "skiftede loggens underskriftsnøgle",
    EventType.CLOCK_SKEWED: "konstaterede, at uret var stillet tilbage",
    EventType.SUBJECT_ERASED: "slettede koblingen til en borger",
    EventType.DETAILS_ERASED: "slettede lukkede oplysninger efter opbevaringsklasse",
    EventType.EVENTS_PRUNED: "slettede indholdet af gamle hændelser",
}


#: The types that items bring with them; all others are rare (``audit.tables.RARE``).
FREQUENT: frozenset[EventType] = frozenset(
    {
        EventType.ITEM_CREATED,
        EventType.ITEM_CLAIMED,
        EventType.ITEM_COMPLETED,
        EventType.ITEM_PARKED,
        EventType.ITEM_RESUMED,
        EventType.ITEM_DEFERRED,
        EventType.DECISION_PROPOSED,
        EventType.DECISION_MADE,
        EventType.EFFECT_INTENDED,
        EventType.EFFECT_DONE,
        EventType.PERSON_LOOKED_UP,
        EventType.RECORD_SEARCHED,
        EventType.RECORD_READ,
        EventType.EVIDENCE_GIVEN,
    }
)


class Outcome(StrEnum):
    """How what the event tells of ended."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


class ActorKind(StrEnum):
    """What kind of actor it was."""

    PERSON = "person"
    ROBOT = "robot"
    SYSTEM = "system"


class RetentionClass(StrEnum):
    """For how long the sealed details of an event are kept; the municipality sets the years."""

    #: Details of a decision about a citizen.
    DECISION = "decision"
    #: Who was looked up and why: at least 13 months (CFCS log policy).
    LOOKUP = "lookup"
