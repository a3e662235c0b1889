"""What must hold of the rules for every person, case, system and policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random
from typing import TypeVar
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from connectors.address_records import RegisteredAddress, RegisteredStatus
from connectors.person_details import (
    ContactAddress,
    Custody,
    CustodyKind,
    Departure,
    Family,
    Guardianship,
    GuardianshipKind,
    PastAddress,
    UncertainDate,
)
from connectors.records import (
    AddressProtection,
    Case,
    CaseParty,
    CaseRef,
    CaseState,
    PartyContact,
    PartyRef,
    PartyRole,
    PendingMove,
    PersonSnapshot,
    PersonStatus,
    Progress,
)
from foundation.addresses import CivilAddress, lines
from foundation.cpr import Cpr
from robots.address_update.facts import Facts, Places
from robots.address_update.policy import Mode, Policy
from robots.address_update.reasons import Reason
from robots.address_update.rules import rule
from robots.address_update.ruling import AppliedVersion, Ruling, RulingKind
from robots.twins.case_register import CAPABLE
from tests.robots.address_update.questions import RELATIVE, STRANGER, TODAY, knowing

T = TypeVar("T")

PERSON = Cpr("1012620000")
REF = CaseRef("twin", "case-1")
IDS = (UUID(int=1), UUID(int=2))
COMING = date(2026, 12, 1)

NEW = CivilAddress("Ny Prøvevej", "12B", "2", "tv", "9000", municipality_code="0851", road_code="0100")
PLACES = (
    NEW,
    NEW,
    NEW,
    replace(NEW, road_name="Ny Prv.", road_code=""),
    replace(NEW, care_of="Vært Prøvesen"),
    replace(NEW, locality="Prøvegården"),
    replace(NEW, road_name="Omdøbt Vej"),
    replace(NEW, address_id=IDS[0]),
    replace(NEW, address_id=IDS[1]),
    CivilAddress("Gamle Prøvevej", "1", postal_code="9000", municipality_code="0851"),
    CivilAddress("Gamle Prøvevej", "1", postal_code="9000", municipality_code="0851"),
    CivilAddress("Fjern Prøvevej", "3", postal_code="8000", municipality_code="0751"),
)


def often(value: T, *others: T) -> st.SearchStrategy[T]:
    """Mostly ``value``, so that the draws together still reach the last rules, and sometimes another."""
    return st.sampled_from([value] * max(8, 3 * len(others)) + [*others])


days = st.dates(date(2026, 1, 1), date(2027, 3, 1))
dates = st.builds(UncertainDate, st.none() | st.just(date(2026, 11, 19)) | days, is_uncertain=often(False, True))
ordinary = st.sampled_from(PLACES)
odd = st.builds(
    CivilAddress,
    road_name=st.sampled_from(["", "Prøvevej"]),
    house_number=st.sampled_from(["", "1", "001"]),
    postal_code=st.sampled_from(["", "9000", "9999", "13579"]),
    road_code=st.sampled_from(["", "0100", "9900", "9999"]),
)
texts = st.sampled_from([CivilAddress(free_lines=("Grantoften 4",)), CivilAddress(free_lines=("Prøvevej 1", "9000"))])
danish = st.integers(0, 7).flatmap(lambda draw: odd if draw == 0 else ordinary)
addresses = st.integers(0, 7).flatmap(lambda draw: st.none() | texts if draw == 0 else danish)
registered = st.builds(
    lambda address, id_, status: RegisteredAddress(id_, status, replace(address, address_id=id_, care_of=""), ""),
    ordinary,
    st.sampled_from(IDS),
    often(RegisteredStatus.CURRENT, *RegisteredStatus),
)
people = st.builds(
    PersonSnapshot,
    cpr=st.just(PERSON),
    current_cpr=often(PERSON, RELATIVE),
    addressing_name=often("Test Prøvesen", "Test Nynavn", "Test Nynavn", ""),
    status=often(PersonStatus.RESIDENT, *PersonStatus),
    status_day=st.none(),
    protection=st.builds(AddressProtection, is_protected=often(False, True, True)),
    address=st.integers(0, 15).flatmap(lambda draw: st.none() if draw == 0 else danish),
    moved_in=dates,
    registered_at=st.sampled_from([None, *(datetime(2026, 11, day, 3, tzinfo=UTC) for day in (2, 18, 19, 20, 21))]),
    looked_up_at=st.just(datetime(2026, 11, 22, tzinfo=UTC)),
    pending=often(None, True).flatmap(
        lambda given: st.none() if given is None else st.builds(PendingMove, danish, st.sampled_from([TODAY, COMING]))
    ),
    is_correction=st.booleans(),
    history=st.none()
    | st.lists(
        st.builds(PastAddress, danish, st.just(UncertainDate(None)), st.just(UncertainDate(None))), max_size=3
    ).map(tuple),
    guardianship=st.none()
    | st.builds(
        Guardianship,
        kind=st.sampled_from(GuardianshipKind),
        guardian=st.sampled_from([None, RELATIVE, STRANGER]),
        guardian_lines=st.just(("Dieter Planckhardt",)),
        ended_on=st.none() | days,
    ),
    departure=st.none() | st.builds(Departure, st.just("5120"), dates, st.sampled_from([(), ("Grantoften 4",)])),
    contact_address=st.none()
    | st.builds(ContactAddress, st.sampled_from([(), ("Prøvevej 1", "9000 Aalborg")]), st.none() | days),
    family=st.builds(
        Family,
        children=st.sampled_from([(), (RELATIVE,)]),
        custody=st.sampled_from([(), (Custody(CustodyKind.MOTHER, RELATIVE),)]),
        is_shared_residence=st.booleans(),
    ),
    moved_from_municipality=often("", "0751"),
)
contacts = st.builds(PartyContact, addresses, often(False, True, True, None), st.none() | texts)
others = st.lists(st.tuples(contacts, st.sampled_from([None, RELATIVE, STRANGER])), max_size=2)
parties = st.tuples(contacts, others, often(PartyRole.PRIMARY, PartyRole.SECONDARY)).map(
    lambda given: (
        CaseParty(PartyRef(REF, "1"), given[2], PERSON, "Test Prøvesen", given[0]),
        *(
            CaseParty(PartyRef(REF, str(number)), PartyRole.SECONDARY, cpr, "Anden Prøvesen", contact)
            for number, (contact, cpr) in enumerate(given[1], start=2)
        ),
    )
)
cases = st.builds(
    Case,
    st.just(REF),
    st.just("S2026-00001"),
    st.just("Prøvesag"),
    st.sampled_from([None, "27.00.00", "32.15.04"]),
    often(Progress.OPLYST, Progress.AFSLUTTET),
    often(CaseState.OPEN, CaseState.CLOSED, CaseState.ARCHIVED),
    st.none(),
    parties,
)
systems = st.builds(
    replace,
    st.just(CAPABLE),
    party_model=often("CASE_SNAPSHOT", "SHARED_MASTER"),
    party_address_write=often("API", "UI_ONLY", "SYNCED_BY_VENDOR", "NONE"),
    protects_address=often(True, False),
    has_contact_address=st.booleans(),
    writes_name=st.booleans(),
)
groups = st.sampled_from([frozenset[str](), frozenset({"27"})])
policies = st.builds(
    Policy,
    municipality_code=st.sampled_from(["", "0851"]),
    default_mode=st.sampled_from(Mode),
    normalise=st.booleans(),
    roles=often(frozenset(PartyRole), frozenset({PartyRole.PRIMARY})),
    keeps_kle=groups,
    residence_kle=groups,
    custody_kle=groups,
    keeps_contact_address=st.booleans(),
)
everything = st.builds(
    lambda case, **given: Facts(case=case, party=case.parties[0], today=TODAY, **given),
    cases,
    snapshot=people,
    capabilities=systems,
    policy=policies,
    last_applied=often(None, AppliedVersion(datetime(2026, 11, 19, tzinfo=UTC), date(2026, 11, 10))),
    places=st.builds(
        Places,
        is_asked=st.booleans(),
        current=st.none() | registered,
        pending=st.none() | registered,
        shown=st.none() | st.sampled_from(IDS),
    ),
    letters_since=st.sampled_from([(), ("letter-1", "letter-2")]),
    is_held=often(False, True),
    told=st.sampled_from([{}, {"guardian": "before", "custody_changed": "before"}]),
)


def written(facts: Facts, ruling: Ruling) -> Facts:
    """The facts once the change of the ruling stands on the case; what the washing said is of no use then."""
    change, contact = ruling.change, facts.party.contact
    if change is None:
        return facts
    marked = (contact.is_protected or change.marks_protected) and not change.unmarks_protected
    after = PartyContact(change.address or contact.address, marked, change.contact_address or contact.contact_address)
    party = replace(facts.party, contact=after, name=change.name or facts.party.name)
    shown = facts.places.shown if change.address is None else change.address.address_id
    return replace(
        facts,
        party=party,
        case=replace(facts.case, parties=(party, *facts.case.parties[1:])),
        places=replace(facts.places, shown=shown),
    )


@given(everything)
def test_the_same_facts_have_the_same_ruling(facts: Facts) -> None:
    assert rule(facts) == rule(replace(facts))


@given(everything, st.randoms(use_true_random=False))
def test_no_order_of_parties_history_or_letters_matters(facts: Facts, mixer: Random) -> None:
    parties, letters = list(facts.case.parties), list(facts.letters_since)
    history = list(facts.snapshot.history or ())
    for each in (parties, letters, history):
        mixer.shuffle(each)
    mixed = replace(facts, case=replace(facts.case, parties=tuple(parties)), letters_since=tuple(letters))
    if facts.snapshot.history is not None:
        mixed = knowing(mixed, history=tuple(history))
    assert rule(mixed) == rule(facts)


@given(everything)
def test_a_closed_or_archived_case_and_a_held_row_are_left_alone(facts: Facts) -> None:
    ruling = rule(facts)
    is_open = facts.case.state is CaseState.OPEN and facts.case.progress is not Progress.AFSLUTTET
    if not is_open or facts.is_held:
        assert ruling.kind is RulingKind.SKIP
        assert (ruling.change, ruling.tasks, ruling.tells) == (None, (), ())


@given(everything)
def test_nobody_who_is_or_shares_a_case_with_a_protected_person_gets_a_plain_apply(facts: Facts) -> None:
    ruling = rule(facts)
    is_marked = any(party.contact.is_protected for party in facts.case.parties)
    if facts.snapshot.protection.is_protected or is_marked:
        assert ruling.kind is not RulingKind.APPLY
        assert ruling.is_protected or ruling.kind is RulingKind.SKIP


@given(everything)
def test_a_protected_address_is_never_written_without_the_mark(facts: Facts) -> None:
    ruling = rule(facts)
    if facts.snapshot.protection.is_protected and ruling.change is not None:
        assert ruling.change.marks_protected or facts.party.contact.is_protected


@given(everything)
def test_a_mark_is_taken_away_alone_and_only_when_cpr_says_so(facts: Facts) -> None:
    ruling = rule(facts)
    if ruling.change is not None and ruling.change.unmarks_protected:
        assert ruling.kind is RulingKind.APPLY_REVIEW
        assert not facts.snapshot.protection.is_protected
        assert (ruling.change.address, ruling.change.contact_address, ruling.change.name) == (None, None, None)


@given(everything)
def test_a_system_that_takes_nothing_from_us_is_not_written(facts: Facts) -> None:
    able = facts.capabilities
    if able.party_address_write != "API" or able.party_model == "SHARED_MASTER":
        assert rule(facts).change is None


@given(everything)
def test_an_address_that_cpr_never_had_is_never_written_over(facts: Facts) -> None:
    shelter = CivilAddress("Krisecentervej", "7", postal_code="9100")
    party = replace(facts.party, contact=replace(facts.party.contact, address=shelter))
    places = replace(facts.places, shown=None)
    typed = replace(facts, party=party, places=places, case=replace(facts.case, parties=(party,)))
    change = rule(typed).change
    if facts.snapshot.history is not None and change is not None:
        assert change.address is None


@given(everything)
def test_no_sentence_holds_an_address_a_name_or_a_number(facts: Facts) -> None:
    ruling = rule(facts)
    told = " ".join([ruling.sentence, *(each.sentence for each in (*ruling.tasks, *ruling.mentions))])
    told += " ".join(text for pair in ruling.tells for text in pair)
    shown = [facts.snapshot.address, *(party.contact.address for party in facts.case.parties)]
    secrets = [line for address in shown for line in lines(address or CivilAddress())]
    secrets += [facts.snapshot.addressing_name, facts.party.name, PERSON.digits, RELATIVE.digits, STRANGER.digits]
    assert not any(secret and secret in told for secret in secrets if len(secret) > 1)


@given(everything)
def test_an_uncertain_date_is_never_computed_with(facts: Facts) -> None:
    left_on = UncertainDate(None)
    departure = facts.snapshot.departure
    unknown = knowing(
        facts,
        moved_in=UncertainDate(None),
        departure=None if departure is None else replace(departure, left_on=left_on),
    )
    doubted = knowing(
        unknown,
        moved_in=UncertainDate(facts.snapshot.moved_in.day, is_uncertain=True),
        departure=None
        if departure is None
        else replace(departure, left_on=UncertainDate(departure.left_on.day, is_uncertain=True)),
    )
    assert rule(doubted) == rule(unknown)


@given(everything, policies)
def test_no_policy_lets_a_row_pass_that_another_has_reviewed(facts: Facts, wider: Policy) -> None:
    own = facts.policy.municipality_code
    widened = replace(facts, policy=wider.model_copy(update={"municipality_code": own}))
    if rule(facts).kind is RulingKind.APPLY_REVIEW:
        assert rule(widened).kind is not RulingKind.APPLY


@given(everything)
def test_what_is_written_is_not_asked_for_again(facts: Facts) -> None:
    ruling = rule(facts)
    if ruling.change is not None and not ruling.change.unmarks_protected:
        again = rule(written(facts, ruling))
        assert again.change is None
        assert again.kind in {RulingKind.NOOP, RulingKind.DEFER} or again.reason is Reason.MANUAL_ADDRESS


@given(everything)
def test_what_was_told_is_not_told_again(facts: Facts) -> None:
    standing = {
        Reason.GUARDIAN,
        Reason.PARTIAL_GUARDIAN,
        Reason.GUARDIAN_ENDED,
        Reason.GUARDIAN_WITHOUT_NUMBER,
        Reason.CUSTODY_CHANGED,
    }
    again = rule(replace(facts, told={**facts.told, **dict(rule(facts).tells)}))
    assert not standing & set(again.tasks)
    assert again.tells == ()
