"""The published persons (integration reference D.1) as blocks, and what is read out of them."""

from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from connectors.cpr.extract import ExtractPerson, check, read_people
from connectors.person_details import CustodyKind, GuardianshipKind, OtherProtection, UncertainDate
from connectors.records import PersonStatus
from foundation.addresses import one_line
from foundation.cpr import Cpr
from tests.connectors.cpr.extract_files import delivery, jane, line, person, put

#: The day on which the demo extract was made.
TODAY = date(2001, 11, 19)


def read(folder: Path, lines: list[str], *, is_trimmed: bool = True) -> ExtractPerson:
    path = put(folder, delivery(lines, is_trimmed=is_trimmed))
    check(path)
    (found,) = read_people(path)
    return found


@pytest.mark.parametrize("is_trimmed", [True, False])
def test_a_resident_has_name_and_address(tmp_path: Path, *, is_trimmed: bool) -> None:
    found = read(tmp_path, jane(), is_trimmed=is_trimmed)
    assert (found.cpr, found.current_cpr, found.status) == (Cpr("0709614592"),) * 2 + (PersonStatus.RESIDENT,)
    assert found.names == ("Jane Østerholm", "", "Fichte")
    assert found.addressing_name == "Jane Østerholm Fichte"
    assert found.home is not None
    address = found.home.address
    assert (address.house_number, address.floor, address.door) == ("038", "01", "th")
    assert one_line(address) == "Svinget 38, 1. th, Lindholm, 9000 Aalborg"
    assert (address.municipality_code, address.road_code) == ("0851", "8513")
    assert found.home.moved_in == UncertainDate(date(1980, 11, 1))
    assert found.home.moved_from_municipality == ""
    assert found.events == ("A13",)


def test_a_value_does_not_show_itself(tmp_path: Path) -> None:
    assert repr(read(tmp_path, jane())) == "ExtractPerson(***)"


def test_a_guardian_with_a_number(tmp_path: Path) -> None:
    pnr = "0709614126"
    row = line("017", pnr, (14, "2000-02-28"), (35, "0001"), (39, "0904414131"), (49, "2000-02-28"))
    told = read(tmp_path, person(pnr, row, code="A73")).guardianship
    assert told is not None
    assert (told.kind, told.guardian, told.guardian_lines) == (GuardianshipKind.FULL, Cpr("0904414131"), ())
    assert (told.from_day, told.ended_on) == (date(2000, 2, 28), None)


def test_a_guardian_by_text_only_and_a_move_from_another_municipality(tmp_path: Path) -> None:
    pnr = "0909610028"
    home = line(
        "002", pnr, (14, "0851"), (18, "8511"), (22, "016"), (70, "199608081702"), (83, "199608081702"), (96, "0571"),
        (100, "199608081702"),
    )  # fmt: skip
    guardian = line(
        "017", pnr, (14, "2001-06-30"), (25, "2009-07-01"), (35, "0002"), (59, "Dieter Planckhardt"),
        (103, "Dresdener Allé 33"), (137, "D 13579 Celle"), (171, "Tyskland"),
    )  # fmt: skip
    earlier = line("022", pnr, (14, "0709614134"), (24, "1961-09-07*"), (35, "1998-06-25"))
    found = read(tmp_path, person(pnr, home, guardian, earlier, born="1961-09-09"))
    assert found.guardianship is not None
    assert found.guardianship.guardian is None
    assert found.guardianship.guardian_lines == ("Dieter Planckhardt", "Dresdener Allé 33", "D 13579 Celle", "Tyskland")
    assert found.guardianship.ended_on == date(2009, 7, 1)
    assert found.home is not None
    assert found.home.moved_from_municipality == "0571"
    assert found.home.moved_from_on.day == date(1996, 8, 8)
    (before,) = found.earlier_numbers
    assert (before.cpr, before.to_day.day) == (Cpr("0709614134"), date(1998, 6, 25))


