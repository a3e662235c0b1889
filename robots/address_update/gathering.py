"""What one handling gathers before it rules: the person, his cases, the places in question and what is remembered.

Proposing and carrying out gather in the same way, so that both put the same facts to the rules. What must stay true:
nothing gathered here is kept for a later handling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from connectors.errors import CapabilityMissing, NotFound, NotYetVisible, SchemaDrift
from connectors.records import Case, CaseCapabilities, CaseParty, CaseRef, DocumentDirection, PersonSnapshot
from foundation.clock import local_date
from foundation.cpr import Cpr
from robots.address_update.facts import Facts, Places
from robots.address_update.places import places_of, with_shown
from robots.address_update.plan import RuledParty, row_id
from robots.address_update.policy import Policy
from robots.address_update.remembered import Remembered
from robots.address_update.rules import rule, rule_untouchable
from robots.address_update.rules_move import certain_day, effect_of
from robots.address_update.ruling import Ruling
from robots.desk import Desk


def look_up(cpr: Cpr, desk: Desk) -> PersonSnapshot | None:
    """The person as CPR describes him now, or None when CPR does not know the number (ADR-48)."""
    try:
        return desk.people.lookup(cpr)
    except NotYetVisible:
        raise
    except NotFound:
        return None


def cases_of(cpr: Cpr, desk: Desk) -> Sequence[Case]:
    """Every case of the person, each once, however many pages there are and however they overlap."""
    found: dict[CaseRef, Case] = {}
    limit = desk.cases.capabilities().max_page
    cursor: str | None = None
    seen: set[str] = set()
    while True:
        page = desk.cases.search_cases(party=cpr, cursor=cursor, limit=limit)
        found.update((case.ref, case) for case in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return tuple(found.values())
        if cursor in seen:
            # Going on would never end, and stopping would leave cases out.
            raise SchemaDrift(desk.cases.system, "search_cases", "next_cursor")
        seen.add(cursor)


@dataclass
class Gathering:
    """One person in one handling of one work item, whose reference is ``item``."""

    snapshot: PersonSnapshot
    desk: Desk
    policy: Policy
    item: str

    @cached_property
    def today(self) -> date:
        """The day in Denmark, the same for all rows."""
        return local_date(self.desk.now())

    @cached_property
    def capabilities(self) -> CaseCapabilities:
        """What the case system can do."""
        return self.desk.cases.capabilities()

    @cached_property
    def remembered(self) -> Remembered:
        """What was remembered when the handling began."""
        return Remembered.from_json(self.desk.recall(self.snapshot.cpr))

    @cached_property
    def places(self) -> Places:
        """The person's addresses in the address register, asked for with the first row that needs them."""
        return places_of(self.snapshot, self.desk.addresses)

    def facts(self, case: Case, party: CaseParty, *, letters_since: tuple[str, ...] = ()) -> Facts:
        """All that the rules may know of one party on one case."""
        places = Places()
        if rule_untouchable(case, party, policy=self.policy) is None:
            places = with_shown(self.places, self.snapshot, party.contact.address, self.desk.addresses)
        row = row_id(case, party)
        return Facts(
            snapshot=self.snapshot,
            case=case,
            party=party,
            today=self.today,
            capabilities=self.capabilities,
            policy=self.policy,
            last_applied=self.remembered.applied,
            places=places,
            letters_since=letters_since,
            is_held=self.desk.is_held(row),
            told=self.remembered.told_on(row, but_by=self.item),
        )

    def ruled(self, case: Case, party: CaseParty) -> RuledParty:
        """The ruling; where an address is to be written late, ruled again with the letters that were sent meanwhile."""
        facts = self.facts(case, party)
        ruling = rule(facts)
        letters = self._letters_since(case, ruling)
        if letters:
            ruling = rule(self.facts(case, party, letters_since=letters))
        return RuledParty(case=case, party=party, ruling=ruling, letters=letters)

    def _letters_since(self, case: Case, ruling: Ruling) -> tuple[str, ...]:
        """Ids of letters that may have gone to the former address (ADR-06); an uncertain day is never computed with."""
        effect = certain_day(effect_of(self.snapshot))
        writes_address = ruling.change is not None and ruling.change.address is not None
        if not writes_address or effect is None or effect >= self.today:
            return ()
        try:
            documents = self.desk.cases.list_documents(case.ref)
        except CapabilityMissing:
            # A system that cannot tell of its letters is no reason to leave the address wrong; the trail says so.
            self.desk.evidence("letters_unknown", case=case.number)
            return ()
        return tuple(
            document.id
            for document in documents
            if document.direction is DocumentDirection.OUTGOING and local_date(document.at) >= effect
        )
