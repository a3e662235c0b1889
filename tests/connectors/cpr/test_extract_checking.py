"""What a file of the extract must be before anything in it is used."""

from datetime import date
from pathlib import Path

import pytest

from connectors.cpr.extract import Delivery, check
from connectors.errors import DeliveryBroken
from tests.connectors.cpr.extract_files import FRIDAY, MONDAY, delivery, jane, line, movers, person, put

PNR = "0709614592"


def checked(folder: Path, content: bytes) -> Delivery:
    return check(put(folder, content))


def fault(folder: Path, content: bytes) -> str:
    with pytest.raises(DeliveryBroken) as raised:
        checked(folder, content)
    assert raised.value.__cause__ is None
    return raised.value.detail


def test_a_whole_file_tells_what_it_holds(tmp_path: Path) -> None:
    found = checked(tmp_path, delivery([*jane(), *movers("1012620001")]))
    assert (found.header.order, found.header.produced, found.header.previous) == ("110901", MONDAY, FRIDAY)
    assert (found.people, found.lines) == (2, 9)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("is_trimmed", [True, False])
def test_line_ends_and_cut_off_blanks_do_not_matter(tmp_path: Path, end: str, *, is_trimmed: bool) -> None:
    assert checked(tmp_path, delivery(jane(), end=end, is_trimmed=is_trimmed)).people == 1


def test_a_file_without_persons_is_whole(tmp_path: Path) -> None:
    assert checked(tmp_path, delivery([])).people == 0


def test_the_first_delivery_of_an_order_has_none_before_it(tmp_path: Path) -> None:
    assert checked(tmp_path, delivery([], previous=None)).header.previous is None


def test_records_that_we_do_not_know_are_counted_and_left_alone(tmp_path: Path) -> None:
    found = checked(tmp_path, delivery([*jane(), "777" + PNR + "x" * 380, "888"]))
    assert (found.people, found.unknown_records) == (1, 2)


def test_refused_lines_and_ended_subscriptions_are_counted(tmp_path: Path) -> None:
    refused = line("910", PNR, (14, "06110901" + PNR), (89, "0027"), (93, "PNR UKENDT"))
    receipt = line("997", PNR, (14, "200111190000"), (26, "A99"))
    found = checked(tmp_path, delivery([refused, *jane(), receipt, receipt]))
    assert (found.errors, found.error_numbers, found.receipts) == (1, ("0027",), 2)


BODY = jane()
NO_END = delivery(BODY).rsplit(b"\n999", 1)[0] + b"\n"
TWO_NUMBERS = [line("001", PNR, (24, "01")), line("014", "1012620000", (14, "2512169996"))]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "0: no_start_record"),
        (b"\n", "1: no_start_record"),
        (NO_END, "7: no_end_record"),
        (NO_END[:-40], "7: no_end_record"),
        (delivery(BODY)[:-2], "8: no_end_record"),
        (delivery(BODY) + b"\n", "9: text_after_end_record"),
        (delivery(BODY) * 2, "9: text_after_end_record"),
        (NO_END + delivery(BODY), "8: no_end_record"),
        (delivery(BODY).replace(b"00000006", b"00000007"), "8: wrong_count"),
        (delivery(BODY).replace(b"00000006", b"0000000x"), "8: no_number"),
        (delivery(BODY).replace(b"Svinget 38", b"Svinget\x0038"), "7: control_characters"),
        (delivery(BODY).decode("latin-1").encode("utf-8"), "4: control_characters"),
        (delivery(["abc"]), "2: no_record_number"),
        (delivery([""]), "2: no_record_number"),
        (delivery(["777" + "x" * 500]), "2: wrong_length"),
        (delivery([BODY[0] + "x"]), "2: wrong_length"),
        (delivery([BODY[0][:20]]), "2: wrong_length"),
        (delivery(BODY[1:]), "2: outside_person"),
        (delivery(TWO_NUMBERS), "3: outside_person"),
        (delivery(person("07096145A2")), "2: no_cpr_number"),
        (delivery(person("3002614592")), "2: no_cpr_number"),
        (delivery(person(PNR, line("014", PNR, (14, "25121699x6")))), "3: no_cpr_number"),
        (delivery(person(PNR, born="1961-02-30")), "2: no_date"),
        (delivery(person(PNR, born="19610907")), "2: no_date"),
        (delivery(person(PNR, line("007", PNR, (14, "200113010000")))), "3: no_date"),
        (delivery(person(PNR, line("007", PNR, (14, "20011301    ")))), "3: no_date"),
        (delivery(person(PNR, line("002", PNR, (14, "O851")))), "3: no_number"),
        (delivery(person(PNR, status="44")), "2: unknown_status"),
        (delivery(person(PNR, status=" 1")), "2: unknown_status"),
        (delivery(BODY).replace(b"20011119", b"20011199"), "1: no_date"),
        (delivery(BODY).replace(b"20011119", b"00000000"), "1: no_date"),
        (delivery(person(PNR, line("002", PNR, (347, "x" * 36), length=382))), "3: no_address_id"),
    ],
)
def test_a_file_that_is_not_whole_tells_line_and_fault(tmp_path: Path, content: bytes, told: str) -> None:
    detail = fault(tmp_path, content)
    assert detail == f"D011119.L110901:{told}"
    assert PNR not in detail


def test_the_advice_names_file_and_line_and_no_value(tmp_path: Path) -> None:
    with pytest.raises(DeliveryBroken) as raised:
        checked(tmp_path, delivery(person("07096145A2")))
    advice = raised.value.advice
    assert "Filen D011119.L110901" in advice
    assert "linje 2" in advice
    assert "Intet af den er brugt" in advice
    assert "07096145" not in advice + str(raised.value)


@pytest.mark.parametrize("name", ["udtræk 0709614592.txt", "070961-4592.txt", "a\nb.txt", "a" * 100])
def test_a_file_name_that_may_hold_a_cpr_number_is_not_named(tmp_path: Path, name: str) -> None:
    path = put(tmp_path, b"x", name)
    with pytest.raises(DeliveryBroken) as raised:
        check(path)
    assert raised.value.detail == "file:1: no_start_record"
    assert raised.value.advice.startswith("En fil fra CPR")


@pytest.mark.parametrize("born", ["1961-09-00", "1961-00-00", "0000-00-00", ""])
def test_a_day_that_cpr_does_not_know_is_no_fault(tmp_path: Path, born: str) -> None:
    assert checked(tmp_path, delivery(person(PNR, born=born))).people == 1


@pytest.mark.parametrize("moment", ["199103201299", "196100000000", "194100001299", "000000000000"])
def test_the_odd_moments_of_the_demo_file_are_no_fault(tmp_path: Path, moment: str) -> None:
    assert checked(tmp_path, delivery(person(PNR, line("007", PNR, (14, moment), (26, "*"))))).people == 1


def test_an_event_without_a_time_is_no_fault(tmp_path: Path) -> None:
    assert checked(tmp_path, delivery([line("001", PNR, (24, "90")), line("099", PNR, (26, "A74"))])).people == 1


def test_a_production_day_is_read_as_it_stands(tmp_path: Path) -> None:
    found = checked(tmp_path, delivery([], produced=date(2026, 11, 23), previous=date(2026, 11, 20)))
    assert (found.header.produced, found.header.previous) == (date(2026, 11, 23), date(2026, 11, 20))
