"""``sagsgang notices send``: tell people now what there is to tell.

What must stay true: it shows numbers and never where a notice goes, because that address holds a password.
"""

from __future__ import annotations

from apps.cli.exits import Exit
from apps.cli.invocation import Invocation
from flows.notices import tell_people


def send(call: Invocation) -> int:
    """Look, and send what waits; 75 when a target refused."""
    screen = call.screen
    with call.workplace() as place:
        told = tell_people(place, call.settings)
    if told.targets == 0:
        screen.heading("Der er ingen at sende til. Sæt SAGSGANG_NOTICE_URLS.")
    else:
        screen.heading(f"Beskeder: {told.new} nye, {told.sent} sendt, {told.refused} afvist.")
    if told.refused:
        screen.line("Det, der blev afvist, prøves igen senere. Kontrollér adresserne i SAGSGANG_NOTICE_URLS.")
    screen.answer({"targets": told.targets, "new": told.new, "sent": told.sent, "refused": told.refused})
    return Exit.TEMPORARY if told.refused else Exit.OK
