"""An audit event in its final form.

The body is canonical JSON, frozen when it is written: keys sorted, no spaces, UTF-8. What is hashed are these bytes and
never a second rendering of them. What must stay true: no field can hold personal data about a citizen (``subject`` is a
random reference), no float and no integer above 2^53 enters a body, and ``v`` changes before the meaning of any field.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256 as _sha256
from os import urandom as _urandom
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from audit.errors import EventNotAllowedError
from audit.vocabulary import ActorKind, EventType, Outcome, RetentionClass
from foundation.identifiers import new_id

VERSION = 1
#: C2SP tlog-tiles writes an entry's length in two bytes.
MAX_BODY_BYTES = 65_535
_MAX_INTEGER = 2**53
#: RFC 6962 section 2.1: a leaf is hashed behind a zero byte, so that it can never be taken for a node.
#: Begun once: beginning costs more than going on.
_BEGUN_LEAF = _sha256(b"\x00")

#: Canonical JSON, as the module says. Made once: making it costs more than using it.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

#: A text in quotes, escaped as that encoder does it; a TypeError for what is no text.
_quoted: Callable[[Any], str] = json.encoder.encode_basestring

#: Rendered references that many events share, by the id of the object (``_known``).
_KEPT: dict[int, tuple[object, str]] = {}
_KEPT_AT_MOST = 1024

Scalar = str | int | bool | None


class _Reference(Protocol):
    """A part of an event that becomes an object in the body; frozen, so that it can be rendered once."""

    def to_body(self) -> dict[str, object]:
        """As it stands in the body."""

    def __hash__(self) -> int:
        """Of its values."""


@dataclass(frozen=True, slots=True)
class ActorRef:
    """Who acted. ``established``: how that is known; ``on_behalf_of``: the person who started the robot."""

    kind: ActorKind
    id: str
    established: str
    on_behalf_of: str | None = None

    def to_body(self) -> dict[str, object]:
        """As it stands in the body."""
        return _without_none(
            kind=self.kind.value, id=self.id, established=self.established, onBehalfOf=self.on_behalf_of
        )


@dataclass(frozen=True, slots=True)
class ProcessRef:
    """Which program acted: the robot's name and version, and the digest of the code that ran."""

    key: str
    version: str
    code_digest: str | None = None

    def to_body(self) -> dict[str, object]:
        """As it stands in the body."""
        return _without_none(key=self.key, version=self.version, codeDigest=self.code_digest)


@dataclass(frozen=True, slots=True)
class RunRef:
    """Within which work it happened."""

    run: str | None = None
    item: str | None = None
    attempt: int | None = None
    step: str | None = None
    effect: str | None = None
    #: The flow run of the orchestrator, where there was one.
    flow: str | None = None

    def to_body(self) -> dict[str, object]:
        """As it stands in the body."""
        return _without_none(
            run=self.run, item=self.item, attempt=self.attempt, step=self.step, effect=self.effect, flow=self.flow
        )


@dataclass(frozen=True, slots=True)
class PurposeRef:
    """Why: the robot's purpose, its legal basis and the KLE subject."""

    code: str
    legal_basis: str
    kle: str

    def to_body(self) -> dict[str, object]:
        """As it stands in the body."""
        return {"code": self.code, "legalBasis": self.legal_basis, "kle": self.kle}


@dataclass(frozen=True, slots=True)
class SubjectRef:
    """Whom it concerns: a random reference per person and year (see ``audit.subjects``)."""

    ref: str
    kind: str = "citizen"

    def to_body(self) -> dict[str, object]:
        """As it stands in the body."""
        return {"ref": self.ref, "kind": self.kind}


