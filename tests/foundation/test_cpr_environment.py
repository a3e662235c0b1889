import pytest

from foundation.cpr import Cpr
from foundation.cpr_environment import (
    RealNumberRefused,
    TestNumberRefused,
    is_marked_test,
    is_published_test_number,
    require_allowed_here,
)

PUBLISHED = Cpr("0709614592")
#: Born 10 December 1962, fails modulus 11, published nowhere: as our generator makes them.
OURS = Cpr("1012620009")
#: Modulus 11 holds, as for most real numbers; a replacement number, so that it is nobody's.
LIKE_A_REAL_ONE = Cpr("7012620009")


def test_a_published_number_is_known_and_counts_as_test() -> None:
    assert is_published_test_number(PUBLISHED)
    assert is_marked_test(PUBLISHED)


def test_a_number_that_fails_the_checksum_counts_as_ours_but_is_not_published() -> None:
    assert not OURS.has_valid_checksum
    assert is_marked_test(OURS)
    assert not is_published_test_number(OURS)


def test_a_failing_number_born_on_1_january_may_be_real() -> None:
    new_year = Cpr("6101900001")
    assert not new_year.has_valid_checksum
    assert not is_marked_test(new_year)


@pytest.mark.parametrize("cpr", [PUBLISHED, OURS])
def test_test_numbers_are_allowed_outside_production(cpr: Cpr) -> None:
    require_allowed_here(cpr, is_production=False)


def test_a_published_number_is_refused_in_production() -> None:
    with pytest.raises(TestNumberRefused, match="testnummer") as caught:
        require_allowed_here(PUBLISHED, is_production=True)
    assert "070961" not in str(caught.value)


def test_a_number_is_not_refused_in_production_for_failing_the_checksum() -> None:
    require_allowed_here(OURS, is_production=True)


def test_a_number_that_may_be_real_is_refused_outside_production() -> None:
    assert LIKE_A_REAL_ONE.has_valid_checksum
    with pytest.raises(RealNumberRefused, match="testnumre") as caught:
        require_allowed_here(LIKE_A_REAL_ONE, is_production=False)
    assert "701262" not in str(caught.value)
