"""The contract of ``CaseRegister`` when something goes wrong on the way."""

import pytest

from connectors.errors import (
    AccessDenied,
    CaseArchived,
    CaseClosed,
    ConnectorError,
    LockedByUser,
    OutcomeUnknown,
    SchemaDrift,
    Throttled,
    Unavailable,
    VersionConflict,
)
from connectors.records import Sighting
from tests.connectors.contract.case_benches import AFTER_EFFECT, CaseBench
from tests.connectors.contract.case_calls import ALL_CALLS, READ_CALLS, WRITE_CALLS, send_again
from tests.connectors.contract.trouble import RETRY_AFTER, Trouble


@pytest.mark.parametrize("trouble", [Trouble.LOST_BEFORE, Trouble.BROKEN_BEFORE])
@pytest.mark.parametrize("method", sorted(WRITE_CALLS))
def test_a_write_lost_before_its_effect_is_unknown_and_then_seen_to_be_absent(
    bench: CaseBench, method: str, trouble: Trouble
) -> None:
    case, party = bench.take_case()
    bench.order(method, trouble)
    with pytest.raises(OutcomeUnknown):
        WRITE_CALLS[method].send(bench.register, case, party)
    assert WRITE_CALLS[method].find(bench.register, case, party).sighting is Sighting.ABSENT
    assert bench.effects(case) == 0


@pytest.mark.parametrize("trouble", sorted(AFTER_EFFECT))
@pytest.mark.parametrize("method", sorted(WRITE_CALLS))
def test_a_write_lost_after_its_effect_is_unknown_and_then_seen_to_be_present(
    bench: CaseBench, method: str, trouble: Trouble
) -> None:
    case, party = bench.take_case()
    bench.order(method, trouble)
    with pytest.raises(OutcomeUnknown):
        WRITE_CALLS[method].send(bench.register, case, party)
    assert WRITE_CALLS[method].find(bench.register, case, party).sighting is Sighting.PRESENT
    assert bench.effects(case) == 1


@pytest.mark.parametrize("method", sorted(WRITE_CALLS))
def test_a_write_repeated_after_a_lost_answer_has_one_effect(bench: CaseBench, method: str) -> None:
    case, party = bench.take_case()
    bench.order(method, Trouble.LOST_AFTER)
    with pytest.raises(OutcomeUnknown):
        WRITE_CALLS[method].send(bench.register, case, party)
    send_again(bench, method, case, party)
    assert bench.effects(case) == 1


@pytest.mark.parametrize("trouble", [Trouble.LOST_AFTER, Trouble.BROKEN_BEFORE])
@pytest.mark.parametrize("method", sorted(READ_CALLS))
def test_a_reading_without_an_answer_is_unavailable(bench: CaseBench, method: str, trouble: Trouble) -> None:
    case, party = bench.take_case()
    bench.order(method, trouble)
    with pytest.raises(Unavailable):
        READ_CALLS[method](bench.register, case, party)


@pytest.mark.parametrize("trouble", [Trouble.GARBLED, Trouble.WRONG_SHAPE])
@pytest.mark.parametrize("method", sorted(READ_CALLS))
def test_a_reading_with_an_answer_nobody_understands_is_drift(bench: CaseBench, method: str, trouble: Trouble) -> None:
    case, party = bench.take_case()
    bench.order(method, trouble)
    with pytest.raises(SchemaDrift):
        READ_CALLS[method](bench.register, case, party)


@pytest.mark.parametrize("method", sorted(ALL_CALLS))
def test_a_call_without_the_right_to_it_is_for_a_person_and_changes_nothing(bench: CaseBench, method: str) -> None:
    case, party = bench.take_case()
    bench.order(method, Trouble.FORBIDDEN)
    with pytest.raises(AccessDenied) as raised:
        ALL_CALLS[method](bench.register, case, party)
    assert not raised.value.is_retryable
    assert bench.effects(case) == 0


@pytest.mark.parametrize("method", sorted(WRITE_CALLS))
def test_a_case_that_a_colleague_has_open_may_be_tried_again_and_says_when(bench: CaseBench, method: str) -> None:
    case, party = bench.take_case()
    bench.order(method, Trouble.LOCKED)
    with pytest.raises(LockedByUser) as raised:
        WRITE_CALLS[method].send(bench.register, case, party)
    assert (raised.value.is_retryable, raised.value.retry_after) == (True, RETRY_AFTER)
    assert bench.effects(case) == 0


@pytest.mark.parametrize("method", sorted(ALL_CALLS))
def test_a_throttled_call_says_how_long_to_wait_and_changes_nothing(bench: CaseBench, method: str) -> None:
    case, party = bench.take_case()
    bench.order(method, Trouble.THROTTLED)
    with pytest.raises(Throttled) as raised:
        ALL_CALLS[method](bench.register, case, party)
    assert raised.value.retry_after == RETRY_AFTER
    assert bench.effects(case) == 0


@pytest.mark.parametrize("method", sorted(ALL_CALLS))
def test_an_unavailable_system_changes_nothing_and_may_be_asked_again(bench: CaseBench, method: str) -> None:
    case, party = bench.take_case()
    bench.order(method, Trouble.UNAVAILABLE)
    with pytest.raises(Unavailable):
        ALL_CALLS[method](bench.register, case, party)
    assert bench.effects(case) == 0
    ALL_CALLS[method](bench.register, case, party)


@pytest.mark.parametrize(
    ("method", "trouble", "error"),
    [
        # Only what is written over has a version to conflict with.
        ("update_party_contact", Trouble.CONFLICT, VersionConflict),
        ("update_party_contact", Trouble.OUTDATED, VersionConflict),
        # What only adds has nothing that could be outdated, so such an answer means "not now".
        ("append_journal_note", Trouble.OUTDATED, LockedByUser),
        ("create_reminder", Trouble.OUTDATED, LockedByUser),
        *((method, Trouble.CLOSED, CaseClosed) for method in sorted(WRITE_CALLS)),
        *((method, Trouble.ARCHIVED, CaseArchived) for method in sorted(WRITE_CALLS)),
    ],
)
def test_a_refusal_at_the_last_moment_is_told_by_its_name(
    bench: CaseBench, method: str, trouble: Trouble, error: type[ConnectorError]
) -> None:
    case, party = bench.take_case()
    bench.order(method, trouble)
    with pytest.raises(error):
        WRITE_CALLS[method].send(bench.register, case, party)
    assert bench.effects(case) == 0