@dataclass(frozen=True, slots=True)
class CaseEventRef:
    """On which case."""

    system: str
    ref: str

    def to_body(self) -> dict[str, object]:
        """As it stands in the body."""
        return {"system": self.system, "ref": self.ref}


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """Which document, and the digest of its bytes."""

    ref: str
    digest: str

    def to_body(self) -> dict[str, object]:
        """As it stands in the body."""
        return {"ref": self.ref, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class ChangeRef:
    """What changed: names of fields, and keyed digests of the values before and after (never the values)."""

    fields: tuple[str, ...]
    before: str | None = None
    after: str | None = None

    def to_body(self) -> dict[str, object]:
        """As it stands in the body."""
        return _without_none(fields=list(self.fields), before=self.before, after=self.after)


@dataclass(frozen=True, slots=True)
class DecisionRef:
    """What was decided and on which rule.

    ``person_seconds`` is how long a person spent on it; shown only as totals of five or more.
    """

    rule: str | None = None
    rule_version: str | None = None
    inputs_digest: str | None = None
    reason_code: str | None = None
    human_review: str | None = None
    person_seconds: int | None = None

    def to_body(self) -> dict[str, object]:
        """As it stands in the body."""
        if self.person_seconds is not None and not 0 <= self.person_seconds < _MAX_INTEGER:
            raise EventNotAllowedError("decision", "person_seconds must be a count of seconds")
        return _without_none(
            rule=self.rule,
            ruleVersion=self.rule_version,
            inputsDigest=self.inputs_digest,
            reasonCode=self.reason_code,
            humanReview=self.human_review,
            personSeconds=self.person_seconds,
        )


@dataclass(frozen=True, slots=True)
class PrivateDetail:
    """Details with personal data: sealed beside the event, erasable by class, bound to it by a salted commitment."""

    clear: bytes = field(repr=False)
    retention: RetentionClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, before it is written."""

    type: EventType
    actor: ActorRef
    outcome: Outcome = Outcome.OK
    process: ProcessRef | None = None
    run: RunRef | None = None
    purpose: PurposeRef | None = None
    subject: SubjectRef | None = None
    case: CaseEventRef | None = None
    document: DocumentRef | None = None
    change: ChangeRef | None = None
    decision: DecisionRef | None = None
    private: PrivateDetail | None = None
    #: Facts of this type of event: flat, without personal data.
    facts: Mapping[str, Scalar] = field(default_factory=dict)


class FrozenEvent(NamedTuple):
    """An event as it stands for ever; a tuple, because every change in the house makes one."""

    id: UUID
    at: datetime
    body: bytes
    leaf: bytes
    #: Salt and digest bind the private detail without telling it.
    private_salt: bytes | None


def freeze(event: Event, *, at: datetime, environment: str) -> FrozenEvent:
    """The canonical bytes of one event and their leaf hash; see ``freeze_all``."""
    return freeze_all([event], at=at, environment=environment)[0]


def freeze_all(events: Sequence[Event], *, at: datetime, environment: str) -> list[FrozenEvent]:
    """The canonical bytes of events and their leaf hashes.

    Args:
        events: what happened.
        at: when, aware.
        environment: ``simulated``, ``test`` or ``production``; part of the body, so that events cannot change sides.

    Raises:
        EventNotAllowedError: for a float, a too large integer, a non-ASCII key, or a body over 65,535 bytes.
    """
    ts = (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat("T", "microseconds")[:-6] + "Z"
    # One call for all of them: each asks the operating system.
    salts = _urandom(16 * len(events)).hex()
    env = _quoted(environment)
    frozen = []
    for place, event in enumerate(events):
        event_id = new_id()
        private_salt = _urandom(16) if event.private is not None else None
        text = _render(event, event_id.hex, private_salt, ts=ts, env=env, salt=salts[32 * place : 32 * place + 32])
        try:
            data = text.encode()
        except UnicodeEncodeError:
            raise EventNotAllowedError(event.type.value, "a text holds half a character (a lone surrogate)") from None
        if len(data) > MAX_BODY_BYTES:
            raise EventNotAllowedError(event.type.value, "the body is longer than 65,535 bytes")
        frozen.append(FrozenEvent(event_id, at, data, leaf_hash(data), private_salt))
    return frozen


def _render(event: Event, digits: str, private_salt: bytes | None, *, ts: str, env: str, salt: str) -> str:
    """The body's text: its parts in the order of their names, which is the order of canonical JSON.

    Written out by hand because every change in the house pays for it: actor, purpose and process are the same in
    thousands of events and rendered once; what differs from event to event is rendered without a detour. A test
    compares it with the canonical form of what it parses to.
    """
    case, subject = event.case, event.subject
    early = f',"case":{{"ref":{_value(case.ref)},"system":{_value(case.system)}}}' if case is not None else ""
    if event.change is not None:
        early += f',"change":{_rendered(event.change)}'
    if event.decision is not None:
        early += f',"decision":{_rendered(event.decision)}'
    if event.document is not None:
        early += f',"document":{_rendered(event.document)}'
    facts = f',"facts":{_facts(event.facts)}' if event.facts else ""
    late = ""
    if event.private is not None and private_salt is not None:
        late = f',"private":{{"commitment":"{commitment(private_salt, event.private.clear)}"}}'
    if event.process is not None:
        late += f',"process":{_known(event.process)}'
    if event.purpose is not None:
        late += f',"purpose":{_known(event.purpose)}'
    if event.run is not None:
        late += f',"run":{_rendered(event.run)}'
    about = f'"subject":{{"kind":{_value(subject.kind)},"ref":{_value(subject.ref)}}},' if subject is not None else ""
    # The salt keeps the leaf unguessable once the body is pruned.
    return (
        f'{{"actor":{_known(event.actor)}{early},"env":{env}{facts},'
        f'"id":"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}",'
        f'"outcome":"{event.outcome._value_}"{late},"salt":"{salt}",{about}'
        f'"ts":"{ts}","type":"{event.type._value_}","v":{VERSION}}}'
    )


def _known(reference: _Reference) -> str:
    """``_rendered`` for what many events share: the same object is found without looking at what stands in it."""
    kept = _KEPT.get(id(reference))
    # What is kept stays alive, so nothing else can have its id.
    if kept is not None and kept[0] is reference:
        return kept[1]
    text = _rendered(reference)
    if len(_KEPT) >= _KEPT_AT_MOST:
        _KEPT.clear()
    _KEPT[id(reference)] = (reference, text)
    return text


@lru_cache(maxsize=4096)
def _rendered(reference: _Reference) -> str:
    """A reference as it stands in the body. Equal ones are the same text: they hold texts and counts only."""
    fields = reference.to_body()
    return "{" + ",".join([f'"{name}":{_value(fields[name])}' for name in sorted(fields)]) + "}"


def _facts(facts: Mapping[str, Scalar]) -> str:
    names = _names(tuple(facts))
    try:
        # Nearly all are texts; what is not is refused by the encoder's routine for texts.
        return "{" + ",".join([name + _quoted(facts[key]) for key, name in names]) + "}"
    except TypeError:
        for key, value in facts.items():
            _check_fact(key, value)
    return "{" + ",".join([name + _value(facts[key]) for key, name in names]) + "}"


@lru_cache(maxsize=1024)
def _names(keys: tuple[str, ...]) -> list[tuple[str, str]]:
    """The keys in canonical order, each with how it stands in the body; the same few for all events of a type."""
    for key in keys:
        if not key.isascii():
            raise EventNotAllowedError(key, "a key must be ASCII")
    return [(key, f"{_quoted(key)}:") for key in sorted(keys)]


def _value(value: object) -> str:
    """Nearly all are texts, for which the encoder's own routine is a tenth of the encoder."""
    return _quoted(value) if type(value) is str else _CANONICAL.encode(value)


def leaf_hash(body: bytes) -> bytes:
    """RFC 6962 section 2.1: SHA-256 over a zero byte and the entry."""
    leaf = _BEGUN_LEAF.copy()
    leaf.update(body)
    return leaf.digest()


def commitment(salt: bytes, clear: bytes) -> str:
    """SHA-256 in hex over salt and detail; with 16 random bytes of salt the detail cannot be guessed."""
    return _sha256(salt + clear).hexdigest()


def _without_none(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _check_fact(key: str, value: object) -> None:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return
    if isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise EventNotAllowedError(key, "an integer must fit in 53 bits, or readers round it")
        return
    raise EventNotAllowedError(key, f"a fact is text, an integer, true, false or nothing, not {type(value).__name__}")
