from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.simulated.numbers import birthday, make_cpr, make_cvr, passes_modulus_11
from connectors.simulated.particulars import read_particulars
from connectors.simulated.published import PEOPLE
from connectors.simulated.seed import open_municipality
from connectors.simulated.store import Store, StoreMismatchError, from_json
from foundation.addresses import CivilAddress, is_same_address
from foundation.cpr import Cpr

PUBLISHED = {person.pnr for person in PEOPLE}
TABLES = ("address", "person", "past_address", "esdh_case", "party", "note")


@contextmanager
def _opened(folder: Path, *, seed: int = 3, citizens: int = 400, cases: int = 1000) -> Iterator[Store]:
    with closing(Store(folder)) as store:
        open_municipality(store, seed=seed, citizens=citizens, cases=cases)
        yield store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with _opened(tmp_path_factory.mktemp("seed")) as store:
        yield store


def _everything(store: Store) -> list[list[tuple[object, ...]]]:
    return [[tuple(row) for row in store.rows(f"SELECT * FROM {table} ORDER BY 1, 2")] for table in TABLES]  # noqa: S608 - the names stand above.


def _civil(body: str) -> CivilAddress:
    address = from_json(body)
    return CivilAddress(
        road_name=address["roadName"],
        house_number=address["houseNumber"],
        floor=address["floor"],
        door=address["door"],
        postal_code=address["postalCode"],
        care_of=address["careOf"],
        locality=address["locality"],
        town=address["town"],
    )


def test_the_same_seed_gives_the_same_municipality(store: Store, tmp_path: Path) -> None:
    with _opened(tmp_path) as again:
        assert _everything(again) == _everything(store)


def test_another_seed_gives_another_municipality(store: Store, tmp_path: Path) -> None:
    with _opened(tmp_path, seed=4) as another:
        pairs = zip(_everything(another), _everything(store), strict=True)
        assert all(one != other for one, other in pairs)


def test_more_cases_do_not_give_other_people(store: Store, tmp_path: Path) -> None:
    with _opened(tmp_path, cases=50) as smaller:
        assert _everything(smaller)[1] == _everything(store)[1]


def test_a_number_is_published_or_fails_modulus_11_and_is_not_of_1_january(store: Store) -> None:
    numbers = {row["pnr"] for row in store.rows("SELECT pnr FROM person")}
    assert len(numbers) == 400
    assert numbers >= PUBLISHED
    for number in numbers - PUBLISHED:
        assert not passes_modulus_11(number)
        assert (birthday(number).day, birthday(number).month) != (1, 1)


def test_every_number_is_one_that_the_project_s_parser_takes(store: Store) -> None:
    for row in store.rows("SELECT pnr FROM person"):
        assert Cpr.parse(row["pnr"]).digits == row["pnr"]


def test_every_party_with_a_number_is_a_person_of_the_store(store: Store) -> None:
    strangers = store.count(
        "SELECT count(*) FROM party WHERE identification_type = 'CprNummer'"
        " AND identification NOT IN (SELECT pnr FROM person)"
    )
    assert strangers == 0


def test_the_database_itself_refuses_a_person_who_is_not_marked_as_test(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError), store.transaction():
        store.run("UPDATE person SET is_test = 0")


def test_names_are_recognised_as_invented(store: Store) -> None:
    for row in store.rows("SELECT surname FROM person WHERE origin = 'generated'"):
        roots = ("Test", "Prøve", "Eksempel", "Øve", "Attrap", "Model", "Skitse", "Kladde", "Mønster", "Kulisse")
        assert row["surname"].startswith((*roots, "Forsøg", "Simul", "Skabelon"))


def test_cases_say_the_same_address_as_cpr_apart_from_spelling(store: Store) -> None:
    rows = store.rows(
        "SELECT person.address AS cpr, party.address AS esdh, esdh_spelling FROM party"
        " JOIN person ON pnr = identification AND identification_type = 'CprNummer'"
    )
    assert all(is_same_address(_civil(row["cpr"]), _civil(row["esdh"])) for row in rows)
    assert {row["esdh_spelling"] for row in rows} == {"same", "cosmetic"}
    assert all((row["cpr"] == row["esdh"]) == (row["esdh_spelling"] == "same") for row in rows)


def test_cases_mark_those_who_are_protected_and_only_those(store: Store) -> None:
    rows = store.rows(
        "SELECT party.protected, protected_from IS NOT NULL AND protected_to IS NULL AS in_cpr FROM party"
        " JOIN person ON pnr = identification AND identification_type = 'CprNummer'"
    )
    assert {(row["protected"], row["in_cpr"]) for row in rows} == {(0, 0), (1, 1)}