def test_the_newer_record_says_that_a_guardianship_is_partial(tmp_path: Path) -> None:
    pnr = "0709614126"
    older = line("017", pnr, (14, "2000-02-28"), (39, "0904414131"))
    newer = line("052", pnr, (14, "2000-02-28"), (39, "0904414131"), (273, "DELVIS"))
    told = read(tmp_path, person(pnr, newer, older)).guardianship
    assert told is not None
    assert told.kind is GuardianshipKind.PARTIAL


def test_an_emigrant_has_foreign_lines_and_a_contact_address(tmp_path: Path) -> None:
    pnr = "0709614738"
    left = line("005", pnr, (14, "5120"), (18, "199709091431"), (31, "Grantoften 4"), (65, "S 45678"), (99, "Sverige"))
    contact = line("006", pnr, (14, "Kontaktlinje 1"), (150, "Kontaktlinje 5"), (184, "2001-06-302005-07-15"))
    name = line("003", pnr, (14, "Winnie Carlson"))
    found = read(tmp_path, person(pnr, left, contact, name, status="80", code="A47"))
    assert (found.status, found.home) == (PersonStatus.EMIGRATED, None)
    assert found.departure is not None
    assert found.departure.lines == ("Grantoften 4", "S 45678", "Sverige")
    assert (found.departure.country_code, found.departure.left_on.day) == ("5120", date(1997, 9, 9))
    assert found.contact_address is not None
    assert found.contact_address.lines == ("Kontaktlinje 1", "Kontaktlinje 5")
    assert found.contact_address.to_day == date(2005, 7, 15)
    assert found.addressing_name == "Winnie Carlson"


@pytest.mark.parametrize(
    ("pnr", "days", "is_protected"),
    [
        ("0107529039", "1998-01-011998-06-30", False),
        ("0709614452", "1997-12-312010-12-31", True),
        ("0702614147", "1998-01-012001-11-19", False),
        ("0701614011", "2001-11-192004-11-02", True),
        ("0701614011", "2001-11-202004-11-02", False),
        ("0701614011", "2001-11-022101-11-02", True),
        ("0701614011", "2001-11-02", True),
    ],
)
def test_a_row_of_protection_counts_only_on_its_days(
    tmp_path: Path, pnr: str, days: str, *, is_protected: bool
) -> None:
    found = read(tmp_path, person(pnr, line("004", pnr, (14, "0001"), (18, days))))
    assert found.protection(TODAY).is_protected is is_protected
    assert found.protection(TODAY).from_day == date.fromisoformat(days[:10])


def test_who_has_no_row_is_not_protected(tmp_path: Path) -> None:
    assert not read(tmp_path, jane()).protection(TODAY).is_protected


def test_marketing_protection_is_no_address_protection(tmp_path: Path) -> None:
    pnr = "0108610018"
    rows = [line("004", pnr, (14, "0003"), (18, "2001-11-072101-11-07")), line("004", pnr, (14, "0009"))]
    found = read(tmp_path, person(pnr, *rows))
    assert found.other_protections(TODAY) == {OtherProtection.MARKETING}
    assert not found.protection(TODAY).is_protected


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("0108610069", "0709610015", PersonStatus.NUMBER_CHANGED),
        ("0708614246", "0307610078", PersonStatus.NUMBER_CHANGED),
        ("0709614398", "0909610036", PersonStatus.NUMBER_CHANGED),
        ("0101520013", "0107529039", PersonStatus.DELETED),
    ],
)
def test_a_number_that_was_left_names_the_one_in_force(
    tmp_path: Path, old: str, new: str, status: PersonStatus
) -> None:
    row = line("001", old, (14, new), (24, status.value), (26, "200111071450"))
    found = read(tmp_path, [row])
    assert (found.status, found.current_cpr) == (status, Cpr(new))
    assert found.status_day.day == date(2001, 11, 7)


@pytest.mark.parametrize("pnr", ["0707614285", "0709614495", "0709614169"])
def test_a_care_of_line_is_a_part_of_its_own(tmp_path: Path, pnr: str) -> None:
    home = line("002", pnr, (14, "0851"), (36, "Fru Test"))
    found = read(tmp_path, person(pnr, home, line("003", pnr, (48, "c/o Fru Test"))))
    assert found.home is not None
    assert found.home.address.care_of == "Fru Test"


