"""A robot's card: what it is, on whose authority it acts, and who must say yes.

What must stay true: everything an auditor asks of a robot stands on its card, and nothing on it is worked out later.
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation.identifiers import Kle


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The card of one version of one robot. Texts are Danish; they are shown to case workers and auditors."""

    #: Also the name in the database, on the command line and in events; snake_case, never renamed.
    name: str
    version: str
    title: str
    #: The unit or person who answers for the robot.
    owner: str
    #: Accounts of those who wrote this version; see ``author_may_approve``.
    authors: frozenset[str] = frozenset()
    purpose: str
    legal_basis: str
    #: KLE subject, for example ``27.00.00``.
    kle: str
    #: Categories of personal data that the robot touches, in Danish.
    data_categories: tuple[str, ...]
    #: Roles whose holders may start it.
    may_start: frozenset[str]
    #: Roles whose holders may approve its proposals; empty where no proposal is made.
    may_approve: frozenset[str]
    author_may_approve: bool = False
    #: Minutes a person spends on one item without the robot; an estimate until measured.
    minutes_per_item: float

    def __post_init__(self) -> None:
        """Refuse a card whose KLE subject is none.

        Raises:
            InvalidIdentifier: naming what it should be.
        """
        Kle.parse(self.kle)
