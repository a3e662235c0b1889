"""``sagsgang audit first-key`` and ``begin-again``: how a log begins, and begins anew after a restored backup.

What must stay true: a log begins again under another name only, by a named administrator with a reason, and the new
name is set in the settings by whoever runs the place, not by this program.
"""

from __future__ import annotations

from apps.cli.asking import confirm
from apps.cli.audit_access import Act, require, require_text
from apps.cli.exits import Exit
from apps.cli.invocation import Invocation
from apps.cli.program import shown_path
from audit.restoring import begin_again, create_first_key
from audit.signer import open_signer
from casework.workplace import as_person


def first_key(call: Invocation) -> int:
    """Make the log's first key, and show the public half."""
    require(call.actor, Act.LET_GO)
    key = create_first_key(call.settings).to_text()
    call.screen.heading(f"Loggens første nøgle er lavet af {call.actor.id}.")
    call.screen.line(key)
    call.screen.line("Giv den til revisor, før der skrives under på noget.")
    call.screen.advise(call.command("audit", "checkpoint"))
    call.screen.answer({"key": key, "actor": call.actor.id})
    return Exit.OK


def restart(call: Invocation) -> int:
    """Let the log go on under a new name after a restore."""
    options, screen = call.options, call.screen
    require(call.actor, Act.LET_GO)
    reason = require_text(options.reason, "Skriv med --reason, hvad der er sket, og hvad der er gjort ved det tabte.")
    renamed = call.settings.model_copy(update={"audit_origin": options.origin, "audit_write_once_dir": options.copies})
    before, after = open_signer(call.settings), open_signer(renamed)
    with call.workplace() as place:
        confirm(call, f"Loggen {before.origin} afsluttes, og en ny begynder som {after.origin}.", word="begynd")
        done = begin_again(
            place.database,
            before=before,
            after=after,
            actor=as_person(call.actor).actor,
            reason=reason,
            now=place.now,
            environment=place.environment.value,
        )
    screen.heading(f"Loggen fortsætter som {after.origin}, sat i gang af {call.actor.id}.")
    screen.facts(
        [
            ("Der var skrevet under på", f"{done.signed} hændelser"),
            ("I databasen er der", f"{done.found} hændelser"),
            ("Hændelsen, der fortæller det", done.event_id),
        ]
    )
    screen.line("Sæt nu indstillingerne, så alle dele af Sagsgang bruger det nye navn:")
    screen.line(f"  SAGSGANG_AUDIT_ORIGIN={after.origin}")
    screen.line(f"  SAGSGANG_AUDIT_WRITE_ONCE_DIR={shown_path(options.copies)}")
    screen.advise(call.command("audit", "verify"))
    screen.answer(
        {"origin": after.origin, "before": before.origin, "signed": done.signed, "found": done.found, "note": done.note}
    )
    return Exit.OK
