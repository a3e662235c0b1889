"""Small municipalities that hypothesis makes up: persons, their cases, and what became of them in CPR."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from hypothesis import strategies as st

from connectors.errors import VersionConflict
from connectors.person_details import PastAddress, UncertainDate
from connectors.records import (
    AddressProtection,
    CaseParty,
    CaseRef,
    PersonEvent,
    PersonEventKind,
    PersonSnapshot,
    PersonStatus,
)
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr
from robots.address_update.plan import Plan, PlannedRow
from robots.address_update.robot import AddressUpdate
from robots.outcome import NeedsApproval
from robots.twins.bench import Bench

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PEOPLE = (Cpr("1012620000"), Cpr("0709614673"), Cpr("0709614592"))
#: Words that no text of ours uses, so that one of them in a text is an address that leaked.
_SECRETS = ("QXZWÆGADE", "ZQXWØVEJ", "WXQZÅSTRÆDE")

PLAIN = tuple(
    CivilAddress(name, "1", postal_code="9000", postal_district="Aalborg", municipality_code="0851")
    for name in ("Gamle Prøvevej", "Ny Prøvevej", "Tredje Prøvevej")
)
SECRET = tuple(
    CivilAddress(name, "777Q", "3", "mf", postal_code="7771", postal_district="QXZBY", care_of="WQXHAVER")
    for name in _SECRETS
)
#: No postcode among them: four digits stand in many a digest.
SECRET_WORDS = (*_SECRETS, "777Q", "QXZBY", "WQXHAVER")


@dataclass(frozen=True)
class Party:
    """A party on a case: who, and which address of his the case shows."""

    person: int
    #: 0 where he lived before, 1 where he lives now, 2 one that he never had; None no address.
    shows: int | None
    is_marked: bool


@dataclass(frozen=True)
class World:
    """What stands in CPR and in the case register before the robot looks."""

    people: tuple[PersonSnapshot, ...]
    cases: tuple[tuple[str, tuple[Party, ...]], ...]
    events: tuple[PersonEvent, ...]

    def bench(self) -> Bench:
        """The world made anew."""
        bench = Bench(AddressUpdate(), at=NOW)
        stage = bench.cases.stage
        for person in self.people:
            bench.people.put(person)
        for state, parties in self.cases:
            case = stage.add_case()
            for party in parties:
                self._plant(bench, case, party)
            if state == "closed":
                stage.close(case)
            elif state == "archived":
                stage.archive(case)
        return bench

    def _plant(self, bench: Bench, case: CaseRef, party: Party) -> None:
        person = self.people[party.person]
        known = SECRET if person.protection.is_protected or party.is_marked else PLAIN
        address = None if party.shows is None else known[party.shows]
        bench.cases.stage.add_party(case, cpr=person.cpr, address=address, is_protected=party.is_marked)


@st.composite
def worlds(draw: st.DrawFn, *, may_protect: bool = True) -> World:
    """Any such world; with two to five events about its persons."""
    people = tuple(_person(draw, cpr, may_protect=may_protect) for cpr in PEOPLE[: draw(st.integers(1, 3))])
    party = st.builds(
        Party,
        st.integers(0, len(people) - 1),
        st.none() | st.integers(0, 2),
        st.booleans() if may_protect else st.just(value=False),
    )
    parties = st.lists(party, min_size=1, max_size=3).map(tuple)
    cases = st.tuples(st.sampled_from(["open", "open", "open", "closed", "archived"]), parties)
    events = st.lists(st.integers(0, len(people) - 1), min_size=2, max_size=5)
    return World(
        people=people,
        cases=tuple(draw(st.lists(cases, min_size=1, max_size=3))),
        events=tuple(
            PersonEvent(f"e-{number}", number, people[who].cpr, PersonEventKind.ADDRESS, NOW, None)
            for number, who in enumerate(draw(events))
        ),
    )


def _person(draw: st.DrawFn, cpr: Cpr, *, may_protect: bool) -> PersonSnapshot:
    protected = may_protect and draw(st.booleans())
    known = SECRET if protected else PLAIN
    moved = UncertainDate(date(2026, 11, 19), is_uncertain=draw(st.booleans()))
    status = draw(st.sampled_from([PersonStatus.RESIDENT] * 4 + [PersonStatus.DEAD, PersonStatus.DISAPPEARED]))
    return PersonSnapshot(
        cpr=cpr,
        current_cpr=cpr,
        addressing_name=draw(st.sampled_from(["Test Prøvesen", "Nynavn Prøvesen"])),
        status=status,
        status_day=None,
        protection=AddressProtection(protected),
        address=known[1],
        moved_in=moved,
        registered_at=datetime(2026, 11, 20, 3, 0, tzinfo=UTC),
        looked_up_at=NOW,
        history=(PastAddress(known[0], UncertainDate(None), replace(moved, is_uncertain=False)),),
    )


def settle_all(bench: Bench, events: list[PersonEvent]) -> None:
    """Let the robot handle everything that these events, delivered together, come to."""
    for work in AddressUpdate().group(events):
        bench.give_work(work)
        bench.settle()


def settle_by_hand(bench: Bench) -> Iterator[tuple[NeedsApproval, tuple[PlannedRow, ...]]]:
    """As ``Bench.settle``, giving each proposal and the rows of it that were written."""
    while True:
        outcome = bench.handle()
        if not isinstance(outcome, NeedsApproval):
            return
        bench.desk.approve(outcome.proposal)
        try:
            bench.handle()
        except VersionConflict:
            bench.desk.plan_again()
        rows = Plan.from_json(outcome.proposal.plan).rows
        done = {"applied", "rolled_back"}
        yield outcome, tuple(row for row in rows if bench.memory.results[row.id].result.value in done)
        if bench.desk.approval is not None:
            return


def parties(bench: Bench) -> dict[tuple[str, str], CaseParty]:
    """Every party as it stands, by case number and party."""
    cases = bench.cases.stage.cases.values()
    return {(case.number, party.ref.id): party for case in cases for party in case.parties}
