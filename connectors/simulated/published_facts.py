"""What CPR tells of the published test persons beside name, status and address: what each is there to show.

What must stay true: kinds of facts and their dates are those of the published demo file as far as the integration
reference (D.1) has them; everything else about these people is invented.
"""

from __future__ import annotations

from datetime import date

from connectors.simulated.particulars import (
    ContactAddress,
    Departure,
    Guardian,
    LeavingDay,
    Particulars,
    Period,
)

#: CPR's own code and name of three countries (not those of ISO 3166).
NORWAY = ("5110", "Norge")
SWEDEN = ("5120", "Sverige")
GERMANY = ("5180", "Tyskland")

FACTS = {
    "0709614126": Particulars(
        guardian=Guardian(kind="FULD", number="0904414131", from_day=date(1999, 3, 10)),
    ),
    "0909610028": Particulars(
        guardian=Guardian(
            kind="FULD",
            name="Dieter Planckhardt",
            lines=("Dresdener Allé 33", "D 13579 Celle"),
            from_day=date(2001, 6, 30),
            ended_on=date(2009, 7, 1),
        ),
        earlier_numbers=("0709614134",),
    ),
    "0709614738": Particulars(
        departure=Departure(
            country_code=SWEDEN[0],
            country=SWEDEN[1],
            left_on=LeavingDay(day=date(1997, 9, 10)),
            lines=("Grantoften 4", "S 45678", "Sverige"),
        ),
        contact=ContactAddress(
            lines=("c/o Ester Øveholm", "Prøvegade 7", "6790 Prøveby"),
            from_day=date(1997, 9, 10),
        ),
    ),
    "0708614335": Particulars(
        departure=Departure(
            country_code=GERMANY[0],
            country=GERMANY[1],
            left_on=LeavingDay(day=date(2001, 5, 2)),
            lines=("Musterstrasse 12", "D 12345 Musterstadt"),
        ),
    ),
    # Left without an address: unknown abroad.
    "0709614258": Particulars(
        departure=Departure(
            country_code=NORWAY[0],
            country=NORWAY[1],
            left_on=LeavingDay(day=date(2000, 2, 1), is_uncertain=True),
        ),
    ),
    # A year of 2101 means until further notice.
    "0108610018": Particulars(marketing=Period(from_day=date(1998, 4, 2), to_day=date(2101, 12, 31))),
    "1307610015": Particulars(relocation_order="Flytte inden 2005", relocation_day=date(2001, 11, 1)),
    "0709610015": Particulars(earlier_numbers=("0108610069",)),
    "0307610078": Particulars(earlier_numbers=("0708614246",)),
    "0909610036": Particulars(earlier_numbers=("0709614398",)),
    "0712614382": Particulars(earlier_numbers=("0712610018",)),
    "0709614096": Particulars(earlier_numbers=("0708614963",)),
}
