"""What a case shows of a party beside the residence: contact address and name (ADR-17, ADR-46).

What must stay true: a contact address never stands where the residence stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from connectors.person_details import ContactAddress
from foundation import address_parts
from foundation.addresses import CivilAddress
from robots.address_update.facts import Facts
from robots.address_update.reasons import Reason
from robots.address_update.rules_difference import is_empty, is_same_text
from robots.address_update.rules_writing import may_write

_MOST_LINES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is to be written beside the residence, None for what is left alone, and what is only mentioned."""

    contact_address: CivilAddress | None = None
    name: str | None = None
    mentions: tuple[Reason, ...] = ()


def beside(facts: Facts) -> Beside:
    """Contact address and name, as far as the system has fields for them and the policy wants them."""
    contact, mention = _contact_address(facts)
    name = facts.snapshot.addressing_name if _is_other_name(facts) else None
    mentions = () if mention is None else (mention,)
    if name is None:
        return Beside(contact_address=contact, mentions=mentions)
    if not may_write(facts) or not facts.capabilities.writes_name:
        return Beside(contact_address=contact, mentions=(*mentions, Reason.NAME_DIFFERS))
    return Beside(contact_address=contact, name=address_parts.plain(name), mentions=mentions)


def _contact_address(facts: Facts) -> tuple[CivilAddress | None, Reason | None]:
    told = facts.snapshot.contact_address
    shown = facts.party.contact.contact_address or CivilAddress()
    is_kept = facts.capabilities.has_contact_address and facts.policy.keeps_contact_address
    is_kept = is_kept and may_write(facts)
    if told is None:
        return None, Reason.CONTACT_ADDRESS_ENDED if is_kept and not is_empty(shown) else None
    wanted = CivilAddress(free_lines=tuple(line for line in told.lines if line.strip())[:_MOST_LINES])
    is_shown = is_same_text(shown, wanted)
    if not _is_in_force(told, facts.today):
        return None, Reason.CONTACT_ADDRESS_ENDED if is_kept and is_shown and not is_empty(shown) else None
    if is_empty(wanted) or is_shown:
        return None, None
    return (wanted, None) if is_kept else (None, Reason.CONTACT_ADDRESS)


def _is_in_force(told: ContactAddress, today: date) -> bool:
    has_begun = told.from_day is None or told.from_day <= today
    return has_begun and (told.to_day is None or today < told.to_day)


def _is_other_name(facts: Facts) -> bool:
    """Whether CPR has another name; case, spaces, and names that CPR shortens to a letter, do not make it one."""
    mine = address_parts.comparable(facts.party.name).split()
    theirs = address_parts.comparable(facts.snapshot.addressing_name).split()
    if not theirs or len(mine) != len(theirs):
        return bool(theirs)
    return not all(_is_same_word(shown, told) for shown, told in zip(mine, theirs, strict=True))


def _is_same_word(shown: str, told: str) -> bool:
    letter = told.rstrip(".")
    return shown == told or (len(letter) == 1 and shown.startswith(letter))
