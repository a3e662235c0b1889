"""The simulated CPR tells of the same people by file and by look-up, and both are read as the same.

The simulator writes its files by the published layout and shares no code with the reader, so each proves the other.
"""

from datetime import date
from pathlib import Path

import pytest

from connectors.cpr import Sf1520PersonRegister
from connectors.cpr.extract import ExtractPerson, check, open_extract, read_people
from connectors.errors import DeliveryBroken
from connectors.records import PersonSnapshot
from foundation.addresses import is_same_address
from foundation.cpr import Cpr
from tests.connectors.simulation import Simulation

#: Published persons with facts of their own: a guardian by number and by text, a foreign and a contact address, a
#: disappeared, a dead, a protected and one whose protection is over.
PARTICULAR = ("0709614126", "0909610028", "0709614738", "1312814362", "0708614327", "0709614452", "0107529039")


@pytest.fixture
def drop(simulated: Simulation, tmp_path: Path) -> Path:
    """A folder with today's extract of a night in which much happened."""
    simulated.tell("/nights", moves=12, seed=5, protected=3, careOf=2)
    statuses = {each["personnummer"]: each["status"] for each in simulated.ask("/people", limit="1000")["people"]}
    for digits in PARTICULAR:
        # The status that he has: he stays as he is, and there is an event that the file must tell of.
        simulated.tell("/people/status", personnummer=digits, status=statuses[digits])
    simulated.tell("/extracts", folder=str(tmp_path), again=True)
    return tmp_path


def test_the_file_tells_the_same_as_the_look_up(drop: Path, cpr_register: Sf1520PersonRegister) -> None:
    (path,) = drop.iterdir()
    delivery = check(path)
    people = list(read_people(path))
    assert len(people) == delivery.people >= 12
    assert {Cpr(digits) for digits in PARTICULAR} <= {person.cpr for person in people}
    for person in people:
        _require_agreement(person, cpr_register.lookup(person.cpr), delivery.header.produced)


def _require_agreement(told: ExtractPerson, asked: PersonSnapshot, today: date) -> None:
    assert (told.cpr, told.current_cpr, told.status) == (asked.cpr, asked.current_cpr, asked.status)
    assert (told.status_day.day, told.birth_day.day) == (asked.status_day, asked.birth_day)
    assert told.addressing_name == asked.addressing_name[:34]
    assert told.protection(today).is_protected is asked.protection.is_protected
    assert told.other_protections(today) == asked.other_protections
    home = told.home
    assert is_same_address(None if home is None else home.address, asked.address)
    if home is not None:
        assert (home.moved_in, home.moved_from_municipality) == (asked.moved_in, asked.moved_from_municipality)
    assert told.guardianship == asked.guardianship
    assert told.contact_address == asked.contact_address
    assert (told.departure is None) is (asked.departure is None)
    if told.departure is not None and asked.departure is not None:
        assert (told.departure.left_on, told.departure.lines) == (asked.departure.left_on, asked.departure.lines)
    assert told.family.children == asked.family.children
    assert told.family.custody == asked.family.custody
    assert tuple(number.cpr for number in told.earlier_numbers) == asked.earlier_cprs
    past = asked.history or ()
    assert [(each.moved_in, each.moved_out, each.is_annulled) for each in told.history] == [
        (each.moved_in, each.moved_out, each.is_annulled) for each in past
    ]
    assert [each.address.road_code for each in told.history] == [each.address.road_code for each in past]


def test_the_folder_gives_each_of_them_as_an_event(drop: Path) -> None:
    (path,) = drop.iterdir()
    events = open_extract(drop).poll(after=None, limit=500).events
    assert [event.cpr for event in events] == [person.cpr for person in read_people(path)]


@pytest.mark.parametrize("fault", ["truncated", "trailer"])
def test_a_spoiled_file_is_refused(simulated: Simulation, tmp_path: Path, fault: str) -> None:
    simulated.tell("/extracts", folder=str(tmp_path), again=True, fault=fault)
    with pytest.raises(DeliveryBroken):
        open_extract(tmp_path).poll(after=None, limit=500)
