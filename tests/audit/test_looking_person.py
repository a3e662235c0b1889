import pytest

from audit.events import ActorRef, CaseEventRef, ChangeRef, DecisionRef, Event, PurposeRef, RunRef, SubjectRef
from audit.looking.person import PersonReport, report_on
from audit.subjects import erase, find_references, refer_to
from audit.vocabulary import ActorKind, EventType
from casework.workplace import Workplace

#: Numbers of KOMBIT's external test set.
CITIZEN, ANOTHER = "1012620000", "1012620001"
ROBOT = ActorRef(ActorKind.ROBOT, "flytning", "os_account", "dorthe")
BO = ActorRef(ActorKind.PERSON, "bo", "os_account")
PURPOSE = PurposeRef("flytning", "CPR-lovens § 52", "27.00.00")
CASE = CaseEventRef("nova", "c1")


def _look_up(place: Workplace, identity: str, item: str) -> None:
    with place.database.write() as session:
        subject = refer_to(session, place.database.ring, identity=identity, year=place.now().year)
        place.record(
            session,
            Event(
                type=EventType.PERSON_LOOKED_UP,
                actor=ROBOT,
                purpose=PURPOSE,
                subject=SubjectRef(subject.ref),
                run=RunRef(item=item),
            ),
        )


def _change(place: Workplace, item: str) -> None:
    run = RunRef(item=item)
    facts = {"operation": "update_party_contact", "remote": "N-17"}
    change = ChangeRef(("address",))
    with place.database.write() as session:
        place.record(
            session,
            Event(type=EventType.DECISION_MADE, actor=BO, run=run, decision=DecisionRef(human_review="approved")),
            Event(
                type=EventType.EFFECT_DONE,
                actor=ROBOT,
                purpose=PURPOSE,
                run=run,
                case=CASE,
                change=change,
                facts=facts,
            ),
        )


def _report(place: Workplace, identity: str = CITIZEN, *, names: bool = False, limit: int = 100) -> PersonReport:
    year = place.now().year
    with place.database.read() as session:
        references = find_references(session, place.database.ring, identity=identity, years=range(year, year + 1))
        return report_on(session, references, with_employees=names, limit=limit)


def test_what_was_looked_up_and_changed_is_told_with_purpose_and_legal_basis(place: Workplace) -> None:
    _look_up(place, CITIZEN, "i1")
    _change(place, "i1")
    looked_up, answered, changed = _report(place).lines
    assert looked_up.what == "Dine oplysninger blev slået op i CPR."
    assert answered.what == "Forslaget blev godkendt."
    assert changed.what == "Dine kontaktoplysninger på sagen blev ændret (adresse)."
    assert (changed.purpose, changed.legal_basis, changed.case) == ("flytning", "CPR-lovens § 52", "nova c1")


def test_no_employee_is_named(place: Workplace) -> None:
    _look_up(place, CITIZEN, "i1")
    _change(place, "i1")
    report = _report(place)
    assert "bo" not in {line.who for line in report.lines}
    assert not [line for line in report.lines if "dorthe" in line.who]
    assert report.lines[0].who == "robotten flytning, startet af en medarbejder"


def test_employees_are_named_when_that_is_asked_for(place: Workplace) -> None:
    _look_up(place, CITIZEN, "i1")
    _change(place, "i1")
    assert [line.who for line in _report(place, names=True).lines][:2] == [
        "robotten flytning, startet af dorthe",
        "bo",
    ]


def test_nothing_is_told_of_somebody_elses_item(place: Workplace) -> None:
    _look_up(place, CITIZEN, "i1")
    _look_up(place, ANOTHER, "i2")
    _change(place, "i2")
    assert len(_report(place).lines) == 1


def test_of_an_item_about_several_people_only_his_own_look_ups_are_told(place: Workplace) -> None:
    _look_up(place, CITIZEN, "i1")
    _look_up(place, ANOTHER, "i1")
    _change(place, "i1")
    report = _report(place)
    assert [line.what for line in report.lines] == ["Dine oplysninger blev slået op i CPR."]
    assert report.shared_items == 1


def test_a_citizen_nobody_looked_at_has_an_empty_report(place: Workplace) -> None:
    _look_up(place, ANOTHER, "i1")
    assert _report(place) == PersonReport((), 0, is_cut=False)


def test_of_a_citizen_who_was_erased_nothing_is_told(place: Workplace) -> None:
    _look_up(place, CITIZEN, "i1")
    year = place.now().year
    with place.database.write() as session:
        erase(
            session,
            place.database.ring,
            identity=CITIZEN,
            years=range(year, year + 1),
            actor=BO,
            at=place.now(),
            environment="simulated",
            reason="Retten har bestemt det.",
        )
    assert _report(place).lines == ()


def test_more_than_was_asked_for_is_said_to_be_more(place: Workplace) -> None:
    _look_up(place, CITIZEN, "i1")
    _look_up(place, CITIZEN, "i1")
    report = _report(place, limit=1)
    assert (len(report.lines), report.is_cut) == (1, True)


@pytest.mark.parametrize("kind", [EventType.LOG_READ, EventType.EVIDENCE_GIVEN])
def test_whatever_carries_his_reference_is_told(place: Workplace, kind: EventType) -> None:
    with place.database.write() as session:
        subject = refer_to(session, place.database.ring, identity=CITIZEN, year=place.now().year)
        place.record(session, Event(type=kind, actor=BO, subject=subject))
    assert len(_report(place).lines) == 1
