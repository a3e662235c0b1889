"""Going through all cases with the people on them: what a sweep and a comparison have in common.

What must stay true: each page of cases and each portion of people is recorded before its answer is used; people on
cases that are never touched are not looked up; and memory does not grow with the number of cases.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from sqlmodel import Session

from audit.events import Event
from audit.vocabulary import EventType
from casework.holds import list_holds
from casework.memory import recall_all
from casework.policies import policy_in_force
from casework.workplace import Acting
from connectors.bulk import LARGEST_PORTION
from connectors.errors import SchemaDrift
from connectors.rate import RateLimit
from connectors.reader import Reader
from connectors.records import Case, CaseState, Page, PersonSnapshot, Progress
from flows.composition import Composition
from foundation.clock import local_date
from foundation.cpr import Cpr
from foundation.cpr_environment import RealNumberRefused, TestNumberRefused, require_allowed_here
from foundation.environment import Environment
from robots.survey import SurveyedParty, SurveyTools, SweepRobot

#: People whose answer is kept for later pages; a person has two or three cases, mostly far apart.
_KEPT_PEOPLE = 20_000

Answers = Mapping[Cpr, PersonSnapshot | None]


@dataclass(frozen=True, slots=True)
class SurveyedPage:
    """One page of cases with what the rules say of each party on them."""

    cases: tuple[tuple[Case, tuple[SurveyedParty, ...]], ...]
    #: Where the next page begins; None after the last one.
    next_cursor: str | None
    #: What the register says of each person on the page whom the robot must know about; None of one it does not know.
    answers: Answers
    #: People who were on no earlier page of this walk.
    first_seen: int
    #: The policy that the page was surveyed under.
    policy: str | None


def is_closed(case: Case) -> bool:
    """Whether the case takes no change; one whose two marks disagree counts as closed, as for the robots."""
    return case.state is not CaseState.OPEN or case.progress is Progress.AFSLUTTET


@dataclass
class CaseWalk:
    """One way through all cases for one robot."""

    composition: Composition
    robot: SweepRobot
    acting: Acting
    #: How many people the register was asked about.
    looked_up: int = 0
    _pace: RateLimit = field(init=False)
    _answers: OrderedDict[Cpr, PersonSnapshot | None] = field(default_factory=OrderedDict)
    _cursors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Keep one pace from the first page to the last."""
        self._pace = self.composition.sweep_pace(self.robot.card.name)

    def survey(self, cursor: str | None, *, limit: int | None = None) -> SurveyedPage:
        """The cases after this cursor, and what the rules say of their parties.

        Raises:
            ConnectorError: a system does not answer, or leads back to a page that was read already.
        """
        with self.composition.place.database.read() as session:
            in_force = policy_in_force(session, robot=self.robot.card.name)
        policy = in_force.body if in_force is not None else None
        page = self._page(cursor, limit=limit)
        answers, first_seen = self._people_of(page.items, policy)
        tools = self._tools(answers, policy)
        cases = tuple((case, tuple(self.robot.survey(case, answers, tools))) for case in page.items)
        return SurveyedPage(cases, page.next_cursor, answers, first_seen, policy)

    def _page(self, cursor: str | None, *, limit: int | None) -> Page[Case]:
        """The cases after this cursor; the reading is recorded first."""
        cases = self.composition.systems.cases
        most = cases.capabilities().max_page
        call = partial(cases.list_cases, cursor=cursor, limit=min(limit or most, most))
        page = self.reader().read(cases.system, "list_cases", call, self._tell)
        if cursor is not None:
            self._cursors.add(cursor)
        if page.next_cursor is not None and page.next_cursor in self._cursors:
            # Going on would never end, and stopping would leave cases out.
            raise SchemaDrift(cases.system, "list_cases", "next_cursor")
        return page

    def _people_of(self, cases: Sequence[Case], policy: str | None) -> tuple[Answers, int]:
        """The register's answer for everybody on these cases whom the robot must know about, and how many are new."""
        wanted = list(dict.fromkeys(cpr for case in cases for cpr in self.robot.to_look_up(case, policy)))
        missing = [cpr for cpr in wanted if cpr not in self._answers]
        # Somebody whose number does not belong here counts as unknown; his item will say which rule refused him.
        here = [cpr for cpr in missing if self._belongs_here(cpr)]
        answers: dict[Cpr, PersonSnapshot | None] = dict.fromkeys(missing)
        people = self.composition.bulk_people(self.robot.card.name, self.acting, pace=self._pace)
        for portion in _portions(here, LARGEST_PORTION):
            answers.update(people.lookup_all(portion))
            self.looked_up += len(portion)
        self._answers.update(answers)
        found = {cpr: self._answers[cpr] for cpr in wanted}
        while len(self._answers) > _KEPT_PEOPLE:
            self._answers.popitem(last=False)
        return found, len(missing)

    def _tools(self, people: Iterable[Cpr], policy: str | None) -> SurveyTools:
        """What the robot may use while it surveys a page; ``people`` are those it may recall something about."""
        place, name = self.composition.place, self.robot.card.name
        with place.database.read() as session:
            held = frozenset(hold.row for hold in list_holds(session, robot=name))
            remembered = recall_all(session, place, robot=name, abouts=[cpr.digits for cpr in people])
        return SurveyTools(
            today=local_date(place.now()),
            capabilities=self.composition.systems.cases.capabilities(),
            policy=policy,
            recall=lambda cpr: remembered.get(cpr.digits),
            is_held=held.__contains__,
        )

    def reader(self) -> Reader:
        """Reads for this walk, with the limits of the robot."""
        return self.composition.reader(self.robot.card.name, self.acting)

    def _tell(self, _session: Session) -> Event:
        return self.reader().event(EventType.RECORD_SEARCHED, "", facts={"what": "all_cases"})

    def _belongs_here(self, cpr: Cpr) -> bool:
        is_production = self.composition.place.environment is Environment.PRODUCTION
        try:
            require_allowed_here(cpr, is_production=is_production)
        except (TestNumberRefused, RealNumberRefused):
            return False
        return True


def _portions(people: Iterable[Cpr], size: int) -> Iterable[list[Cpr]]:
    left = iter(people)
    while portion := list(islice(left, size)):
        yield portion
