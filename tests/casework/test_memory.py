"""What is remembered about a citizen, and that nobody can read it."""

from casework.memory import recall, remember
from casework.workplace import Workplace
from tests.workbench import ROBOT, rows

#: A published test number.
CITIZEN = "1012620001"


def _remember(place: Workplace, value: str, robot: str = ROBOT) -> None:
    with place.database.write() as session:
        remember(session, place, robot=robot, about=CITIZEN, value=value)


def test_the_latest_memory_stands_alone(place: Workplace) -> None:
    assert recall(place, robot=ROBOT, about=CITIZEN) is None
    _remember(place, "bor på Kærvej")
    _remember(place, "bor på Engvej")
    assert recall(place, robot=ROBOT, about=CITIZEN) == "bor på Engvej"
    assert len(rows(place, "SELECT * FROM memory")) == 1


def test_a_robot_does_not_remember_for_another(place: Workplace) -> None:
    _remember(place, "bor på Kærvej")
    assert recall(place, robot="en anden robot", about=CITIZEN) is None


def test_neither_whom_nor_what_can_be_read_in_the_database(place: Workplace) -> None:
    _remember(place, "bor på Engvej")
    seen = str(rows(place, "SELECT * FROM memory"))
    assert CITIZEN not in seen
    assert "Engvej" not in seen
