"""``sagsgang doctor``: what is there, what is missing, and the command that mends it.

What must stay true: it changes nothing, shows no secret and reads no person; and one thing that is wrong is told
beside all the others instead of hiding them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from apps.cli.checks import Finding, Mark, examine_house, examine_outside, examine_work
from apps.cli.exits import Exit, explain
from apps.cli.invocation import Invocation
from apps.cli.log_checks import examine_log
from foundation.errors import SagsgangError
from foundation.settings import Settings

_SIGNS = {Mark.GOOD: "✔", Mark.BAD: "✘", Mark.LOOK: "!", Mark.NOT_HERE: "\N{EN DASH}"}
_STYLES = {Mark.GOOD: "green", Mark.BAD: "bold red", Mark.LOOK: "yellow", Mark.NOT_HERE: "dim"}


def run(call: Invocation) -> int:
    """Examine everything; 1 when something is wrong, which open incidents and dead leases are not."""
    screen = call.screen
    try:
        settings = call.settings
    except SagsgangError as error:
        findings = [Finding("indstillinger", Mark.BAD, str(error), "Ret miljøvariablen, og kør doctor igen.")]
    else:
        findings = _examine(settings, chosen=call.chosen, inside=call.options.inside)
    screen.heading("Undersøgelse")
    for one in findings:
        screen.line(f"{_SIGNS[one.mark]} {one.name}: {one.told}", style=_STYLES[one.mark])
        if one.mark in {Mark.BAD, Mark.LOOK} and one.mend:
            screen.line(f"    {_paste(call, one.mend)}")
    bad = sum(one.mark is Mark.BAD for one in findings)
    look = sum(one.mark is Mark.LOOK for one in findings)
    screen.line()
    screen.line(_verdict(bad, look))
    told = [{**one._asdict(), "mark": one.mark.value, "mend": _paste(call, one.mend)} for one in findings]
    screen.answer({"findings": told, "wrong": bad, "look": look})
    return Exit.FAILED if bad else Exit.OK


def _verdict(bad: int, look: int) -> str:
    if bad:
        return f"{bad} ting skal rettes."
    return f"Huset virker; {look} ting skal ses efter." if look else "Alt er, som det skal være."


def _paste(call: Invocation, mend: str) -> str:
    """What mends it; a command of ours as it must be typed here."""
    first, *rest = mend.split() or [""]
    return call.command(*rest) if first == "sagsgang" else mend


def _examine(settings: Settings, *, chosen: str | None, inside: Collection[str]) -> list[Finding]:
    parts: tuple[tuple[str, Callable[[], list[Finding]]], ...] = (
        ("huset", lambda: examine_house(settings, chosen=chosen)),
        ("arbejdet", lambda: examine_work(settings)),
        ("loggen", lambda: examine_log(settings)),
        ("omverdenen", lambda: examine_outside(settings, inside=inside)),
    )
    findings: list[Finding] = []
    for name, examine in parts:
        try:
            findings += examine()
        except Exception as error:  # noqa: BLE001 - a part that cannot be examined is itself a finding.
            findings.append(Finding(name, Mark.BAD, explain(error).message, ""))
    return findings
