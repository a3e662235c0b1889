"""An event for the tests of the trail."""

import pytest

from audit.events import ActorRef, Event, PrivateDetail
from audit.vocabulary import ActorKind, EventType, RetentionClass


@pytest.fixture
def event() -> Event:
    """A small event with private detail."""
    return Event(
        type=EventType.EVIDENCE_GIVEN,
        actor=ActorRef(ActorKind.PERSON, "anne", "os_account"),
        private=PrivateDetail(b"Engvej 7", RetentionClass.DECISION),
        facts={"label": "prøve", "count": 2, "is_new": True, "nothing": None},
    )
