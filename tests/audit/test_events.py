"""The frozen form of an event: these bytes, this leaf, and nothing that a reader could read differently."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import events
from audit.errors import EventNotAllowedError
from audit.events import (
    ActorRef,
    CaseEventRef,
    ChangeRef,
    DecisionRef,
    DocumentRef,
    Event,
    PrivateDetail,
    ProcessRef,
    PurposeRef,
    RunRef,
    SubjectRef,
    commitment,
    freeze,
    freeze_all,
    leaf_hash,
)
from audit.vocabulary import SENTENCES, ActorKind, EventType, Outcome, RetentionClass

AT = datetime(2026, 3, 2, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=1)))
ACTOR = ActorRef(ActorKind.ROBOT, "address_update", "os_account", "anne")

#: Written down once; a change of these bytes is a new ``v``.
GOLDEN = (
    '{"actor":{"established":"os_account","id":"address_update","kind":"robot","onBehalfOf":"anne"},'
    '"case":{"ref":"sag-1","system":"nova"},"change":{"after":"aa","before":"bb","fields":["address"]},'
    '"decision":{"humanReview":"approved","inputsDigest":"dd","personSeconds":30,"reasonCode":"ok",'
    '"rule":"ADR-01","ruleVersion":"3"},"document":{"digest":"ee","ref":"dok-1"},"env":"simulated",'
    '"facts":{"a":null,"b":true,"c":9007199254740992,"tekst":"æøå \\" 𝄞"},'
    '"id":"018f0000-0000-7000-8000-000000000001","outcome":"ok",'
    '"private":{"commitment":"bcefe2812e0b403ca95694aa6e38df622ded84fe1bbdd6b7d2943477e0db9404"},'
    '"process":{"codeDigest":"cc","key":"address_update","version":"1.0"},'
    '"purpose":{"code":"address_update","kle":"27.00.00","legalBasis":"Prøveloven § 1"},'
    '"run":{"attempt":1,"effect":"e","flow":"f","item":"i","run":"r","step":"s"},'
    '"salt":"01010101010101010101010101010101","subject":{"kind":"citizen","ref":"S2026-ab"},'
    '"ts":"2026-03-02T11:00:00.000005Z","type":"effect.done","v":1}'
)


def _freeze(**parts: object) -> events.FrozenEvent:
    event = Event(type=EventType.EVIDENCE_GIVEN, actor=ACTOR, **parts)  # type: ignore[arg-type]  # parts of an event
    return freeze(event, at=AT, environment="simulated")


def test_a_fixed_event_gives_exactly_these_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "new_id", lambda: UUID("018f0000-0000-7000-8000-000000000001"))
    chance = iter((b"\x01", b"\x02"))
    monkeypatch.setattr(events, "_urandom", lambda count: next(chance) * count)
    frozen = freeze(
        Event(
            type=EventType.EFFECT_DONE,
            actor=ACTOR,
            process=ProcessRef("address_update", "1.0", "cc"),
            run=RunRef("r", "i", 1, "s", "e", "f"),
            purpose=PurposeRef("address_update", "Prøveloven § 1", "27.00.00"),
            subject=SubjectRef("S2026-ab"),
            case=CaseEventRef("nova", "sag-1"),
            document=DocumentRef("dok-1", "ee"),
            change=ChangeRef(("address",), "bb", "aa"),
            decision=DecisionRef("ADR-01", "3", "dd", "ok", "approved", 30),
            private=PrivateDetail(b"Engvej 7", RetentionClass.DECISION),
            facts={"tekst": 'æøå " 𝄞', "c": 2**53, "b": True, "a": None},
        ),
        at=AT,
        environment="simulated",
    )
    assert frozen.body.decode() == GOLDEN
    assert frozen.leaf == hashlib.sha256(b"\x00" + frozen.body).digest()


def test_a_leaf_is_hashed_behind_a_zero_byte() -> None:
    # RFC 6962 section 2.1: the leaf of the empty entry.
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@pytest.mark.parametrize(
    "facts",
    [
        {"a": 1.0},
        {"a": float("nan")},
        {"a": 2**53 + 1},
        {"a": -(2**53) - 1},
        {"å": 1},
        {"a": b"bytes"},
        {"a": ["list"]},
        {"a": {"b": 1}},
        {"a": datetime(2026, 1, 1, tzinfo=UTC)},
        {"a": "\ud800"},
    ],
    ids=["float", "nan", "large", "small", "key", "bytes", "list", "nested", "time", "surrogate"],
)
def test_what_readers_could_read_differently_is_refused(facts: dict[str, object]) -> None:
    with pytest.raises(EventNotAllowedError):
        _freeze(facts=facts)


@pytest.mark.parametrize("seconds", [-1, 2**53])
def test_time_spent_is_a_count_of_seconds(seconds: int) -> None:
    with pytest.raises(EventNotAllowedError):
        _freeze(decision=DecisionRef(person_seconds=seconds))


def test_a_body_may_be_as_long_as_a_tile_entry_and_no_longer() -> None:
    room = 65_535 - len(_freeze(facts={"a": ""}).body)
    assert len(_freeze(facts={"a": "x" * room}).body) == 65_535
    with pytest.raises(EventNotAllowedError):
        _freeze(facts={"a": "x" * (room + 1)})
    with pytest.raises(EventNotAllowedError):
        _freeze(facts={"a": "æ" * (room // 2 + 1)})


_FACTS = st.dictionaries(
    st.text(st.characters(max_codepoint=127), max_size=8),
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    max_size=6,
)


@given(_FACTS)
def test_every_allowed_fact_is_read_back_as_it_was(facts: dict[str, object]) -> None:
    body = _freeze(facts=facts).body
    read = json.loads(body)
    assert read.get("facts", {}) == facts
    assert json.dumps(read, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == body


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_SOME = st.none() | _TEXT


@given(
    actor=st.builds(ActorRef, st.sampled_from(ActorKind), _TEXT, _TEXT, _SOME),
    process=st.none() | st.builds(ProcessRef, _TEXT, _TEXT, _SOME),
    run=st.none() | st.builds(RunRef, _SOME, _SOME, st.none() | st.integers(0, 2**53), _SOME, _SOME, _SOME),
    purpose=st.none() | st.builds(PurposeRef, _TEXT, _TEXT, _TEXT),
    subject=st.none() | st.builds(SubjectRef, _TEXT, _TEXT),
    case=st.none() | st.builds(CaseEventRef, _TEXT, _TEXT),
    document=st.none() | st.builds(DocumentRef, _TEXT, _TEXT),
    change=st.none() | st.builds(ChangeRef, st.lists(_TEXT, max_size=3).map(tuple), _SOME, _SOME),
    decision=st.none() | st.builds(DecisionRef, _SOME, _SOME, _SOME, _SOME, _SOME, st.none() | st.integers(0, 9)),
    private=st.none() | st.builds(PrivateDetail, st.binary(max_size=5), st.sampled_from(RetentionClass)),
    facts=_FACTS,
    environment=_TEXT,
)
def test_a_body_rendered_part_by_part_is_canonical_whatever_stands_in_it(
    environment: str,
    **parts: Any,  # noqa: ANN401 - parts of an event, of many kinds.
) -> None:
    event = Event(type=EventType.EVIDENCE_GIVEN, **parts)
    body = freeze(event, at=AT, environment=environment).body
    read = json.loads(body)
    assert json.dumps(read, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode() == body
    for name in ("actor", "process", "run", "purpose", "subject", "case", "document", "change", "decision"):
        told = parts[name].to_body() if parts[name] is not None else None
        assert read.get(name) == told
    assert (read["env"], read.get("facts", {})) == (environment, parts["facts"])
    assert ("private" in read) is (parts["private"] is not None)


def test_events_frozen_together_are_those_frozen_alone_but_for_ids_and_salts() -> None:
    events_ = [Event(type=EventType.EVIDENCE_GIVEN, actor=ACTOR, facts={"n": number}) for number in range(5)]
    together = [json.loads(one.body) for one in freeze_all(events_, at=AT, environment="test")]
    assert [one["facts"] for one in together] == [{"n": number} for number in range(5)]
    assert len({one["salt"] for one in together}) == len({one["id"] for one in together}) == 5
    assert {len(one["salt"]) for one in together} == {32}


def test_two_equal_events_have_different_leaves() -> None:
    assert _freeze().leaf != _freeze().leaf


def test_the_environment_is_part_of_the_body() -> None:
    event = Event(type=EventType.EVIDENCE_GIVEN, actor=ACTOR)
    assert json.loads(freeze(event, at=AT, environment="test").body)["env"] == "test"


def test_a_private_detail_stands_in_the_body_only_as_a_salted_commitment() -> None:
    frozen = _freeze(private=PrivateDetail(b"Engvej 7", RetentionClass.LOOKUP))
    assert frozen.private_salt is not None
    assert json.loads(frozen.body)["private"] == {"commitment": commitment(frozen.private_salt, b"Engvej 7")}
    assert b"Engvej" not in frozen.body
    assert "Engvej" not in repr(PrivateDetail(b"Engvej 7", RetentionClass.LOOKUP))


def test_every_event_type_has_a_danish_sentence() -> None:
    assert set(SENTENCES) == set(EventType)
    assert all(sentence.strip() == sentence and sentence for sentence in SENTENCES.values())


def test_names_of_events_are_unique_and_grouped() -> None:
    assert len({kind.value for kind in EventType}) == len(EventType)
    assert all(kind.value.count(".") == 1 for kind in EventType)
    assert all(outcome.value.islower() for outcome in Outcome)
