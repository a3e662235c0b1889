"""``sagsgang audit prove``: the proof that one event is in the log.

What must stay true: nothing is shown that was not verified here first, and the sentence beside the proof says what it
proves and no more.
"""

from __future__ import annotations

from apps.cli.audit_access import Act, record_reading, require
from apps.cli.exits import Exit
from apps.cli.invocation import Invocation
from apps.cli.papers import open_private
from apps.cli.program import shown_path
from apps.cli.words import tell
from audit.events import leaf_hash
from audit.looking.proving import Proof, find_event, prove
from audit.signer import open_signer
from foundation.clock import danish_time


def run(call: Invocation) -> int:
    """Prove one event against the newest checkpoint."""
    options, actor, screen = call.options, call.actor, call.screen
    require(actor, Act.PROVE)
    signer = open_signer(call.settings)
    with call.workplace() as place:
        with place.database.read() as session:
            event = find_event(session, options.event)
            proof = prove(session, event, signer.known_keys(), origin=signer.origin)
        record_reading(place, actor, "proof", facts={"asked_event": str(event), "entries": 1}, typed={})
    if options.out is not None:
        with open_private(options.out, newline="\n") as file:
            file.write(proof.text)
        screen.say(f"Beviset er skrevet i {shown_path(options.out)}.")
    screen.heading(f"Bevis for hændelse {proof.entry.id}")
    screen.line(f"{danish_time(proof.entry.at)}  {tell(proof.entry)}")
    screen.line(sentence(proof))
    screen.line()
    screen.lines(proof.text.splitlines())
    screen.answer(
        {
            "event": proof.entry.id,
            "seq": proof.seq,
            "size": proof.checkpoint.size,
            "leaf": leaf_hash(proof.body).hex(),
            "signed_by": list(proof.signed_by),
            "sentence": sentence(proof),
            "proof": proof.text,
        }
    )
    return Exit.OK


def sentence(proof: Proof) -> str:
    """What the proof proves, in Danish."""
    return (
        f"Beviset er efterprøvet: hændelsen er nr. {proof.seq} af de {proof.checkpoint.size}, der er skrevet under på "
        f"med nøglen {' og '.join(proof.signed_by)}, og den er ikke ændret siden. Det viser ikke, at det, den "
        "fortæller, er sandt, kun at det blev skrevet dengang."
    )
