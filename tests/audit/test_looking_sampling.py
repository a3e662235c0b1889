import hashlib
import hmac
import json
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from audit.errors import LookingRefusedError, NotYetProvenError
from audit.events import ActorRef, Event
from audit.looking.findings import Answer, Found, events_of, find_draw, record_finding
from audit.looking.periods import Period
from audit.looking.sampling import (
    Drawn,
    Seed,
    all_draws,
    checkpoint_seed,
    draw,
    earlier_draws,
    rank,
    record_draw,
    typed_seed,
)
from audit.sequencer import drain
from audit.signer import Signer
from audit.tables import AuditEventRow, AuditPrivateRow
from audit.vocabulary import ActorKind, EventType
from casework.workplace import Workplace
from foundation.clock import ManualClock

CARLA = ActorRef(ActorKind.PERSON, "carla", "os_account")
ROBOT = ActorRef(ActorKind.ROBOT, "flytning", "os_account", "anne")
#: The day of the clock in ``tests.conftest``.
DAY = Period(date(2026, 3, 2), date(2026, 3, 2))
SEED = typed_seed("seks terninger: 4 2 6 1 1 5")


def _look_ups(place: Workplace, count: int) -> None:
    with place.database.write() as session:
        place.record(session, *[Event(type=EventType.PERSON_LOOKED_UP, actor=ROBOT) for _ in range(count)])


def _draw(place: Workplace, *, size: int = 5, seed: Seed = SEED) -> Drawn:
    with place.database.read() as session:
        return draw(session, DAY, size=size, seed=seed)


def _record(place: Workplace, drawn: Drawn, *, period: Period = DAY) -> UUID:
    with place.database.write() as session:
        return record_draw(
            session,
            drawn,
            period=period,
            seed=SEED,
            purpose="Halvårlig logkontrol",
            actor=CARLA,
            at=place.now(),
            environment="simulated",
        )


def _find(place: Workplace, sample: UUID, answers: list[Answer]) -> Found:
    with place.database.write() as session:
        return record_finding(session, sample, answers, actor=CARLA, at=place.now(), environment="simulated")


def test_anybody_draws_the_same_sample_by_the_published_algorithm(place: Workplace) -> None:
    _look_ups(place, 40)
    drawn = _draw(place)
    table = AuditEventRow.__table__
    with place.database.read() as session:
        ids = list(session.execute(select(table.c.id).where(table.c.type == "cpr.looked_up")).scalars())
    key = SEED.text.encode()
    ranked = sorted(ids, key=lambda event: hmac.new(key, str(event).encode(), hashlib.sha256).digest())
    assert [entry.id for entry in drawn.events] == ranked[:5]
    assert drawn.by_type == {"cpr.looked_up": 40}


def test_another_seed_draws_another_sample(place: Workplace) -> None:
    _look_ups(place, 40)
    assert _draw(place).digest != _draw(place, seed=typed_seed("en helt anden seddel")).digest


def test_a_small_population_is_drawn_whole(place: Workplace) -> None:
    _look_ups(place, 3)
    assert len(_draw(place, size=10).events) == 3


def test_only_uses_of_the_period_are_drawn(place: Workplace, clock: ManualClock) -> None:
    _look_ups(place, 2)
    clock.advance(86_400)
    _look_ups(place, 2)
    assert _draw(place, size=10).population == 2


def test_a_seed_that_could_be_tried_out_is_refused() -> None:
    with pytest.raises(LookingRefusedError, match="mindst"):
        typed_seed("1234567")


@given(st.text(min_size=8), st.uuids())
def test_a_rank_is_the_keyed_hash_of_the_number(seed: str, event: UUID) -> None:
    assert rank(seed, event) == hmac.new(seed.encode(), str(event).encode(), hashlib.sha256).digest()


