"""Who may do what with the record, and the words for it.

The auditor (``revisor``) reads everything and changes nothing; the ``administrator`` reads, and lets go of what the
rules say must go; nobody does both. What must stay true: every act on the record has its row here, and what was read
is recorded before it is shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum

from audit.events import Event, PrivateDetail, Scalar, SubjectRef
from audit.vocabulary import EventType, RetentionClass
from casework.errors import ReasonMissingError
from casework.workplace import Workplace, as_person
from foundation.actor import Actor, Role
from foundation.errors import NotAllowedError


class Act(Enum):
    """What somebody may do: the words (Danish, infinitive) and the roles that may."""

    READ_PERSON = ("læse, hvad loggen siger om en borger", {Role.REVISOR, Role.ADMINISTRATOR})
    READ_PERSON_WITH_NAMES = ("se, hvilke medarbejdere der har set på en borger", {Role.REVISOR})
    CONTROL = ("holde logkontrol", {Role.REVISOR})
    PROVE = ("bevise hændelser i loggen", {Role.REVISOR, Role.ADMINISTRATOR})
    REPORT = ("lave rapporter af loggen", {Role.REVISOR, Role.ADMINISTRATOR, Role.ROBOTEJER})
    VERIFY = ("efterprøve loggen", {Role.REVISOR, Role.ADMINISTRATOR, Role.DIGITAL_AGENT})
    EXPLAIN_CLOCK = ("skrive, hvorfor uret var stillet tilbage", {Role.REVISOR, Role.ADMINISTRATOR})
    SEQUENCE = ("indlemme og skrive under på loggen", {Role.REVISOR, Role.ADMINISTRATOR, Role.DIGITAL_AGENT})
    SEE_KEYS = ("se loggens nøgler", {Role.REVISOR, Role.ADMINISTRATOR, Role.DIGITAL_AGENT})
    LET_GO = ("slette i loggen eller skifte dens nøgle", {Role.ADMINISTRATOR})


def require(actor: Actor, act: Act) -> None:
    """Refuse the act unless this person may.

    Raises:
        NotAllowedError: naming the act and the roles, or that nobody both audits and lets go.
    """
    words, roles = act.value
    actor.require(frozenset(role.value for role in roles), words)
    if act is Act.LET_GO and Role.REVISOR in actor.roles:
        message = (
            f"{actor.id} er revisor og må derfor ikke {words}. En administrator, der ikke er revisor, skal gøre det."
        )
        raise NotAllowedError(message)


def require_text(text: str | None, what: str) -> str:
    """The text that a person must give.

    Raises:
        ReasonMissingError: it is missing; ``what`` says what to write.
    """
    if text is None or not text.strip():
        raise ReasonMissingError(what)
    return text.strip()


def record_reading(
    place: Workplace,
    actor: Actor,
    what: str,
    *,
    facts: Mapping[str, Scalar],
    typed: Mapping[str, str | None],
    subject: SubjectRef | None = None,
) -> None:
    """Write down that this person reads the record; ``typed`` is what he typed, and is sealed: it may be anything."""
    sealed = {name: text for name, text in typed.items() if text is not None}
    private = PrivateDetail(json.dumps(sealed, sort_keys=True, ensure_ascii=False).encode(), RetentionClass.LOOKUP)
    event = Event(
        type=EventType.LOG_READ,
        actor=as_person(actor).actor,
        facts={"what": what, **facts},
        private=private if sealed else None,
        subject=subject,
    )
    with place.database.write() as session:
        place.record(session, event)
