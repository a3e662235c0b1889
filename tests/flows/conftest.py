"""Fixtures of the flows' tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.composition import Systems, compose
from foundation.clock import ManualClock
from foundation.settings import Settings, load_settings
from robots.address_update.robot import AddressUpdate
from robots.twins.case_register import TwinCaseRegister
from robots.twins.person_events import TwinPersonEvents
from robots.twins.person_register import TwinPersonRegister
from tests.flows.office import Office


@pytest.fixture
def office_settings(settings: Settings, database_url: str, tmp_path: Path) -> Settings:
    return load_settings(
        data_dir=tmp_path / "var",
        database_url=database_url,
        # The key of the fixture ``ring``, with which the databases are made.
        seal_key=bytes(range(32)).hex(),
        workers=2,
        calls_per_second=10_000,
    )


@pytest.fixture
def office(office_settings: Settings, clock: ManualClock) -> Iterator[Office]:
    cases, people, events = TwinCaseRegister(), TwinPersonRegister(clock=clock), TwinPersonEvents(clock=clock)
    systems = Systems(cases=cases, people=people, events=events)
    with compose(office_settings, clock=clock, systems=systems) as composition:
        yield Office(composition, clock, cases, people, events, AddressUpdate())
