"""What a sweep makes of one case: which of its parties are as CPR says, and which need a work item.

Made for thousands of parties: the address register is not asked, so an address that differs only in DAR's spelling may
become an item that ends as already current. Nothing is written, remembered or said here; the item that is made rules
again on fresh readings. What must stay true: a party is ruled by the same ``rule`` as in an item, so that a sweep and
an item never disagree about anything but spelling.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.records import Case, CaseParty, PersonSnapshot
from foundation.cpr import Cpr
from robots.address_update.facts import Facts
from robots.address_update.plan import row_id
from robots.address_update.policy import Policy
from robots.address_update.remembered import Remembered
from robots.address_update.reminding import is_shadow
from robots.address_update.rules import rule, rule_not_in_cpr, rule_untouchable
from robots.address_update.ruling import Ruling, RulingKind
from robots.survey import SurveyedParty, SurveyResult, SurveyTools


def survey(
    case: Case, snapshots: Mapping[Cpr, PersonSnapshot | None], tools: SurveyTools, policy: Policy
) -> tuple[SurveyedParty, ...]:
    """Every party of the case, in its order, under the policy.

    ``snapshots`` holds CPR's answer for each number that ``to_look_up`` gives, None where CPR does not know it; raises
    ``KeyError`` for one that is missing.
    """

    def ruled(party: CaseParty) -> Ruling:
        untouchable = rule_untouchable(case, party, policy=policy)
        if untouchable is not None or party.cpr is None:
            return untouchable or rule_not_in_cpr(case, party)
        snapshot = snapshots[party.cpr]
        if snapshot is None:
            return rule_not_in_cpr(case, party)
        remembered = Remembered.from_json(tools.recall(party.cpr))
        row = row_id(case, party)
        return rule(
            Facts(
                snapshot=snapshot,
                case=case,
                party=party,
                today=tools.today,
                capabilities=tools.capabilities,
                policy=policy,
                last_applied=remembered.applied,
                is_held=tools.is_held(row),
                told=remembered.told_on(row, but_by=""),
            )
        )

    return tuple(_surveyed(case, party, ruled(party), policy) for party in case.parties)


def to_look_up(case: Case, *, policy: Policy | None = None) -> tuple[Cpr, ...]:
    """The numbers of the case that CPR must be asked about, each once; none on a case that is never touched.

    With a policy, nobody is looked up whose role it does not keep.
    """
    numbers = (party.cpr for party in case.parties if rule_untouchable(case, party, policy=policy) is None)
    return tuple(dict.fromkeys(number for number in numbers if number is not None))


def _surveyed(case: Case, party: CaseParty, ruling: Ruling, policy: Policy) -> SurveyedParty:
    match ruling.kind:
        case RulingKind.SKIP:
            result = SurveyResult.SKIP
        case RulingKind.NOOP if not ruling.tasks:
            result = SurveyResult.EQUAL
        case _:
            result = SurveyResult.NEEDS_ITEM
    return SurveyedParty(
        row=row_id(case, party),
        cpr=party.cpr,
        result=result,
        ruling=ruling.kind.value,
        reason=ruling.reason.value,
        is_shadow=is_shadow(ruling, policy),
    )
