"""People are told once a day through every target, and no target can make a run fail."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from casework.incidents import report
from casework.workplace import Workplace
from connectors.notices import Sent, Target
from flows.notices import Told, tell_people, tell_people_quietly
from foundation.settings import Settings, load_settings
from tests.connectors.notices.servers import Webhook, webhook
from tests.flows.office import Office
from tests.workbench import ROBOT, rows


def _settings(settings: Settings, *hooks: Webhook) -> Settings:
    urls = "\n".join(f"json://127.0.0.1:{hook.port}/" for hook in hooks)
    return settings.model_copy(update={"notice_urls": SecretStr(urls)})


def _incident(place: Workplace, code: str = "unavailable") -> None:
    with place.database.write() as session:
        report(session, place, robot=ROBOT, system="nova", code=code, message="Borger 1012620000")


def test_an_incident_is_told_once_a_day_with_the_stamp(place: Workplace, settings: Settings) -> None:
    _incident(place)
    with webhook() as hook:
        told = _settings(settings, hook)
        assert tell_people(place, told) == Told(targets=1, new=1, sent=1, refused=0)
        assert tell_people(place, told) == Told(targets=1, new=0, sent=0, refused=0)
        place.clock.sleep(86_400)
        assert tell_people(place, told).sent == 1
    first = hook.posted[0]
    assert first["title"] == f"PRØVE: Driftshændelse: {ROBOT} mod nova (unavailable)"
    assert "1012620000" not in str(hook.posted)
    assert "127.0.0.1" not in str(rows(place, "SELECT * FROM notice"))


def test_without_targets_nothing_is_laid_by(place: Workplace, settings: Settings) -> None:
    _incident(place)
    assert tell_people(place, settings) == Told(0, 0, 0, 0)
    assert rows(place, "SELECT * FROM notice") == []


def test_a_target_that_refuses_is_tried_later_and_keeps_nobody_else_from_being_told(
    place: Workplace, settings: Settings
) -> None:
    for code in ("en", "to", "tre"):
        _incident(place, code)
    with webhook() as deaf, webhook() as good:
        deaf.answer = 500
        told = _settings(settings, deaf, good)
        assert tell_people(place, told) == Told(targets=2, new=6, sent=3, refused=1)
        assert (len(deaf.posted), len(good.posted)) == (1, 3)
        deaf.answer = 200
        assert tell_people(place, told).sent == 2
        place.clock.sleep(60)
        assert tell_people(place, told).sent == 1
    assert (len(deaf.posted), len(good.posted)) == (4, 3)


def test_a_process_that_dies_while_it_sends_leaves_one_notice_in_doubt_and_the_others_to_the_next(
    place: Workplace, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in ("en", "to", "tre"):
        _incident(place, code)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with webhook() as hook:
        told = _settings(settings, hook)
        with monkeypatch.context() as patch:
            patch.setattr("flows.notices.mark_sent", die)
            with pytest.raises(KeyboardInterrupt):
                tell_people(place, told)
        assert tell_people(place, told) == Told(targets=1, new=0, sent=2, refused=0)
    assert len({str(one["title"]) for one in hook.posted}) == len(hook.posted) == 3


def test_a_slow_target_does_not_hold_a_run_up_for_long(
    place: Workplace, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in ("en", "to", "tre", "fire"):
        _incident(place, code)
    send = Target.send

    def send_slowly(target: Target, *, title: str, body: str) -> Sent:
        place.clock.sleep(40)
        return send(target, title=title, body=body)

    monkeypatch.setattr(Target, "send", send_slowly)
    with webhook() as hook:
        told = _settings(settings, hook)
        assert tell_people(place, told).sent == 2
        assert tell_people(place, told).sent == 2
    assert len(hook.posted) == 4


def test_a_wrong_address_is_no_reason_to_fail(place: Workplace, settings: Settings) -> None:
    _incident(place)
    wrong = settings.model_copy(update={"notice_urls": SecretStr("json://10.0.0.1/")})
    tell_people_quietly(place, wrong)
    assert rows(place, "SELECT * FROM notice") == []


def test_a_run_tells_people_when_it_is_over(office: Office) -> None:
    _incident(office.composition.place)
    with webhook() as hook:
        office.composition.settings = _settings(office.composition.settings, hook)
        office.run()
    assert len(hook.posted) == 1


def test_the_addresses_are_a_secret(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGSGANG_NOTICE_URLS", "json://u:hemmelig@127.0.0.1/")
    assert "hemmelig" not in repr(load_settings(data_dir=settings.data_dir))
