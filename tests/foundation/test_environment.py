"""What each environment may reach, and how it is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.environment import Environment, EnvironmentLockedError, is_loopback, require_address_allowed


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1"])
def test_the_machine_itself_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "10.0.0.1", "localhost.example", "127.0.0.1.example", "::", "127.1", "example"])
def test_everything_else_is_not(host: str) -> None:
    assert not is_loopback(host)


@given(st.text(max_size=40), st.sampled_from(Environment))
def test_an_address_that_is_none_is_refused_by_the_settings_name(url: str, environment: Environment) -> None:
    with pytest.raises(EnvironmentLockedError, match=r"^SAGSGANG_X "):
        require_address_allowed(f"http://[{url}.example/", environment=environment, name="SAGSGANG_X")


def test_only_production_bears_no_stamp() -> None:
    assert [environment.stamp for environment in Environment] == ["PRØVE", "PRØVE", ""]