def test_a_draw_is_recorded_with_population_and_digests_and_its_list_sealed(place: Workplace) -> None:
    _look_ups(place, 9)
    drawn = _draw(place)
    sample = _record(place, drawn)
    with place.database.read() as session:
        (known,) = all_draws(session)
        sealed = session.execute(select(AuditPrivateRow.__table__.c.detail)).scalar_one()
        assert events_of(session, known) == [entry.id for entry in drawn.events]
    assert (known.id, known.by, known.population, known.size) == (sample, "carla", 9, 5)
    assert (known.seed_digest, known.seed_source, known.digest) == (SEED.digest, "typed", drawn.digest)
    assert json.loads(sealed)["seed"] == SEED.text


def test_every_earlier_draw_of_the_same_days_is_found(place: Workplace) -> None:
    _look_ups(place, 9)
    _record(place, _draw(place))
    _record(place, _draw(place), period=Period(date(2025, 1, 1), date(2025, 1, 31)))
    with place.database.read() as session:
        assert [each.period for each in earlier_draws(session, DAY)] == [DAY]


def test_the_seed_of_a_checkpoint_is_that_of_the_first_one_after_the_period(
    place: Workplace, clock: ManualClock, signer: Signer
) -> None:
    _look_ups(place, 3)
    drain(place.database, now=place.now, environment="simulated")
    early = signer.sign(place.database, now=place.now())
    keys, origin = signer.known_keys(), signer.origin
    with place.database.read() as session, pytest.raises(NotYetProvenError, match="audit checkpoint"):
        checkpoint_seed(session, DAY, keys, origin=origin)
    clock.advance(86_400)
    for _ in range(2):
        _look_ups(place, 1)
        drain(place.database, now=place.now, environment="simulated")
        signer.sign(place.database, now=place.now())
    with place.database.read() as session:
        seed = checkpoint_seed(session, DAY, keys, origin=origin)
    assert seed.source == "checkpoint:5"
    assert early is not None
    assert seed.text not in early


def test_a_finding_is_counted_in_clear_and_told_sealed(place: Workplace) -> None:
    _look_ups(place, 4)
    drawn = _draw(place, size=3)
    sample = _record(place, drawn)
    answers = [Answer(entry.id, is_justified=True, what_was_done="") for entry in drawn.events[:2]]
    answers.append(Answer(drawn.events[2].id, is_justified=False, what_was_done="Lederen har talt med medarbejderen."))
    found = _find(place, sample, answers)
    assert (found.justified, found.not_justified) == (2, 1)
    table = AuditEventRow.__table__
    with place.database.read() as session:
        body = bytes(session.execute(select(table.c.body).where(table.c.id == found.id)).scalar_one())
    facts = json.loads(body)["facts"]
    assert (facts["sample"], facts["population"], facts["seed_digest"]) == (str(sample), 4, SEED.digest)
    assert str(drawn.events[2].id).encode() not in body
    assert b"Lederen" not in body


def test_an_unjustified_use_needs_a_word_of_what_was_done(place: Workplace) -> None:
    _look_ups(place, 1)
    drawn = _draw(place)
    sample = _record(place, drawn)
    with pytest.raises(LookingRefusedError, match="hvad der er gjort"):
        _find(place, sample, [Answer(drawn.events[0].id, is_justified=False, what_was_done=" ")])


def test_answers_about_other_events_are_refused(place: Workplace) -> None:
    _look_ups(place, 3)
    drawn = _draw(place, size=1)
    sample = _record(place, drawn)
    with pytest.raises(LookingRefusedError, match="ikke til denne"):
        _find(place, sample, [Answer(sample, is_justified=True, what_was_done="")])
    with pytest.raises(LookingRefusedError, match="ét svar"):
        _find(place, sample, [])


def test_a_draw_is_found_by_a_part_of_its_number(place: Workplace) -> None:
    _look_ups(place, 1)
    sample = _record(place, _draw(place))
    with place.database.read() as session:
        assert find_draw(session, sample.hex[-12:]).id == sample
        with pytest.raises(LookingRefusedError, match="Ingen"):
            find_draw(session, "0123456789ab")
