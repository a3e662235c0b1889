"""Everything another system can answer that is not the answer.

One tree for all ports, so that a robot, the guard and the work loop read the same words whatever the product is:

    ConnectorError
    ├── AuthExpired            the token or session is gone; log in again, once
    ├── AccessDenied           the system account has no right to the case or person
    ├── NotFound               no such case, person or address
    │   └── NotYetVisible      not stored yet; ask again
    ├── Ambiguous              several match; a person must choose
    ├── CaseClosed             the state of the case refuses the change
    ├── CaseArchived           the case is handed to the archive
    ├── LockedByUser           somebody has it open; wait
    ├── VersionConflict        it changed since it was read; plan again
    ├── Throttled              too many calls; wait as told
    ├── Unavailable            it did not take the call; nothing was changed
    ├── OutcomeUnknown         it may have taken the call; look before acting
    ├── RefusedBySystem        it said no, for good
    ├── ProtectedRefusal       our own rule refuses: protected data and a field that does not protect
    ├── CapabilityMissing      the system has no such call
    ├── SchemaDrift            the answer does not match the contract; stop
    │   └── DeliveryBroken     a delivered file is not whole or not as agreed; none of it was used
    ├── CircuitOpen            the system failed too often in a row; left alone for a while (raised by the guard)
    ├── OwnerStillAlive        a paused worker holds the right to this call; wait for it (raised by the guard)
    └── EffectInDoubt          nobody can look up whether it happened; a person must say (raised by the guard)

What must stay true: no message ever holds a CPR number, a name, an address, a token or an address line of a URL.
Messages are made from the arguments named below and nothing else.
"""

from __future__ import annotations

from typing import ClassVar


class ConnectorError(Exception):
    """A call to another system did not give an answer.

    Attributes:
        code: stable, in snake_case; stored in audit events and incidents.
        is_retryable: whether the same call may be made again later without a person.
        system: which system, for example ``nova``.
        operation: which call, for example ``search_cases``.
    """

    code: ClassVar[str] = "connector_error"
    is_retryable: ClassVar[bool] = False
    #: What a person can do about it, in Danish; shown on screens and in incidents.
    advice: str = "Se hændelsen i loggen, og spørg leverandøren af systemet."

    def __init__(self, system: str, operation: str, detail: str = "", *, retry_after: float | None = None) -> None:
        self.system = system
        self.operation = operation
        self.detail = detail
        #: Seconds that the other system asked us to wait, or None.
        self.retry_after = retry_after
        super().__init__(f"{system}.{operation}: {self.code}" + (f" ({detail})" if detail else ""))


class AuthExpired(ConnectorError):
    """The token or session is no longer accepted."""

    code = "auth_expired"
    is_retryable = True
    advice = "Robottens adgang er udløbet. Kontrollér systemets klient-id og hemmelighed."


class AccessDenied(ConnectorError):
    """The system account has no right to this."""

    code = "access_denied"
    advice = "Robottens systembruger mangler rettigheder til sagen. Bed systemejeren om adgang, eller tag opgaven."


class NotFound(ConnectorError):
    """There is no such thing; ``detail`` names the kind (``case``, ``person``, ``address``)."""

    code = "not_found"
    advice = "Det, robotten ledte efter, findes ikke i systemet. Kontrollér sagen."


class NotYetVisible(NotFound):
    """It was accepted but cannot be read yet."""

    code = "not_yet_visible"
    is_retryable = True
    advice = "Systemet har taget imod, men viser det ikke endnu. Robotten prøver igen."


class Ambiguous(ConnectorError):
    """Several match, and choosing is not the robot's business."""

    code = "ambiguous"
    advice = "Flere muligheder passer. Vælg den rigtige i fagsystemet."


class CaseClosed(ConnectorError):
    """The case is closed and takes no change."""

    code = "case_closed"
    advice = "Sagen er lukket. Genåbn den i fagsystemet, hvis ændringen skal med."


