from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from connectors.simulated.markup import join, tag
from connectors.simulated.registry_forms import FORMS
from connectors.simulated.server import Running


class _Controls(HTMLParser):
    """Ids of what can be filled in, and what labels are for."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.scripts = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag in {"input", "select", "textarea"} and known.get("type") != "hidden":
            self.ids.append(known.get("id") or "")
        if tag == "label":
            self.labels.add(known.get("for") or "")
        self.scripts += tag == "script"


@pytest.fixture(scope="module")
def browser(served: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, timeout=10) as client:
        yield client


def _path(admin: httpx.Client, pnr: str) -> str:
    return f"/__admin/citizens/{admin.get(f'/people/{pnr}').json()['uuid']}"


def test_the_first_page_lists_people_with_their_marks(browser: httpx.Client) -> None:
    page = browser.get("/__admin/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Hilda Sachariasen" in page.text
    assert "lang adressehistorik" in page.text
    assert "1 til 50 af 300 personer" in page.text


@pytest.mark.parametrize("text", ["Jane Østerholm", "0709614592", "070961-4592", "publiceret adresse"])
def test_a_search_finds_by_name_number_and_mark(browser: httpx.Client, text: str) -> None:
    page = browser.post("/__admin/", data={"text": text}).text
    assert "Jane Østerholm Fichte" in page
    assert "Hilda Sachariasen" not in page


def test_a_search_without_a_find_says_so(browser: httpx.Client) -> None:
    page = browser.post("/__admin/", data={"text": "%findes ikke", "kind": "<b>", "page": "x"}).text
    assert "Ingen personer passer til søgningen." in page


def test_the_next_page_has_others(browser: httpx.Client) -> None:
    links = [
        set(re.findall(r"/__admin/citizens/[0-9a-f-]+", browser.post("/__admin/", data={"page": page}).text))
        for page in ("0", "1")
    ]
    assert len(links[0]) == len(links[1]) == 50
    assert not links[0] & links[1]


def test_a_person_s_page_shows_cpr_beside_the_cases(browser: httpx.Client, admin: httpx.Client, citizen: str) -> None:
    path = _path(admin, citizen)
    assert "Ens" in browser.get(path).text
    assert "Afviger" not in browser.get(path).text
    admin.post("/people/move", json={"personnummer": citizen})
    assert "Afviger" in browser.get(path).text


def test_every_field_has_a_label_and_there_is_no_script(browser: httpx.Client, admin: httpx.Client) -> None:
    for path in ("/__admin/", _path(admin, "1012620000")):
        controls = _Controls(browser.get(path).text)
        assert len(controls.ids) == len(set(controls.ids))
        assert set(controls.ids) <= controls.labels
        assert controls.scripts == 0


def test_nothing_comes_from_elsewhere(browser: httpx.Client, admin: httpx.Client) -> None:
    page = browser.get(_path(admin, "1012620000"))
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "//" not in page.text.split("</style>")[1]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.act)
def test_every_form_does_what_it_says(browser: httpx.Client, admin: httpx.Client, citizen: str, form: object) -> None:
    act = next(known for known in FORMS if known is form)
    sent = {
        "countryCode": "5120",
        "country": "Sverige",
        "given": "Prøve",
        "surname": "Testesen",
        "guardian": "0904414131",
        "kind": act.fields[0].options[0][0] if act.fields and act.fields[0].options else "",
        "protected": "true",
        "status": "20",
        "newPersonnummer": f"0201920{citizen[-3:]}",
        "lines": "Prøvegade 1\r\n6790 Prøveby" if act.act != "guardian" else "",
    }
    answer = browser.post(f"{_path(admin, citizen)}/{act.act}", data=sent)
    assert answer.status_code == 303
    page = browser.get(answer.headers["location"]).text
    assert f"{act.title}: det er registreret i CPR." in page


def test_a_refused_act_says_which_field(browser: httpx.Client, admin: httpx.Client) -> None:
    path = _path(admin, "1012620001")
    answer = browser.post(f"{path}/emigrate", data={"countryCode": "SE", "country": "Sverige"})
    page = browser.get(answer.headers["location"]).text
    assert "intet er ændret; se på feltet »Landekode i CPR«." in page


def test_an_address_can_be_typed(browser: httpx.Client, admin: httpx.Client, cpr: httpx.Client, citizen: str) -> None:
    sent = {"address.roadName": "Testvænget", "address.houseNumber": "12B", "address.postalCode": "6795"}
    browser.post(f"{_path(admin, citizen)}/move", data=sent)
    assert cpr.get(f"/persons/{citizen}").json()["aktuelAdresse"]["husnummer"] == "012B"


def test_what_stands_in_the_store_is_never_markup(browser: httpx.Client, admin: httpx.Client, citizen: str) -> None:
    admin.post("/people/rename", json={"personnummer": citizen, "given": "<script>x</script>", "surname": "Testesen"})
    page = browser.get(_path(admin, citizen)).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_text_and_attributes_are_escaped() -> None:
    assert tag("p", "<b>", title='"') == '<p title="&quot;">&lt;b&gt;</p>'
    assert join("<", tag("br")) == "&lt;<br></br>"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Host": "example.org"},
        {"Host": "192.0.2.1:80"},
        {"Host": "127.0.0.1.example.org"},
        {"Host": "[bad"},
    ],
)
def test_a_page_of_another_site_gets_nothing(
    browser: httpx.Client, admin: httpx.Client, headers: dict[str, str]
) -> None:
    path = _path(admin, "1012620001")
    assert browser.post(f"{path}/bury", headers=headers).status_code == 403
    assert browser.get(path, headers=headers).status_code == 403
    assert browser.post("/__admin/people/bury", headers=headers, json={}).status_code == 403


def test_our_own_page_may_send(browser: httpx.Client, served: Running) -> None:
    assert browser.post("/__admin/", headers={"Origin": served.url}).status_code == 200


def test_an_unknown_person_or_act_is_not_found(browser: httpx.Client, admin: httpx.Client) -> None:
    assert browser.get("/__admin/citizens/ukendt").status_code == 404
    assert browser.post(f"{_path(admin, '1012620001')}/ukendt").status_code == 404
