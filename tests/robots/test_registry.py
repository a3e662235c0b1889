from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from robots.address_update.robot import AddressUpdate
from robots.registry import GROUP, BrokenRobotError, UnknownRobotError, installed_robots, load_robot, robot_names


def offer(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=GROUP)


def test_the_robots_that_come_with_sagsgang_are_installed() -> None:
    assert "address_update" in robot_names()
    assert all(load_robot(point.name).card.name == point.name for point in installed_robots())


def test_a_robot_is_loaded_by_the_name_on_its_card() -> None:
    robot = load_robot("address_update", [offer("address_update", "robots.address_update.robot:AddressUpdate")])
    assert isinstance(robot, AddressUpdate)


def test_an_unknown_name_is_answered_with_the_names_there_are() -> None:
    with pytest.raises(UnknownRobotError, match=r"findes ikke\. Installerede robotter: a, b\."):
        load_robot("c", [offer("b", "x:y"), offer("a", "x:y")])


def test_without_any_robot_the_answer_says_so() -> None:
    with pytest.raises(UnknownRobotError, match="ingen"):
        load_robot("c", [])


@pytest.mark.parametrize("value", ["no_such_module:Robot", "robots.address_update.robot:NoSuchClass", "builtins:int.x"])
def test_a_robot_that_cannot_be_loaded_is_named(value: str) -> None:
    with pytest.raises(BrokenRobotError, match="kan ikke indlæses"):
        load_robot("broken", [offer("broken", value)])


def test_something_that_is_no_robot_is_refused_with_what_it_lacks() -> None:
    with pytest.raises(BrokenRobotError, match="mangler card, payload_type, handle"):
        load_robot("list", [offer("list", "builtins:list")])


def test_a_robot_under_another_name_than_its_cards_is_refused() -> None:
    with pytest.raises(BrokenRobotError, match="hedder address_update på sit kort"):
        load_robot("other", [offer("other", "robots.address_update.robot:AddressUpdate")])


def test_a_name_that_two_packages_offer_is_refused() -> None:
    offers = [offer("twice", "a:A"), offer("twice", "b:B")]
    with pytest.raises(BrokenRobotError, match="flere pakker: a:A, b:B"):
        load_robot("twice", offers)


def test_the_same_offer_found_twice_is_one() -> None:
    same = offer("address_update", "robots.address_update.robot:AddressUpdate")
    assert load_robot("address_update", [same, same]).card.name == "address_update"