def test_a_care_of_line_in_the_plain_text_only_is_kept(tmp_path: Path) -> None:
    pnr = "0707614285"
    found = read(tmp_path, person(pnr, line("002", pnr), line("003", pnr, (48, "c/o Fru Test"))))
    assert found.home is not None
    assert found.home.address.care_of == "c/o Fru Test"


def test_a_relocation_order_is_told(tmp_path: Path) -> None:
    pnr = "1307610015"
    row = line("021", pnr, (14, "2000-12-31"), (24, "Flytte inden 2005"))
    assert read(tmp_path, person(pnr, row)).relocation_order == "Flytte inden 2005"


def test_who_disappeared_has_his_day(tmp_path: Path) -> None:
    pnr = "1312814362"
    found = read(tmp_path, person(pnr, line("007", pnr, (14, "199909090000")), status="70"))
    assert (found.status, found.disappeared_on) == (PersonStatus.DISAPPEARED, UncertainDate(date(1999, 9, 9)))


@pytest.mark.parametrize("pnr", ["0101980014", "0708614327", "0901414084"])
def test_the_dead_are_dead(tmp_path: Path, pnr: str) -> None:
    assert read(tmp_path, person(pnr, status="90", code="A74")).status is PersonStatus.DEAD


def test_earlier_addresses_come_newest_first_and_annulled_ones_say_so(tmp_path: Path) -> None:
    pnr = "0707614293"
    rows = [
        line("023", pnr, (15, "0851"), (19, "8513"), (23, "050"), (71, "196107071200"), (84, "198103061200")),
        line("023", pnr, (14, "A"), (15, "0851"), (19, "8512"), (23, "002"), (71, "198202202000*198202202000")),
        line("023", pnr, (14, "Æ"), (15, "0851"), (71, "197000000000*")),
    ]
    history = read(tmp_path, person(pnr, *rows)).history
    assert [(past.address.road_code, past.is_annulled) for past in history] == [
        ("8512", True),
        ("8513", False),
        ("", False),
    ]
    assert history[0].moved_in == UncertainDate(date(1982, 2, 20), is_uncertain=True)
    assert history[2].moved_in == UncertainDate(None, is_uncertain=True)


def test_family_has_children_parents_and_custody(tmp_path: Path) -> None:
    pnr = "2512169996"
    rows = [
        line("014", pnr, (14, "1012620003")),
        line("015", pnr, (25, "1012620000"), (92, "0000000000")),
        line("016", pnr, (14, "0003"), (18, "2016-12-25"), (39, "1012620000")),
        line("016", pnr, (14, "0006"), (29, "2018-01-01")),
        line("012", pnr, (14, "U"), (15, "0000000000")),
    ]
    found = read(tmp_path, person(pnr, *rows, born="2016-12-25"))
    assert (found.family.children, found.family.parents) == ((Cpr("1012620003"),), (Cpr("1012620000"),))
    assert [(each.kind, each.holder) for each in found.family.custody] == [
        (CustodyKind.MOTHER, Cpr("1012620000")),
        (CustodyKind.OTHER, None),
    ]
    assert found.family.custody[1].ended_on == date(2018, 1, 1)
    assert found.marriage is not None
    assert (found.marriage.code, found.marriage.spouse) == ("U", None)


def test_the_longer_form_of_an_address_has_road_and_id(tmp_path: Path) -> None:
    pnr, number = "0709614592", "91b21c97-fb07-4aac-98c5-61bcb4689f78"
    home = line("002", pnr, (14, "0851"), (117, "Supplerende linje"), (307, "Svinget"), (347, number), length=382)
    found = read(tmp_path, person(pnr, home), is_trimmed=False).home
    assert found is not None
    assert (found.address.road_name, found.address.address_id) == ("Svinget", UUID(number))
    assert found.supplementary_lines == ("Supplerende linje",)
