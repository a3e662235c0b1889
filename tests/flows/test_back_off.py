"""The pause before a retry grows, is spread, and is never shorter than the system asked for."""

from hypothesis import given
from hypothesis import strategies as st

from flows.back_off import LONGEST_PAUSE, seconds_before

attempts = st.integers(1, 10_000)
chances = st.floats(0, 1)
wishes = st.floats(0, 100_000)


@given(attempts, wishes, chances)
def test_a_system_is_never_asked_before_it_said(attempt: int, at_least: float, chance: float) -> None:
    assert seconds_before(attempt, at_least=at_least, chance=chance) >= at_least


@given(attempts, chances)
def test_the_spread_is_the_later_half_of_the_pause(attempt: int, chance: float) -> None:
    pause = min(LONGEST_PAUSE, 30.0 * 2 ** min(attempt - 1, 20))
    assert pause / 2 <= seconds_before(attempt, at_least=0, chance=chance) <= pause


@given(attempts, wishes, chances)
def test_no_pause_is_longer_than_an_hour_and_half_an_hour_after_what_was_asked(
    attempt: int, at_least: float, chance: float
) -> None:
    seconds = seconds_before(attempt, at_least=at_least, chance=chance)
    assert seconds <= max(LONGEST_PAUSE, at_least + LONGEST_PAUSE / 2)


@given(attempts, chances)
def test_the_pause_grows_with_each_attempt(attempt: int, chance: float) -> None:
    assert seconds_before(attempt + 1, at_least=0, chance=chance) >= seconds_before(attempt, at_least=0, chance=chance)


def test_items_that_a_system_sent_away_together_do_not_come_back_together() -> None:
    early, late = (seconds_before(1, at_least=900, chance=chance) for chance in (0.0, 1.0))
    assert (early, late) == (900.0, 915.0)