@pytest.mark.parametrize(
    ("what", "least", "most"),
    [
        ("esdh_case WHERE progress = 'Afsluttet'", 0.18, 0.32),
        ("esdh_case WHERE active_code = 'Arkiveret'", 0.005, 0.06),
        ("party WHERE role = 'Sekundær'", 0.1, 0.3),
        ("party WHERE identification_type = 'CvrNummer'", 0.005, 0.1),
        ("party WHERE identification_type = 'Frit'", 0.002, 0.1),
    ],
)
def test_the_municipality_is_mixed_as_promised(store: Store, what: str, least: float, most: float) -> None:
    assert least <= store.count(f"SELECT count(*) FROM {what}") / 1000 <= most  # noqa: S608 - the conditions stand above.


def test_every_published_person_has_an_open_case(store: Store) -> None:
    rows = store.rows(
        "SELECT identification FROM party JOIN esdh_case ON uuid = case_uuid WHERE progress <> 'Afsluttet'"
    )
    assert {row["identification"] for row in rows} >= PUBLISHED


def test_some_people_have_several_cases(store: Store) -> None:
    assert store.count("SELECT max(n) FROM (SELECT count(*) AS n FROM party GROUP BY identification)") > 3


def test_everybody_has_one_to_four_earlier_addresses_and_one_person_a_long_history(store: Store) -> None:
    rows = store.rows("SELECT pnr, (SELECT count(*) FROM past_address WHERE pnr = person.pnr) AS past FROM person")
    counts = {row["pnr"]: row["past"] for row in rows}
    assert counts.pop("0707614293") == 14
    assert {1, 2, 3, 4} == set(counts.values())


def test_earlier_addresses_follow_one_another_from_the_birth_to_the_present_address(store: Store) -> None:
    for person in store.rows("SELECT * FROM person"):
        past = store.rows("SELECT * FROM past_address WHERE pnr = ? ORDER BY position", (person["pnr"],))
        begun = [*(row["moved_in"] for row in past), person["moved_in"]]
        assert begun == sorted(begun)
        assert begun[0] >= person["birth_day"]
        assert [row["moved_out"] for row in past] == begun[1:]


def test_no_earlier_address_is_the_present_one(store: Store) -> None:
    rows = store.rows(
        "SELECT past_address.address AS old, person.address AS new FROM past_address JOIN person USING (pnr)"
    )
    assert all(not is_same_address(_civil(row["old"]), _civil(row["new"])) for row in rows)


def test_some_people_came_from_another_municipality_and_it_is_told(store: Store) -> None:
    newest = {
        row["pnr"]: from_json(row["address"])["municipalityCode"]
        for row in store.rows("SELECT * FROM past_address ORDER BY position")
    }
    people = store.rows("SELECT pnr, address, moved_from FROM person")
    for person in people:
        code = from_json(person["address"])["municipalityCode"]
        assert person["moved_from"] == ("" if newest[person["pnr"]] == code else newest[person["pnr"]])
    assert sum(person["moved_from"] == "0898" for person in people) > 3


def test_a_child_lives_with_one_of_its_parents_who_know_it(store: Store) -> None:
    known = {row["pnr"]: row for row in store.rows("SELECT * FROM person")}
    children = [row for row in known.values() if row["remark"].startswith("barn") and row["origin"] == "generated"]
    assert len(children) > 2
    assert {row["is_shared"] for row in children} == {0, 1}
    for child in children:
        facts = read_particulars(child)
        parents = [known[pnr] for pnr in (facts.mother, facts.father) if pnr]
        assert len(parents) == len(facts.custody) == 2
        assert all(child["pnr"] in read_particulars(parent).children for parent in parents)
        assert any(_home(parent) == _home(child) for parent in parents)


def _home(person: sqlite3.Row) -> dict[str, str]:
    return from_json(person["address"]) | {"careOf": ""}


@pytest.mark.parametrize(("citizens", "cases"), [(0, 0), (1, 3), (35, 10)])
def test_a_very_small_municipality_can_be_made(tmp_path: Path, citizens: int, cases: int) -> None:
    with _opened(tmp_path, citizens=citizens, cases=cases) as small:
        assert small.count("SELECT count(*) FROM person") == citizens
        assert small.count("SELECT count(*) FROM esdh_case") == cases


def test_a_folder_with_another_municipality_is_refused(tmp_path: Path) -> None:
    with _opened(tmp_path, citizens=40, cases=10):
        pass
    with (
        pytest.raises(StoreMismatchError, match="choose an empty folder"),
        _opened(tmp_path, seed=9, citizens=40, cases=10),
    ):
        pass


@given(st.integers())
def test_a_made_number_fails_modulus_11_and_is_never_made_twice(seed: int) -> None:
    random, taken = Random(seed), set[str]()
    numbers = [make_cpr(random, taken) for _ in range(5)]
    assert taken == set(numbers)
    assert len(taken) == 5
    assert not any(passes_modulus_11(number) for number in numbers)
    assert all(1930 <= birthday(number).year <= 2019 for number in numbers)


@given(st.integers())
def test_a_made_company_number_has_eight_digits_and_no_check_digit(seed: int) -> None:
    number = make_cvr(Random(seed))
    weights = (2, 7, 6, 5, 4, 3, 2, 1)
    assert len(number) == 8
    assert sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True)) % 11 != 0
