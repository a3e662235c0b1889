from collections import Counter
from pathlib import Path

from apps.cli.sweep import PARTY_CLASSES
from tests.apps.conftest import Sagsgang, Town

SWEEP = ("sweep", "address_update")
RUN = ("run", "address_update", "--without-prefect")


def test_a_sweep_finds_planted_drift_and_writes_nothing(sagsgang: Sagsgang, town: Town) -> None:
    before = sagsgang(*SWEEP, "--as", "dorthe", "--json").document["counts"]
    town.tell("/drift", outdated=3, seed=7)
    after = sagsgang(*SWEEP, "--as", "dorthe", "--json").document
    assert before["parties"] == after["counts"]["parties"]
    assert after["counts"]["new"] == 3
    assert (after["state"], after["adds_up"]) == ("finished", True)
    assert sum(after["counts"].get(name, 0) for name, _ in PARTY_CLASSES) == after["counts"]["parties"]
    assert town.ask("/ledger")["entries"] == []


def test_a_sweep_shows_its_sums_and_says_the_next_command(sagsgang: Sagsgang, data_dir: Path) -> None:
    said = sagsgang(*SWEEP, "--as", "dorthe")
    assert said.code == 0
    assert "sagsgang run address_update" in said.out
    assert all(words in said.out for _, words in PARTY_CLASSES)


def test_what_a_sweep_found_is_not_found_again_while_it_waits(sagsgang: Sagsgang, town: Town) -> None:
    found = sagsgang(*SWEEP, "--as", "dorthe", "--json").document["counts"]["new"]
    sagsgang(*RUN, "--as", "dorthe")
    again = sagsgang(*SWEEP, "--as", "dorthe", "--json").document["counts"]
    assert found > 0
    assert again.get("new", 0) == 0


def test_who_may_not_start_the_robot_may_not_sweep(sagsgang: Sagsgang, data_dir: Path) -> None:
    said = sagsgang(*SWEEP, "--as", "carla")
    assert said.code == 3
    assert "må ikke starte address_update" in said.err


def test_a_sweep_tells_of_nobody_by_number(sagsgang: Sagsgang, shared_town: Town, data_dir: Path) -> None:
    said = sagsgang(*SWEEP, "--as", "dorthe")
    people = shared_town.ask("/people")["people"]
    assert not any(person["personnummer"] in said.out + said.err for person in people)


def test_a_sweep_that_a_system_broke_off_is_an_incident_with_the_log_around_it(sagsgang: Sagsgang, town: Town) -> None:
    town.tell("/faults", route="nova.case.get_list", kind="forbidden", times=9)
    said = sagsgang(*SWEEP, "--as", "dorthe")
    assert said.code != 0
    (incident,) = sagsgang("incidents", "--json").document["incidents"]
    assert "sagsgang sweep address_update" in incident["message"]
    told = sagsgang("incidents", "show", incident["id"], "--json").document
    assert "sweep.broken_off" in [line["event"] for line in told["log"]]


def test_every_ruling_of_a_sweep_is_counted(sagsgang: Sagsgang, data_dir: Path) -> None:
    counts = Counter(sagsgang(*SWEEP, "--as", "dorthe", "--json").document["counts"])
    assert sum(number for name, number in counts.items() if name.startswith("ruled_")) == counts["parties"]