class CaseArchived(ConnectorError):
    """The case is handed to the archive and takes no change."""

    code = "case_archived"
    advice = "Sagen er arkiveret og kan ikke ændres."


class LockedByUser(ConnectorError):
    """A colleague has the case open."""

    code = "locked_by_user"
    is_retryable = True
    advice = "En kollega har sagen åben. Robotten prøver igen om lidt."


class VersionConflict(ConnectorError):
    """It was changed by somebody else since it was read: plan again, never overwrite."""

    code = "version_conflict"
    advice = "Oplysningerne er ændret siden forslaget. Robotten laver et nyt forslag."


class Throttled(ConnectorError):
    """Too many calls."""

    code = "throttled"
    is_retryable = True
    advice = "Systemet beder om en pause. Robotten venter og prøver igen."


class Unavailable(ConnectorError):
    """The system did not take the call: no connection, or a 5xx that promises that nothing was done."""

    code = "unavailable"
    is_retryable = True
    advice = "Systemet svarer ikke. Robotten prøver igen; varer det ved, så ring til systemets drift."


class OutcomeUnknown(ConnectorError):
    """The call was sent and no answer came that says what became of it (silence, a 500, half a yes).

    It may have happened: never repeat it without looking.
    """

    code = "outcome_unknown"
    advice = "Systemet gav intet svar, der kan bruges. Robotten undersøger, om ændringen er sket."


class RefusedBySystem(ConnectorError):
    """The system said no for good; ``detail`` holds its code, never its free text."""

    code = "refused_by_system"
    advice = "Systemet afviste ændringen. Kontrollér sagen, og ret det, som afvisningen nævner."


class ProtectedRefusal(ConnectorError):
    """Our own rule: protected data is not written to a field that does not protect it."""

    code = "protected_refusal"
    advice = "Borgeren har beskyttet adresse, og feltet kan ikke beskyttes. Tag opgaven manuelt."


class CapabilityMissing(ConnectorError):
    """The system has no such call, or the municipality has switched it off."""

    code = "capability_missing"
    advice = "Systemet tilbyder ikke dette kald. Ret indstillingen for systemet, eller udfør ændringen manuelt."


class SchemaDrift(ConnectorError):
    """The answer does not match the contract; ``detail`` is the path of the field, never its value."""

    code = "schema_drift"
    advice = "Systemets svar ser anderledes ud end aftalt. Stop robotten, og giv den digitale agent besked."


class DeliveryBroken(SchemaDrift):
    """A delivered file is not whole or not as agreed, and none of it was used.

    ``detail`` names file, line and fault, never a value; whoever raises it makes ``advice`` name them as well.
    """

    code = "delivery_broken"
    advice = "En fil fra CPR er ikke hel, og intet af den er brugt. Hent filen igen, eller bed CPR-kontoret om den."


class CircuitOpen(ConnectorError):
    """The system failed too often in a row and is left alone for a while."""

    code = "circuit_open"
    is_retryable = True
    advice = "Systemet har fejlet flere gange i træk og får ro. Robotten prøver igen af sig selv."


class OwnerStillAlive(ConnectorError):
    """Another worker holds the right to this very call and is not dead, perhaps only paused."""

    code = "owner_still_alive"
    is_retryable = True
    advice = "En anden arbejder er midt i ændringen. Robotten venter på den."


class EffectInDoubt(ConnectorError):
    """Nobody can look up whether it happened; a person must look and say."""

    code = "effect_in_doubt"
    advice = "Se i fagsystemet, om ændringen er sket, og svar med: sagsgang items settle"


def stored_refusal(code: str | None, system: str, operation: str) -> ConnectorError:
    """The refusal again, from the code that was stored with an effect; ``RefusedBySystem`` for an unknown code."""
    known = {kind.code: kind for kind in ConnectorError.__subclasses__()}
    return known.get(code or "", RefusedBySystem)(system, operation, "refused before")
