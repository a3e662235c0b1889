"""The card of the robot, as case workers and auditors read it.

What must stay true: whoever changes what the robot does changes the version, because stored steps belong to one.
"""

from __future__ import annotations

from typing import Final

from robots.card import Card

CARD: Final = Card(
    name="address_update",
    version="2.0.0",
    title="Opdatering af adresser fra CPR",
    # Owner and KLE subject are the municipality's to set; these are where the task usually lies.
    owner="Borgerservice",
    purpose=(
        "Holder adressen på parter i åbne sager i overensstemmelse med CPR, så breve og afgørelser når frem. "
        "Robotten foreslår, en medarbejder eller kommunens godkendte politik godkender, og ændringen noteres på sagen."
    ),
    legal_basis=(
        "Databeskyttelsesforordningen artikel 5, stk. 1, litra d (rigtighed) og artikel 6, stk. 1, litra e; "
        "CPR-loven (lbk. nr. 1010 af 2023), herunder § 28 om navne- og adressebeskyttelse; "
        "offentlighedsloven § 15 (notatet på sagen)"
    ),
    kle="23.05.00",
    data_categories=(
        "Personnummer",
        "Navn",
        "Bopælsadresse, tidligere adresser og kontaktadresse",
        "Navne- og adressebeskyttelse",
        "Værgemål, forældremyndighed og familieforhold i CPR",
        "Civilstatus i CPR (bosat, udrejst, død m.v.)",
        "Sager, som personen er part i, og titler på breve fra dem",
    ),
    may_start=frozenset({"sagsbehandler", "digital_agent"}),
    may_approve=frozenset({"godkender"}),
    # An estimate until it is measured: open the notice, find the cases, compare, type, write the note.
    minutes_per_item=6.0,
)
